//! `service.*`: the internal API and the ingestion endpoint.

use std::net::SocketAddr;

use secrecy::SecretString;

use super::keys::{Key, Kind, key};
use super::layers::Layers;
use super::parse;
use super::url::BaseUrl;

pub(super) const KEYS: &[Key] = &[
    key("service.bind", Kind::Text, "127.0.0.1:8080", "where the internal API and /ingest listen"),
    key(
        "service.token",
        Kind::Secret,
        "",
        "bearer token of /internal; empty: made at first start in <data_dir>/service.token",
    ),
    key("service.public_url", Kind::Text, "", "what phones are told; empty: http://<service.bind>"),
    key("service.time_zone", Kind::Text, "Asia/Seoul", "the operators' time zone: when their day begins"),
];

/// The internal API and the ingestion endpoint.
#[derive(Clone, Debug)]
pub struct ServiceConfig {
    /// Where it listens.
    pub bind: SocketAddr,
    /// The bearer token of `/internal`; none: [`super::credentials::service_token`] makes and finds it.
    pub token: Option<SecretString>,
    /// What phones are told; none: the bind.
    pub public_url: Option<BaseUrl>,
    /// The operators' time zone: when the day of the counters begins.
    pub time_zone: jiff::tz::TimeZone,
}

impl ServiceConfig {
    pub(super) fn read(layers: &mut Layers) -> Option<Self> {
        let bind = layers.read("service.bind", parse::bind);
        let token = layers.read("service.token", parse::optional(parse::token));
        let public_url = layers.read("service.public_url", parse::optional(parse::http_url));
        let time_zone = layers.read("service.time_zone", parse::time_zone);
        Some(Self { bind: bind?, token: token?, public_url: public_url?, time_zone: time_zone? })
    }
}
