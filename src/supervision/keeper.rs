//! The supervisor as a child like any other, and the small loop that keeps it alive.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::child::Child;
use super::context::Context;
use super::registry::Registry;
use super::slot::{Phase, Slot};

/// How long the supervisor and its keeper may go without looking. What happens wakes them earlier; what does not happen
/// (progress, a report) is found at the next look.
const LOOK: Duration = Duration::from_millis(500);

/// The supervisor.
pub(super) struct Supervisor {
    registry: Arc<Registry>,
}

impl Supervisor {
    pub(super) fn new(registry: Arc<Registry>) -> Self {
        Self { registry }
    }
}

impl Child for Supervisor {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        loop {
            let due = self.registry.reconcile_all();
            cx.succeeded();
            if cx.stopping() {
                return Ok(());
            }
            cx.serve_until_nudged(self, until(due)).await;
        }
    }
}

/// Keeps the supervisor alive, by the same rules as the supervisor its children, until it is stopped for good.
pub(super) async fn keep(registry: Arc<Registry>, supervisor: Arc<Slot>) {
    loop {
        let due = registry.reconcile(&supervisor);
        if registry.is_draining() && matches!(supervisor.lock().phase, Phase::Stopped | Phase::Removed) {
            return;
        }
        let nudged = supervisor.reports_to.nudged();
        // Both ways the next thing to do is to look.
        let _ = tokio::time::timeout(until(due), nudged).await;
    }
}

fn until(due: Option<Instant>) -> Duration {
    due.map_or(LOOK, |due| due.saturating_duration_since(Instant::now()).min(LOOK))
}
