//! Reads the audit log.

use actix::Message;

use crate::contract::page::{Page, PageRequest};
use crate::contract::system::{AuditFilter, AuditView};
use crate::domain::refusal::Refusal;
use crate::store::Store;
use crate::supervision::{Child, Context, Serve, Serving};

/// The kind of this actor, and its id.
pub const KIND: &str = "audit_log";

/// The actor.
#[derive(Debug)]
pub struct AuditLog {
    store: Store,
}

impl AuditLog {
    /// The actor over `store`.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }
}

impl Child for AuditLog {}

impl Serve<ListAudit> for AuditLog {
    fn serve<'a>(
        &'a mut self,
        msg: ListAudit,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<Page<AuditView>, Refusal>> {
        let store = self.store.clone();
        Serving::detached(async move { Ok(store.audit_page(&msg.filter, msg.page).await?) })
    }
}

/// A page of the audit log.
#[derive(Debug, Message)]
#[rtype(result = "Result<Page<AuditView>, Refusal>")]
pub struct ListAudit {
    /// Which entries.
    pub filter: AuditFilter,
    /// Which page.
    pub page: PageRequest,
}
<<<<<<< HEAD

/// Restarts, stops or starts an actor and records it: 202 with `{"id","generation"}`; 404 for an unknown id.
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct ControlActor {
    /// Who asks.
    pub caller: Caller,
    /// Which actor.
    pub id: String,
    /// What to do.
    pub control: Control,
    /// Why, for the record.
    pub reason: Option<String>,
}

crate::text_enum! {
    /// What an operator does to an actor.
    pub enum Control {
        /// A new instance, also when the old one is dead or stuck.
        Restart = "restart",
        /// No instance until somebody starts it.
        Stop = "stop",
        /// An instance, where there is none.
        Start = "start",
    }
}

impl Control {
    /// How the audit says that it is done.
    const fn past(self) -> &'static str {
        match self {
            Self::Restart => "restarted",
            Self::Stop => "stopped",
            Self::Start => "started",
        }
    }
}

#[cfg(test)]
mod tests;
=======
>>>>>>> multi
