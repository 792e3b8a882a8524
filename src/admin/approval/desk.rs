//! Approves for operators, and tells how approvals stand.

use std::collections::HashMap;

use actix::Message;

use serde_json::Value;

use super::approver::{Approver, Asked, NotBegun};
use super::intent::{Approval, Intent};
use crate::admin::store::IntentTally;
use crate::database::StoreError;
use crate::supervision::{Child, Context, Nudger, Serve, Serving};

/// The kind of this actor, and its id.
pub const KIND: &str = "admin_approval_desk";

/// The actor.
#[derive(Debug)]
pub struct ApprovalDesk {
    approver: Approver,
    resolver: Nudger,
}

impl ApprovalDesk {
    /// A desk that wakes the resolver for what it could not finish.
    #[must_use]
    pub fn new(approver: Approver, resolver: Nudger) -> Self {
        Self { approver, resolver }
    }
}

impl Child for ApprovalDesk {}

/// Approves an order: how its intent stands, with the order as it was read before.
#[derive(Debug, Message)]
#[rtype(result = "Result<(Intent, Value), NotBegun>")]
pub struct Approve(pub Asked);

impl Serve<Approve> for ApprovalDesk {
    fn serve<'a>(
        &'a mut self,
        msg: Approve,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<(Intent, Value), NotBegun>> {
        let (approver, resolver) = (self.approver.clone(), self.resolver.clone());
        Serving::detached(async move {
            let approved = approver.approve(&msg.0).await;
            if approved.as_ref().is_ok_and(|(intent, _)| intent.is_live()) {
                resolver.nudge();
            }
            approved
        })
    }
}

/// Notes in the audit that an operator ended an order without a credit.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), StoreError>")]
pub struct NoteClosing {
    /// Who.
    pub operator: String,
    /// `reject` or `cancel`.
    pub how: &'static str,
    /// Which order.
    pub order_id: String,
    /// Why.
    pub reason: String,
}

impl Serve<NoteClosing> for ApprovalDesk {
    fn serve<'a>(&'a mut self, msg: NoteClosing, _cx: &'a mut Context<Self>) -> Serving<'a, Result<(), StoreError>> {
        let store = self.approver.store.clone();
        Serving::detached(async move { store.note_closing(&msg.operator, msg.how, &msg.order_id, &msg.reason).await })
    }
}

/// The newest intent of each of these orders.
#[derive(Debug, Message)]
#[rtype(result = "Result<HashMap<String, Intent>, StoreError>")]
pub struct IntentsOf(pub Vec<String>);

impl Serve<IntentsOf> for ApprovalDesk {
    fn serve<'a>(
        &'a mut self,
        msg: IntentsOf,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<HashMap<String, Intent>, StoreError>> {
        let store = self.approver.store.clone();
        Serving::detached(async move { store.intents_of(&msg.0).await })
    }
}

/// The orders whose newest intent is shown so, newest first, up to that many.
#[derive(Debug, Message)]
#[rtype(result = "Result<Vec<String>, StoreError>")]
pub struct OrdersWith(pub Approval, pub u64);

impl Serve<OrdersWith> for ApprovalDesk {
    fn serve<'a>(
        &'a mut self,
        msg: OrdersWith,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<Vec<String>, StoreError>> {
        let store = self.approver.store.clone();
        Serving::detached(async move { store.orders_with(msg.0, msg.1).await })
    }
}

/// The intent under that key.
#[derive(Debug, Message)]
#[rtype(result = "Result<Option<Intent>, StoreError>")]
pub struct IntentOfKey(pub String);

impl Serve<IntentOfKey> for ApprovalDesk {
    fn serve<'a>(
        &'a mut self,
        msg: IntentOfKey,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<Option<Intent>, StoreError>> {
        let store = self.approver.store.clone();
        Serving::detached(async move { store.intent_of_key(&msg.0).await })
    }
}

/// How many intents are not resolved.
#[derive(Debug, Message)]
#[rtype(result = "Result<IntentTally, StoreError>")]
pub struct Unresolved;

impl Serve<Unresolved> for ApprovalDesk {
    fn serve<'a>(
        &'a mut self,
        _msg: Unresolved,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<IntentTally, StoreError>> {
        let store = self.approver.store.clone();
        Serving::detached(async move { store.intent_tally().await })
    }
}
