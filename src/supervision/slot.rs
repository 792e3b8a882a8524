//! One child's place with the supervisor: what should run, what runs, and what was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::arbiters::Job;
use super::child::Child;
use super::crash::Cause;
use super::instance::{EndOfWatch, Instance};
use super::nudge::Nudger;
use super::policy::History;
use super::progress::Progress;
use super::shell::{self, Parts};
use super::spec::Spec;
use super::status::{ActorState, ActorStatus};
use crate::domain::time::UnixMs;

/// One child's place with the supervisor.
pub(super) struct Slot {
    pub(super) spec: Arc<Spec>,
    pub(super) progress: Arc<Progress>,
    pub(super) body: Box<dyn Body>,
    /// Who compares what should run with what runs: the supervisor, or the keeper where this is the supervisor's slot.
    pub(super) reports_to: Nudger,
    record: Mutex<Record>,
}

/// A child without its type.
pub(super) trait Body: Send + Sync {
    /// What runs an instance, to be called on the child's thread.
    fn job(&self, instance: Arc<Instance>) -> Job;
    /// Takes messages.
    fn open(&self);
    /// Takes no further message; those that wait stay.
    fn close(&self);
    /// Takes no further message and refuses those that wait.
    fn refuse_all(&self);
}

impl<C: Child> Body for Parts<C> {
    fn job(&self, instance: Arc<Instance>) -> Job {
        let parts = self.clone();
        let watch = EndOfWatch(instance);
        Box::new(move || shell::run(parts, watch))
    }

    fn open(&self) {
        self.desk.mailbox.open();
    }

    fn close(&self) {
        self.desk.mailbox.close();
    }

    fn refuse_all(&self) {
        self.desk.mailbox.refuse_all();
    }
}

/// What is known of a child.
pub(super) struct Record {
    pub(super) phase: Phase,
    pub(super) generation: u64,
    pub(super) started_at: Option<UnixMs>,
    pub(super) restarts: u64,
    pub(super) last_error: Option<String>,
    /// The label of the crash that the next restart answers.
    pub(super) reason: &'static str,
    pub(super) history: History,
    /// The instance is a parked child's trial: its crash parks it again at once.
    pub(super) on_trial: bool,
    pub(super) requests: VecDeque<Request>,
    /// What others were last told: state, generation, freshness, restarts.
    pub(super) told: Option<(ActorState, u64, bool, u64)>,
    /// A child of the same id that must be gone first.
    pub(super) after: Option<Arc<Slot>>,
}

/// What becomes of a child.
pub(super) enum Phase {
    /// No instance, and one wanted at this moment.
    Waiting(Instant, Wait),
    /// No instance, and none wanted.
    Stopped,
    /// No instance, and never again.
    Removed,
    /// An instance that is to stay.
    Alive(Arc<Instance>),
    /// An instance that is to end; aborted where there is no moment to abort it at.
    Ending { instance: Arc<Instance>, abort_at: Option<Instant>, then: Then },
}

/// Why there is no instance yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    New,
    Backoff,
    Parked,
}

/// What follows an instance's end.
pub(super) enum Then {
    Crash(Cause),
    Restart,
    Stop(Option<Reply>),
    Remove(Reply),
}

/// The way back to who asked: the generation.
pub(super) type Reply = oneshot::Sender<u64>;

/// What is asked of the supervisor. A restart and a stop are answered when they are begun: a child may ask them of itself,
/// and one whose thread is blocked never ends.
pub(super) enum Request {
    Restart(Reply),
    Start(Reply),
    Stop(Reply),
    /// A stop for the process's end, answered when the child is down.
    Drain(Reply),
    /// A stop for good, answered when the child is down.
    Remove(Reply),
}

impl Slot {
    pub(super) fn new(spec: Arc<Spec>, progress: Arc<Progress>, body: Box<dyn Body>, reports_to: Nudger) -> Self {
        Self {
            spec,
            progress,
            body,
            reports_to,
            record: Mutex::new(Record {
                phase: Phase::Waiting(Instant::now(), Wait::New),
                generation: 0,
                started_at: None,
                restarts: 0,
                last_error: None,
                reason: "",
                history: History::default(),
                on_trial: false,
                requests: VecDeque::new(),
                told: None,
                after: None,
            }),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leaves a request for the supervisor; the answer is the generation, or a closed channel where the child is gone.
    pub(super) fn request(&self, request: impl FnOnce(Reply) -> Request) -> oneshot::Receiver<u64> {
        let (reply, answer) = oneshot::channel();
        self.lock().requests.push_back(request(reply));
        self.reports_to.nudge();
        answer
    }

    /// Aborts the instance, if there is one.
    pub(super) fn abort(&self) {
        if let Phase::Alive(instance) | Phase::Ending { instance, .. } = &self.lock().phase {
            instance.abort();
        }
    }

    pub(super) fn status(&self, process: &str) -> ActorStatus {
        self.status_of(&self.lock(), process)
    }

    pub(super) fn status_of(&self, record: &Record, process: &str) -> ActorStatus {
        let state = record.phase.state();
        let in_time = self.progress.fresh_until(self.spec.progress_deadline).is_none_or(|end| Instant::now() <= end);
        let fresh = in_time && matches!(state, ActorState::Starting | ActorState::Running | ActorState::Backoff);
        ActorStatus {
            id: self.spec.id.clone(),
            kind: self.spec.kind.to_owned(),
            process: process.to_owned(),
            state,
            critical: self.spec.critical,
            generation: record.generation,
            started_at: record.started_at,
            last_progress_at: self.progress.progress_at(),
            last_success_at: self.progress.success_at(),
            last_message_at: self.progress.message_at(),
            deadline_s: self.spec.progress_deadline.as_secs(),
            fresh,
            lag_s: self.progress.lag_s(),
            restarts: record.restarts,
            last_error: record.last_error.clone(),
        }
    }
}

impl Phase {
    fn state(&self) -> ActorState {
        match self {
            Self::Alive(instance) if !instance.is_up() => ActorState::Starting,
            Self::Waiting(_, Wait::New) | Self::Ending { then: Then::Restart, .. } => ActorState::Starting,
            Self::Alive(_) | Self::Ending { then: Then::Stop(_) | Then::Remove(_), .. } => ActorState::Running,
            Self::Waiting(_, Wait::Backoff) | Self::Ending { then: Then::Crash(_), .. } => ActorState::Backoff,
            Self::Waiting(_, Wait::Parked) => ActorState::Parked,
            Self::Stopped | Self::Removed => ActorState::Stopped,
        }
    }
}
