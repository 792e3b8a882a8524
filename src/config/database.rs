//! `database.*`: where recon keeps what it knows.

use super::keys::{Key, Kind, key};
use super::layers::Layers;
use super::parse;
use super::url::DatabaseUrl;

pub(super) const KEYS: &[Key] = &[
    key("database.url", Kind::Url, "sqlite://<data_dir>/recon.db", "sqlite://PATH, or postgres://... for production"),
    key("database.auto_migrate", Kind::Switch, "true", "apply migrations at start; false: only `recon migrate` does"),
];

/// Where recon keeps what it knows.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// The database.
    pub url: DatabaseUrl,
    /// Whether `recon run` applies migrations at its start.
    pub auto_migrate: bool,
}

impl DatabaseConfig {
    pub(super) fn read(layers: &mut Layers) -> Option<Self> {
        let url = layers.read("database.url", DatabaseUrl::parse);
        let auto_migrate = layers.read("database.auto_migrate", parse::switch);
        Some(Self { url: url?, auto_migrate: auto_migrate? })
    }
}
