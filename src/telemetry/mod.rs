//! What the process tells of itself: its log and its metrics. Both are installed once, by the commands that run long.
//!
//! Redaction is by never logging: no event carries a body, a token, a name or a number of a phone.

mod log;
mod metrics;
pub mod upkeep;

pub use log::{LogInstallError, install_log, install_log_file};
pub use metrics::{METRICS, Metric, MetricKind, install_metrics, names};
