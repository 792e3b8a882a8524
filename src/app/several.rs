//! What a process has that is one of several: it wakes the others, hears them, says how its actors stand and does what
//! operators ask of it through another process.

use std::time::Duration;

use super::actors::Stages;
use crate::bus::{
    CONTROL_LISTENER, Channel, ControlListener, Fleet, Heard, LOOK_AT_LEAST_EVERY, PROCESS_REGISTRY, ProcessRegistry,
    Redis, Told, WAKE_LISTENER, WAKE_RELAY, WakeListener, WakeRelay,
};
use crate::config::{Backend, Config, Role};
use crate::pipeline::{order_matcher, template_parser, whitelist_validator};
use crate::sources::roster;
use crate::store::Store;
use crate::supervision::{Nudger, Spec, Supervision};

/// How long a relay or the listener may be without an answer of Redis before it counts as stale.
const REDIS_DEADLINE: Duration = Duration::from_secs(30);
/// The same for those that look into the store each second or two.
const LOOK_DEADLINE: Duration = Duration::from_secs(30);

/// A process that is one of several.
pub(super) struct Several<'a> {
    config: &'a Config,
    store: &'a Store,
    fleet: &'a Fleet,
    redis: Redis,
}

impl<'a> Several<'a> {
    /// None where the process is alone: without Redis, or on a database that no other process shares.
    pub(super) fn of(config: &'a Config, store: &'a Store, fleet: &'a Fleet) -> anyhow::Result<Option<Self>> {
        let Some(url) = config.redis.url.as_ref().filter(|_| is_one_of_several(config)) else { return Ok(None) };
        Ok(Some(Self { config, store, fleet, redis: Redis::at(url)? }))
    }

    /// What wakes the stages in other processes.
    pub(super) fn stages_elsewhere(&self) -> Stages {
        let relay = |stage: &'static str| self.relay(stage, move |_store| Told::Nudges(Channel::Stage(stage)));
        Stages {
            validator: relay(whitelist_validator::KIND),
            parser: relay(template_parser::KIND),
            matcher: relay(order_matcher::KIND),
            roster: relay(roster::KIND),
        }
    }

    /// What tells other processes that something is asked of them.
    pub(super) fn control_relay(&self) -> Nudger {
        self.relay("control", |store| Told::Requests(store.clone()))
    }

    /// Joins the others: from here on this process hears them and they see it.
    pub(super) fn join(&self, stages: &Stages) {
        let relay = self.relay("actors", |_store| Told::Nudges(Channel::Actors));
        self.relay("events", |store| Told::Commits(store.own_commits()));
        let supervision = self.fleet.supervision();
        let process = self.fleet.process().to_owned();
        let look = |kind: &'static str| Spec::new(kind, kind).progress_deadline(LOOK_DEADLINE);

        let (store, fleet, roles) = (self.store.clone(), self.fleet.clone(), self.config.roles.to_string());
        let registry = supervision.spawn(look(PROCESS_REGISTRY), move || {
            let child = ProcessRegistry::new(store.clone(), fleet.clone(), roles.clone(), relay.clone());
            async move { Ok(child) }
        });
        let (store, actors, name) = (self.store.clone(), supervision.clone(), process.clone());
        let control = supervision.spawn(look(CONTROL_LISTENER), move || {
            let child = ControlListener::new(store.clone(), actors.clone(), &name);
            async move { Ok(child) }
        });

        let mut hears = vec![
            (Channel::Control(process.clone()), Heard::Nudges(control.nudger())),
            (Channel::Actors, Heard::Nudges(registry.nudger())),
        ];
        if self.config.roles.has(Role::Service) {
            hears.push((Channel::Events, Heard::Commits(self.store.clone())));
        }
        if self.config.roles.has(Role::Worker) {
            for (stage, nudger) in [
                (whitelist_validator::KIND, &stages.validator),
                (template_parser::KIND, &stages.parser),
                (order_matcher::KIND, &stages.matcher),
                (roster::KIND, &stages.roster),
            ] {
                hears.push((Channel::Stage(stage), Heard::Nudges(nudger.clone())));
            }
        }
        let redis = self.redis.clone();
        let spec = Spec::new(WAKE_LISTENER, WAKE_LISTENER).source().progress_deadline(REDIS_DEADLINE);
        supervision.spawn(spec, move || {
            let child = WakeListener::new(redis.clone(), &process, hears.clone());
            async move { Ok(child) }
        });
    }

    /// A source, so that it is parked and never ends the process: without Redis everything goes on.
    fn relay(&self, of: &str, told: impl Fn(&Store) -> Told + Send + Sync + 'static) -> Nudger {
        let spec = Spec::new(format!("{WAKE_RELAY}/{of}"), WAKE_RELAY).source().progress_deadline(REDIS_DEADLINE);
        let (redis, store, process) = (self.redis.clone(), self.store.clone(), self.fleet.process().to_owned());
        let supervision: &Supervision = self.fleet.supervision();
        let relay = supervision.spawn(spec, move || {
            let child = WakeRelay::new(redis.clone(), &process, told(&store));
            async move { Ok(child) }
        });
        relay.nudger()
    }
}

/// Whether other processes may share this one's rows.
pub(super) fn is_one_of_several(config: &Config) -> bool {
    config.redis.url.is_some() && *config.database.url.backend() == Backend::Postgres
}

/// How often a stage looks without being told: beside other processes it may miss what Redis could not carry.
pub(super) fn stage_period(config: &Config) -> Duration {
    let period = config.pipeline.sweep_interval;
    if is_one_of_several(config) { period.min(LOOK_AT_LEAST_EVERY) } else { period }
}
