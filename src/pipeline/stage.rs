//! The loop that every stage is: rounds while there is work, then a wait for a nudge or for its period.

use std::time::Duration;

use super::retry::{STORE_PAUSE, outlast};
use crate::supervision::{Child, Context};

/// What a stage does in a round.
pub(super) trait Stage: Child {
    /// Its kind.
    const KIND: &'static str;

    /// How often it looks by itself.
    fn period(&self) -> Duration;

    /// Does what is pending. Answers whether there may be more at once.
    fn round(&mut self, cx: &Context<Self>) -> impl Future<Output = anyhow::Result<bool>>;
}

/// Runs a stage until it is stopped.
pub(super) async fn run<S: Stage>(stage: &mut S, cx: &mut Context<S>) -> anyhow::Result<()> {
    loop {
        let wait = match stage.round(cx).await {
            Ok(more) => {
                cx.succeeded();
                if more { Duration::ZERO } else { stage.period() }
            }
            Err(error) => {
                outlast(S::KIND, error)?;
                STORE_PAUSE
            }
        };
        if cx.stopping() {
            return Ok(());
        }
        if !wait.is_zero() {
            cx.serve_until_nudged(stage, wait).await;
        }
    }
}
