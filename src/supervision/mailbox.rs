//! The bounded queue of a child's messages. It stands outside the shell, so that it outlives crash and shell alike.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::envelope::Envelope;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// Too many messages wait already: nothing was done.
    #[error("the actor has too many messages waiting; try again shortly")]
    Full,
    /// The actor is stopped, parked or removed: nothing was done.
    #[error("the actor is not running")]
    Down,
    /// The actor crashed or was restarted while it worked on the message: whether it was done is unknown, and it may be
    /// asked again safely.
    #[error(
        "the actor was restarted while it worked on this; it may or may not be done, and it may safely be asked again"
    )]
    Lost,
    /// No answer within the time given: whether it was or will be done is unknown, and it may be asked again safely.
    #[error("the actor did not answer in time; it may or may not be done, and it may safely be asked again")]
    Late,
}

/// A child's messages in the order of their arrival.
pub(super) struct Mailbox<C> {
    waiting: Mutex<Waiting<C>>,
    arrived: Notify,
    capacity: usize,
}

struct Waiting<C> {
    open: bool,
    queue: VecDeque<Envelope<C>>,
}

impl<C> Mailbox<C> {
    pub(super) fn new(capacity: usize) -> Self {
        let waiting = Waiting { open: true, queue: VecDeque::new() };
        Self { waiting: Mutex::new(waiting), arrived: Notify::new(), capacity: capacity.max(1) }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<C>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a message, or says why not.
    pub(super) fn post(&self, envelope: Envelope<C>) -> Result<(), AskError> {
        let mut waiting = self.lock();
        if !waiting.open {
            return Err(AskError::Down);
        }
        if waiting.queue.len() >= self.capacity {
            waiting.queue.retain(|envelope| !envelope.is_abandoned());
            if waiting.queue.len() >= self.capacity {
                return Err(AskError::Full);
            }
        }
        waiting.queue.push_back(envelope);
        drop(waiting);
        self.arrived.notify_one();
        Ok(())
    }

    /// The next message that somebody still waits for.
    pub(super) fn take(&self) -> Option<Envelope<C>> {
        let mut waiting = self.lock();
        loop {
            let envelope = waiting.queue.pop_front()?;
            if !envelope.is_abandoned() {
                return Some(envelope);
            }
        }
    }

    /// Waits for a message.
    pub(super) async fn next(&self) -> Envelope<C> {
        loop {
            if let Some(envelope) = self.take() {
                return envelope;
            }
            self.arrived.notified().await;
        }
    }

    /// Takes messages again.
    pub(super) fn open(&self) {
        self.lock().open = true;
    }

    /// Takes no further message; those that wait stay.
    pub(super) fn close(&self) {
        self.lock().open = false;
    }

    /// Takes no further message and tells those who wait that the actor is down.
    pub(super) fn refuse_all(&self) {
        let refused = {
            let mut waiting = self.lock();
            waiting.open = false;
            std::mem::take(&mut waiting.queue)
        };
        for envelope in refused {
            envelope.refuse(AskError::Down);
        }
    }
}
