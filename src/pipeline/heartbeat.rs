//! Sends a message of our own through the pipeline every minute, and notes when it came out: proof that the stages work,
//! not only that they run (reliability: when it stops arriving, health and the metric say so within 3 min).

use std::time::Duration;

use super::inbox::{Beat, Inbox};
use crate::store::Store;
use crate::supervision::{Child, Context, Handle};
use crate::telemetry::names;

/// The kind of this loop.
pub const KIND: &str = "heartbeat";

/// How often a heartbeat is sent.
pub const PERIOD: Duration = Duration::from_mins(1);
/// How soon the next one is sent after one that failed.
const AGAIN: Duration = Duration::from_secs(5);
/// How often we look whether it came out.
const LOOK: Duration = Duration::from_millis(500);

/// The actor.
#[derive(Debug)]
pub struct Heartbeat {
    store: Store,
    inbox: Handle<Inbox>,
}

impl Heartbeat {
    /// A heartbeat that goes in by the inbox.
    #[must_use]
    pub fn new(store: Store, inbox: Handle<Inbox>) -> Self {
        Self { store, inbox }
    }
}

impl Heartbeat {
    /// One message in and out again; how long it took.
    async fn beat(&mut self, cx: &mut Context<Self>) -> anyhow::Result<Duration> {
        let sent = tokio::time::Instant::now();
        self.inbox.ask(Beat, Duration::from_secs(10)).await??;
        cx.progress();
        while !self.store.note_heartbeat().await? {
            anyhow::ensure!(sent.elapsed() < PERIOD, "it did not come out of the pipeline within {PERIOD:?}");
            if cx.stopping() {
                break;
            }
            cx.serve_until_nudged(self, LOOK).await;
        }
        Ok(sent.elapsed())
    }
}

impl Child for Heartbeat {
    /// A heartbeat that fails is no fault of this loop: it says so, makes no progress, and sends the next one soon, so that
    /// health knows within seconds when the pipeline works again.
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        loop {
            let wait = match self.beat(cx).await {
                Ok(took) => {
                    cx.succeeded();
                    cx.set_lag(Some(took));
                    #[allow(clippy::cast_precision_loss, reason = "a gauge; milliseconds of this century fit")]
                    metrics::gauge!(names::HEARTBEAT_LAST_SUCCESS).set(self.store.now().0.div_euclid(1_000) as f64);
                    PERIOD.saturating_sub(took)
                }
                Err(error) => {
                    tracing::warn!(error = %format!("{error:#}"), "the heartbeat did not come through");
                    AGAIN
                }
            };
            if cx.stopping() {
                return Ok(());
            }
            cx.serve_until_nudged(self, wait).await;
        }
    }
}
