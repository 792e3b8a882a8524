//! The composition root: opens the store, builds the actors downstream first, serves HTTP, and stops all of it in order.
//!
//! The only place that knows every part. `recon run`, the tests and `recon bench` start the daemon through [`App`].

mod actors;
mod admin;
mod checks;
mod ports;
mod several;
pub(crate) mod sole;
mod sources;

use std::fs::File;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::watch;

use crate::bus::{Fleet, PROCESS_REGISTRY};
use crate::clock::Clock;
use crate::config::{Config, Role, credentials};
use crate::http::gate::InHand;
use crate::http::server::{self, Running};
use crate::http::state::{HashedToken, IngestLimits, ProbeState, Readiness, ServiceState};
use crate::private_file;
use crate::secrets::SecretBox;
use crate::store::{Store, StoreOptions};
use crate::supervision::{Placement, Policy, Spec, Supervision};
use crate::telemetry::upkeep;

pub use actors::Actors;
use admin::AdminEdge;
pub(crate) use admin::{FIRST as FIRST_OPERATOR, password_file as first_password_file};
use ports::AuditPort;
use sources::SourcesCheck;

/// A stop in good order gives requests and actors this long, and takes 25 s in all at most; what is not done then is in the
/// store and done after the next start.
pub const DRAIN_WITHIN: Duration = Duration::from_secs(20);

/// What is left of that for the actors is enough for any of them; requests have deadlines of their own.
const ANSWERED_WITHIN: Duration = Duration::from_secs(12);

/// How long the end waits for the store to say that this process leaves the others.
const LEAVE_WITHIN: Duration = Duration::from_secs(3);

/// A running daemon.
pub struct App {
    recon: Option<Recon>,
    admin: Option<AdminEdge>,
    fleet: Fleet,
    servers: Vec<Running>,
    address: SocketAddr,
    token: SecretString,
    draining: watch::Sender<bool>,
    in_hand: InHand,
}

/// What the roles service and worker have, and no other: recon's own database and actors.
struct Recon {
    _sole: Option<File>,
    store: Store,
    one_of_several: bool,
    actors: Actors,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("address", &self.address).finish_non_exhaustive()
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
        let token = credentials::service_token(config)?;
        let recon = Opened::of(config, &clock).await?;
        let admin = admin::open(config, &clock).await?;
        // Bound before anything is started: a second daemon on the same port must not touch the first one's work.
        let listeners = Listeners::bind(config)?;
        let address = listeners.address();
        let process = process_name(address);
        let supervision = Supervision::start(clock.clone(), policy(config), Placement::Own, process.clone());
        let fleet = Fleet::new(&process, supervision, clock.clone());
        let recorder = metrics.clone();
        fleet.supervision().spawn(Spec::new(upkeep::KIND, upkeep::KIND), move || {
            let child = upkeep::MetricsUpkeep::new(recorder.clone());
            async move { Ok(child) }
        });
        let draining = watch::Sender::new(false);
        let in_hand = InHand::default();
        let mut app = Self { recon: None, admin: None, fleet, servers: Vec::new(), address, token, draining, in_hand };
        if let Some(opened) = recon {
            app.start_recon(config, opened, listeners.service, listeners.worker, &metrics, &clock)?;
        }
        if let Some((opened, listener)) = admin.zip(listeners.admin) {
            app.start_admin(config, opened, listener, &metrics)?;
        }
        Ok(app)
    }

    /// Starts the roles service and worker, or one of them.
    fn start_recon(
        &mut self,
        config: &Config,
        opened: Opened,
        service: Option<TcpListener>,
        worker: Option<TcpListener>,
        metrics: &PrometheusHandle,
        clock: &Clock,
    ) -> anyhow::Result<()> {
        let Opened { sole, store } = opened;
        let at = service.as_ref().and_then(|listener| listener.local_addr().ok()).unwrap_or(config.service.bind);
        let public_url = match &config.service.public_url {
            Some(url) => url.as_str().trim_end_matches('/').to_owned(),
            None => format!("http://{at}"),
        };
        let actors = Actors::build(config, &store, &self.fleet, clock, &public_url)?;
        // A worker answers for itself: that the service is away is not its fault.
        let mut probes = self.probes(checks::readiness(&store), metrics);
        probes.checks = checks::all(&store, config.roles.has(Role::Worker));
        probes.checks.push(Arc::new(SourcesCheck::new(&self.fleet, &actors.families)));
        let recon = Recon { _sole: sole, store, one_of_several: several::is_one_of_several(config), actors };
        if let Some(listener) = service {
            let probes = self.service_probes(config, &recon, probes.clone());
            let state = self.service_state(config, &recon, probes, clock.clone(), public_url);
            self.servers.push(server::serve(listener, state)?);
        }
        if let Some(listener) = worker {
            self.servers.push(server::serve_probes(listener, probes)?);
        }
        self.recon = Some(recon);
        Ok(())
    }

    /// What the probes of every role ask: this process's actors, and whether it is ready. Its checks are the role's own.
    fn probes(&self, readiness: Arc<dyn Readiness>, metrics: &PrometheusHandle) -> ProbeState {
        ProbeState {
            readiness,
            actors: Arc::new(self.fleet.supervision().clone()),
            checks: Vec::new(),
            metrics: metrics.clone(),
            draining: self.draining.subscribe(),
            in_hand: self.in_hand.clone(),
        }
    }

    /// A service answers for every process.
    fn service_probes(&self, config: &Config, recon: &Recon, mut probes: ProbeState) -> ProbeState {
        probes.actors = Arc::new(self.fleet.clone());
        if recon.one_of_several {
            probes.checks.push(checks::processes(&self.fleet));
        }
        if !config.roles.has(Role::Worker) {
            probes.checks.push(checks::worker_elsewhere(&self.fleet, recon.store.now()));
        }
        probes
    }

    fn service_state(
        &self,
        config: &Config,
        recon: &Recon,
        probes: ProbeState,
        clock: Clock,
        public_url: String,
    ) -> ServiceState {
        let actors = recon.actors.registry.clone();
        ServiceState {
            phones: Arc::new(actors.phones),
            devices: Arc::new(actors.devices),
            device_book: actors.device_book,
            bots: Arc::new(actors.bots),
            pushbullet: Arc::new(actors.pushbullet),
            templates: Arc::new(actors.templates),
            orders: Arc::new(actors.orders),
            reviews: Arc::new(actors.reviews),
            counters: Arc::new(actors.top_info),
            audits: Arc::new(AuditPort { log: actors.audit, control: recon.actors.control.clone() }),
            events: Arc::new(actors.events),
            inbox: Arc::new(actors.inbox),
            probes,
            service_token: HashedToken::of(self.token.expose_secret()),
            enrolment_token: config
                .shooter
                .enrolment_token
                .as_ref()
                .map(|token| HashedToken::of(token.expose_secret())),
            ingest_limits: IngestLimits {
                rate_per_minute: config.shooter.rate_per_minute,
                rate_burst: config.shooter.rate_burst,
            },
            public_url,
            clock,
        }
    }

    /// Where the service role is served; without it, the first of this process's other roles.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The bearer token of `/internal`.
    #[must_use]
    pub fn token(&self) -> &SecretString {
        &self.token
    }

    /// recon's own store, for those who measure or verify beside the daemon; none in a process without its roles.
    #[must_use]
    pub fn store(&self) -> Option<&Store> {
        self.recon.as_ref().map(|recon| &recon.store)
    }

    /// Where the admin edge is served; none in a process without it.
    #[must_use]
    pub fn admin_address(&self) -> Option<SocketAddr> {
        self.admin.as_ref().map(|admin| admin.address)
    }

    /// The actors' supervision.
    #[must_use]
    pub fn supervision(&self) -> &Supervision {
        self.fleet.supervision()
    }

    /// Resolves with the reason once a critical actor has used up its restarts or an HTTP server has ended: the process
    /// must end, so that the platform starts it anew.
    pub async fn escalated(&self) -> String {
        let mut servers: FuturesUnordered<_> = self.servers.iter().map(|server| Box::pin(server.failed())).collect();
        tokio::select! {
            reason = self.supervision().escalated() => reason,
            Some(reason) = servers.next() => reason,
        }
    }

    /// Takes this process out of the others' lists, before anything of it is stopped: they send it nothing more, and see
    /// nothing of it go stale.
    async fn leave(&self, store: &Store) {
        let left = async {
            // Gone for good, so that nobody is left who would list this process again.
            let _ = self.supervision().remove(PROCESS_REGISTRY).await;
            store.forget_process(self.fleet.process()).await.map_err(|error| error.to_string())
        };
        let left = tokio::time::timeout(LEAVE_WITHIN, left).await;
        if let Err(error) = left.unwrap_or_else(|late| Err(late.to_string())) {
            tracing::warn!(error, "the other processes could not be told that this one ends; they see it go stale");
        }
    }

    /// How many requests are being answered, probes aside.
    #[must_use]
    pub fn requests_in_hand(&self) -> usize {
        self.in_hand.count()
    }

    /// Stops in good order: new work is sent away, what is in hand is finished, then the actors end. The probes are
    /// answered until there; the store is closed last.
    pub async fn stop(self) {
        let began = tokio::time::Instant::now();
        self.draining.send_replace(true);
        if let Some(recon) = self.recon.as_ref().filter(|recon| recon.one_of_several) {
            self.leave(&recon.store).await;
        }
        if tokio::time::timeout(ANSWERED_WITHIN, self.in_hand.none()).await.is_err() {
            tracing::warn!(requests = self.in_hand.count(), "requests are cut off: they were not answered in time");
        }
        self.fleet.supervision().drain(DRAIN_WITHIN.saturating_sub(began.elapsed())).await;
        for server in self.servers {
            server.stop().await;
        }
        if let Some(admin) = self.admin {
            admin.store.close().await;
        }
        if let Some(recon) = self.recon {
            recon.store.close().await;
        }
    }
}

/// recon's own database, opened before anything is started on it.
struct Opened {
    sole: Option<File>,
    store: Store,
}

impl Opened {
    /// None where this process has none of recon's own roles.
    async fn of(config: &Config, clock: &Clock) -> anyhow::Result<Option<Self>> {
        if !config.roles.has(Role::Service) && !config.roles.has(Role::Worker) {
            return Ok(None);
        }
        let secrets = SecretBox::open_or_create(&config.secrets.key_file)?;
        let sole = sole::hold(config.database.url.expose())?;
        Ok(Some(Self { sole, store: open_store(config, clock.clone(), secrets).await? }))
    }
}

/// The sockets of the roles that this process has.
struct Listeners {
    service: Option<TcpListener>,
    worker: Option<TcpListener>,
    admin: Option<TcpListener>,
}

impl Listeners {
    fn bind(config: &Config) -> anyhow::Result<Self> {
        let bind = |role, address, key| config.roles.has(role).then(|| bind(address, key)).transpose();
        Ok(Self {
            service: bind(Role::Service, config.service.bind, "service.bind")?,
            worker: bind(Role::Worker, config.worker.bind, "worker.bind")?,
            admin: bind(Role::Admin, config.admin.bind, "admin.bind")?,
        })
    }

    fn address(&self) -> SocketAddr {
        let listener = self.service.as_ref().or(self.worker.as_ref()).or(self.admin.as_ref());
        listener
            .and_then(|listener| listener.local_addr().ok())
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 0)))
    }
}

fn bind(address: SocketAddr, key: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).with_context(|| {
        format!(
            "{key}: {address} cannot be bound; is another daemon running? Choose another port with --{}",
            key.replace('.', "-")
        )
    })
}

async fn open_store(config: &Config, clock: Clock, secrets: SecretBox) -> anyhow::Result<Store> {
    let url = config.database.url.expose();
    let store = Store::open(&StoreOptions::new(url), clock, secrets)
        .await
        .context("the database cannot be opened; check database.url")?;
    if config.database.auto_migrate {
        store.migrate().await.context("the migrations cannot be applied")?;
    } else {
        let pending = store.pending_migrations().await?;
        anyhow::ensure!(
            pending.is_empty(),
            "the database lacks {} migrations and database.auto_migrate is false; run `recon migrate`",
            pending.len()
        );
    }
    store.check_key().await.with_context(|| {
        format!(
            "the key file {} is not the one that sealed what is in the database; put the right one back",
            config.secrets.key_file.display()
        )
    })?;
    Ok(store)
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
