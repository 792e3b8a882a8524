//! Lists the edge's own audit log.

use actix::Message;

use super::store::AdminStore;
pub use super::store::{AuditEntry, AuditFilter};
use crate::database::StoreError;
use crate::supervision::{Child, Context, Serve, Serving};

/// The kind of this actor, and its id.
pub const KIND: &str = "admin_audit_log";

/// The actor. Holds nothing but its store.
#[derive(Debug)]
pub struct AuditLog {
    store: AdminStore,
}

impl AuditLog {
    /// The actor over `store`.
    #[must_use]
    pub fn new(store: AdminStore) -> Self {
        Self { store }
    }
}

impl Child for AuditLog {}

impl Serve<ListAudit> for AuditLog {
    fn serve<'a>(
        &'a mut self,
        msg: ListAudit,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<(Vec<AuditEntry>, u64), StoreError>> {
        let store = self.store.clone();
        Serving::detached(async move { store.audit_page(&msg.filter, msg.skip, msg.size).await })
    }
}

/// Entries of the edge's own audit log, newest first, and how many fit the filter in all.
#[derive(Debug, Message)]
#[rtype(result = "Result<(Vec<AuditEntry>, u64), StoreError>")]
pub struct ListAudit {
    /// Which.
    pub filter: AuditFilter,
    /// So many of them are not asked for: the caller bounds it.
    pub skip: u64,
    /// So many are.
    pub size: u64,
}
