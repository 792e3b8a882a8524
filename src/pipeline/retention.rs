//! Purges texts whose time is over, saved answers and old events.

use std::time::Duration;

use super::retry::{STORE_PAUSE, outlast};
use crate::store::Store;
use crate::supervision::{Child, Context};

/// The kind of this loop.
pub const KIND: &str = "retention";

/// How long a repeated write gets its saved answer.
const ANSWERS_KEPT: Duration = Duration::from_hours(168);
/// How long a listener may be away and still resume.
const EVENTS_KEPT: Duration = Duration::from_hours(72);
/// Texts purged in one transaction.
const TEXTS: u64 = 500;

/// The actor.
#[derive(Debug)]
pub struct Retention {
    store: Store,
    raw_text: Duration,
    period: Duration,
}

impl Retention {
    /// Purges texts `raw_text` after their receipt, once they are final.
    #[must_use]
    pub fn new(store: Store, raw_text: Duration, period: Duration) -> Self {
        Self { store, raw_text, period }
    }

    async fn round(&self, cx: &Context<Self>) -> anyhow::Result<()> {
        let now = self.store.now();
        let mut purged = 0;
        loop {
            let count = self.store.purge_texts(now.minus(self.raw_text), TEXTS).await?;
            purged += count;
            cx.progress();
            if count == 0 || cx.stopping() {
                break;
            }
        }
        let answers = self.store.forget_answers(now.minus(ANSWERS_KEPT)).await?;
        let events = self.store.forget_events(now.minus(EVENTS_KEPT)).await?;
        if purged > 0 || answers > 0 || events > 0 {
            tracing::info!(retention.texts = purged, retention.answers = answers, retention.events = events, "purged");
        }
        Ok(())
    }
}

impl Child for Retention {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        loop {
            let wait = match self.round(cx).await {
                Ok(()) => {
                    cx.succeeded();
                    self.period
                }
                Err(error) => {
                    outlast(KIND, error)?;
                    STORE_PAUSE
                }
            };
            if cx.stopping() {
                return Ok(());
            }
            cx.serve_until_nudged(self, wait).await;
        }
    }
}
