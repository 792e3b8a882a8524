//! The actors of all processes as one list: ours as they stand, the others' as they last said.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::broadcast;

use crate::clock::Clock;
use crate::domain::time::UnixMs;
use crate::supervision::{ActorStatus, Supervision};

/// A process that has said nothing for so long counts as stale, and none of its actors as fresh.
pub const STALE_AFTER: Duration = Duration::from_secs(15);

/// How many changes of the others a slow listener may be behind.
const CHANGES_KEPT: usize = 256;

/// Every actor of every process.
#[derive(Clone, Debug)]
pub struct Fleet {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    process: String,
    supervision: Supervision,
    clock: Clock,
    others: RwLock<Vec<OtherProcess>>,
    changes: broadcast::Sender<ActorStatus>,
}

/// Another process as it last said.
#[derive(Clone, Debug)]
pub(super) struct OtherProcess {
    pub(super) process: String,
    pub(super) roles: String,
    /// When it last said something, by our clock.
    pub(super) seen_at: UnixMs,
    pub(super) actors: Vec<ActorStatus>,
}

/// A process that runs an actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The process.
    pub process: String,
    /// Whether it is this one.
    pub here: bool,
    /// How the actor stands there.
    pub actor: ActorStatus,
    /// Whether the process is stale.
    pub stale: bool,
}

/// A process that has said nothing for too long: killed, or cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silent {
    /// The process.
    pub process: String,
    /// Its roles, separated by commas.
    pub roles: String,
    /// When it last said something, by our clock.
    pub since: UnixMs,
}

impl Fleet {
    /// The fleet as `process` sees it: at first, and where nobody publishes anything, only itself.
    #[must_use]
    pub fn new(process: &str, supervision: Supervision, clock: Clock) -> Self {
        let (process, others) = (process.to_owned(), RwLock::default());
        let changes = broadcast::Sender::new(CHANGES_KEPT);
        Self { inner: Arc::new(Inner { process, supervision, clock, others, changes }) }
    }

    /// The name of this process.
    #[must_use]
    pub fn process(&self) -> &str {
        &self.inner.process
    }

    /// This process's own actors.
    #[must_use]
    pub fn supervision(&self) -> &Supervision {
        &self.inner.supervision
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> UnixMs {
        self.inner.clock.now()
    }

    /// Every actor of every process, ours first.
    #[must_use]
    pub fn list(&self) -> Vec<ActorStatus> {
        let mut all = self.inner.supervision.list();
        all.extend(self.others());
        all
    }

    /// Every actor of the other processes. Those of a stale process are not fresh, whatever it last said.
    pub(super) fn others(&self) -> Vec<ActorStatus> {
        let now = self.inner.clock.now();
        let others = self.inner.others.read().unwrap_or_else(PoisonError::into_inner);
        others.iter().flat_map(|other| other.actors_at(now)).collect()
    }

    /// Where the actor `id` runs, this process first.
    #[must_use]
    pub fn places_of(&self, id: &str) -> Vec<Place> {
        let now = self.inner.clock.now();
        let here = self.inner.supervision.get(id).map(|actor| Place {
            process: self.inner.process.clone(),
            here: true,
            actor,
            stale: false,
        });
        let others = self.inner.others.read().unwrap_or_else(PoisonError::into_inner);
        let elsewhere = others.iter().filter_map(|other| {
            let actor = other.actors_at(now).find(|actor| actor.id == id)?;
            Some(Place { process: other.process.clone(), here: false, actor, stale: other.is_stale(now) })
        });
        here.into_iter().chain(elsewhere).collect()
    }

    /// Whether another process of this role has said something lately.
    #[must_use]
    pub fn has_other(&self, role: &str) -> bool {
        let now = self.inner.clock.now();
        let others = self.inner.others.read().unwrap_or_else(PoisonError::into_inner);
        others.iter().any(|other| !other.is_stale(now) && other.roles.split(',').any(|word| word == role))
    }

    /// The other processes that have said nothing for too long, with when they last did.
    #[must_use]
    pub fn silent(&self) -> Vec<Silent> {
        let now = self.inner.clock.now();
        let others = self.inner.others.read().unwrap_or_else(PoisonError::into_inner);
        let silent = others.iter().filter(|other| other.is_stale(now));
        silent
            .map(|other| Silent { process: other.process.clone(), roles: other.roles.clone(), since: other.seen_at })
            .collect()
    }

    /// Each change of an actor of any process, from now on.
    #[must_use]
    pub fn changes(&self) -> Changes {
        Changes { ours: self.inner.supervision.changes(), others: self.inner.changes.subscribe() }
    }

    /// What the other processes last said.
    pub(super) fn replace_others(&self, others: Vec<OtherProcess>) {
        *self.inner.others.write().unwrap_or_else(PoisonError::into_inner) = others;
    }

    /// Tells those who follow that an actor of another process changed.
    pub(super) fn tell(&self, actor: ActorStatus) {
        // Nobody may be listening.
        let _ = self.inner.changes.send(actor);
    }
}

impl OtherProcess {
    fn is_stale(&self, now: UnixMs) -> bool {
        now.since(self.seen_at) > STALE_AFTER
    }

    fn actors_at(&self, now: UnixMs) -> impl Iterator<Item = ActorStatus> {
        let stale = self.is_stale(now);
        self.actors.iter().cloned().map(move |actor| ActorStatus { fresh: actor.fresh && !stale, ..actor })
    }
}

/// Follows the changes of actors.
#[derive(Debug)]
pub struct Changes {
    ours: broadcast::Receiver<ActorStatus>,
    others: broadcast::Receiver<ActorStatus>,
}

impl Changes {
    /// The next change; none where some were missed. The future may be dropped and asked for again.
    pub async fn next(&mut self) -> Option<ActorStatus> {
        tokio::select! {
            changed = self.ours.recv() => changed.ok(),
            changed = self.others.recv() => changed.ok(),
        }
    }
}

#[cfg(test)]
mod tests;
