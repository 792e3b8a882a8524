//! An approval as it is stored and shown.

use std::time::Duration;

use serde_json::{Value, json};

use crate::admin::frozen::money;
use crate::domain::money::Money;
use crate::domain::time::UnixMs;

/// An intent that is not resolved for so long is *stuck*: shown and counted, and still tried.
pub const STUCK_AFTER: Duration = Duration::from_hours(24);

crate::text_enum! {
    /// Where an intent stands, as it is stored.
    pub enum IntentState {
        /// The wallet has never been sent it.
        Pending = "pending",
        /// The wallet was sent it, and perhaps did it.
        Unknown = "unknown",
        /// The wallet credited it.
        Approved = "approved",
        /// The wallet refused it, or it no longer held before it was sent.
        Refused = "refused",
    }
}

crate::text_enum! {
    /// What is shown of it.
    pub enum Approval {
        /// Stored, never sent.
        Pending = "pending",
        /// Sent, without an answer yet.
        Unknown = "unknown",
        /// Not resolved for 24 hours.
        Stuck = "stuck",
        /// Credited.
        Approved = "approved",
        /// Not credited, and never will be by this one.
        Refused = "refused",
    }
}

/// What is decided before anything is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIntent {
    /// The idempotency key.
    pub key: String,
    /// Which order.
    pub order_id: String,
    /// Whose it is.
    pub user_id: String,
    /// The sms that tells of the deposit.
    pub sms_id: i64,
    /// Who approves, by name.
    pub operator: String,
    /// Who approves.
    pub operator_id: i64,
    /// What they noted.
    pub note: Option<String>,
    /// Whether the amounts differ.
    pub overriding: bool,
    /// The rule by which the deposit was matched.
    pub rule: Option<String>,
    /// The sms's version when it was judged.
    pub sms_version: i64,
    /// The order's version when it was judged.
    pub order_version: i64,
    /// What is credited: the deposit's money.
    pub money: Money,
    /// What was ordered, in minor units of the same currency.
    pub ordered: i64,
}

impl NewIntent {
    /// What the wallet calls the deposit.
    #[must_use]
    pub fn deposit_ref(&self) -> String {
        format!("sms:{}", self.sms_id)
    }

    /// The body of the request. It is stored, and sent byte for byte each time: the wallet takes a key for one body only.
    #[must_use]
    pub fn request(&self) -> String {
        let mut body = json!({
            "deposit_ref": self.deposit_ref(),
            "amount": self.money.to_major(),
            "currency": self.money.currency,
            "operator": self.operator,
            "version": self.order_version,
        });
        if let Some(note) = self.note.as_ref().filter(|_| self.overriding) {
            body["override_note"] = json!(note);
        }
        body.to_string()
    }
}

/// An intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Ours.
    pub id: i64,
    /// What was decided.
    pub decided: NewIntent,
    /// The request's body.
    pub request: String,
    /// Where it stands.
    pub state: IntentState,
    /// When it was decided.
    pub created_at: UnixMs,
    /// Since when the wallet may have it.
    pub sent_at: Option<UnixMs>,
    /// How often it was sent.
    pub attempts: i64,
    /// When it is sent next, where it is live.
    pub next_at: UnixMs,
    /// The last failure, or why it is refused.
    pub last_error: Option<String>,
    /// When it was approved or refused.
    pub settled_at: Option<UnixMs>,
    /// The credit's entry in the wallet's ledger.
    pub entry_id: Option<i64>,
    /// Who works on it.
    pub claim: Option<String>,
}

impl Intent {
    /// Whether it is not resolved yet.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        matches!(self.state, IntentState::Pending | IntentState::Unknown)
    }

    /// What is shown of it now.
    #[must_use]
    pub fn approval(&self, now: UnixMs) -> Approval {
        match self.state {
            IntentState::Approved => Approval::Approved,
            IntentState::Refused => Approval::Refused,
            _ if now.since(self.created_at) >= STUCK_AFTER => Approval::Stuck,
            IntentState::Pending => Approval::Pending,
            IntentState::Unknown => Approval::Unknown,
        }
    }

    /// All of it, for the auditor: times in Unix seconds, money exact.
    #[must_use]
    pub fn detail(&self, now: UnixMs) -> Value {
        let NewIntent { money: paid, ordered, .. } = self.decided;
        let seconds = |at: UnixMs| at.0.div_euclid(1000);
        json!({
            "id": self.id,
            "idempotency_key": self.decided.key,
            "approval": self.approval(now),
            "operator": self.decided.operator,
            "note": self.decided.note,
            "override": self.decided.overriding,
            "sms_id": self.decided.sms_id,
            "sms_version": self.decided.sms_version,
            "rule": self.decided.rule,
            "order_version": self.decided.order_version,
            "deposit_ref": self.decided.deposit_ref(),
            "amount": money::number(&paid.to_major()),
            "order_amount": money::number(&Money { minor: ordered, ..paid }.to_major()),
            "currency": paid.currency,
            "entry_id": self.entry_id,
            "attempts": self.attempts,
            "last_error": self.last_error,
            "create_time": seconds(self.created_at),
            "send_time": self.sent_at.map(seconds),
            "next_time": self.is_live().then(|| seconds(self.next_at)),
            "settle_time": self.settled_at.map(seconds),
        })
    }
}
