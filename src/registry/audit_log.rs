//! Reads the audit log, and records what operators do to actors.

use actix::Message;

use crate::contract::caller::{Answer, Caller};
use crate::contract::page::{Page, PageRequest};
use crate::contract::system::{AuditFilter, AuditView};
use crate::domain::refusal::Refusal;

/// The actor.
#[derive(Debug)]
pub struct AuditLog;

/// A page of the audit log.
#[derive(Debug, Message)]
#[rtype(result = "Result<Page<AuditView>, Refusal>")]
pub struct ListAudit {
    /// Which entries.
    pub filter: AuditFilter,
    /// Which page.
    pub page: PageRequest,
}

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
