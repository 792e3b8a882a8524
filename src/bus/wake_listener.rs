//! Hears over Redis that there is work, and wakes who does it.

use anyhow::Context as _;
use futures_util::StreamExt as _;
use redis::Msg;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::Channel;
use super::redis::{ANSWER_WITHIN, Outage, PING_EVERY, RETRY_EVERY, Redis, in_words};
use crate::store::Store;
use crate::supervision::{Child, Context, Nudger};

/// Who is woken by a wake-up.
#[derive(Clone, Debug)]
pub enum Heard {
    /// A loop.
    Nudges(Nudger),
    /// Those who follow the outbox.
    Commits(Store),
}

/// The actor.
#[derive(Debug)]
pub struct WakeListener {
    redis: Redis,
    process: String,
    hears: Vec<(Channel, Heard)>,
    outage: Outage,
}

impl WakeListener {
    /// The listener of `process`. What the process itself said is passed over.
    #[must_use]
    pub fn new(redis: Redis, process: &str, hears: Vec<(Channel, Heard)>) -> Self {
        Self { redis, process: process.to_owned(), hears, outage: Outage::default() }
    }

    fn wake(&self, name: &str) {
        for (_, heard) in self.hears.iter().filter(|(channel, _)| channel.to_string() == name) {
            heard.wake();
        }
    }

    /// What was said while nobody listened is unknown.
    fn wake_all(&self) {
        for (_, heard) in &self.hears {
            heard.wake();
        }
    }

    fn take(&self, message: &Msg) {
        if message.get_payload_bytes() != self.process.as_bytes() {
            self.wake(message.get_channel_name());
        }
    }

    /// Listens until it is asked to stop.
    async fn listen(&mut self, cx: &Context<Self>) -> anyhow::Result<()> {
        let channels: Vec<Channel> = self.hears.iter().map(|(channel, _)| channel.clone()).collect();
        let (mut sink, mut messages) = self.redis.subscribe(&channels).await?;
        self.outage.over(cx.id());
        cx.succeeded();
        self.wake_all();
        let mut ping_at = Instant::now() + PING_EVERY;
        loop {
            tokio::select! {
                message = messages.next() => {
                    self.take(&message.context("Redis closed the connection")?);
                    cx.message_seen();
                }
                () = sleep_until(ping_at) => {
                    let answer = timeout(ANSWER_WITHIN, sink.ping::<redis::Value>()).await;
                    answer.context("Redis does not answer")?.map_err(in_words)?;
                    cx.succeeded();
                    ping_at = Instant::now() + PING_EVERY;
                }
                () = cx.stopped() => return Ok(()),
            }
        }
    }
}

impl Heard {
    fn wake(&self) {
        match self {
            Self::Nudges(nudger) => nudger.nudge(),
            Self::Commits(store) => store.others_committed(),
        }
    }
}

impl Child for WakeListener {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        loop {
            let ended = self.listen(cx).await;
            if cx.stopping() {
                return Ok(());
            }
            if let Err(error) = ended {
                self.outage.goes_on(cx.id(), error)?;
            }
            tokio::select! {
                () = sleep(RETRY_EVERY) => {}
                () = cx.stopped() => return Ok(()),
            }
        }
    }
}
