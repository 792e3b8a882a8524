//! What the routes are given: ports to the actors, secrets as hashes, limits, and what the probes ask.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use metrics_exporter_prometheus::PrometheusHandle;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::clock::Clock;
use crate::registry::device_book::DeviceBook;

use super::gate::InHand;
use super::health::Check;
use super::ports::{
    Actors, Audits, Bots, Counters, Deliveries, Devices, Events, Orders, Phones, PushbulletDevices, Reviews, Templates,
};

/// A secret of which only the SHA-256 is kept; compared in constant time.
#[derive(Clone, PartialEq, Eq)]
pub struct HashedToken([u8; 32]);

impl HashedToken {
    /// The hash of a token.
    #[must_use]
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }

    /// Whether this is the token. Takes the same time whatever the answer.
    #[must_use]
    pub fn is(&self, token: &[u8]) -> bool {
        use subtle::ConstantTimeEq;
        let presented: [u8; 32] = Sha256::digest(token).into();
        self.0.ct_eq(&presented).into()
    }
}

impl fmt::Debug for HashedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashedToken(...)")
    }
}

/// How much a phone may send. Either being 0 is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IngestLimits {
    /// Requests per minute, for each device and for each address.
    pub rate_per_minute: u32,
    /// Requests at once before the rate counts.
    pub rate_burst: u32,
}

/// Whether the process should be sent work.
pub trait Readiness: Send + Sync {
    /// `Ok` when the store is writable and migrated; else why not, in one sentence.
    fn ready(&self) -> BoxFuture<'_, Result<(), String>>;
}

/// What the probes of any role ask.
#[derive(Clone)]
pub struct ProbeState {
    /// Whether the store takes writes.
    pub readiness: Arc<dyn Readiness>,
    /// Every actor as it stands.
    pub actors: Arc<dyn Actors>,
    /// What health asks besides the actors: the store, the heartbeat.
    pub checks: Vec<Arc<dyn Check>>,
    /// Renders the metrics.
    pub metrics: PrometheusHandle,
    /// True once the process has begun to stop: not ready, no new work, and event streams end.
    pub draining: watch::Receiver<bool>,
    /// The work that is being answered.
    pub in_hand: InHand,
}

/// What the service role's routes are given.
#[derive(Clone)]
pub struct ServiceState {
    /// The phone whitelist.
    pub phones: Arc<dyn Phones>,
    /// The shooter devices.
    pub devices: Arc<dyn Devices>,
    /// The phones that are heard through Pushbullet.
    pub pushbullet: Arc<dyn PushbulletDevices>,
    /// What their registry knows of them: read at every delivery.
    pub device_book: DeviceBook,
    /// The Telegram bots.
    pub bots: Arc<dyn Bots>,
    /// The recharge templates.
    pub templates: Arc<dyn Templates>,
    /// The recharge orders.
    pub orders: Arc<dyn Orders>,
    /// The messages and their checks.
    pub reviews: Arc<dyn Reviews>,
    /// The counters of the top bar.
    pub counters: Arc<dyn Counters>,
    /// The audit log and the control of actors.
    pub audits: Arc<dyn Audits>,
    /// The event stream.
    pub events: Arc<dyn Events>,
    /// Where deliveries are stored.
    pub inbox: Arc<dyn Deliveries>,
    /// What the probes ask.
    pub probes: ProbeState,
    /// The bearer token of `/internal`.
    pub service_token: HashedToken,
    /// The token with which phones register themselves; none: they cannot.
    pub enrolment_token: Option<HashedToken>,
    /// How much a phone may send.
    pub ingest_limits: IngestLimits,
    /// What the URLs begin with that phones are told, without a slash at its end.
    pub public_url: String,
    /// The time.
    pub clock: Clock,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hashed_token_knows_its_token_and_does_not_show_it() {
        let token = HashedToken::of("s3cret-token");
        assert!(token.is(b"s3cret-token"));
        assert!(!token.is(b"s3cret-toke") && !token.is(b""));
        assert_eq!(format!("{token:?}"), "HashedToken(...)");
    }
}
