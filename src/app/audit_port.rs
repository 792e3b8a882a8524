//! The audit log, and the control of actors that stands in it, as HTTP asks for them.

use std::time::Duration;

use futures_util::future::LocalBoxFuture;

use crate::contract::caller::Answer;
use crate::contract::page::Page;
use crate::contract::system::AuditView;
use crate::domain::refusal::Refusal;
use crate::http::ports::Ask;
use crate::registry::actor_control::{ActorControl, ControlActor};
use crate::registry::audit_log::{AuditLog, ListAudit};
use crate::supervision::{AskError, Handle};

/// Reading is the audit log's; control goes by no actor, since it restarts them.
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
