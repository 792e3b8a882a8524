//! Says how this process's actors stand, and reads how the others' do.

use std::collections::HashMap;
use std::time::Duration;

use entity::process_state;
use tokio::time::Instant;

use super::Fleet;
use super::fleet::OtherProcess;
use crate::domain::time::UnixMs;
use crate::store::{Store, StoreError};
use crate::supervision::{ActorState, ActorStatus, Child, Context, Nudger};

/// How often this process says how its actors stand where none changes.
const SAY_EVERY: Duration = Duration::from_secs(2);
/// How often the others are read where nobody says that one changed.
const READ_EVERY: Duration = Duration::from_secs(1);
/// Changes that come in such a time are said at once.
const GATHER: Duration = Duration::from_millis(100);
/// A process that has said nothing for so long is forgotten.
pub const FORGET_AFTER: Duration = Duration::from_mins(10);
/// How long requests are kept for those who look into what happened; the audit log keeps them for good.
const REQUESTS_KEPT: Duration = Duration::from_hours(24);
/// How often what is old is forgotten.
const TIDY_EVERY: Duration = Duration::from_mins(1);

/// What others were last told of an actor.
type Said = (ActorState, u64, bool, u64);

/// The actor.
#[derive(Debug)]
pub struct ProcessRegistry {
    store: Store,
    fleet: Fleet,
    roles: String,
    /// Tells the other processes that an actor of this one changed.
    relay: Nudger,
    said_at: Option<Instant>,
    tidied_at: Option<Instant>,
    /// The others' last words: what they gave as the time, and when we saw that for the first time.
    seen: HashMap<String, (i64, UnixMs)>,
    told: HashMap<(String, String), Said>,
}

impl ProcessRegistry {
    /// The actor of a process with these roles (`service,worker`).
    #[must_use]
    pub fn new(store: Store, fleet: Fleet, roles: String, relay: Nudger) -> Self {
        Self { store, fleet, roles, relay, said_at: None, tidied_at: None, seen: HashMap::new(), told: HashMap::new() }
    }

    async fn round(&mut self, changed: bool) -> anyhow::Result<()> {
        if changed || self.said_at.is_none_or(|at| at.elapsed() >= SAY_EVERY) {
            let statuses = serde_json::to_string(&self.fleet.supervision().list())?;
            self.store.publish_process(self.fleet.process(), &self.roles, statuses).await?;
            self.said_at = Some(Instant::now());
            if changed {
                self.relay.nudge();
            }
        }
        self.read().await?;
        self.tidy().await?;
        Ok(())
    }

    async fn read(&mut self) -> anyhow::Result<()> {
        let now = self.store.now();
        let mut seen = HashMap::new();
        let mut others = Vec::new();
        for row in self.store.processes().await? {
            if row.process == self.fleet.process() {
                continue;
            }
            let seen_at = self.seen_at(&row, now);
            seen.insert(row.process.clone(), (row.at, seen_at));
            let actors: Vec<ActorStatus> = serde_json::from_str(&row.statuses)
                .map_err(|error| StoreError::corrupt("process_state.statuses", error))?;
            others.push(OtherProcess { process: row.process, roles: row.roles, seen_at, actors });
        }
        self.seen = seen;
        self.fleet.replace_others(others);
        Ok(())
    }

    /// When a process said its row, by our clock: the clocks of machines differ, and one that is ahead must not keep a
    /// dead process fresh.
    fn seen_at(&self, row: &process_state::Model, now: UnixMs) -> UnixMs {
        match self.seen.get(&row.process) {
            Some((at, seen_at)) if *at == row.at => *seen_at,
            Some(_) => now,
            None => UnixMs(row.at).min(now),
        }
    }

    /// Tells of the others' changes, also of those that are a lack of news.
    fn tell_changes(&mut self) {
        let mut told = HashMap::new();
        for actor in self.fleet.others() {
            let key = (actor.process.clone(), actor.id.clone());
            let said = (actor.state, actor.generation, actor.fresh, actor.restarts);
            if self.told.get(&key) != Some(&said) {
                self.fleet.tell(actor);
            }
            told.insert(key, said);
        }
        self.told = told;
    }

    async fn tidy(&mut self) -> Result<(), StoreError> {
        if self.tidied_at.is_some_and(|at| at.elapsed() < TIDY_EVERY) {
            return Ok(());
        }
        let now = self.store.now();
        let gone = self.store.forget_processes(now.minus(FORGET_AFTER)).await?;
        if gone > 0 {
            tracing::info!(process.count = gone, "processes that have said nothing for long are forgotten");
        }
        self.store.forget_control(now.minus(REQUESTS_KEPT)).await?;
        self.tidied_at = Some(Instant::now());
        Ok(())
    }
}

impl Child for ProcessRegistry {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        let mut changes = self.fleet.supervision().changes();
        let mut changed = true;
        loop {
            match self.round(changed).await {
                Ok(()) => {
                    changed = false;
                    cx.succeeded();
                }
                // What was read last grows stale by itself.
                Err(error) => {
                    tracing::warn!(error = %format!("{error:#}"), "the actors of all processes could not be said or read");
                }
            }
            self.tell_changes();
            if cx.stopping() {
                return Ok(());
            }
            let woken = tokio::select! {
                _ = cx.serve_until_nudged(self, READ_EVERY) => false,
                // A change that was missed is a change too.
                _ = changes.recv() => true,
            };
            if woken {
                tokio::time::sleep(GATHER).await;
                while changes.try_recv().is_ok() {}
            }
            changed |= woken;
        }
    }
}

#[cfg(test)]
mod tests;
