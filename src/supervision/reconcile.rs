//! Brings one child to where it should be, from what is the case and not from what was reported.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::crash::{Cause, Ending};
use super::instance::{Instance, Stop};
use super::registry::{Registry, count_restart};
use super::slot::{Phase, Record, Reply, Request, Slot, Then, Wait};

/// The longest grace at an operator's restart: somebody waits for it.
const RESTART_GRACE: Duration = Duration::from_secs(1);

/// How long a fresh instance may take to come up before a further restart replaces it: each accepted request gets a
/// generation that has lived.
const SETTLE: Duration = Duration::from_secs(1);

/// What one step did.
enum Step {
    /// Something: look again at once.
    Done,
    /// Nothing: look again at the moment given, or when something happens.
    Until(Option<Instant>),
}

impl Slot {
    /// Does everything there is to do for the child now; the moment by which to look again.
    pub(super) fn reconcile(&self, registry: &Registry) -> Option<Instant> {
        let mut record = self.lock();
        let due = loop {
            match self.step(&mut record, registry) {
                Step::Done => {}
                Step::Until(due) => break due,
            }
        };
        self.tell(&mut record, registry);
        due
    }

    /// Tells others where the child stands, if that has changed.
    fn tell(&self, record: &mut Record, registry: &Registry) {
        let status = self.status_of(record, &registry.process);
        let now = Some((status.state, status.generation, status.fresh, status.restarts));
        if record.told != now {
            record.told = now;
            // Nobody may be listening.
            let _ = registry.changes.send(status);
        }
    }

    fn step(&self, record: &mut Record, registry: &Registry) -> Step {
        match &record.phase {
            Phase::Alive(instance) => {
                let instance = Arc::clone(instance);
                self.step_alive(record, registry, &instance)
            }
            Phase::Ending { instance, .. } => {
                let instance = Arc::clone(instance);
                self.step_ending(record, registry, &instance)
            }
            Phase::Waiting(at, wait) => {
                let (at, wait) = (*at, *wait);
                self.step_waiting(record, registry, at, wait)
            }
            Phase::Stopped => self.step_at_rest(record, registry),
            Phase::Removed => {
                record.requests.clear();
                Step::Until(None)
            }
        }
    }

    fn step_alive(&self, record: &mut Record, registry: &Registry, instance: &Arc<Instance>) -> Step {
        if let Some(ending) = instance.ending() {
            let cause = match ending {
                Ending::Crashed(cause) => cause,
                Ending::Stopped => Cause::Ended,
                Ending::Aborted => Cause::Vanished,
            };
            self.crashed(record, registry, instance, &cause);
            return Step::Done;
        }
        let now = Instant::now();
        let settled = instance.launched + SETTLE;
        let wait_for_it =
            matches!(record.requests.front(), Some(Request::Restart(_))) && !instance.is_up() && now < settled;
        if wait_for_it {
            return Step::Until(Some(settled));
        }
        match record.requests.pop_front() {
            Some(Request::Start(reply)) => {
                let _ = reply.send(record.generation);
                return Step::Done;
            }
            Some(Request::Restart(reply)) => {
                let grace = self.spec.shutdown_grace.min(RESTART_GRACE);
                instance.ask_to_stop(Stop::Restart);
                self.end(record, instance, now + grace, Then::Restart);
                let _ = reply.send(record.generation.saturating_add(1));
                return Step::Done;
            }
            Some(Request::Stop(reply)) => {
                self.take_down(record, instance, now, Then::Stop(None));
                let _ = reply.send(record.generation);
                return Step::Done;
            }
            Some(Request::Drain(reply)) => {
                self.take_down(record, instance, now, Then::Stop(Some(reply)));
                return Step::Done;
            }
            Some(Request::Remove(reply)) => {
                self.take_down(record, instance, now, Then::Remove(reply));
                return Step::Done;
            }
            None => {}
        }
        match self.progress.due(self.spec.progress_deadline) {
            Some(due) if now >= due => {
                instance.abort();
                record.phase = Phase::Ending {
                    instance: Arc::clone(instance),
                    abort_at: None,
                    then: Then::Crash(Cause::Frozen(self.spec.progress_deadline)),
                };
                Step::Done
            }
            due => Step::Until(due),
        }
    }

    fn take_down(&self, record: &mut Record, instance: &Arc<Instance>, now: Instant, then: Then) {
        self.body.close();
        instance.ask_to_stop(Stop::Down);
        self.end(record, instance, now + self.spec.shutdown_grace, then);
    }

    fn end(&self, record: &mut Record, instance: &Arc<Instance>, abort_at: Instant, then: Then) {
        tracing::debug!(actor.id = %self.spec.id, actor.generation = record.generation, "an actor is asked to stop");
        record.phase = Phase::Ending { instance: Arc::clone(instance), abort_at: Some(abort_at), then };
    }

    fn step_ending(&self, record: &mut Record, registry: &Registry, instance: &Arc<Instance>) -> Step {
        if instance.ending().is_some() {
            let Phase::Ending { then, .. } = std::mem::replace(&mut record.phase, Phase::Stopped) else {
                return Step::Done;
            };
            match then {
                Then::Crash(cause) => self.crashed(record, registry, instance, &cause),
                Then::Restart => self.launch_asked(record, registry),
                Then::Stop(reply) => self.rest(record, reply),
                Then::Remove(reply) => self.remove(record, reply),
            }
            return Step::Done;
        }
        let Phase::Ending { abort_at, then, .. } = &mut record.phase else { return Step::Done };
        // With another restart waiting behind this one, nobody gains from the rest of the grace.
        let pressed = matches!((&*then, record.requests.front()), (Then::Restart, Some(Request::Restart(_))));
        match *abort_at {
            Some(at) if pressed || Instant::now() >= at => {
                *abort_at = None;
                instance.abort();
                tracing::warn!(
                    actor.id = %self.spec.id,
                    actor.generation = instance.generation,
                    "an actor did not stop in time and is aborted"
                );
                Step::Done
            }
            due => Step::Until(due),
        }
    }

    fn step_waiting(&self, record: &mut Record, registry: &Registry, at: Instant, wait: Wait) -> Step {
        if registry.is_draining() {
            self.body.refuse_all();
            record.phase = Phase::Stopped;
            return Step::Done;
        }
        if record.after.as_ref().is_some_and(|slot| !matches!(slot.lock().phase, Phase::Removed)) {
            return Step::Until(None);
        }
        record.after = None;
        // The first instance was asked for before anything else was.
        if wait != Wait::New && !record.requests.is_empty() {
            return self.step_at_rest(record, registry);
        }
        if Instant::now() < at {
            return Step::Until(Some(at));
        }
        match wait {
            Wait::New => {}
            Wait::Backoff => {
                record.history.restarted(Instant::now());
                record.restarts = record.restarts.saturating_add(1);
                count_restart(self.spec.kind, record.reason);
            }
            Wait::Parked => {
                record.on_trial = true;
                record.restarts = record.restarts.saturating_add(1);
                count_restart(self.spec.kind, "parked_retry");
            }
        }
        self.launch(record, registry);
        Step::Done
    }

    /// No instance is there: requests are answered at once.
    fn step_at_rest(&self, record: &mut Record, registry: &Registry) -> Step {
        match record.requests.pop_front() {
            Some(Request::Restart(reply) | Request::Start(reply)) => {
                self.launch_asked(record, registry);
                if !registry.is_draining() {
                    let _ = reply.send(record.generation);
                }
                Step::Done
            }
            Some(Request::Stop(reply) | Request::Drain(reply)) => {
                self.rest(record, Some(reply));
                Step::Done
            }
            Some(Request::Remove(reply)) => {
                self.remove(record, reply);
                Step::Done
            }
            None => Step::Until(None),
        }
    }

    fn rest(&self, record: &mut Record, reply: Option<Reply>) {
        self.body.refuse_all();
        record.phase = Phase::Stopped;
        tracing::debug!(actor.id = %self.spec.id, actor.generation = record.generation, "an actor is stopped");
        if let Some(reply) = reply {
            let _ = reply.send(record.generation);
        }
    }

    fn remove(&self, record: &mut Record, reply: Reply) {
        self.body.refuse_all();
        record.phase = Phase::Removed;
        tracing::debug!(actor.id = %self.spec.id, actor.generation = record.generation, "an actor is removed");
        let _ = reply.send(record.generation);
    }
}
