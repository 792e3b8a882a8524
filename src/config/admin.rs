//! `admin.*`: the admin edge and the console.

use std::net::SocketAddr;
use std::time::Duration;

use super::keys::{Key, Kind, key};
use super::layers::Layers;
use super::legacy::LegacyConfig;
use super::parse;
use super::url::{BaseUrl, DatabaseUrl};

pub(super) const KEYS: &[Key] = &[
    key("admin.bind", Kind::Text, "127.0.0.1:8000", "where the admin edge and the console listen"),
    key("admin.service_url", Kind::Text, "http://<service.bind>", "the service role's address"),
    key("admin.wallet_url", Kind::Text, "http://<wallet.bind>", "the wallet's address"),
    key("admin.database_url", Kind::Url, "sqlite://<data_dir>/admin.db", "the admin edge's own database"),
    key(
        "admin.allowed_origins",
        Kind::Text,
        "",
        "front ends on other origins that may call it, such as https://bo.example.com, separated by commas",
    ),
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
    /// Front ends on other origins that may call it.
    pub allowed_origins: Vec<String>,
    /// How long an operator's session lasts.
    pub session_ttl: Duration,
    /// How long before its end a session in use is renewed; shorter than the session.
    pub session_refresh_before: Duration,
    /// How long a renewed session's old token still works.
    pub session_grace: Duration,
    /// What old programs expect.
    pub legacy: LegacyConfig,
}

impl AdminConfig {
    pub(super) fn read(layers: &mut Layers) -> Option<Self> {
        let bind = layers.read("admin.bind", parse::bind);
        let service_url = layers.read("admin.service_url", parse::http_url);
        let wallet_url = layers.read("admin.wallet_url", parse::http_url);
        let database_url = layers.read("admin.database_url", DatabaseUrl::parse);
        let allowed_origins = layers.read("admin.allowed_origins", origins);
        let session_ttl = layers.read("admin.session_ttl", parse::positive);
        let session_refresh_before = layers.read("admin.session_refresh_before", parse::positive);
        let session_grace = layers.read("admin.session_grace", parse::duration);
        let legacy = LegacyConfig::read(layers);
        Some(Self {
            bind: bind?,
            service_url: service_url?,
            wallet_url: wallet_url?,
            database_url: database_url?,
            allowed_origins: allowed_origins?,
            session_ttl: session_ttl?,
            session_refresh_before: session_refresh_before?,
            session_grace: session_grace?,
            legacy: legacy?,
        })
    }
}

/// Origins as browsers write them: scheme, host, and the port where it is not the scheme's.
fn origins(text: &str) -> Result<Vec<String>, String> {
    let origins = text.split(',').map(str::trim).filter(|origin| !origin.is_empty());
    origins.map(|origin| if is_origin(origin) { Ok(origin.to_owned()) } else { Err(ORIGIN_CURE.to_owned()) }).collect()
}

const ORIGIN_CURE: &str =
    "give origins such as https://bo.example.com, in lower case, without a path or a slash at the end";

fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let is_host = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-:[]_".contains(&byte);
    host.is_some_and(|host| !host.is_empty() && host.bytes().all(is_host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_what_browsers_write() {
        assert_eq!(origins("").unwrap(), Vec::<String>::new());
        assert_eq!(origins("https://a.example, http://b:3000").unwrap(), ["https://a.example", "http://b:3000"]);
        for wrong in ["*", "a.example", "https://a.example/", "https://A.example", "https://"] {
            assert!(origins(wrong).is_err(), "{wrong}");
        }
    }
}
