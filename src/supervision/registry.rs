//! The supervisor's state. It stands outside the supervisor, so that a crash of the supervisor forgets nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

use super::arbiters::Arbiters;
use super::crash::{panic_text, shown};
use super::nudge::Nudger;
use super::policy::Policy;
use super::slot::{Phase, Slot};
use super::status::ActorStatus;
use crate::clock::Clock;
use crate::domain::time::UnixMs;

/// How many changes of state a slow listener may be behind before it has to look at the list instead.
const CHANGES_KEPT: usize = 256;

/// A longer time between two looks, of which there is one a second, means that the process itself was paused.
const PAUSE: Duration = Duration::from_secs(10);

/// The supervisor's state.
pub(super) struct Registry {
    pub(super) clock: Clock,
    pub(super) policy: Policy,
    pub(super) process: String,
    pub(super) arbiters: Arbiters,
    /// Wakes the supervisor.
    pub(super) nudger: Nudger,
    pub(super) changes: broadcast::Sender<ActorStatus>,
    pub(super) escalated: watch::Sender<Option<String>>,
    draining: AtomicBool,
    looked_at: Mutex<Option<Instant>>,
    /// In the order of spawning.
    slots: Mutex<Vec<Arc<Slot>>>,
}

impl Registry {
    pub(super) fn new(clock: Clock, policy: Policy, process: String, here: bool) -> Self {
        Self {
            clock,
            policy: policy.bounded(),
            process,
            arbiters: Arbiters::new(here),
            nudger: Nudger::new(),
            changes: broadcast::Sender::new(CHANGES_KEPT),
            escalated: watch::Sender::new(None),
            draining: AtomicBool::new(false),
            looked_at: Mutex::new(None),
            slots: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn slots(&self) -> Vec<Arc<Slot>> {
        self.lock().clone()
    }

    pub(super) fn find(&self, id: &str) -> Option<Arc<Slot>> {
        self.lock().iter().rev().find(|slot| slot.spec.id == id).cloned()
    }

    pub(super) fn add(&self, slot: Arc<Slot>) {
        self.lock().push(slot);
        self.nudger.nudge();
    }

    /// From here on no instance is started any more.
    pub(super) fn begin_draining(&self) {
        self.draining.store(true, Ordering::Release);
    }

    pub(super) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Acquire)
    }

    /// Brings every child to where it should be; the moment by which to look again.
    pub(super) fn reconcile_all(&self) -> Option<Instant> {
        self.forgive_a_pause();
        let due = self.slots().iter().filter_map(|slot| self.reconcile(slot)).min();
        let mut gone = Vec::new();
        self.lock().retain(|slot| {
            let removed = matches!(slot.lock().phase, Phase::Removed);
            if removed {
                gone.push(slot.spec.id.clone());
            }
            !removed
        });
        for id in gone {
            // Where another of the same id has taken its place, the thread is that one's.
            if self.find(&id).is_none() {
                self.arbiters.release(&id);
            }
        }
        due
    }

    /// A supervisor that has not looked for long was not run, and then neither were its children (SIGSTOP, a frozen machine):
    /// their lack of progress says nothing.
    fn forgive_a_pause(&self) {
        let now = Instant::now();
        let before = self.looked_at.lock().unwrap_or_else(PoisonError::into_inner).replace(now);
        if before.is_some_and(|before| now.duration_since(before) > PAUSE) {
            for slot in self.slots() {
                slot.progress.forgive();
            }
        }
    }

    /// Brings one child to where it should be. A panic on the way leaves the others alone.
    pub(super) fn reconcile(&self, slot: &Slot) -> Option<Instant> {
        match catch_unwind(AssertUnwindSafe(|| slot.reconcile(self))) {
            Ok(due) => due,
            Err(payload) => {
                tracing::error!(
                    actor.id = %slot.spec.id,
                    error = %shown(&panic_text(payload.as_ref())),
                    "the supervisor panicked over an actor"
                );
                Some(Instant::now() + self.policy.backoff_min)
            }
        }
    }

    /// Out of restarts, and the process cannot do its work without it.
    pub(super) fn escalate(&self, reason: String) {
        self.escalated.send_if_modified(|said| {
            let first = said.is_none();
            if first {
                *said = Some(reason);
            }
            first
        });
    }
}

/// Counts a restart and why there was one.
pub(super) fn count_restart(kind: &'static str, reason: &'static str) {
    metrics::counter!("recon_actor_restarts_total", "actor_kind" => kind, "reason" => reason).increment(1);
}

/// Says when a loop last succeeded.
#[allow(
    clippy::cast_precision_loss,
    clippy::float_arithmetic,
    reason = "a metric is a float; seconds since 1970 fit it"
)]
pub(super) fn count_success(id: &str, at: UnixMs) {
    metrics::gauge!("recon_loop_last_success_timestamp_seconds", "loop" => id.to_owned()).set(at.0 as f64 / 1000.0);
}
