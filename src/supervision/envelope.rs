//! A message on its way to a child, with the way back to who asked.

use std::fmt;

use actix::Message;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use tokio::sync::oneshot;

use super::child::{Child, Serve, Serving};
use super::context::Context;
use super::mailbox::AskError;

/// The way back. Dropped without an answer it tells the asker that the message was lost.
pub(super) type Reply<R> = oneshot::Sender<Result<R, AskError>>;

/// A message on its way to the child `C`. Dropped, the asker is told [`AskError::Lost`].
pub struct Envelope<C>(Box<dyn Letter<C> + Send>);

impl<C: Child> Envelope<C> {
    pub(super) fn new<M>(msg: M, reply: Reply<M::Result>) -> Self
    where
        C: Serve<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        Self(Box::new(Post { msg, reply }))
    }

    /// Lets the child work on the message and answers it. A detached answer is only begun here.
    pub async fn apply(self, child: &mut C, cx: &mut Context<C>) {
        self.0.apply(child, cx).await;
    }
}

impl<C> Envelope<C> {
    pub(super) fn is_abandoned(&self) -> bool {
        self.0.is_abandoned()
    }

    pub(super) fn refuse(self, why: AskError) {
        self.0.refuse(why);
    }
}

impl<C> fmt::Debug for Envelope<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Envelope")
    }
}

trait Letter<C> {
    fn apply<'a>(self: Box<Self>, child: &'a mut C, cx: &'a mut Context<C>) -> LocalBoxFuture<'a, ()>;
    /// Whether nobody waits for the answer any longer.
    fn is_abandoned(&self) -> bool;
    fn refuse(self: Box<Self>, why: AskError);
}

struct Post<M: Message> {
    msg: M,
    reply: Reply<M::Result>,
}

impl<C, M> Letter<C> for Post<M>
where
    C: Serve<M>,
    M: Message + Send + 'static,
    M::Result: Send,
{
    fn apply<'a>(self: Box<Self>, child: &'a mut C, cx: &'a mut Context<C>) -> LocalBoxFuture<'a, ()> {
        let Self { msg, reply } = *self;
        async move {
            let beside = cx.beside();
            match child.serve(msg, cx) {
                Serving::Exclusive(answer) => {
                    // Who does not wait any longer gets no answer; the work is done all the same.
                    let _ = reply.send(Ok(answer.await));
                }
                Serving::Detached(answer) => beside.answer(answer, reply),
            }
        }
        .boxed_local()
    }

    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn refuse(self: Box<Self>, why: AskError) {
        let _ = self.reply.send(Err(why));
    }
}
