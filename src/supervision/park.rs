//! A child that asks to be parked: trying it again soon would do no good, or harm.

use std::time::Duration;

/// Returned as the error of `run`, it parks the child at once, whatever restarts it has left, and has it tried again after
/// a while: a token that was revoked is not asked about five times in a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct Park {
    /// Why, for people.
    pub reason: String,
    /// When to try again; none: after the policy's time.
    pub retry_in: Option<Duration>,
}

impl Park {
    /// Parked for the policy's time.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), retry_in: None }
    }

    /// Parked for `retry_in`.
    pub fn retried_in(reason: impl Into<String>, retry_in: Duration) -> Self {
        Self { reason: reason.into(), retry_in: Some(retry_in) }
    }
}
