//! `log.*`: how the log is written.

use super::keys::{Key, Kind, key};
use super::layers::Layers;

pub(super) const KEYS: &[Key] = &[
    key("log.format", Kind::Text, "auto", "pretty, json, or auto: pretty on a terminal, else json"),
    key("log.filter", Kind::Text, "info", "a level, or a tracing filter such as info,recon::store=debug"),
];

crate::text_enum! {
    /// How log lines look.
    pub enum LogFormat {
        /// Pretty on a terminal, else JSON.
        Auto = "auto",
        /// For people.
        Pretty = "pretty",
        /// One JSON object a line.
        Json = "json",
    }
}

/// How the log is written.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// How lines look.
    pub format: LogFormat,
    /// Which events are written; a valid tracing filter.
    pub filter: String,
}

impl LogConfig {
    pub(super) fn read(layers: &mut Layers) -> Option<Self> {
        let format = layers.read("log.format", |text| text.parse().map_err(|_| "give pretty, json or auto".to_owned()));
        let filter = layers.read("log.filter", |text| {
            tracing_subscriber::EnvFilter::try_new(text)
                .map(|_| text.to_owned())
                .map_err(|_| "give a level such as info, or directives such as info,recon::store=debug".to_owned())
        });
        Some(Self { format: format?, filter: filter? })
    }
}
