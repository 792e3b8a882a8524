//! The front of supervision: what the rest of the program asks of it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix_rt::Arbiter;
use futures_util::FutureExt;
use tokio::sync::{broadcast, oneshot};

use super::child::Child;
use super::handle::{Desk, Handle};
use super::keeper::{Supervisor, keep};
use super::mailbox::Mailbox;
use super::nudge::Nudger;
use super::policy::Policy;
use super::progress::Progress;
use super::registry::Registry;
use super::shell::{Factory, Parts};
use super::slot::{Reply, Request, Slot};
use super::spec::{Placement, Spec};
use super::status::ActorStatus;
use super::watchdog::Watchdog;
use crate::clock::Clock;

/// The supervisor's own id and kind.
const SUPERVISOR: &str = "supervisor";

/// How long the supervisor may go without a look at its children.
const SUPERVISOR_DEADLINE: Duration = Duration::from_secs(10);

/// How long what was aborted may take to end.
const ABORT_WITHIN: Duration = Duration::from_secs(1);

/// No actor of this id runs in this process.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no actor of the id {0:?} runs here")]
pub struct UnknownActor(pub String);

/// The front of the supervisor.
#[derive(Clone)]
pub struct Supervision {
    registry: Arc<Registry>,
    /// The supervisor's own slot.
    supervisor: Arc<Slot>,
    /// The thread of the supervisor; none where it stays on the thread that started it.
    arbiter: Option<Arc<Arbiter>>,
}

impl Supervision {
    /// Starts the supervisor: on a thread of its own, or with `Placement::Current` on this thread, which must then run a
    /// `LocalSet`; every child then stays here too. `process` is the name shown of this process.
    ///
    /// # Panics
    /// Outside of an actix system, unless the placement is `Current`.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "the keeper is what watches the supervisor, who watches all others")]
    pub fn start(clock: Clock, policy: Policy, placement: Placement, process: String) -> Self {
        let here = placement == Placement::Current;
        let registry = Arc::new(Registry::new(clock, policy, process, here));
        let spec = Spec::new(SUPERVISOR, SUPERVISOR)
            .critical()
            .progress_deadline(SUPERVISOR_DEADLINE)
            .placement(Placement::Current);
        let factory: Factory<Supervisor> = {
            let registry = Arc::clone(&registry);
            Arc::new(move || std::future::ready(Ok(Supervisor::new(Arc::clone(&registry)))).boxed_local())
        };
        let (supervisor, _handle) = furnish(&registry, spec, factory, registry.nudger.clone(), Nudger::new());
        let keeper = keep(Arc::clone(&registry), Arc::clone(&supervisor));
        let arbiter = if here {
            tokio::task::spawn_local(keeper);
            None
        } else {
            let arbiter = Arbiter::new();
            arbiter.spawn(keeper);
            Some(Arc::new(arbiter))
        };
        Self { registry, supervisor, arbiter }
    }

    /// Has every thread that runs actors watched, those to come too.
    pub fn watch_with(&self, watchdog: &Watchdog) {
        if let Some(arbiter) = &self.arbiter {
            watchdog.watch_arbiter(SUPERVISOR, arbiter);
        }
        self.registry.arbiters.watch_with(watchdog);
    }

    /// Adds a child and starts it. The factory is called on the child's thread for each instance, and loads its state from
    /// the store; that it fails, panics or hangs counts as a crash. A child of the same id is removed first.
    pub fn spawn<C, F, Fut>(&self, spec: Spec, factory: F) -> Handle<C>
    where
        C: Child,
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = anyhow::Result<C>> + 'static,
    {
        let factory: Factory<C> = Arc::new(move || factory().boxed_local());
        let former = self.registry.find(&spec.id);
        let (slot, handle) = furnish(&self.registry, spec, factory, Nudger::new(), self.registry.nudger.clone());
        if let Some(former) = former {
            drop(former.request(Request::Remove));
            slot.lock().after = Some(former);
        }
        self.registry.add(slot);
        handle
    }

    pub(super) fn find(&self, id: &str) -> Option<Arc<Slot>> {
        if id == SUPERVISOR { Some(Arc::clone(&self.supervisor)) } else { self.registry.find(id) }
    }

    async fn ask(
        &self,
        id: &str,
        what: &'static str,
        reason: &str,
        request: impl FnOnce(Reply) -> Request,
    ) -> Result<u64, UnknownActor> {
        let unknown = || UnknownActor(id.to_owned());
        let slot = self.find(id).filter(|_| !self.registry.is_draining()).ok_or_else(unknown)?;
        tracing::info!(actor.id = id, actor.reason = %super::crash::shown(reason), "asked to {what} an actor");
        let answer: oneshot::Receiver<u64> = slot.request(request);
        answer.await.map_err(|_gone| unknown())
    }

    /// Replaces the child's instance, whatever state it is in, and gives the new one's generation, when that is begun. Each
    /// call makes one new generation. Past crashes no longer count.
    ///
    /// # Errors
    /// No such actor, or the process is ending.
    pub async fn restart(&self, id: &str, reason: &str) -> Result<u64, UnknownActor> {
        self.ask(id, "restart", reason, Request::Restart).await
    }

    /// Stops the child until it is started again, and gives the generation that is stopped, when that is begun. The
    /// supervisor itself is restarted instead: nobody could start it again.
    ///
    /// # Errors
    /// No such actor.
    pub async fn stop(&self, id: &str, reason: &str) -> Result<u64, UnknownActor> {
        if id == SUPERVISOR {
            return self.restart(id, reason).await;
        }
        self.ask(id, "stop", reason, Request::Stop).await
    }

    /// Starts the child unless it runs, and gives the generation that runs.
    ///
    /// # Errors
    /// No such actor, or the process is ending.
    pub async fn start_again(&self, id: &str, reason: &str) -> Result<u64, UnknownActor> {
        self.ask(id, "start", reason, Request::Start).await
    }

    /// Stops the child in good order and forgets it.
    ///
    /// # Errors
    /// No such actor; the supervisor is none that could be removed.
    pub async fn remove(&self, id: &str) -> Result<(), UnknownActor> {
        if id == SUPERVISOR {
            return Err(UnknownActor(id.to_owned()));
        }
        self.ask(id, "remove", "", Request::Remove).await.map(drop)
    }

    /// Every actor as it stands: the supervisor, and its children in the order of spawning.
    #[must_use]
    pub fn list(&self) -> Vec<ActorStatus> {
        let slots = self.registry.slots();
        std::iter::once(&self.supervisor).chain(&slots).map(|slot| slot.status(&self.registry.process)).collect()
    }

    /// One actor as it stands.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<ActorStatus> {
        self.find(id).map(|slot| slot.status(&self.registry.process))
    }

    /// Each change of an actor's state, generation, freshness or count of restarts, from now on.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<ActorStatus> {
        self.registry.changes.subscribe()
    }

    /// Resolves with the reason when a critical child is out of restarts: the process should end with a failure.
    pub fn escalated(&self) -> impl Future<Output = String> + Send + use<> {
        let mut said = self.registry.escalated.subscribe();
        async move {
            if let Ok(reason) = said.wait_for(Option::is_some).await
                && let Some(reason) = reason.clone()
            {
                return reason;
            }
            std::future::pending().await
        }
    }

    /// Ends everything: no child is started any more; each is stopped in good order, the last spawned first, the next when
    /// that one is down; what is left after `within` is aborted. Then the supervisor and the threads end.
    pub async fn drain(&self, within: Duration) {
        let end = tokio::time::Instant::now() + within;
        self.registry.begin_draining();
        let slots = self.registry.slots();
        let mut in_time = true;
        let mut left = Vec::new();
        for slot in slots.iter().rev() {
            let mut down = slot.request(Request::Drain);
            if in_time && tokio::time::timeout_at(end, &mut down).await.is_ok() {
                continue;
            }
            in_time = false;
            slot.abort();
            left.push(down);
        }
        // What is aborted ends at once, unless its thread is blocked.
        let _ = tokio::time::timeout(ABORT_WITHIN, futures_util::future::join_all(left)).await;
        let down = self.supervisor.request(Request::Drain);
        let _ = tokio::time::timeout(ABORT_WITHIN, down).await;
        self.supervisor.abort();
        for slot in slots.iter().chain([&self.supervisor]) {
            // Nobody is left who would answer.
            slot.lock().requests.clear();
        }
        self.registry.arbiters.stop();
        if let Some(arbiter) = &self.arbiter {
            arbiter.stop();
        }
    }
}

/// Makes a child's slot and its handle.
fn furnish<C: Child>(
    registry: &Registry,
    spec: Spec,
    factory: Factory<C>,
    nudger: Nudger,
    reports_to: Nudger,
) -> (Arc<Slot>, Handle<C>) {
    let spec = Arc::new(spec.bounded());
    let desk = Arc::new(Desk { id: spec.id.clone(), mailbox: Mailbox::new(spec.mailbox), nudger });
    let progress = Arc::new(Progress::new());
    let parts = Parts {
        desk: Arc::clone(&desk),
        spec: Arc::clone(&spec),
        progress: Arc::clone(&progress),
        clock: registry.clock.clone(),
        factory,
    };
    (Arc::new(Slot::new(spec, progress, Box::new(parts), reports_to)), Handle::new(desk))
}

impl fmt::Debug for Supervision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervision").field("process", &self.registry.process).finish_non_exhaustive()
    }
}
