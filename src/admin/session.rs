//! What a session is, and how it stands: pure decisions about a record and a moment.

use std::time::Duration;

use super::token::TokenHash;
use crate::domain::time::UnixMs;

/// What is kept of one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Whose it is.
    pub user_id: i64,
    /// The operator's epoch at login; a session of another epoch is over.
    pub epoch: i64,
    /// When the token expires: fixed at issue.
    pub expires_at: UnixMs,
    /// When the token is taken no longer: the same, or the end of the grace once it was renewed.
    pub ends_at: UnixMs,
    /// The token that this one renewed.
    pub predecessor: Option<TokenHash>,
    /// The token that renewed this one.
    pub successor: Option<Successor>,
}

/// The token that renewed another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Successor {
    /// What is kept of it.
    pub hash: TokenHash,
    /// The token itself, sealed under the one that it renews.
    pub sealed: String,
    /// When it expires.
    pub expires_at: UnixMs,
}

/// How long sessions last and how they go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime {
    /// From issue to expiry.
    pub ttl: Duration,
    /// With less than this left, a session in use goes on.
    pub refresh_before: Duration,
    /// How long a renewed token is still taken.
    pub grace: Duration,
    /// How a session in use goes on.
    pub slides: Slides,
}

/// How a session in use goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slides {
    /// Not at all: it ends at its time.
    Never,
    /// By a new token, which the answer's headers carry.
    ByNewToken,
    /// By a later expiry of the same token.
    InPlace,
}

/// How a session stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is over.
    Over,
    /// It is good, with time left.
    Good,
    /// It is good, and to go on by a new token.
    ToRenew,
    /// It is good, and to go on until then.
    ToExtend(UnixMs),
    /// It was renewed, and its grace is not over.
    Renewed(Successor),
}

impl Session {
    /// A session as a login begins it.
    #[must_use]
    pub fn begin(user_id: i64, epoch: i64, now: UnixMs, lifetime: &Lifetime) -> Self {
        let expires_at = now.plus(lifetime.ttl);
        Self { user_id, epoch, expires_at, ends_at: expires_at, predecessor: None, successor: None }
    }

    /// The session of the token that renews this one's.
    #[must_use]
    pub fn renewal(&self, hash: TokenHash, now: UnixMs, lifetime: &Lifetime) -> Self {
        Self { predecessor: Some(hash), ..Self::begin(self.user_id, self.epoch, now, lifetime) }
    }

    /// How it stands at `now`. The end itself is not taken any more.
    #[must_use]
    pub fn standing(&self, now: UnixMs, lifetime: &Lifetime) -> Standing {
        if now >= self.ends_at {
            return Standing::Over;
        }
        if let Some(successor) = &self.successor {
            return Standing::Renewed(successor.clone());
        }
        if self.expires_at.since(now) >= lifetime.refresh_before {
            return Standing::Good;
        }
        match lifetime.slides {
            Slides::Never => Standing::Good,
            Slides::ByNewToken => Standing::ToRenew,
            Slides::InPlace => Standing::ToExtend(now.plus(lifetime.ttl)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIFETIME: Lifetime = Lifetime {
        ttl: Duration::from_hours(2),
        refresh_before: Duration::from_mins(30),
        grace: Duration::from_mins(1),
        slides: Slides::ByNewToken,
    };

    fn minute(minute: u64) -> UnixMs {
        UnixMs(0).plus(Duration::from_mins(minute))
    }

    #[test]
    fn a_token_is_good_then_to_be_renewed_then_over() {
        let session = Session::begin(1, 1, minute(0), &LIFETIME);
        assert_eq!(session.standing(minute(0), &LIFETIME), Standing::Good);
        assert_eq!(session.standing(minute(90), &LIFETIME), Standing::Good, "30 minutes are not less than 30");
        assert_eq!(session.standing(minute(90).plus(Duration::from_millis(1)), &LIFETIME), Standing::ToRenew);
        assert_eq!(session.standing(minute(120).minus(Duration::from_millis(1)), &LIFETIME), Standing::ToRenew);
        assert_eq!(session.standing(minute(120), &LIFETIME), Standing::Over);
        let absolute = Lifetime { slides: Slides::Never, ..LIFETIME };
        assert_eq!(session.standing(minute(119), &absolute), Standing::Good);
        let in_place = Lifetime { slides: Slides::InPlace, ..LIFETIME };
        assert_eq!(session.standing(minute(100), &in_place), Standing::ToExtend(minute(220)));
    }

    #[test]
    fn a_renewed_token_ends_with_its_grace_be_that_before_or_after_its_expiry() {
        let successor = Successor { hash: TokenHash("b".into()), sealed: "s".into(), expires_at: minute(220) };
        for renewed_at in [minute(100), minute(119).plus(Duration::from_secs(59))] {
            let mut session = Session::begin(1, 1, minute(0), &LIFETIME);
            session.successor = Some(successor.clone());
            session.ends_at = renewed_at.plus(LIFETIME.grace);
            let last = session.ends_at.minus(Duration::from_millis(1));
            assert_eq!(session.standing(last, &LIFETIME), Standing::Renewed(successor.clone()));
            assert_eq!(session.standing(session.ends_at, &LIFETIME), Standing::Over);
        }
    }
}
