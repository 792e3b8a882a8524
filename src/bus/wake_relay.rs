//! Tells other processes over Redis that there is work for them.

use std::time::Duration;

use anyhow::Context as _;
use redis::aio::MultiplexedConnection;
use tokio::sync::watch;
use tokio::time::timeout;

use super::Channel;
use super::redis::{ANSWER_WITHIN, Outage, PING_EVERY, RETRY_EVERY, Redis, in_words};
use crate::store::Store;
use crate::supervision::{Child, Context, Woke};

/// Commits are told at most this often: one look of the others finds all that came before it.
const TELL_AT_MOST_EVERY: Duration = Duration::from_millis(50);

/// What a relay tells.
#[derive(Debug)]
pub enum Told {
    /// That it was nudged, on this channel.
    Nudges(Channel),
    /// That this process committed.
    Commits(watch::Receiver<u64>),
    /// That something is asked of other processes: of which ones, the store says.
    Requests(Store),
}

/// The actor. A wake-up that cannot be told is told as soon as Redis is back.
#[derive(Debug)]
pub struct WakeRelay {
    redis: Redis,
    process: String,
    told: Told,
    connection: Option<MultiplexedConnection>,
    outage: Outage,
    /// There is something to tell. A new instance does not know what its predecessor still had to.
    pending: bool,
}

impl WakeRelay {
    /// A relay of `process`.
    #[must_use]
    pub fn new(redis: Redis, process: &str, told: Told) -> Self {
        Self { redis, process: process.to_owned(), told, connection: None, outage: Outage::default(), pending: true }
    }

    async fn channels(&self) -> anyhow::Result<Vec<Channel>> {
        Ok(match &self.told {
            _ if !self.pending => Vec::new(),
            Told::Nudges(channel) => vec![channel.clone()],
            Told::Commits(_) => vec![Channel::Events],
            Told::Requests(store) => store.processes_asked().await?.into_iter().map(Channel::Control).collect(),
        })
    }

    /// Tells what is pending; with nothing to tell it asks whether Redis is still there.
    async fn tell(&mut self) -> anyhow::Result<()> {
        let channels = self.channels().await?;
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => none.insert(self.redis.connect().await?),
        };
        let mut said = redis::pipe();
        for channel in &channels {
            said.cmd("PUBLISH").arg(channel.to_string()).arg(&self.process).ignore();
        }
        if channels.is_empty() {
            said.cmd("PING").ignore();
        }
        let answer = timeout(ANSWER_WITHIN, said.query_async::<()>(connection)).await;
        answer.context("Redis does not answer")?.map_err(in_words)?;
        self.pending = false;
        Ok(())
    }

    /// Waits until there is something to tell, at most `PING_EVERY`.
    async fn wait(&mut self, cx: &mut Context<Self>) {
        let woken = match &mut self.told {
            Told::Commits(commits) => {
                tokio::select! {
                    changed = commits.changed() => changed.is_ok(),
                    () = tokio::time::sleep(PING_EVERY) => false,
                    () = cx.stopped() => false,
                }
            }
            Told::Nudges(_) | Told::Requests(_) => cx.serve_until_nudged(self, PING_EVERY).await == Woke::Nudged,
        };
        self.pending |= woken;
    }

    /// Waits for `pause`, whatever there is to tell.
    async fn pause(cx: &Context<Self>, pause: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = cx.stopped() => {}
        }
    }
}

impl Child for WakeRelay {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        loop {
            let had_news = self.pending;
            let told = self.tell().await;
            if cx.stopping() {
                return Ok(());
            }
            match told {
                Ok(()) => {
                    self.outage.over(cx.id());
                    cx.succeeded();
                    if had_news && matches!(self.told, Told::Commits(_)) {
                        Self::pause(cx, TELL_AT_MOST_EVERY).await;
                    }
                    self.wait(cx).await;
                }
                Err(error) => {
                    self.connection = None;
                    self.outage.goes_on(cx.id(), error)?;
                    Self::pause(cx, RETRY_EVERY).await;
                }
            }
        }
    }
}
