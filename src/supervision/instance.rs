//! One instance of a child, as the supervisor and the shell both see it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::crash::{Cause, Ending};
use super::nudge::Nudger;

/// What a child is asked to do at a stop in good order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Finish what is in hand; the next instance serves what waits.
    Restart,
    /// Finish what is in hand and what waits.
    Down,
}

/// One instance of a child. Its ending is said once, after its value is dropped.
pub(super) struct Instance {
    pub(super) generation: u64,
    pub(super) launched: Instant,
    up: AtomicBool,
    stop: watch::Sender<Option<Stop>>,
    ending: watch::Sender<Option<Ending>>,
    task: Mutex<Task>,
    /// Told of the ending.
    reports_to: Nudger,
}

enum Task {
    Awaited,
    Running(AbortHandle),
    Aborted,
}

impl Instance {
    pub(super) fn new(generation: u64, reports_to: Nudger) -> Self {
        Self {
            generation,
            launched: Instant::now(),
            up: AtomicBool::new(false),
            stop: watch::Sender::new(None),
            ending: watch::Sender::new(None),
            task: Mutex::new(Task::Awaited),
            reports_to,
        }
    }

    fn task(&self) -> MutexGuard<'_, Task> {
        self.task.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The factory is done, `run` begins.
    pub(super) fn set_up(&self) {
        self.up.store(true, Ordering::Release);
        self.reports_to.nudge();
    }

    pub(super) fn is_up(&self) -> bool {
        self.up.load(Ordering::Acquire)
    }

    /// Asks for a stop in good order.
    pub(super) fn ask_to_stop(&self, stop: Stop) {
        self.stop.send_replace(Some(stop));
    }

    pub(super) fn stop(&self) -> Option<Stop> {
        *self.stop.borrow()
    }

    /// Resolves when a stop in good order is asked for.
    pub(super) fn stop_asked(&self) -> impl Future<Output = ()> + use<> {
        let mut stop = self.stop.subscribe();
        async move {
            if stop.wait_for(Option::is_some).await.is_err() {
                // Nobody is left who could ask.
                std::future::pending::<()>().await;
            }
        }
    }

    /// The shell's task runs; false where it was aborted before.
    pub(super) fn set_running(&self, handle: AbortHandle) -> bool {
        let mut task = self.task();
        if matches!(*task, Task::Aborted) {
            drop(task);
            handle.abort();
            return false;
        }
        *task = Task::Running(handle);
        true
    }

    /// Drops whatever it is doing at its next await. A thread blocked in a synchronous call cannot be helped this way.
    pub(super) fn abort(&self) {
        let task = std::mem::replace(&mut *self.task(), Task::Aborted);
        if let Task::Running(handle) = task {
            handle.abort();
        }
    }

    /// Says how it ended; only the first word counts.
    pub(super) fn end(&self, ending: Ending) {
        let first = self.ending.send_if_modified(|said| {
            let first = said.is_none();
            if first {
                *said = Some(ending);
            }
            first
        });
        if first {
            self.reports_to.nudge();
        }
    }

    pub(super) fn ending(&self) -> Option<Ending> {
        self.ending.borrow().clone()
    }
}

/// Held by whoever runs the instance: dropped without a word, for example with its thread, it says so.
pub(super) struct EndOfWatch(pub(super) Arc<Instance>);

impl Drop for EndOfWatch {
    fn drop(&mut self) {
        self.0.end(Ending::Crashed(Cause::Vanished));
    }
}
