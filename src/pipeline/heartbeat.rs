//! Sends a message of our own through the pipeline every minute, and notes when it came out: proof that the stages work,
//! not only that they run (reliability: when it stops arriving, health and the metric say so within 3 min).

use std::time::Duration;

use super::inbox::{Beat, Inbox};
use crate::domain::time::UnixMs;
use crate::store::Store;
use crate::supervision::{Child, Context, Handle};

/// The kind of this loop.
pub const KIND: &str = "heartbeat";

/// How often a heartbeat is sent.
pub const PERIOD: Duration = Duration::from_mins(1);
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

impl Child for Heartbeat {
    /// Fails, and is then shown as failing, when the message does not come out in time.
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        loop {
            let sent = tokio::time::Instant::now();
            self.inbox.ask(Beat, Duration::from_secs(10)).await??;
            cx.progress();
            while !self.store.note_heartbeat().await? {
                anyhow::ensure!(
                    sent.elapsed() < PERIOD,
                    "the heartbeat did not come out of the pipeline within {PERIOD:?}"
                );
                if cx.stopping() {
                    return Ok(());
                }
                cx.serve_until_nudged(self, LOOK).await;
            }
            cx.succeeded();
            note_success(self.store.now());
            cx.set_lag(Some(sent.elapsed()));
            if cx.stopping() {
                return Ok(());
            }
            cx.serve_until_nudged(self, PERIOD.saturating_sub(sent.elapsed())).await;
        }
    }
}

#[allow(
    clippy::cast_precision_loss,
    clippy::float_arithmetic,
    reason = "a metric is a float; seconds since 1970 fit it"
)]
fn note_success(at: UnixMs) {
    metrics::gauge!("recon_heartbeat_last_success_timestamp_seconds").set(at.0 as f64 / 1000.0);
}
