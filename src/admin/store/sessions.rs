//! Where sessions are kept: in Redis where `redis.url` is set, so that several processes share them, else in the database.

use super::AdminStore;
use super::session_redis::RedisSessions;
use crate::admin::session::Session;
use crate::admin::token::TokenHash;
use crate::bus::Redis;
use crate::database::StoreError;

/// Sessions cannot be looked up now. Nobody is logged out by that.
#[derive(Debug, thiserror::Error)]
pub enum SessionsError {
    /// The database fails.
    #[error(transparent)]
    Database(#[from] StoreError),
    /// Redis is away, or says what it should not.
    #[error("{0:#}")]
    Redis(anyhow::Error),
}

/// The sessions.
#[derive(Clone, Debug)]
pub enum Sessions {
    /// In the admin edge's database.
    Database(AdminStore),
    /// In Redis.
    Redis(RedisSessions),
}

impl Sessions {
    /// In Redis where there is one, else in the database.
    #[must_use]
    pub fn of(store: &AdminStore, redis: Option<Redis>) -> Self {
        match redis {
            Some(redis) => Self::Redis(RedisSessions::new(redis, store.clone())),
            None => Self::Database(store.clone()),
        }
    }

    /// The session of a token.
    ///
    /// # Errors
    /// [`SessionsError`]; so in all of these.
    pub async fn find(&self, hash: &TokenHash) -> Result<Option<Session>, SessionsError> {
        match self {
            Self::Database(store) => Ok(store.session(hash).await?),
            Self::Redis(redis) => redis.find(hash).await.map_err(SessionsError::Redis),
        }
    }

    /// Keeps a session that a login begins.
    pub async fn begin(&self, hash: &TokenHash, session: &Session) -> Result<(), SessionsError> {
        match self {
            Self::Database(store) => Ok(store.begin_session(hash, session).await?),
            Self::Redis(redis) => redis.begin(hash, session).await.map_err(SessionsError::Redis),
        }
    }

    /// Renews a session in one step: `old` gets its successor and its end, and the successor's `new` session is kept. False,
    /// and nothing is done, where somebody renewed it before or it is gone.
    pub async fn renew(&self, hash: &TokenHash, old: &Session, new: &Session) -> Result<bool, SessionsError> {
        match self {
            Self::Database(store) => Ok(store.renew_session(hash, old, new).await?),
            Self::Redis(redis) => redis.renew(hash, old, new).await.map_err(SessionsError::Redis),
        }
    }

    /// Lets the same token go on until `session.expires_at`, where it is still there.
    pub async fn extend(&self, hash: &TokenHash, session: &Session) -> Result<(), SessionsError> {
        match self {
            Self::Database(store) => Ok(store.extend_session(hash, session).await?),
            Self::Redis(redis) => redis.extend(hash, session).await.map_err(SessionsError::Redis),
        }
    }

    /// Takes a session away and gives what it was.
    pub async fn take(&self, hash: &TokenHash) -> Result<Option<Session>, SessionsError> {
        match self {
            Self::Database(store) => Ok(store.take_session(hash).await?),
            Self::Redis(redis) => redis.take(hash).await.map_err(SessionsError::Redis),
        }
    }

    /// Drops what is over; Redis does that by itself.
    pub async fn sweep(&self) -> Result<(), SessionsError> {
        match self {
            Self::Database(store) => Ok(store.sweep_sessions().await?),
            Self::Redis(_) => Ok(()),
        }
    }

    /// Counts a failed login of a name in Redis, where every process sees it; none without Redis.
    pub async fn count_failure(&self, username: &str) -> Result<Option<Failures>, SessionsError> {
        match self {
            Self::Database(_) => Ok(None),
            Self::Redis(redis) => redis.count_failure(username).await.map(Some).map_err(SessionsError::Redis),
        }
    }

    /// The failed logins of a name; none without Redis.
    pub async fn failures(&self, username: &str) -> Result<Option<Failures>, SessionsError> {
        match self {
            Self::Database(_) => Ok(None),
            Self::Redis(redis) => redis.failures(username).await.map(Some).map_err(SessionsError::Redis),
        }
    }
}

/// Failed logins of one name, and when they are forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failures {
    /// How many.
    pub count: u32,
    /// In how long they are forgotten.
    pub forgotten_in: std::time::Duration,
}
