//! The sources that are listened to: the kinds there are, the roster that runs them, and what health says of them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::several::is_one_of_several;
use crate::bus::Fleet;
use crate::clock::Clock;
use crate::config::{Config, PushbulletConfig};
use crate::domain::source::SourceRef;
use crate::http::health::Check;
use crate::pipeline::inbox::Inbox;
use crate::sources::family::{Family, loop_id};
use crate::sources::pushbullet::{Pushbullet, Settings};
use crate::sources::roster::{self, SourceRoster};
use crate::sources::telegram::family::Telegram;
use crate::sources::telegram::take::Stores;
use crate::store::Store;
use crate::supervision::{ActorState, ActorStatus, Handle, Nudger, Spec};

/// A look waits for loops that are being stopped, 5 s each time.
const ROSTER_DEADLINE: Duration = Duration::from_secs(30);

/// A source that was just added, or moves to another worker, is given time to be heard.
const HEARD_WITHIN: Duration = Duration::from_secs(25);

/// Every kind of source that is listened to.
pub(super) type Families = Arc<[Arc<dyn Family>]>;

/// The kinds there are.
pub(super) fn families(
    config: &Config,
    store: &Store,
    clock: &Clock,
    inbox: &Handle<Inbox>,
    validator: &Nudger,
    public_url: &str,
) -> Families {
    let PushbulletConfig { api_url, stream_url, silence_timeout, sync_interval } = config.pushbullet.clone();
    let settings = Settings { api_url, stream_url, silence_timeout, sync_interval };
    let pushbullet = Pushbullet::new(store.clone(), clock.clone(), inbox.clone(), validator.clone(), settings);
    let stores = Stores { store: store.clone(), inbox: inbox.clone() };
    let (api_url, poll_timeout) = (config.telegram.api_url.clone(), config.telegram.poll_timeout);
    let telegram = Telegram::new(stores, api_url, poll_timeout, public_url);
    Arc::new([Arc::new(pushbullet) as Arc<dyn Family>, Arc::new(telegram)])
}

/// Spawns the roster of a worker, and answers what wakes it.
pub(super) fn roster(config: &Config, store: &Store, fleet: &Fleet, families: &Families) -> Nudger {
    let supervision = fleet.supervision();
    let process = is_one_of_several(config).then(|| fleet.process().to_owned());
    let (store, actors, families) = (store.clone(), supervision.clone(), Arc::clone(families));
    let spec = Spec::new(roster::KIND, roster::KIND).critical().progress_deadline(ROSTER_DEADLINE);
    let roster = supervision.spawn(spec, move || {
        let child = SourceRoster::new(store.clone(), actors.clone(), Arc::clone(&families), process.clone());
        async move { Ok(child) }
    });
    roster.nudger()
}

/// Whether every source that is to run is heard. Not critical: one that is not leaves the others alone.
pub(super) struct SourcesCheck {
    fleet: Fleet,
    families: Families,
    /// Since when sources are missing from the actors.
    missing: Mutex<BTreeMap<SourceRef, Instant>>,
}

impl SourcesCheck {
    pub(super) fn new(fleet: &Fleet, families: &Families) -> Self {
        Self { fleet: fleet.clone(), families: Arc::clone(families), missing: Mutex::default() }
    }

    async fn inventory(&self) -> Result<String, String> {
        let actors = self.fleet.list();
        let (mut heard, mut unheard, mut missing) = (Vec::new(), Vec::new(), BTreeMap::new());
        for family in self.families.iter() {
            let rows = family.wanted().await.map_err(|error| error.to_string())?;
            let Some(first) = family.loops().first() else { continue };
            let mut well = 0_usize;
            for row in &rows {
                let source = SourceRef { kind: family.kind(), id: row.id };
                let id = loop_id(first, row.id);
                match actors.iter().find(|actor| actor.id == id) {
                    Some(actor) => match trouble(actor) {
                        Some(trouble) => unheard.push(format!("{source} {trouble}")),
                        None => well += 1,
                    },
                    None if self.is_long_gone(source, &mut missing) => {
                        unheard.push(format!("{source} runs in no process"));
                    }
                    None => {}
                }
            }
            unheard.extend(family.warnings().await.map_err(|error| error.to_string())?);
            heard.push(format!("{well} of {} {}", rows.len(), family.kind()));
        }
        *self.missing.lock().unwrap_or_else(PoisonError::into_inner) = missing;
        let heard = if heard.is_empty() { "none is listened to".to_owned() } else { heard.join(", ") };
        if unheard.is_empty() {
            Ok(format!("heard: {heard}"))
        } else {
            Err(format!("heard: {heard}; {}", unheard.join("; ")))
        }
    }

    fn is_long_gone(&self, source: SourceRef, missing: &mut BTreeMap<SourceRef, Instant>) -> bool {
        let before = self.missing.lock().unwrap_or_else(PoisonError::into_inner).get(&source).copied();
        let since = before.unwrap_or_else(Instant::now);
        missing.insert(source, since);
        since.elapsed() > HEARD_WITHIN
    }
}

/// What is wrong with a loop, for people.
fn trouble(actor: &ActorStatus) -> Option<String> {
    let why = || actor.last_error.as_deref().map(|error| format!(": {error}")).unwrap_or_default();
    match actor.state {
        ActorState::Parked => Some(format!("is parked{}", why())),
        ActorState::Stopped => Some("was stopped by an operator".to_owned()),
        _ if !actor.fresh => Some(format!("has made no progress for more than {} s{}", actor.deadline_s, why())),
        _ => None,
    }
}

impl Check for SourcesCheck {
    fn name(&self) -> &'static str {
        "sources"
    }

    fn critical(&self) -> bool {
        false
    }

    fn run(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(self.inventory())
    }
}
