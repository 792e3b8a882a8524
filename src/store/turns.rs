//! Whose turn it is at SQLite's one writer. What a phone delivers is sent by nobody else again and its sender waits, so it
//! goes first; the stages work on what is stored already, and take what is left, a fixed share at least.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Between two deliveries of a burst there are gaps: the writer counts as free only once none came for this long.
const QUIET: Duration = Duration::from_millis(2);

/// In a burst a stage waits this many times as long as it last held the writer, so that the stages together get a tenth.
const SHARE: u32 = 9;

/// It never waits longer than that.
const PATIENCE_MAX: Duration = Duration::from_millis(250);

/// The order of turns.
#[derive(Debug, Default)]
pub(super) struct Turns {
    deliveries: Mutex<Deliveries>,
    /// Held by the stage whose turn it is: how long the one before held the writer.
    stage: tokio::sync::Mutex<Duration>,
}

#[derive(Debug, Default)]
struct Deliveries {
    under_way: usize,
    last: Option<Instant>,
}

/// A delivery that is being stored, until this is dropped.
#[derive(Debug)]
pub(super) struct Delivering<'a>(&'a Turns);

/// A stage's turn, until this is dropped.
#[derive(Debug)]
pub(super) struct StageTurn<'a> {
    held: tokio::sync::MutexGuard<'a, Duration>,
    began: Instant,
}

impl Turns {
    /// A delivery goes at once.
    pub(super) fn deliver(&self) -> Delivering<'_> {
        self.deliveries().under_way += 1;
        Delivering(self)
    }

    /// Waits for the turn of a stage.
    pub(super) async fn stage(&self) -> StageTurn<'_> {
        let held = self.stage.lock().await;
        let patience = (*held * SHARE).clamp(QUIET, PATIENCE_MAX);
        let asked = Instant::now();
        while self.busy() && asked.elapsed() < patience {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        StageTurn { held, began: Instant::now() }
    }

    fn busy(&self) -> bool {
        let deliveries = self.deliveries();
        deliveries.under_way > 0 || deliveries.last.is_some_and(|last| last.elapsed() < QUIET)
    }

    fn deliveries(&self) -> MutexGuard<'_, Deliveries> {
        self.deliveries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Delivering<'_> {
    fn drop(&mut self) {
        let mut deliveries = self.0.deliveries();
        deliveries.under_way -= 1;
        deliveries.last = Some(Instant::now());
    }
}

impl Drop for StageTurn<'_> {
    fn drop(&mut self) {
        *self.held = self.began.elapsed();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn waited(turns: &Turns) -> Duration {
        let asked = Instant::now();
        drop(turns.stage().await);
        asked.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn without_deliveries_a_stage_goes_at_once() {
        assert_eq!(waited(&Turns::default()).await, Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stage_waits_for_the_end_of_a_burst() {
        let turns = Turns::default();
        drop(turns.deliver());
        assert_eq!(waited(&turns).await, QUIET);
    }

    #[tokio::test(start_paused = true)]
    async fn in_an_endless_burst_a_stage_waits_for_its_share_and_no_longer() {
        let turns = Turns::default();
        let _endless = turns.deliver();
        let long = turns.stage().await;
        tokio::time::advance(Duration::from_millis(20)).await;
        drop(long);
        assert_eq!(waited(&turns).await, Duration::from_millis(180));
        let longer = turns.stage().await;
        tokio::time::advance(Duration::from_secs(5)).await;
        drop(longer);
        assert_eq!(waited(&turns).await, PATIENCE_MAX);
    }
}
