//! What runs beside a child, in the same actor: detached answers and side futures.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use tokio::sync::Notify;

use super::envelope::Reply;

/// What runs beside the child. The shell takes it in after each poll of `run`.
#[derive(Clone)]
pub(super) struct Beside(Rc<Inner>);

struct Inner {
    arrivals: RefCell<Vec<LocalBoxFuture<'static, ()>>>,
    /// Detached answers that are being worked out.
    answers: Cell<usize>,
    answers_max: usize,
    /// How long one may take.
    answer_within: Duration,
    room: Notify,
}

impl Beside {
    pub(super) fn new(answers_max: usize, answer_within: Duration) -> Self {
        Self(Rc::new(Inner {
            arrivals: RefCell::default(),
            answers: Cell::new(0),
            answers_max: answers_max.max(1),
            answer_within,
            room: Notify::new(),
        }))
    }

    pub(super) fn push(&self, future: LocalBoxFuture<'static, ()>) {
        self.0.arrivals.borrow_mut().push(future);
    }

    pub(super) fn take(&self) -> Vec<LocalBoxFuture<'static, ()>> {
        self.0.arrivals.take()
    }

    /// Works out an answer beside the child. One that does not come is given up, or they would pile up.
    pub(super) fn answer<R: 'static>(&self, answer: LocalBoxFuture<'static, R>, reply: Reply<R>) {
        let begun = Begun::new(self.clone());
        let within = self.0.answer_within;
        self.push(
            async move {
                let _begun = begun;
                if let Ok(answer) = tokio::time::timeout(within, answer).await {
                    // Who does not wait any longer gets no answer.
                    let _ = reply.send(Ok(answer));
                }
            }
            .boxed_local(),
        );
    }

    /// Whether another answer may be begun.
    pub(super) fn has_room(&self) -> bool {
        self.0.answers.get() < self.0.answers_max
    }

    /// Waits until another answer may be begun.
    pub(super) async fn room(&self) {
        while !self.has_room() {
            self.0.room.notified().await;
        }
    }
}

/// Counts an answer for as long as it is worked out.
struct Begun(Beside);

impl Begun {
    fn new(beside: Beside) -> Self {
        beside.0.answers.set(beside.0.answers.get() + 1);
        Self(beside)
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        let inner = &self.0.0;
        inner.answers.set(inner.answers.get().saturating_sub(1));
        inner.room.notify_one();
    }
}
