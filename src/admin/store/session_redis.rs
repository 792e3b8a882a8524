//! Sessions and failed logins in Redis: `admin:session:{sha256(token)}` and `admin:login_fail:{user}`.
//!
//! What has to happen in one step is a script. Whether a session is good is decided by its fields and the process's clock;
//! the keys' lifetimes only clear them away.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{Cmd, FromRedisValue, cmd};
use anyhow::Context as _;
use tokio::sync::Mutex;

use super::AdminStore;
use super::sessions::Failures;
use crate::admin::session::{Session, Successor};
use crate::admin::token::TokenHash;
use crate::bus::{Redis, in_words};
use crate::domain::time::UnixMs;

/// Failed logins of a name are forgotten so long after the first of them.
const FAILURES_FORGOTTEN_AFTER: Duration = Duration::from_mins(1);

/// KEYS: old, new. ARGV: old's lifetime, new's lifetime, how many fields old gets, its fields, new's fields.
const RENEW: &str = "if redis.call('EXISTS', KEYS[1]) == 0 or redis.call('HEXISTS', KEYS[1], 'successor') == 1 then return 0 end \
    local n = tonumber(ARGV[3]) \
    redis.call('HSET', KEYS[1], unpack(ARGV, 4, 3 + n)) redis.call('PEXPIRE', KEYS[1], ARGV[1]) \
    redis.call('HSET', KEYS[2], unpack(ARGV, 4 + n)) redis.call('PEXPIRE', KEYS[2], ARGV[2]) return 1";
/// KEYS: one. ARGV: its lifetime, its fields.
const BEGIN: &str = "redis.call('HSET', KEYS[1], unpack(ARGV, 2)) redis.call('PEXPIRE', KEYS[1], ARGV[1]) return 1";
/// As BEGIN, for one that is there.
const EXTEND: &str = "if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end \
    redis.call('HSET', KEYS[1], unpack(ARGV, 2)) redis.call('PEXPIRE', KEYS[1], ARGV[1]) return 1";
const TAKE: &str = "local found = redis.call('HGETALL', KEYS[1]) redis.call('DEL', KEYS[1]) return found";
/// ARGV: when it is forgotten.
const FAIL: &str = "local count = redis.call('INCR', KEYS[1]) \
    if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end return {count, redis.call('PTTL', KEYS[1])}";
const FAILED: &str = "return {tonumber(redis.call('GET', KEYS[1]) or '0'), redis.call('PTTL', KEYS[1])}";

/// Sessions in Redis. Cheap to clone.
#[derive(Clone, Debug)]
pub struct RedisSessions {
    redis: Redis,
    store: AdminStore,
    connection: Arc<Mutex<Option<MultiplexedConnection>>>,
}

impl RedisSessions {
    pub(super) fn new(redis: Redis, store: AdminStore) -> Self {
        Self { redis, store, connection: Arc::default() }
    }

    pub(super) async fn find(&self, hash: &TokenHash) -> anyhow::Result<Option<Session>> {
        let mut get = cmd("HGETALL");
        get.arg(key(hash));
        from_fields(&self.run::<HashMap<String, String>>(&get).await?)
    }

    pub(super) async fn begin(&self, hash: &TokenHash, new: &Session) -> anyhow::Result<()> {
        let mut begin = script(BEGIN, &[key(hash)]);
        begin.arg(self.lifetime(new)).arg(fields_of(new));
        self.run::<i64>(&begin).await.map(|_| ())
    }

    pub(super) async fn renew(&self, hash: &TokenHash, old: &Session, new: &Session) -> anyhow::Result<bool> {
        let Some(successor) = &old.successor else { return Ok(false) };
        let old_fields = vec![
            ("successor".to_owned(), successor.hash.0.clone()),
            ("sealed".to_owned(), successor.sealed.clone()),
            ("successor_expires_at".to_owned(), successor.expires_at.0.to_string()),
            ("ends_at".to_owned(), old.ends_at.0.to_string()),
        ];
        let mut renew = script(RENEW, &[key(hash), key(&successor.hash)]);
        renew.arg(self.lifetime(old)).arg(self.lifetime(new)).arg(old_fields.len() * 2);
        renew.arg(old_fields).arg(fields_of(new));
        Ok(self.run::<i64>(&renew).await? == 1)
    }

    pub(super) async fn extend(&self, hash: &TokenHash, to: &Session) -> anyhow::Result<()> {
        let mut extend = script(EXTEND, &[key(hash)]);
        extend.arg(self.lifetime(to)).arg(fields_of(to));
        self.run::<i64>(&extend).await.map(|_| ())
    }

    pub(super) async fn take(&self, hash: &TokenHash) -> anyhow::Result<Option<Session>> {
        from_fields(&self.run::<HashMap<String, String>>(&script(TAKE, &[key(hash)])).await?)
    }

    pub(super) async fn count_failure(&self, username: &str) -> anyhow::Result<Failures> {
        let mut count = script(FAIL, &[failures_key(username)]);
        count.arg(millis(FAILURES_FORGOTTEN_AFTER));
        self.run(&count).await.map(failures_of)
    }

    pub(super) async fn failures(&self, username: &str) -> anyhow::Result<Failures> {
        self.run(&script(FAILED, &[failures_key(username)])).await.map(failures_of)
    }

    /// How long the key of a session is there, from now; a key without time would be deleted, so it has some.
    fn lifetime(&self, session: &Session) -> u64 {
        millis(session.ends_at.since(self.store.now())).max(1)
    }

    /// Runs a command; on a connection that fails the next one begins anew.
    async fn run<T: FromRedisValue>(&self, command: &Cmd) -> anyhow::Result<T> {
        let mut connection = self.connection().await?;
        let answer = command.query_async(&mut connection).await;
        if answer
            .as_ref()
            .is_err_and(|error: &::redis::RedisError| error.is_unrecoverable_error() || error.is_timeout())
        {
            *self.connection.lock().await = None;
        }
        answer.map_err(in_words)
    }

    async fn connection(&self) -> anyhow::Result<MultiplexedConnection> {
        let mut kept = self.connection.lock().await;
        if let Some(connection) = &*kept {
            return Ok(connection.clone());
        }
        let connection = self.redis.connect().await?;
        *kept = Some(connection.clone());
        Ok(connection)
    }
}

fn script(script: &str, keys: &[String]) -> Cmd {
    let mut command = cmd("EVAL");
    command.arg(script).arg(keys.len()).arg(keys);
    command
}

fn key(hash: &TokenHash) -> String {
    format!("admin:session:{}", hash.0)
}

fn failures_key(username: &str) -> String {
    format!("admin:login_fail:{username}")
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn failures_of((count, ttl_ms): (u32, i64)) -> Failures {
    Failures { count, forgotten_in: Duration::from_millis(u64::try_from(ttl_ms).unwrap_or(0)) }
}

fn fields_of(session: &Session) -> Vec<(String, String)> {
    let mut fields = vec![
        ("user".to_owned(), session.user_id.to_string()),
        ("epoch".to_owned(), session.epoch.to_string()),
        ("expires_at".to_owned(), session.expires_at.0.to_string()),
        ("ends_at".to_owned(), session.ends_at.0.to_string()),
    ];
    fields.extend(session.predecessor.as_ref().map(|hash| ("predecessor".to_owned(), hash.0.clone())));
    fields
}

fn from_fields(fields: &HashMap<String, String>) -> anyhow::Result<Option<Session>> {
    if fields.is_empty() {
        return Ok(None);
    }
    let number = |name: &str| {
        fields.get(name).and_then(|text| text.parse().ok()).with_context(|| format!("a session in Redis has no {name}"))
    };
    let successor = match (fields.get("successor"), fields.get("sealed")) {
        (Some(hash), Some(sealed)) => Some(Successor {
            hash: TokenHash(hash.clone()),
            sealed: sealed.clone(),
            expires_at: UnixMs(number("successor_expires_at")?),
        }),
        _ => None,
    };
    Ok(Some(Session {
        user_id: number("user")?,
        epoch: number("epoch")?,
        expires_at: UnixMs(number("expires_at")?),
        ends_at: UnixMs(number("ends_at")?),
        predecessor: fields.get("predecessor").map(|hash| TokenHash(hash.clone())),
        successor,
    }))
}
