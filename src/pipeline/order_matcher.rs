//! Pairs deposits with open orders when and only when the pair is certain: `parsed` becomes `matched`, `ambiguous` or
//! `unmatched`. The decision itself is `domain::matching::decide`; here is only when it is asked.

use std::time::Duration;

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

    async fn round(&mut self) -> anyhow::Result<bool> {
        let decided = self.store.decide_pending(&self.windows, BUCKETS).await?;
        for (outcome, count) in [
            ("matched", decided.matched),
            ("ambiguous", decided.ambiguous),
            ("unmatched", decided.unmatched),
            // Buckets, not deposits.
            ("failed", decided.failed),
        ] {
            let count = u64::try_from(count).unwrap_or(0);
            metrics::counter!("recon_match_total", "outcome" => outcome).increment(count);
        }
        Ok(decided.buckets > 0)
    }
}

impl Child for OrderMatcher {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        loop {
            while self.round().await? {
                cx.progress();
                if cx.stopping() {
                    return Ok(());
                }
            }
            // There may be more only where the marked ones could be decided: else they would be marked again and again.
            let more = self.store.mark_expired_waits(&self.windows, BUCKETS).await? > 0 && self.round().await?;
            cx.succeeded();
            if cx.stopping() {
                return Ok(());
            }
            if !more {
                let period = self.period;
                cx.serve_until_nudged(self, period).await;
            }
        }
    }
}
