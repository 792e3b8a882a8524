//! `pipeline.*`: how messages become matched orders.

use std::time::Duration;

use super::keys::{Key, Kind, key};
use super::layers::Layers;
use super::parse;

pub(super) const KEYS: &[Key] = &[
    key("pipeline.correlation_window", Kind::Text, "3m", "how far apart two sources may tell of the same message"),
    key("pipeline.early_window", Kind::Text, "24h", "how long before its order a deposit may come"),
    key("pipeline.late_window", Kind::Text, "24h", "how long after its order a deposit may come"),
    key("pipeline.sweep_interval", Kind::Text, "30s", "how often every stage looks for work nobody told it of"),
];

/// How messages become matched orders.
#[derive(Clone, Debug)]
pub struct PipelineConfig {
    /// How far apart two sources may tell of the same message.
    pub correlation_window: Duration,
    /// How long before its order a deposit may come.
    pub early_window: Duration,
    /// How long after its order a deposit may come.
    pub late_window: Duration,
    /// How often every stage looks for work that nobody told it of.
    pub sweep_interval: Duration,
}

impl PipelineConfig {
    pub(super) fn read(layers: &mut Layers) -> Option<Self> {
        let correlation_window = layers.read("pipeline.correlation_window", parse::duration);
        let early_window = layers.read("pipeline.early_window", parse::duration);
        let late_window = layers.read("pipeline.late_window", parse::duration);
        let sweep_interval = layers.read("pipeline.sweep_interval", parse::positive);
        Some(Self {
            correlation_window: correlation_window?,
            early_window: early_window?,
            late_window: late_window?,
            sweep_interval: sweep_interval?,
        })
    }
}
