//! What a running child can ask of its shell.

use std::cell::Cell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;

use super::beside::Beside;
use super::child::Child;
use super::envelope::Envelope;
use super::handle::Desk;
use super::instance::{Instance, Stop};
use super::progress::Progress;
use super::spec::Spec;
use crate::clock::Clock;

/// Why a loop's wait is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woke {
    /// There is work.
    Nudged,
    /// The period is over, or the child is asked to stop.
    Elapsed,
}

/// What a running child can ask of its shell.
pub struct Context<C> {
    pub(super) desk: Arc<Desk<C>>,
    pub(super) instance: Arc<Instance>,
    pub(super) progress: Arc<Progress>,
    pub(super) spec: Arc<Spec>,
    pub(super) clock: Clock,
    pub(super) beside: Beside,
    /// Set when the child is asked to stop and has nothing more to do.
    pub(super) at_rest: Rc<Cell<bool>>,
    /// Whether the child has had its turn after it was asked to stop.
    pub(super) had_last_turn: bool,
}

impl<C: Child> Context<C> {
    /// Serves messages until the child is asked to stop. Each message served is progress.
    pub async fn serve_forever(&mut self, child: &mut C) -> anyhow::Result<()> {
        while let Some(envelope) = self.receive_when_there_is_room().await {
            envelope.apply(child, self).await;
            self.progress();
        }
        Ok(())
    }

    /// Serves messages until there is a nudge or `at_most` is over. A nudge given before is kept: then it returns at once.
    ///
    /// Waiting here is no progress: a loop must report what it did. So that it can, the wait is held to three quarters of the
    /// progress deadline. Asked to stop, the first call returns `Elapsed` at once, so that the child can see
    /// [`Self::stopping`]; a further call does not return, and ends the child in good order.
    pub async fn serve_until_nudged(&mut self, child: &mut C, at_most: Duration) -> Woke {
        let timer = tokio::time::sleep(at_most.min(self.spec.progress_deadline / 4 * 3));
        tokio::pin!(timer);
        loop {
            if let Some(stop) = self.instance.stop() {
                return self.last_turn(child, stop).await;
            }
            let envelope = tokio::select! {
                () = self.instance.stop_asked() => continue,
                () = self.desk.nudger.nudged() => return Woke::Nudged,
                () = &mut timer => return Woke::Elapsed,
                envelope = async {
                    self.beside.room().await;
                    self.desk.mailbox.next().await
                } => envelope,
            };
            envelope.apply(child, self).await;
            tokio::task::coop::consume_budget().await;
        }
    }

    async fn last_turn(&mut self, child: &mut C, stop: Stop) -> Woke {
        while stop == Stop::Down
            && let Some(envelope) = self.desk.mailbox.take()
        {
            envelope.apply(child, self).await;
            tokio::task::coop::consume_budget().await;
        }
        if self.had_last_turn {
            self.rest_for_good::<()>().await;
        }
        self.had_last_turn = true;
        Woke::Elapsed
    }

    /// The next message. Asked to stop, and with none waiting, it does not return and ends the child in good order.
    pub async fn receive(&mut self) -> Envelope<C> {
        match self.receive_or_stopped().await {
            Some(envelope) => envelope,
            None => self.rest_for_good().await,
        }
    }

    /// The next message; none when the child is asked to stop and has no message waiting that it should still serve.
    pub async fn receive_or_stopped(&mut self) -> Option<Envelope<C>> {
        tokio::task::coop::consume_budget().await;
        loop {
            let stop = self.instance.stop();
            if stop == Some(Stop::Restart) {
                return None;
            }
            if let Some(envelope) = self.desk.mailbox.take() {
                return Some(envelope);
            }
            if stop.is_some() {
                return None;
            }
            let _resting = Resting::begin(&self.progress);
            tokio::select! {
                () = self.instance.stop_asked() => {}
                envelope = self.desk.mailbox.next() => return Some(envelope),
            }
        }
    }

    /// At least one message and at most `max`: those that wait already.
    pub async fn receive_many(&mut self, max: usize) -> Vec<Envelope<C>> {
        let mut envelopes = vec![self.receive().await];
        while envelopes.len() < max
            && let Some(envelope) = self.try_receive()
        {
            envelopes.push(envelope);
        }
        envelopes
    }

    /// A message that waits already.
    pub fn try_receive(&mut self) -> Option<Envelope<C>> {
        self.desk.mailbox.take()
    }

    /// As many answers are worked out beside the child as messages may wait, and no more are begun.
    async fn receive_when_there_is_room(&mut self) -> Option<Envelope<C>> {
        if !self.beside.has_room() {
            let _resting = Resting::begin(&self.progress);
            self.beside.room().await;
        }
        self.receive_or_stopped().await
    }

    async fn rest_for_good<T>(&self) -> T {
        self.at_rest.set(true);
        std::future::pending().await
    }
}

impl<C> Context<C> {
    /// Runs a future beside the child, in the same actor and no longer than it: a panic in it is the child's crash. Stopped in
    /// good order, the child waits for it within its grace.
    pub fn detach(&self, future: impl Future<Output = ()> + 'static) {
        self.beside.push(future.boxed_local());
    }

    pub(super) fn beside(&self) -> Beside {
        self.beside.clone()
    }

    /// Work was done: a frame read, a poll finished, a sweep completed.
    pub fn progress(&self) {
        self.progress.progressed(self.clock.now());
    }

    /// An attempt was made and failed, or a pause between attempts is over: no work was done, so that freshness ends in its
    /// time, yet the child is not frozen either.
    pub fn tried(&self) {
        self.progress.forgive();
    }

    /// Work was done and succeeded.
    pub fn succeeded(&self) {
        let now = self.clock.now();
        self.progress.succeeded(now);
        super::registry::count_success(&self.spec.id, now);
    }

    /// A message from outside came through.
    pub fn message_seen(&self) {
        self.progress.message_seen(self.clock.now());
    }

    /// How far the child is behind, where it knows.
    pub fn set_lag(&self, lag: Option<Duration>) {
        self.progress.set_lag(lag);
    }

    /// The child's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.spec.id
    }

    /// Counts the child's instances from 1.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.instance.generation
    }

    /// Whether the child is asked to stop.
    #[must_use]
    pub fn stopping(&self) -> bool {
        self.instance.stop().is_some()
    }

    /// Resolves when the child is asked to stop. It borrows nothing, so that it can stand in a `select!`.
    pub fn stopped(&self) -> impl Future<Output = ()> + use<C> {
        self.instance.stop_asked()
    }
}

impl<C> fmt::Debug for Context<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("id", &self.spec.id)
            .field("generation", &self.instance.generation)
            .finish_non_exhaustive()
    }
}

/// Marks the child as waiting for messages, until it is dropped: the wait may be given up in a `select!`.
struct Resting<'a>(&'a Progress);

impl<'a> Resting<'a> {
    fn begin(progress: &'a Progress) -> Self {
        progress.rest();
        Self(progress)
    }
}

impl Drop for Resting<'_> {
    fn drop(&mut self) {
        self.0.wake();
    }
}
