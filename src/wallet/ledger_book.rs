//! Owns the orders and the ledger: the single writer of money. Requests that write are carried out one after the other.

use std::fmt;

use actix::Message;

use super::contract::{ApproveInput, CloseInput, RechargeInput};
use super::store::{Approval, Closing, WalletStore};
use crate::contract::caller::{Answer, Caller};
use crate::domain::money::{Currency, Money};
use crate::domain::order::OrderStatus;
use crate::domain::refusal::{FieldError, Refusal};
use crate::supervision::{Child, Context, Nudger, Serve, Serving};
use crate::telemetry::names;

/// The kind of this actor.
pub const KIND: &str = "wallet_ledger";

/// The actor.
#[derive(Debug)]
pub struct LedgerBook {
    pub(super) store: WalletStore,
    pub(super) outbox: Nudger,
}

impl LedgerBook {
    /// A ledger book that wakes the outbox.
    #[must_use]
    pub fn new(store: WalletStore, outbox: Nudger) -> Self {
        Self { store, outbox }
    }

    /// Counts what a request came to, and has recon told.
    fn told(&self, what: &'static str, answer: &Answer) {
        let outcome = match answer {
            Answer { replayed: true, .. } => "replayed",
            Answer { status: 409, .. } => "conflict",
            _ => "done",
        };
        metrics::counter!(names::WALLET_REQUESTS, "request" => what, "outcome" => outcome).increment(1);
        if outcome == "done" {
            self.outbox.nudge();
        }
    }
}

impl Child for LedgerBook {}

/// Places an order: 201 with the order.
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct PlaceRecharge {
    /// Who asks.
    pub caller: Caller,
    /// The order.
    pub input: RechargeInput,
}

impl Serve<PlaceRecharge> for LedgerBook {
    fn serve<'a>(&'a mut self, msg: PlaceRecharge, _cx: &'a mut Context<Self>) -> Serving<'a, Result<Answer, Refusal>> {
        Serving::exclusive(async move {
            let made = || format!("R-{}", hex::encode(rand::random::<[u8; 12]>()));
            let order = msg.input.placed_at(self.store.now(), made).into_order().map_err(Refusal::Invalid)?;
            let answer = self.store.place(&msg.caller, &order).await?;
            self.told("place", &answer);
            Ok(answer)
        })
    }
}

/// Approves an order and credits its user: 200 with [`Approved`](super::contract::Approved).
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct ApproveRecharge {
    /// Who asks, with a key.
    pub caller: Caller,
    /// Which order.
    pub order_id: String,
    /// The approval.
    pub input: ApproveInput,
}

impl Serve<ApproveRecharge> for LedgerBook {
    fn serve<'a>(
        &'a mut self,
        msg: ApproveRecharge,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<Answer, Refusal>> {
        Serving::exclusive(async move {
            let approval = approval(msg.input).map_err(Refusal::Invalid)?;
            let answer = self.store.approve(&msg.caller, &msg.order_id, &approval).await?;
            self.told("approve", &answer);
            Ok(answer)
        })
    }
}

/// Ends an order without a credit: 200 with the order.
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct CloseRecharge {
    /// Who asks.
    pub caller: Caller,
    /// Which order.
    pub order_id: String,
    /// `rejected` or `cancelled`.
    pub to: OrderStatus,
    /// Who ends it, and why.
    pub input: CloseInput,
}

impl Serve<CloseRecharge> for LedgerBook {
    fn serve<'a>(&'a mut self, msg: CloseRecharge, _cx: &'a mut Context<Self>) -> Serving<'a, Result<Answer, Refusal>> {
        Serving::exclusive(async move {
            let mut errors = Vec::new();
            text(&mut errors, "operator", &msg.input.operator, 100);
            text(&mut errors, "reason", &msg.input.reason, 1_000);
            if !errors.is_empty() {
                return Err(Refusal::Invalid(errors));
            }
            let CloseInput { operator, reason, version } = msg.input;
            let closing = Closing { to: msg.to, operator, reason, version };
            let answer = self.store.close_order(&msg.caller, &msg.order_id, &closing).await?;
            self.told("close", &answer);
            Ok(answer)
        })
    }
}

/// Has a refused event told again: 200 with the event.
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct RetryEvent {
    /// Who asks.
    pub caller: Caller,
    /// Which event.
    pub id: i64,
}

impl Serve<RetryEvent> for LedgerBook {
    fn serve<'a>(&'a mut self, msg: RetryEvent, _cx: &'a mut Context<Self>) -> Serving<'a, Result<Answer, Refusal>> {
        Serving::exclusive(async move {
            let answer = self.store.retry_event(&msg.caller, msg.id).await?;
            self.told("retry", &answer);
            Ok(answer)
        })
    }
}

/// Checks an approval and reads its money.
fn approval(input: ApproveInput) -> Result<Approval, Vec<FieldError>> {
    let mut errors = Vec::new();
    text(&mut errors, "deposit_ref", &input.deposit_ref, 128);
    text(&mut errors, "operator", &input.operator, 100);
    if let Some(note) = &input.override_note {
        text(&mut errors, "override_note", note, 1_000);
    }
    if input.version < 1 {
        errors.push(FieldError::new("version", "must be 1 or more"));
    }
    let wrong = |field: &str, error: &dyn fmt::Display| FieldError::new(field, error.to_string());
    let currency = Currency::of_payments(&input.currency).map_err(|error| wrong("currency", &error));
    let money = currency
        .and_then(|currency| Money::from_major(&input.amount, currency).map_err(|error| wrong("amount", &error)));
    if money.as_ref().is_ok_and(|money| money.minor < 1) {
        errors.push(FieldError::new("amount", "must be above zero"));
    }
    match money {
        Ok(money) if errors.is_empty() => {
            let ApproveInput { deposit_ref, operator, version, override_note, .. } = input;
            Ok(Approval { deposit_ref, money, operator, version, override_note })
        }
        Ok(_) => Err(errors),
        Err(error) => {
            errors.push(error);
            Err(errors)
        }
    }
}

fn text(errors: &mut Vec<FieldError>, field: &str, value: &str, most: usize) {
    let length = value.chars().count();
    if length > most || value.trim().is_empty() {
        errors.push(FieldError::new(field, format!("must have 1 to {most} characters")));
    } else if value.chars().any(char::is_control) {
        errors.push(FieldError::new(field, "must have no control characters"));
    }
}
