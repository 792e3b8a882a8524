//! `wallet.*`: the reference wallet. recon's own roles read none of it.

use std::net::SocketAddr;
use std::time::Duration;

use secrecy::SecretString;

use super::keys::{Key, Kind, key};
use super::layers::Layers;
use super::parse;
use super::url::{BaseUrl, DatabaseUrl};

pub(super) const KEYS: &[Key] = &[
    key("wallet.bind", Kind::Text, "127.0.0.1:8090", "where the wallet listens"),
    key(
        "wallet.token",
        Kind::Secret,
        "",
        "bearer token of the wallet; empty: made at first start in <data_dir>/wallet.token",
    ),
    key("wallet.database_url", Kind::Url, "sqlite://<data_dir>/wallet.db", "the wallet's own database"),
    key("wallet.recon_url", Kind::Text, "http://<service.bind>", "where the wallet sends order events"),
    key("wallet.expiry_grace", Kind::Text, "0s", "how long after its expires_at an open order still waits"),
];

/// The reference wallet.
#[derive(Clone, Debug)]
pub struct WalletConfig {
    /// Where it listens.
    pub bind: SocketAddr,
    /// Its bearer token; none: made and found in `<data_dir>/wallet.token`.
    pub token: Option<SecretString>,
    /// Its own database.
    pub database_url: DatabaseUrl,
    /// Where it sends order events.
    pub recon_url: BaseUrl,
    /// How long after its `expires_at` an open order still waits for its approval.
    pub expiry_grace: Duration,
}

impl WalletConfig {
    pub(super) fn read(layers: &mut Layers) -> Option<Self> {
        let bind = layers.read("wallet.bind", parse::bind);
        let token = layers.read("wallet.token", parse::optional(parse::token));
        let database_url = layers.read("wallet.database_url", DatabaseUrl::parse);
        let recon_url = layers.read("wallet.recon_url", parse::http_url);
        let expiry_grace = layers.read("wallet.expiry_grace", parse::duration);
        Some(Self {
            bind: bind?,
            token: token?,
            database_url: database_url?,
            recon_url: recon_url?,
            expiry_grace: expiry_grace?,
        })
    }
}
