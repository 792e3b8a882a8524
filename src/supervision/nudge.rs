//! "There is work": the one thing that is told to a loop from outside.

use std::sync::Arc;

use tokio::sync::Notify;

/// Tells a loop that there is work. Nudges given while it is busy are kept as one; none is ever refused; they outlive
/// restarts of the loop.
#[derive(Clone, Debug)]
pub struct Nudger(Arc<Notify>);

impl Nudger {
    pub(super) fn new() -> Self {
        Self(Arc::new(Notify::new()))
    }

    /// A nudger that nobody hears: for tests of what stands before it.
    #[must_use]
    pub fn none() -> Self {
        Self::new()
    }

    /// There is work.
    pub fn nudge(&self) {
        self.0.notify_one();
    }

    /// Resolves when there has been a nudge since the last time it resolved. Dropping it before that keeps the nudge.
    pub(super) async fn nudged(&self) {
        self.0.notified().await;
    }
}
