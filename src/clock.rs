//! The one clock. Everything that asks for the time is given one of these, so that tests run in time of their own.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::domain::time::UnixMs;

/// Tells the time of day.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    /// Runs with tokio's clock from a fixed moment, so that paused tests also pause the time of day.
    Tokio {
        base: UnixMs,
        started: tokio::time::Instant,
    },
    /// Stands until it is moved.
    Moved(Arc<AtomicI64>),
}

/// Moves a [`Clock`] that stands by itself: for days that are played faster than they pass.
#[derive(Clone, Debug)]
pub struct ClockHand(Arc<AtomicI64>);

impl ClockHand {
    /// Moves the clock to `at`; never back.
    pub fn move_to(&self, at: UnixMs) {
        self.0.fetch_max(at.0, Ordering::SeqCst);
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
    }
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that starts at `base` and runs with tokio's (pausable) time.
    #[must_use]
    pub fn following_tokio(base: UnixMs) -> Self {
        Self(Source::Tokio { base, started: tokio::time::Instant::now() })
    }

    /// A clock that stands at `base` until its hand is moved.
    #[must_use]
    pub fn moved_by_hand(base: UnixMs) -> (Self, ClockHand) {
        let at = Arc::new(AtomicI64::new(base.0));
        (Self(Source::Moved(Arc::clone(&at))), ClockHand(at))
    }

    /// The time now.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    pub fn now(&self) -> UnixMs {
        match &self.0 {
            Source::System => jiff::Timestamp::now().into(),
            Source::Tokio { base, started } => base.plus(started.elapsed()),
            Source::Moved(at) => UnixMs(at.load(Ordering::SeqCst)),
        }
    }
}
