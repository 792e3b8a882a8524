//! What follows when an instance is gone: a new one, a pause, or giving up.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::crash::Cause;
use super::instance::Instance;
use super::policy::Verdict;
use super::registry::{Registry, count_restart};
use super::slot::{Phase, Record, Slot, Wait};
use super::spec::LONGEST;

impl Slot {
    /// A launch that somebody asked for: past crashes no longer count.
    pub(super) fn launch_asked(&self, record: &mut Record, registry: &Registry) {
        if registry.is_draining() {
            self.body.refuse_all();
            record.phase = Phase::Stopped;
            return;
        }
        record.history.forget();
        record.on_trial = false;
        count_restart(self.spec.kind, "operator");
        self.launch(record, registry);
    }

    pub(super) fn launch(&self, record: &mut Record, registry: &Registry) {
        record.generation = record.generation.saturating_add(1);
        record.started_at = Some(registry.clock.now());
        let instance = Arc::new(Instance::new(record.generation, self.reports_to.clone()));
        record.phase = Phase::Alive(Arc::clone(&instance));
        self.progress.begin();
        self.body.open();
        // At the start of the daemon some forty of them say the same; one that comes again is news.
        if record.generation > 1 {
            tracing::info!(actor.id = %self.spec.id, actor.generation = record.generation, "an actor is started anew");
        } else {
            tracing::debug!(actor.id = %self.spec.id, "an actor is started");
        }
        registry.arbiters.run(self.spec.placement, &self.spec.id, self.body.job(instance));
    }

    pub(super) fn crashed(&self, record: &mut Record, registry: &Registry, instance: &Instance, cause: &Cause) {
        let now = Instant::now();
        let error = cause.shown();
        record.reason = cause.word();
        record.last_error = Some(error.clone());
        if registry.is_draining() {
            self.body.refuse_all();
            record.phase = Phase::Stopped;
            return;
        }
        if let Cause::Parks(park) = cause {
            let retry_in = park.retry_in.unwrap_or(registry.policy.parked_retry).min(LONGEST);
            self.park(record, now, retry_in, &error, "an actor asks to be parked");
            return;
        }
        let ran = now.duration_since(instance.launched);
        let frozen = matches!(cause, Cause::Frozen(_));
        let verdict = if record.on_trial && ran < registry.policy.healthy_after {
            Verdict::GiveUp
        } else {
            record.on_trial = false;
            record.history.crashed(&registry.policy, now, ran, frozen)
        };
        match verdict {
            Verdict::Again(pause) => {
                tracing::warn!(
                    actor.id = %self.spec.id,
                    actor.generation = record.generation,
                    actor.crash = record.reason,
                    actor.backoff_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
                    error = %error,
                    "an actor crashed and will be restarted"
                );
                record.phase = Phase::Waiting(now + pause, Wait::Backoff);
            }
            Verdict::GiveUp => self.give_up(record, registry, now, &error),
        }
    }

    /// Too many restarts: the child is parked; one that the process needs ends the process.
    fn give_up(&self, record: &mut Record, registry: &Registry, now: Instant, error: &str) {
        let retry_in = registry.policy.parked_retry;
        if self.spec.critical && !self.spec.source {
            self.body.refuse_all();
            record.phase = Phase::Waiting(now + retry_in, Wait::Parked);
            tracing::error!(
                actor.id = %self.spec.id,
                actor.generation = record.generation,
                error = %error,
                "an actor that the process needs is out of restarts"
            );
            registry.escalate(format!("{} is out of restarts: {error}", self.spec.id));
        } else {
            self.park(record, now, retry_in, error, "an actor is out of restarts and is parked");
        }
    }

    fn park(&self, record: &mut Record, now: Instant, retry_in: Duration, error: &str, words: &'static str) {
        self.body.refuse_all();
        record.phase = Phase::Waiting(now + retry_in, Wait::Parked);
        tracing::error!(
            actor.id = %self.spec.id,
            actor.generation = record.generation,
            actor.retry_s = retry_in.as_secs(),
            error = %error,
            "{words}"
        );
    }
}
