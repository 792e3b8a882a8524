//! The shell: the actix actor that runs one instance of a child, and the outer net around the shell itself.

use std::cell::{Cell, RefCell};
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;

use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, WrapFuture};
use futures_util::future::LocalBoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};

use super::beside::Beside;
use super::child::Child;
use super::context::Context;
use super::crash::{Cause, Ending, panic_text};
use super::handle::Desk;
use super::instance::{EndOfWatch, Instance};
use super::progress::Progress;
use super::spec::Spec;
use crate::clock::Clock;

/// Makes a child, on the child's own thread.
pub(super) type Factory<C> = Arc<dyn Fn() -> LocalBoxFuture<'static, anyhow::Result<C>> + Send + Sync>;

/// All that an instance is made of.
pub(super) struct Parts<C> {
    pub(super) desk: Arc<Desk<C>>,
    pub(super) spec: Arc<Spec>,
    pub(super) progress: Arc<Progress>,
    pub(super) clock: Clock,
    pub(super) factory: Factory<C>,
}

impl<C> Clone for Parts<C> {
    fn clone(&self) -> Self {
        Self {
            desk: Arc::clone(&self.desk),
            spec: Arc::clone(&self.spec),
            progress: Arc::clone(&self.progress),
            clock: self.clock.clone(),
            factory: Arc::clone(&self.factory),
        }
    }
}

struct Shell {
    life: Option<LocalBoxFuture<'static, ()>>,
}

impl Actor for Shell {
    type Context = actix::Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        if let Some(life) = self.life.take() {
            ctx.spawn(life.into_actor(self).map(|(), _shell, ctx| ctx.stop()));
        }
    }
}

/// Runs one instance in a shell on the current thread, which runs a `LocalSet`, and says afterwards how it ended.
pub(super) fn run<C: Child>(parts: Parts<C>, watch: EndOfWatch) {
    let instance = Arc::clone(&watch.0);
    let said = Rc::new(RefCell::new(None));
    let life = {
        let said = Rc::clone(&said);
        let instance = Arc::clone(&instance);
        async move {
            let ending = AssertUnwindSafe(live(parts, instance)).catch_unwind().await;
            *said.borrow_mut() = Some(ending.unwrap_or_else(|payload| Ending::Crashed(Cause::panic(payload.as_ref()))));
        }
    };
    watch_over(life.boxed_local(), said, watch);
}

/// The outer net: runs the shell on a task of its own, and says how that ended.
#[allow(clippy::disallowed_methods, reason = "these are the tasks that watch the others")]
fn watch_over(life: LocalBoxFuture<'static, ()>, said: Rc<RefCell<Option<Ending>>>, watch: EndOfWatch) {
    let task = tokio::task::spawn_local(actix::Context::new().into_future(Shell { life: Some(life) }));
    watch.0.set_running(task.abort_handle());
    tokio::task::spawn_local(async move {
        let ending = match task.await {
            Ok(()) => said.take().unwrap_or(Ending::Crashed(Cause::Vanished)),
            Err(error) if error.is_cancelled() => Ending::Aborted,
            Err(error) => Ending::Crashed(Cause::ShellPanic(panic_text(error.into_panic().as_ref()))),
        };
        watch.0.end(ending);
    });
}

/// The child's life: made, run, and dropped, with what runs beside it.
async fn live<C: Child>(parts: Parts<C>, instance: Arc<Instance>) -> Ending {
    let spec = parts.spec;
    let beside = Beside::new(spec.mailbox, spec.progress_deadline);
    let at_rest = Rc::new(Cell::new(false));
    let mut cx = Context {
        desk: parts.desk,
        instance: Arc::clone(&instance),
        progress: parts.progress,
        spec: Arc::clone(&spec),
        clock: parts.clock,
        beside: beside.clone(),
        at_rest: Rc::clone(&at_rest),
        had_last_turn: false,
    };
    let factory = parts.factory;
    let born = Arc::clone(&instance);
    let mut run = pin!(async move {
        let mut child = tokio::select! {
            made = factory() => made.map_err(|error| match Cause::of(&error) {
                Cause::Error(words) => Cause::Start(words),
                parks => parks,
            })?,
            () = born.stop_asked() => return Ok(()),
        };
        born.set_up();
        child.run(&mut cx).await.map_err(|error| Cause::of(&error))
    });
    let mut side = FuturesUnordered::new();
    let mut ended = None;
    std::future::poll_fn(|task| {
        if ended.is_none() {
            match run.as_mut().poll(task) {
                Poll::Ready(result) => ended = Some(result),
                Poll::Pending if at_rest.get() => ended = Some(Ok(())),
                Poll::Pending => {}
            }
        }
        side.extend(beside.take());
        while let Poll::Ready(Some(())) = side.poll_next_unpin(task) {}
        match &ended {
            // Stopped in good order: the answers in hand are still given, within the grace.
            Some(Ok(())) if instance.stop().is_some() && !side.is_empty() => Poll::Pending,
            Some(_) => Poll::Ready(()),
            None => Poll::Pending,
        }
    })
    .await;
    match (instance.stop(), ended) {
        (Some(_), Some(Err(cause))) => {
            tracing::warn!(
                actor.id = %spec.id,
                actor.generation = instance.generation,
                error = %cause.shown(),
                "an actor failed while it was stopping"
            );
            Ending::Stopped
        }
        (Some(_), _) => Ending::Stopped,
        (None, Some(Err(cause))) => Ending::Crashed(cause),
        (None, _) => Ending::Crashed(Cause::Ended),
    }
}

#[cfg(test)]
mod tests {
    use super::super::nudge::Nudger;
    use super::*;

    async fn ending_of(life: LocalBoxFuture<'static, ()>, abort: bool) -> Option<Ending> {
        let instance = Arc::new(Instance::new(1, Nudger::none()));
        let watched = Arc::clone(&instance);
        let story = async move {
            watch_over(life, Rc::default(), EndOfWatch(watched));
            tokio::task::yield_now().await;
            if abort {
                instance.abort();
            }
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            instance.ending()
        };
        tokio::task::LocalSet::new().run_until(story).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_shells_panic_its_stop_and_its_abort_are_told_apart() {
        let panics = async { panic!("a fault of ours") }.boxed_local();
        let panicked = Ending::Crashed(Cause::ShellPanic("a fault of ours".to_owned()));
        assert_eq!(ending_of(panics, false).await, Some(panicked));
        let stops = async {}.boxed_local();
        assert_eq!(ending_of(stops, false).await, Some(Ending::Crashed(Cause::Vanished)));
        assert_eq!(ending_of(std::future::pending().boxed_local(), true).await, Some(Ending::Aborted));
        assert_eq!(ending_of(std::future::pending().boxed_local(), false).await, None);
    }
}
