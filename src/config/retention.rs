//! `retention.*`: how long what people wrote is kept.

use std::time::Duration;

use super::keys::{Key, Kind, key};
use super::layers::Layers;
use super::parse;

pub(super) const KEYS: &[Key] = &[key(
    "retention.raw_text",
    Kind::Text,
    "90d",
    "how long after a final state a message's text is kept; hashes and facts stay",
)];

/// How long what people wrote is kept.
#[derive(Clone, Debug)]
pub struct RetentionConfig {
    /// How long after a final state a message's text is kept.
    pub raw_text: Duration,
}

impl RetentionConfig {
    pub(super) fn read(layers: &mut Layers) -> Option<Self> {
        Some(Self { raw_text: layers.read("retention.raw_text", parse::positive)? })
    }
}
