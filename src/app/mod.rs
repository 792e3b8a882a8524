//! The composition root: opens the stores, builds the actors downstream first, serves HTTP, and stops all of it in order.
//!
//! The only place that knows every part. `recon run`, the tests and `recon bench` start the daemon through [`App`]. Each of
//! `recon` (service and worker), `wallet` and `admin` is there where this process has its roles; none is given anything of
//! another but addresses and tokens.

mod actors;
mod admin;
mod checks;
mod listeners;
mod ports;
mod recon;
mod several;
pub(crate) mod sole;
mod sources;
mod wallet;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::SecretString;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::config::{Config, Role};
use crate::http::gate::InHand;
use crate::http::health::Check;
use crate::http::ports::Actors as ListActors;
use crate::http::server::Running;
use crate::http::state::{ProbeState, Readiness};
use crate::private_file;
use crate::store::Store;
use crate::supervision::{Placement, Policy, Spec, Supervision};
use crate::telemetry::upkeep;

pub use actors::Actors;
use admin::Admin;
pub(crate) use admin::{FIRST as FIRST_OPERATOR, password_file as first_password_file};
use listeners::Listeners;
use recon::Recon;
use wallet::Wallet;

/// A stop in good order gives requests and actors this long, and takes 25 s in all at most; what is not done then is in the
/// store and done after the next start.
pub const DRAIN_WITHIN: Duration = Duration::from_secs(20);

/// What is left of that for the actors is enough for any of them; requests have deadlines of their own.
const ANSWERED_WITHIN: Duration = Duration::from_secs(12);

/// A running daemon.
pub struct App {
    supervision: Supervision,
    recon: Option<Recon>,
    wallet: Option<Wallet>,
    admin: Option<Admin>,
    servers: Vec<Running>,
    address: SocketAddr,
    worker: Option<SocketAddr>,
    token: Option<SecretString>,
    draining: watch::Sender<bool>,
    in_hand: InHand,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("address", &self.address).finish_non_exhaustive()
    }
}

/// What the probes of all roles of a process share.
struct Probing {
    metrics: PrometheusHandle,
    draining: watch::Receiver<bool>,
    in_hand: InHand,
}

impl Probing {
    fn of(
        &self,
        readiness: Arc<dyn Readiness>,
        actors: Arc<dyn ListActors>,
        checks: Vec<Arc<dyn Check>>,
    ) -> ProbeState {
        let Self { metrics, draining, in_hand } = self;
        let (metrics, draining, in_hand) = (metrics.clone(), draining.clone(), in_hand.clone());
        ProbeState { readiness, actors, checks, metrics, draining, in_hand }
    }
}

impl App {
    /// Starts the daemon on this thread's actix system, and answers once it serves.
    ///
    /// # Errors
    /// One plain sentence for what cannot be: the port is taken, the database away, a migration missing,
    /// another daemon on the same SQLite file.
    pub async fn start(config: &Config, metrics: PrometheusHandle, clock: Clock) -> anyhow::Result<Self> {
        private_file::create_dir(&config.data_dir)?;
        let has = |role| config.roles.has(role);
        let recon = if has(Role::Service) || has(Role::Worker) {
            Some(recon::Opened::open(config, &clock).await?)
        } else {
            None
        };
        let wallet = if has(Role::Wallet) { Some(wallet::Opened::open(config, &clock).await?) } else { None };
        let admin = if has(Role::Admin) { Some(admin::Opened::open(config, &clock).await?) } else { None };
        // Bound before anything is started: a second daemon on the same port must not touch the first one's work.
        let mut listeners = Listeners::bind(config)?;
        let address = listeners.address();
        let worker = listeners.worker_address();
        let public_url = match &config.service.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{}", listeners.service_address(config)),
        };
        let process = process_name(address);
        let supervision = Supervision::start(clock.clone(), policy(config), Placement::Own, process.clone());
        let recorder = metrics.clone();
        supervision.spawn(Spec::new(upkeep::KIND, upkeep::KIND), move || {
            let child = upkeep::MetricsUpkeep::new(recorder.clone());
            async move { Ok(child) }
        });
        let service_token = recon.as_ref().map(|recon| recon.token().clone());
        let recon = recon
            .map(|opened| Recon::build(opened, config, &process, &supervision, &clock, &public_url))
            .transpose()?;
        let wallet = wallet
            .map(|opened| Wallet::build(opened, config, &supervision, &listeners, service_token.clone()))
            .transpose()?;
        let admin =
            admin.map(|opened| Admin::build(opened, config, &supervision, &listeners, clock.clone())).transpose()?;
        let (draining, drained) = watch::channel(false);
        let probing = Probing { metrics, draining: drained, in_hand: InHand::default() };
        let mut servers = Vec::new();
        if let Some(recon) = &recon {
            servers.extend(recon.serve(config, &mut listeners, &probing, clock, public_url)?);
        }
        if let Some(wallet) = &wallet {
            servers.extend(wallet.serve(&mut listeners, &probing, &supervision)?);
        }
        if let Some(admin) = &admin {
            servers.extend(admin.serve(&mut listeners, &probing, &supervision)?);
        }
        let token = service_token.or_else(|| wallet.as_ref().map(|wallet| wallet.token.clone()));
        Ok(Self {
            supervision,
            recon,
            wallet,
            admin,
            servers,
            address,
            worker,
            token,
            draining,
            in_hand: probing.in_hand,
        })
    }

    /// Where the service role is served; without it the worker role, then the wallet, then the admin edge.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The bearer token of `/internal` there; the admin edge has none.
    #[must_use]
    pub fn token(&self) -> Option<&SecretString> {
        self.token.as_ref()
    }

    /// Where the worker role answers its probes, where this process has it.
    #[must_use]
    pub fn worker(&self) -> Option<SocketAddr> {
        self.worker
    }

    /// Where the wallet is served, and its bearer token, where this process has it.
    #[must_use]
    pub fn wallet(&self) -> Option<(SocketAddr, &SecretString)> {
        self.wallet.as_ref().map(|wallet| (wallet.address, &wallet.token))
    }

    /// Where the admin edge is served, where this process has it.
    #[must_use]
    pub fn admin(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(|admin| admin.address)
    }

    /// Recon's store, for those who measure or verify beside the daemon; none where this process has no role of recon's.
    #[must_use]
    pub fn store(&self) -> Option<&Store> {
        self.recon.as_ref().map(|recon| &recon.store)
    }

    /// The actors' supervision.
    #[must_use]
    pub fn supervision(&self) -> &Supervision {
        &self.supervision
    }

    /// Resolves with the reason once a critical actor has used up its restarts or an HTTP server has ended: the process
    /// must end, so that the platform starts it anew.
    pub async fn escalated(&self) -> String {
        let mut servers: FuturesUnordered<_> = self.servers.iter().map(|server| Box::pin(server.failed())).collect();
        tokio::select! {
            reason = self.supervision.escalated() => reason,
            Some(reason) = servers.next() => reason,
        }
    }

    /// How many requests are being answered, probes aside.
    #[must_use]
    pub fn requests_in_hand(&self) -> usize {
        self.in_hand.count()
    }

    /// Stops in good order: new work is sent away, what is in hand is finished, then the actors end. The probes are
    /// answered until there; the stores are closed last.
    pub async fn stop(self) {
        let began = tokio::time::Instant::now();
        self.draining.send_replace(true);
        if let Some(recon) = &self.recon {
            recon.leave().await;
        }
        if tokio::time::timeout(ANSWERED_WITHIN, self.in_hand.none()).await.is_err() {
            tracing::warn!(requests = self.in_hand.count(), "requests are cut off: they were not answered in time");
        }
        self.supervision.drain(DRAIN_WITHIN.saturating_sub(began.elapsed())).await;
        for server in self.servers {
            server.stop().await;
        }
        if let Some(recon) = self.recon {
            recon.store.close().await;
        }
        if let Some(wallet) = self.wallet {
            wallet.close().await;
        }
        if let Some(admin) = self.admin {
            admin.close().await;
        }
    }
}

fn policy(config: &Config) -> Policy {
    Policy {
        max_restarts: config.supervision.max_restarts,
        window: config.supervision.window,
        backoff_min: config.supervision.backoff_min,
        backoff_max: config.supervision.backoff_max,
        ..Policy::default()
    }
}

/// Names this process among several: its host and where it is served. A process that is started again takes the place of
/// the one before, also after a crash.
fn process_name(address: SocketAddr) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let host = host.trim();
    format!("{}:{}", if host.is_empty() { "recon" } else { host }, address.port())
}
