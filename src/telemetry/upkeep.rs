//! Keeps the metrics' buffers short: a histogram that nobody scrapes grows for ever otherwise.

use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;

use crate::supervision::{Child, Context};

/// The kind of this loop.
pub const KIND: &str = "metrics_upkeep";
const PERIOD: Duration = Duration::from_secs(5);

/// The actor.
pub struct MetricsUpkeep(PrometheusHandle);

impl std::fmt::Debug for MetricsUpkeep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MetricsUpkeep")
    }
}

impl MetricsUpkeep {
    /// Upkeep of this recorder.
    #[must_use]
    pub const fn new(handle: PrometheusHandle) -> Self {
        Self(handle)
    }
}

impl Child for MetricsUpkeep {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        loop {
            self.0.run_upkeep();
            cx.succeeded();
            if cx.stopping() {
                return Ok(());
            }
            cx.serve_until_nudged(self, PERIOD).await;
        }
    }
}
