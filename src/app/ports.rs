//! What HTTP asks that is not one actor of this process: the control of actors, and the actors of every process.

use std::time::Duration;

use futures_util::future::LocalBoxFuture;

use crate::bus::Fleet;
use crate::contract::caller::Answer;
use crate::contract::page::Page;
use crate::contract::system::AuditView;
use crate::domain::refusal::Refusal;
use crate::http::ports::{Actors, Ask};
use crate::registry::actor_control::{ActorControl, ControlActor};
use crate::registry::audit_log::{AuditLog, ListAudit};
use crate::supervision::{ActorStatus, AskError, Handle};

/// The audit log, and the control of actors that stands in it: reading is the actor's; control goes by no actor, since it
/// restarts them.
pub(super) struct AuditPort {
    pub(super) log: Handle<AuditLog>,
    pub(super) control: ActorControl,
}

impl Ask<ListAudit> for AuditPort {
    fn ask(
        &self,
        message: ListAudit,
        within: Duration,
    ) -> LocalBoxFuture<'_, Result<Result<Page<AuditView>, Refusal>, AskError>> {
        Box::pin(self.log.ask(message, within))
    }
}

impl Ask<ControlActor> for AuditPort {
    fn ask(
        &self,
        message: ControlActor,
        within: Duration,
    ) -> LocalBoxFuture<'_, Result<Result<Answer, Refusal>, AskError>> {
        let control = tokio::time::timeout(within, self.control.control(message));
        Box::pin(async { control.await.map_err(|_| AskError::Late) })
    }
}

impl Actors for Fleet {
    fn list(&self) -> Vec<ActorStatus> {
        Self::list(self)
    }
}
