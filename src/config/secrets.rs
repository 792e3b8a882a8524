//! `secrets.*`: the key that seals tokens at rest.

use std::path::PathBuf;

use super::keys::{Key, Kind, key};
use super::layers::Layers;
use super::parse;

pub(super) const KEYS: &[Key] = &[key(
    "secrets.key_file",
    Kind::Text,
    "<data_dir>/secrets.key",
    "seals tokens at rest; made at first start (0600); keep a copy apart from the database",
)];

/// The key that seals tokens at rest.
#[derive(Clone, Debug)]
pub struct SecretsConfig {
    /// The file of the key.
    pub key_file: PathBuf,
}

impl SecretsConfig {
    pub(super) fn read(layers: &mut Layers) -> Option<Self> {
        Some(Self { key_file: layers.read("secrets.key_file", parse::path)? })
    }
}
