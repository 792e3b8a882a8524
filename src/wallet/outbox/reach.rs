//! Whether recon answers, as the outbox last found it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::domain::time::UnixMs;

/// What the outbox found, for health to read. It outlives the outbox's restarts.
#[derive(Debug, Default)]
pub struct Reach(Mutex<Found>);

#[derive(Clone, Debug, Default)]
struct Found {
    asked_at: Option<UnixMs>,
    away: Option<(UnixMs, String)>,
}

impl Reach {
    fn found(&self) -> Found {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes what was found now, and answers whether recon was away before. Says each change once in the log.
    pub fn note(&self, how: Result<(), String>, now: UnixMs) -> bool {
        let mut found = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let was_away = found.away.is_some();
        found.asked_at = Some(now);
        found.away = match how {
            Ok(()) => None,
            Err(words) => {
                if !was_away {
                    tracing::warn!(error = words, "recon cannot be told of orders; it is tried again, for ever");
                }
                let since = found.away.as_ref().map_or(now, |(since, _)| *since);
                Some((since, words))
            }
        };
        was_away
    }

    /// Whether recon answered when it was last asked; true before that.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.found().away.is_none()
    }

    /// Whether recon has not been asked for so long.
    #[must_use]
    pub fn is_unasked_for(&self, time: Duration, now: UnixMs) -> bool {
        self.found().asked_at.is_none_or(|at| now.since(at) >= time)
    }

    /// For health: one sentence.
    ///
    /// # Errors
    /// Since when recon is away, and why.
    pub fn told(&self, now: UnixMs) -> Result<String, String> {
        match self.found() {
            Found { away: Some((since, words)), .. } => {
                Err(format!("since {since}: {words}; orders wait and are kept"))
            }
            Found { asked_at: Some(at), .. } => Ok(format!("recon answered {} s ago", now.since(at).as_secs())),
            Found { .. } => Ok("recon has not been asked yet".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_remembers_since_when_recon_is_away() {
        let reach = Reach::default();
        assert!(reach.is_well() && reach.is_unasked_for(Duration::from_secs(30), UnixMs(0)));
        assert!(!reach.note(Err("refused".to_owned()), UnixMs(1_000)));
        assert!(reach.note(Err("refused again".to_owned()), UnixMs(5_000)));
        let told = reach.told(UnixMs(9_000)).unwrap_err();
        assert!(told.starts_with("since 1970-01-01T00:00:01Z: refused again"), "{told}");
        assert!(reach.note(Ok(()), UnixMs(9_000)), "it was away before");
        assert_eq!(reach.told(UnixMs(12_000)).unwrap(), "recon answered 3 s ago");
        assert!(!reach.is_unasked_for(Duration::from_secs(30), UnixMs(38_999)));
    }
}
