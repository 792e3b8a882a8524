//! What a supervised actor is, seen from its own code.

use std::fmt;
use std::future::Future;

use actix::Message;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use super::context::Context;

/// A supervised child: a plain value made by a factory, running inside a shell actor.
pub trait Child: Sized + 'static {
    /// Runs until stopped; without a body of its own it serves messages for ever. A loop calls
    /// [`Context::serve_until_nudged`], sweeps, and reports [`Context::progress`].
    ///
    /// Returning without having been asked to stop, with `Ok` or `Err`, counts as a crash.
    fn run(&mut self, cx: &mut Context<Self>) -> impl Future<Output = anyhow::Result<()>> {
        async { cx.serve_forever(self).await }
    }
}

/// How a child answers one type of message.
pub trait Serve<M: Message>: Child {
    /// Takes the message and says how the answer is worked out.
    fn serve<'a>(&'a mut self, msg: M, cx: &'a mut Context<Self>) -> Serving<'a, M::Result>;
}

/// An answer being worked out.
pub enum Serving<'a, R> {
    /// The child does nothing else until it is there.
    Exclusive(LocalBoxFuture<'a, R>),
    /// It runs beside the child's other work, in the same actor: a panic in it is the child's crash. It is dropped, and the
    /// asker told [`super::AskError::Lost`], after the child's progress deadline.
    Detached(LocalBoxFuture<'static, R>),
}

impl<'a, R> Serving<'a, R> {
    /// An answer for which the child does nothing else.
    #[must_use]
    pub fn exclusive(answer: impl Future<Output = R> + 'a) -> Self {
        Self::Exclusive(answer.boxed_local())
    }

    /// An answer that runs beside the child's other work.
    #[must_use]
    pub fn detached(answer: impl Future<Output = R> + 'static) -> Self {
        Self::Detached(answer.boxed_local())
    }

    /// An answer that is already there.
    #[must_use]
    pub fn ready(answer: R) -> Self
    where
        R: 'a,
    {
        Self::Exclusive(std::future::ready(answer).boxed_local())
    }
}

impl<R> fmt::Debug for Serving<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exclusive(_) => "Serving::Exclusive",
            Self::Detached(_) => "Serving::Detached",
        })
    }
}
