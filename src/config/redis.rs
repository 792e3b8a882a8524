//! `redis.*`: what carries wake-ups and events between processes.

use secrecy::SecretString;

use super::keys::{Key, Kind, key};
use super::layers::Layers;
use super::{parse, url};

pub(super) const KEYS: &[Key] =
    &[key("redis.url", Kind::Url, "", "redis://HOST:PORT; empty: one process, which needs none")];

/// What carries wake-ups and events between processes.
#[derive(Clone, Debug)]
pub struct RedisConfig {
    /// The address, which may carry a password; none: in-process.
    pub url: Option<SecretString>,
}

impl RedisConfig {
    pub(super) fn read(layers: &mut Layers) -> Option<Self> {
        Some(Self { url: layers.read("redis.url", parse::optional(url::redis))? })
    }
}
