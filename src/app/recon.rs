//! The roles of recon itself, service and worker: their store, their actors, and what they serve.

use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};

use super::actors::Actors;
use super::listeners::Listeners;
use super::ports::AuditPort;
use super::sources::SourcesCheck;
use super::{Probing, checks, several, sole};
use crate::bus::{Fleet, PROCESS_REGISTRY};
use crate::clock::Clock;
use crate::config::{Config, Role, credentials};
use crate::http::server::{self, Running};
use crate::http::state::{HashedToken, IngestLimits, ProbeState, ServiceState};
use crate::secrets::SecretBox;
use crate::store::{Store, StoreOptions};
use crate::supervision::Supervision;

/// How long the end waits for the store to say that this process leaves the others.
const LEAVE_WITHIN: Duration = Duration::from_secs(3);

/// What recon's roles hold before any of their actors is started.
pub(super) struct Opened {
    sole: Option<File>,
    store: Store,
    token: SecretString,
}

impl Opened {
    /// Opens and migrates the store.
    ///
    /// # Errors
    /// One plain sentence for what cannot be.
    pub(super) async fn open(config: &Config, clock: &Clock) -> anyhow::Result<Self> {
        let secrets = SecretBox::open_or_create(&config.secrets.key_file)?;
        let token = credentials::service_token(config)?;
        let sole = sole::hold(config.database.url.expose())?;
        let store = open_store(config, clock.clone(), secrets).await?;
        Ok(Self { sole, store, token })
    }

    pub(super) fn token(&self) -> &SecretString {
        &self.token
    }
}

/// Recon's roles, running.
pub(super) struct Recon {
    _sole: Option<File>,
    pub(super) store: Store,
    fleet: Fleet,
    one_of_several: bool,
    actors: Actors,
    token: SecretString,
}

impl Recon {
    /// Builds the actors.
    ///
    /// # Errors
    /// Where `redis.url` cannot be used.
    pub(super) fn build(
        opened: Opened,
        config: &Config,
        process: &str,
        supervision: &Supervision,
        clock: &Clock,
        public_url: &str,
    ) -> anyhow::Result<Self> {
        let Opened { sole, store, token } = opened;
        let fleet = Fleet::new(process, supervision.clone(), clock.clone());
        let actors = Actors::build(config, &store, &fleet, clock, public_url)?;
        let one_of_several = several::is_one_of_several(config);
        Ok(Self { _sole: sole, store, fleet, one_of_several, actors, token })
    }

    /// Serves the roles that have a socket.
    ///
    /// # Errors
    /// Where a socket cannot be used.
    pub(super) fn serve(
        &self,
        config: &Config,
        listeners: &mut Listeners,
        probing: &Probing,
        clock: Clock,
        public_url: String,
    ) -> anyhow::Result<Vec<Running>> {
        let mut servers = Vec::new();
        let mut checks = checks::all(&self.store, config.roles.has(Role::Worker));
        checks.push(Arc::new(SourcesCheck::new(&self.fleet, &self.actors.families)));
        // A worker answers for itself: that the service is away is not its fault.
        let actors = Arc::new(self.fleet.supervision().clone());
        let probes = probing.of(checks::readiness(&self.store), actors, checks);
        if let Some(listener) = listeners.service.take() {
            let probes = self.service_probes(config, probes.clone());
            servers.push(server::serve(listener, self.service_state(config, probes, clock, public_url))?);
        }
        if let Some(listener) = listeners.worker.take() {
            servers.push(server::serve_probes(listener, probes)?);
        }
        Ok(servers)
    }

    /// A service answers for every process.
    fn service_probes(&self, config: &Config, mut probes: ProbeState) -> ProbeState {
        probes.actors = Arc::new(self.fleet.clone());
        if self.one_of_several {
            probes.checks.push(checks::processes(&self.fleet));
        }
        if !config.roles.has(Role::Worker) {
            probes.checks.push(checks::worker_elsewhere(&self.fleet, self.store.now()));
        }
        probes
    }

    fn service_state(&self, config: &Config, probes: ProbeState, clock: Clock, public_url: String) -> ServiceState {
        let actors = self.actors.registry.clone();
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
            audits: Arc::new(AuditPort { log: actors.audit, control: self.actors.control.clone() }),
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

    /// Takes this process out of the others' lists, before anything of it is stopped: they send it nothing more, and see
    /// nothing of it go stale.
    pub(super) async fn leave(&self) {
        if !self.one_of_several {
            return;
        }
        let left = async {
            // Gone for good, so that nobody is left who would list this process again.
            let _ = self.fleet.supervision().remove(PROCESS_REGISTRY).await;
            self.store.forget_process(self.fleet.process()).await.map_err(|error| error.to_string())
        };
        let left = tokio::time::timeout(LEAVE_WITHIN, left).await;
        if let Err(error) = left.unwrap_or_else(|late| Err(late.to_string())) {
            tracing::warn!(error, "the other processes could not be told that this one ends; they see it go stale");
        }
    }
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
