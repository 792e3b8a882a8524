//! How others reach a child.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix::Message;
use tokio::sync::oneshot;

use super::child::{Child, Serve};
use super::envelope::Envelope;
use super::mailbox::{AskError, Mailbox};
use super::nudge::Nudger;

/// How others reach the child `C`: it stays good across restarts and replacements of the shell.
pub struct Handle<C>(Arc<Desk<C>>);

/// What stands outside a child's shell and outlives it.
pub(super) struct Desk<C> {
    pub(super) id: String,
    pub(super) mailbox: Mailbox<C>,
    pub(super) nudger: Nudger,
}

impl<C: Child> Handle<C> {
    pub(super) fn new(desk: Arc<Desk<C>>) -> Self {
        Self(desk)
    }

    /// The child's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// Sends a message and waits for the answer, at most `within`. While the child is being restarted the message waits for
    /// the next instance. Dropping the future, or its coming late, takes a message back that nobody has begun to work on.
    ///
    /// # Errors
    /// [`AskError`]: nothing was done (`Full`, `Down`), or the outcome is unknown (`Lost`, `Late`).
    pub async fn ask<M>(&self, msg: M, within: Duration) -> Result<M::Result, AskError>
    where
        C: Serve<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        let (reply, answer) = oneshot::channel();
        self.0.mailbox.post(Envelope::new(msg, reply))?;
        match tokio::time::timeout(within, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_dropped)) => Err(AskError::Lost),
            Err(_elapsed) => Err(AskError::Late),
        }
    }

    /// Tells the child that there is work.
    pub fn nudge(&self) {
        self.0.nudger.nudge();
    }

    /// What tells the child that there is work, without its type.
    #[must_use]
    pub fn nudger(&self) -> Nudger {
        self.0.nudger.clone()
    }
}

impl<C> Clone for Handle<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C> fmt::Debug for Handle<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Handle").field(&self.0.id).finish()
    }
}
