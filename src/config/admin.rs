//! `admin.*`: the admin edge and the console.

use std::net::SocketAddr;
use std::time::Duration;

use super::keys::{Key, Kind, key};
use super::layers::Layers;
use super::parse;
use super::url::{BaseUrl, DatabaseUrl};

pub(super) const KEYS: &[Key] = &[
    key("admin.bind", Kind::Text, "127.0.0.1:8000", "where the admin edge and the console listen"),
    key("admin.service_url", Kind::Text, "http://<service.bind>", "the service role's address"),
    key("admin.wallet_url", Kind::Text, "http://<wallet.bind>", "the wallet's address"),
    key("admin.database_url", Kind::Url, "sqlite://<data_dir>/admin.db", "the admin edge's own database"),
    key("admin.session_ttl", Kind::Text, "2h", "how long an operator's session lasts"),
    key("admin.session_refresh_before", Kind::Text, "30m", "how long before its end a session in use is renewed"),
    key("admin.session_grace", Kind::Text, "60s", "how long a renewed session's old token still works"),
];

/// The admin edge and the console.
#[derive(Clone, Debug)]
pub struct AdminConfig {
    /// Where it listens.
    pub bind: SocketAddr,
    /// The service role's address.
    pub service_url: BaseUrl,
    /// The wallet's address.
    pub wallet_url: BaseUrl,
    /// Its own database.
    pub database_url: DatabaseUrl,
    /// How long an operator's session lasts.
    pub session_ttl: Duration,
    /// How long before its end a session in use is renewed; shorter than the session.
    pub session_refresh_before: Duration,
    /// How long a renewed session's old token still works.
    pub session_grace: Duration,
}

impl AdminConfig {
    pub(super) fn read(layers: &mut Layers) -> Option<Self> {
        let bind = layers.read("admin.bind", parse::bind);
        let service_url = layers.read("admin.service_url", parse::http_url);
        let wallet_url = layers.read("admin.wallet_url", parse::http_url);
        let database_url = layers.read("admin.database_url", DatabaseUrl::parse);
        let session_ttl = layers.read("admin.session_ttl", parse::positive);
        let session_refresh_before = layers.read("admin.session_refresh_before", parse::positive);
        let session_grace = layers.read("admin.session_grace", parse::duration);
        Some(Self {
            bind: bind?,
            service_url: service_url?,
            wallet_url: wallet_url?,
            database_url: database_url?,
            session_ttl: session_ttl?,
            session_refresh_before: session_refresh_before?,
            session_grace: session_grace?,
        })
    }
}
