//! `supervision.*`: how actors that crash are restarted.

use std::time::Duration;

use super::keys::{Key, Kind, key};
use super::layers::Layers;
use super::parse;

pub(super) const KEYS: &[Key] = &[
    key("supervision.max_restarts", Kind::Number, "5", "restarts within the window before an actor is given up"),
    key("supervision.window", Kind::Text, "30s", "the window in which restarts are counted"),
    key("supervision.backoff_min", Kind::Text, "1s", "the pause before the first restart"),
    key("supervision.backoff_max", Kind::Text, "30s", "the longest pause before a restart"),
];

/// How actors that crash are restarted.
#[derive(Clone, Debug)]
pub struct SupervisionConfig {
    /// Restarts within the window before an actor is given up.
    pub max_restarts: u32,
    /// The window in which restarts are counted.
    pub window: Duration,
    /// The pause before the first restart.
    pub backoff_min: Duration,
    /// The longest pause before a restart; not below the shortest.
    pub backoff_max: Duration,
}

impl SupervisionConfig {
    pub(super) fn read(layers: &mut Layers) -> Option<Self> {
        let max_restarts = layers.read("supervision.max_restarts", parse::number);
        let window = layers.read("supervision.window", parse::positive);
        let backoff_min = layers.read("supervision.backoff_min", parse::positive);
        let backoff_max = layers.read("supervision.backoff_max", parse::positive);
        Some(Self {
            max_restarts: max_restarts?,
            window: window?,
            backoff_min: backoff_min?,
            backoff_max: backoff_max?,
        })
    }
}
