//! Finishes what a lost answer or a crash has left open: each intent is sent again under its own key until the wallet says
//! what became of it. Its input is the rows (ADR-004); several processes may run it over one database.

use std::time::Duration;

use futures_util::StreamExt as _;

use super::approver::Approver;
use crate::admin::store::IntentTally;
use crate::database::{STORE_PAUSE, StoreError, outlast};
use crate::supervision::{Child, Context};
use crate::telemetry::names;

/// The kind of this loop, and its id.
pub const KIND: &str = "approval_resolver";

/// The longest that it goes without looking: another process may have crashed.
const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(2);
/// How soon it is looked again whether the wallet may be probed.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// Intents that are claimed at once.
const BATCH: u64 = 8;
/// So many are under way at once.
const AT_ONCE: usize = 4;

/// The actor.
#[derive(Debug)]
pub struct Resolver {
    approver: Approver,
    /// The wallet's breaker was open, or nobody knows since when it is closed.
    was_away: bool,
    stuck_told: bool,
}

impl Resolver {
    /// A resolver that sends through that approver.
    #[must_use]
    pub fn new(approver: Approver) -> Self {
        Self { approver, was_away: true, stuck_told: false }
    }

    /// Sends what is due, and answers how long there is nothing to do, and whether it could do what there was.
    ///
    /// # Errors
    /// Where the store fails.
    pub(super) async fn round(
        &mut self,
        worked: impl Fn(),
        stopping: impl Fn() -> bool,
    ) -> Result<(Duration, bool), StoreError> {
        let store = self.approver.store.clone();
        while !stopping() {
            match self.approver.wallet.open_for() {
                // One intent is the probe, whenever it is due: so the wallet's return is seen without anybody's asking.
                Some(Duration::ZERO) => {
                    self.was_away = true;
                    if self.send(1, true, &worked).await? == 0 || self.approver.wallet.open_for().is_some() {
                        break;
                    }
                }
                Some(_) => {
                    self.was_away = true;
                    break;
                }
                None => {
                    if std::mem::take(&mut self.was_away) {
                        store.pull_intents_forward().await?;
                    }
                    if self.send(BATCH, false, &worked).await? == 0 {
                        break;
                    }
                }
            }
        }
        let tally = store.intent_tally().await?;
        self.show(&tally);
        let now = store.now();
        let due = tally.next.map_or(LOOK_AT_LEAST_EVERY, |next| next.since(now));
        Ok(match self.approver.wallet.open_for() {
            // At most one call finds out; until then what is due waits.
            Some(open) if tally.live() > 0 => (open.clamp(LOOK_AGAIN, LOOK_AT_LEAST_EVERY), false),
            _ => (due.min(LOOK_AT_LEAST_EVERY), true),
        })
    }

    async fn send(&self, limit: u64, probing: bool, worked: impl Fn()) -> Result<usize, StoreError> {
        let claimed = self.approver.claim(limit, probing).await?;
        let count = claimed.len();
        let mut under_way =
            futures_util::stream::iter(&claimed).map(|intent| self.approver.resume(intent)).buffer_unordered(AT_ONCE);
        while let Some(resumed) = under_way.next().await {
            resumed?;
            worked();
        }
        Ok(count)
    }

    #[allow(clippy::cast_precision_loss, reason = "gauges; counts and seconds are far below 2^52")]
    fn show(&mut self, tally: &IntentTally) {
        let gauge = |state: &'static str, count: u64| {
            metrics::gauge!(names::ADMIN_APPROVALS, "state" => state).set(count as f64);
        };
        gauge("pending", tally.pending);
        gauge("unknown", tally.unknown);
        gauge("stuck", tally.stuck);
        let age = tally.oldest.map_or(0, |oldest| self.approver.store.now().since(oldest).as_secs());
        metrics::gauge!(names::ADMIN_APPROVALS_OLDEST_AGE_SECONDS).set(age as f64);
        if tally.stuck > 0 && !self.stuck_told {
            tracing::error!(approvals.stuck = tally.stuck, "approvals have not been resolved for more than 24 hours");
        }
        self.stuck_told = tally.stuck > 0;
    }
}

impl Child for Resolver {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        loop {
            let wait = match self.round(|| cx.progress(), || cx.stopping()).await {
                Ok((wait, is_well)) => {
                    if is_well {
                        cx.succeeded();
                    } else {
                        cx.tried();
                    }
                    wait
                }
                Err(error) => {
                    outlast(KIND, error.into())?;
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
