//! Looks for what is stuck and gets it going: messages that stand in a stage for too long, matches whose order is gone.
//!
//! A message that stands still is tried as `domain::retry` says: every attempt is noted on it, and after the last of them
//! people are asked; its stage is woken in every round all the same.

use crate::telemetry::names;
use std::collections::BTreeSet;
use std::time::Duration;

use super::retry::{STORE_PAUSE, outlast, permille};
use crate::domain::sms::SmsState;
use crate::store::{Mended, Store};
use crate::supervision::{Child, Context, Nudger};

/// The kind of this loop.
pub const KIND: &str = "compensator";

/// A stage is done with a message within this time, or it is stuck.
const STAGE_DEADLINE: Duration = Duration::from_mins(1);
/// Messages that stand still on which an attempt is noted in one round, the oldest of each state.
const TRIED: u64 = 100;
/// Matches looked at in one round.
const MATCHES: u64 = 500;

/// The actor.
#[derive(Debug)]
pub struct Compensator {
    store: Store,
    stages: [(SmsState, Nudger); 3],
    period: Duration,
    /// Matches of which the log has said that they cannot be mended.
    told: BTreeSet<i64>,
}

impl Compensator {
    /// A compensator that wakes the validator, the parser and the matcher.
    #[must_use]
    pub fn new(store: Store, validator: Nudger, parser: Nudger, matcher: Nudger, period: Duration) -> Self {
        let stages = [(SmsState::Received, validator), (SmsState::Accepted, parser), (SmsState::Parsed, matcher)];
        Self { store, stages, period, told: BTreeSet::new() }
    }

    async fn round(&mut self) -> anyhow::Result<()> {
        let before = self.store.now().minus(STAGE_DEADLINE);
        for (of, nudger) in &self.stages {
            let stuck = self.store.stuck_in(*of, before).await?;
            let state = of.as_str();
            #[allow(clippy::cast_precision_loss, reason = "a gauge; counts of messages are far below 2^52")]
            metrics::gauge!(names::SMS_STUCK, "state" => state).set(stuck as f64);
            if stuck > 0 {
                tracing::warn!(sms.stuck = stuck, sms.state = state, "messages stand in a stage past its deadline");
                self.store.try_stuck(*of, before, TRIED, permille).await?;
                nudger.nudge();
            }
        }
        self.mend().await
    }

    async fn mend(&mut self) -> anyhow::Result<()> {
        let Mended { mended, left } = self.store.mend_matches(MATCHES).await?;
        if mended > 0 {
            tracing::warn!(sms.mended = mended, "matches without an open order were settled or given free");
            self.stages[2].1.nudge();
        }
        #[allow(clippy::cast_precision_loss, reason = "a gauge; counts of messages are far below 2^52")]
        metrics::gauge!(names::MATCHES_UNMENDED).set(left.len() as f64);
        // Once for each, not in every round: the gauge says that it still stands.
        self.told.retain(|id| left.iter().any(|(still, _)| still == id));
        for (id, error) in left {
            if self.told.insert(id) {
                tracing::error!(
                    sms.id = id,
                    error,
                    "a match without an open order cannot be mended; it stays as it is"
                );
            }
        }
        Ok(())
    }
}

impl Child for Compensator {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        loop {
            let wait = match self.round().await {
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
