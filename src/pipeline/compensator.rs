//! Looks for what is stuck and gets it going: messages that stand in a stage for too long, matches whose order is gone.

use crate::telemetry::names;
use std::time::Duration;

use super::retry::{STORE_PAUSE, outlast};
use crate::domain::sms::SmsState;
use crate::store::Store;
use crate::supervision::{Child, Context, Nudger};

/// The kind of this loop.
pub const KIND: &str = "compensator";

/// A stage is done with a message within this time, or it is stuck.
const STAGE_DEADLINE: Duration = Duration::from_mins(1);
/// Matches looked at in one round.
const MATCHES: u64 = 500;

/// The actor.
#[derive(Debug)]
pub struct Compensator {
    store: Store,
    stages: [(SmsState, Nudger); 3],
    period: Duration,
}

impl Compensator {
    /// A compensator that wakes the validator, the parser and the matcher.
    #[must_use]
    pub fn new(store: Store, validator: Nudger, parser: Nudger, matcher: Nudger, period: Duration) -> Self {
        let stages = [(SmsState::Received, validator), (SmsState::Accepted, parser), (SmsState::Parsed, matcher)];
        Self { store, stages, period }
    }

    async fn round(&self) -> anyhow::Result<()> {
        let before = self.store.now().minus(STAGE_DEADLINE);
        for (state, nudger) in &self.stages {
            let stuck = self.store.stuck_in(*state, before).await?;
            let state = state.as_str();
            #[allow(clippy::cast_precision_loss, reason = "a gauge; counts of messages are far below 2^52")]
            metrics::gauge!(names::SMS_STUCK, "state" => state).set(stuck as f64);
            if stuck > 0 {
                tracing::warn!(sms.stuck = stuck, sms.state = state, "messages stand in a stage past its deadline");
                nudger.nudge();
            }
        }
        let mended = self.store.mend_matches(MATCHES).await?;
        if mended > 0 {
            tracing::warn!(sms.mended = mended, "matches without an open order are decided again");
            self.stages[2].1.nudge();
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
