//! The one clock. Everything that asks for the time is given one of these, so that tests run in time of their own.

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

    /// The time now.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "this is the one place that reads the machine's clock")]
    pub fn now(&self) -> UnixMs {
        match &self.0 {
            Source::System => jiff::Timestamp::now().into(),
            Source::Tokio { base, started } => base.plus(started.elapsed()),
        }
    }
}
