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
