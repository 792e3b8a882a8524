//! Connections to Redis, with a limit on every wait, and how long its absence is borne in silence.

use std::fmt;
use std::time::Duration;

use ::redis::aio::{MultiplexedConnection, PubSubSink, PubSubStream};
use ::redis::{AsyncConnectionConfig, Client};
use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::{Instant, timeout};

use super::Channel;

/// How long a connection may take to come about, its login included.
const CONNECT_WITHIN: Duration = Duration::from_secs(2);

/// How long Redis may take to answer.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(1);

/// How often a quiet connection is asked whether it is still there.
pub(super) const PING_EVERY: Duration = Duration::from_secs(5);

/// How long to wait after a failure.
pub(super) const RETRY_EVERY: Duration = Duration::from_secs(1);

/// A loop that has not reached Redis for so long ends with the reason, so that the list of actors shows it. Long enough
/// that restarts stay rare: the loops are back within seconds of Redis.
const GIVE_UP_AFTER: Duration = Duration::from_secs(20);

/// Where Redis is. Debug shows nothing of the address: it may carry a password.
#[derive(Clone)]
pub struct Redis {
    client: Client,
}

impl Redis {
    /// The Redis at `url`. Connects to nothing yet.
    ///
    /// # Errors
    /// Where the address cannot be read.
    pub fn at(url: &SecretString) -> anyhow::Result<Self> {
        let client = Client::open(url.expose_secret()).context("redis.url cannot be used")?;
        Ok(Self { client })
    }

    /// A connection for commands.
    pub(crate) async fn connect(&self) -> anyhow::Result<MultiplexedConnection> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_WITHIN))
            .set_response_timeout(Some(ANSWER_WITHIN));
        let connection = self.client.get_multiplexed_async_connection_with_config(&config);
        timeout(CONNECT_WITHIN, connection).await.context("no connection to Redis in time")?.map_err(in_words)
    }

    /// A connection that hears what is said on `channels`.
    pub(super) async fn subscribe(&self, channels: &[Channel]) -> anyhow::Result<(PubSubSink, PubSubStream)> {
        let names: Vec<String> = channels.iter().map(ToString::to_string).collect();
        let subscribed = async {
            let mut connection = self.client.get_async_pubsub().await?;
            connection.subscribe(names).await?;
            ::redis::RedisResult::Ok(connection.split())
        };
        timeout(CONNECT_WITHIN, subscribed).await.context("no connection to Redis in time")?.map_err(in_words)
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redis")
    }
}

/// What Redis, or the way to it, says. Its own chain of causes says everything twice.
#[allow(clippy::needless_pass_by_value, reason = "handed to map_err")]
pub(crate) fn in_words(error: ::redis::RedisError) -> anyhow::Error {
    anyhow::anyhow!("Redis: {error}")
}

/// How long Redis has been away, for one loop.
#[derive(Debug, Default)]
pub(super) struct Outage(Option<Instant>);

impl Outage {
    /// It answers.
    pub(super) fn over(&mut self, loop_id: &str) {
        if self.0.take().is_some() {
            tracing::info!(actor.id = loop_id, "Redis is back");
        }
    }

    /// It does not. Said once; an error after [`GIVE_UP_AFTER`].
    pub(super) fn goes_on(&mut self, loop_id: &str, error: anyhow::Error) -> anyhow::Result<()> {
        let since = *self.0.get_or_insert_with(|| {
            tracing::warn!(actor.id = loop_id, error = %format!("{error:#}"), "Redis is away; work is found by looking");
            Instant::now()
        });
        if since.elapsed() >= GIVE_UP_AFTER { Err(error) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_outage_is_borne_for_a_while_and_then_shown() {
        let mut outage = Outage::default();
        assert!(outage.goes_on("wake_listener", anyhow::anyhow!("refused")).is_ok());
        tokio::time::advance(GIVE_UP_AFTER / 2).await;
        assert!(outage.goes_on("wake_listener", anyhow::anyhow!("refused")).is_ok());
        tokio::time::advance(GIVE_UP_AFTER / 2).await;
        assert!(outage.goes_on("wake_listener", anyhow::anyhow!("refused")).is_err());
        outage.over("wake_listener");
        assert!(outage.goes_on("wake_listener", anyhow::anyhow!("refused")).is_ok());
    }

    #[test]
    fn debug_shows_no_password() {
        let redis = Redis::at(&SecretString::from("redis://:hunter2@127.0.0.1:6379")).unwrap();
        assert_eq!(format!("{redis:?}"), "Redis");
    }
}
