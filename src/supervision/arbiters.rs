//! The threads that children run on.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use actix_rt::Arbiter;

use super::spec::Placement;
use super::watchdog::Watchdog;

/// A piece of work for a child's thread.
pub(super) type Job = Box<dyn FnOnce() + Send>;

/// The threads that children run on. One that has died is replaced at the next launch.
pub(super) struct Arbiters {
    /// Everything stays on this thread.
    here: bool,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    shared: Option<Arbiter>,
    own: HashMap<String, Arbiter>,
    watchdog: Option<Watchdog>,
}

impl Arbiters {
    pub(super) fn new(here: bool) -> Self {
        Self { here, inner: Mutex::default() }
    }

    /// Runs the job on the thread of the child `id`. Where there is no thread to be had it is dropped, which the job's
    /// `EndOfWatch` tells.
    pub(super) fn run(&self, placement: Placement, id: &str, job: Job) {
        if self.here || placement == Placement::Current {
            job();
            return;
        }
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let Inner { shared, own, watchdog } = &mut *inner;
        let (arbiter, name) = match placement {
            Placement::Own => {
                if own.get(id).is_some_and(|arbiter| !arbiter.alive()) {
                    own.remove(id);
                }
                let arbiter = match own.entry(id.to_owned()) {
                    std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
                    std::collections::hash_map::Entry::Vacant(entry) => match made(id, watchdog.as_ref()) {
                        Some(arbiter) => entry.insert(arbiter),
                        None => return,
                    },
                };
                (arbiter, id)
            }
            Placement::Shared | Placement::Current => {
                if shared.as_ref().is_none_or(|arbiter| !arbiter.alive()) {
                    *shared = made("shared", watchdog.as_ref());
                }
                let Some(arbiter) = shared.as_mut() else { return };
                (arbiter, "shared")
            }
        };
        if !arbiter.spawn_fn(job) {
            tracing::error!(thread = name, "the thread of an actor has ended");
        }
    }

    /// Has every thread, those to come too, watched.
    pub(super) fn watch_with(&self, watchdog: &Watchdog) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(arbiter) = &inner.shared {
            watchdog.watch_arbiter("shared", arbiter);
        }
        for (id, arbiter) in &inner.own {
            watchdog.watch_arbiter(id, arbiter);
        }
        inner.watchdog = Some(watchdog.clone());
    }

    /// The child `id` is gone for good: its thread ends.
    pub(super) fn release(&self, id: &str) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(arbiter) = inner.own.remove(id) {
            arbiter.stop();
        }
    }

    /// All threads end.
    pub(super) fn stop(&self) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        for arbiter in inner.own.drain().map(|(_, arbiter)| arbiter).collect::<Vec<_>>() {
            arbiter.stop();
        }
        if let Some(arbiter) = inner.shared.take() {
            arbiter.stop();
        }
    }
}

fn made(name: &str, watchdog: Option<&Watchdog>) -> Option<Arbiter> {
    match Arbiter::try_new() {
        Ok(arbiter) => {
            if let Some(watchdog) = watchdog {
                watchdog.watch_arbiter(name, &arbiter);
            }
            Some(arbiter)
        }
        Err(error) => {
            tracing::error!(thread = name, %error, "no thread could be made for an actor");
            None
        }
    }
}
