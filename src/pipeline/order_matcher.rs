//! Pairs deposits with open orders when and only when the pair is certain: `parsed` becomes `matched`, `ambiguous` or
//! `unmatched`. The decision itself is `domain::matching::decide`; here is only when it is asked.

use crate::telemetry::names;
use std::time::Duration;

use super::stage::{self, Stage};
use crate::domain::matching::Windows;
use crate::store::Store;
use crate::supervision::{Child, Context};

/// The kind of this loop.
pub const KIND: &str = "order_matcher";

/// Buckets decided in one transaction.
const BUCKETS: u64 = 64;

/// The actor.
#[derive(Debug)]
pub struct OrderMatcher {
    store: Store,
    windows: Windows,
    period: Duration,
}

impl OrderMatcher {
    /// A matcher that looks by itself each `period`.
    #[must_use]
    pub fn new(store: Store, windows: Windows, period: Duration) -> Self {
        Self { store, windows, period }
    }

    /// Decides all that is pending, once: for those who keep the time themselves and run no loops.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn drain(&mut self) -> anyhow::Result<()> {
        loop {
            while self.decide().await? {}
            if self.store.mark_expired_waits(&self.windows, BUCKETS).await? == 0 {
                return Ok(());
            }
        }
    }

    /// Decides all that is pending. Answers whether there may be more.
    async fn sweep(&mut self, cx: &Context<Self>) -> anyhow::Result<bool> {
        while self.decide().await? {
            cx.progress();
            if cx.stopping() {
                return Ok(true);
            }
        }
        // There may be more only where the marked ones could be decided: else they would be marked again and again.
        Ok(self.store.mark_expired_waits(&self.windows, BUCKETS).await? > 0 && self.decide().await?)
    }

    async fn decide(&mut self) -> anyhow::Result<bool> {
        let decided = self.store.decide_pending(&self.windows, BUCKETS).await?;
        for (outcome, count) in [
            ("matched", decided.matched),
            ("ambiguous", decided.ambiguous),
            ("unmatched", decided.unmatched),
            // Buckets, not deposits.
            ("failed", decided.failed),
        ] {
            let count = u64::try_from(count).unwrap_or(0);
            metrics::counter!(names::MATCH, "outcome" => outcome).increment(count);
        }
        Ok(decided.buckets > 0)
    }
}

impl Stage for OrderMatcher {
    const KIND: &'static str = KIND;

    fn period(&self) -> Duration {
        self.period
    }

    async fn round(&mut self, cx: &Context<Self>) -> anyhow::Result<bool> {
        self.sweep(cx).await
    }
}

impl Child for OrderMatcher {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        stage::run(self, cx).await
    }
}
