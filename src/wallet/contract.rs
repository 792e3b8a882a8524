//! The shapes of the wallet's routes. Orders have the shape in which recon takes them.

use serde::{Deserialize, Serialize};

use crate::domain::money::Money;
use crate::domain::order::{OrderInput, OrderStatus};
use crate::domain::time::UnixMs;

/// A recharge order to be placed.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RechargeInput {
    /// 1 to 128 characters, unique for ever; where it is absent the wallet makes one.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 128, example = "R-1")]
    pub order_id: Option<String>,
    /// Who pays: 1 to 128 characters.
    #[schema(min_length = 1, max_length = 128, example = "u1")]
    pub user_id: String,
    /// Decimal string in major units, above zero.
    #[schema(example = "50000")]
    pub amount: String,
    /// ISO 4217 code.
    #[schema(example = "KRW", pattern = "^[A-Z]{3}$")]
    pub currency: String,
    /// The name that the customer said would stand on the transfer.
    #[schema(max_length = 200, example = "홍길동")]
    pub depositor: String,
    /// A code that the customer was asked to put into the transfer.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub reference: Option<String>,
    /// The account of the shop that is to be paid into.
    #[serde(default)]
    #[schema(max_length = 64)]
    pub account: Option<String>,
    /// Until when the deposit is expected; absent: the order does not expire.
    #[serde(default)]
    pub expires_at: Option<UnixMs>,
}

impl RechargeInput {
    /// The order that is placed at `now`, to be checked; `made_id` is its id where the caller gave none.
    #[must_use]
    pub fn placed_at(self, now: UnixMs, made_id: impl FnOnce() -> String) -> OrderInput {
        OrderInput {
            order_id: self.order_id.unwrap_or_else(made_id),
            user_id: self.user_id,
            amount: self.amount,
            currency: self.currency,
            depositor: self.depositor,
            reference: self.reference,
            account: self.account,
            status: OrderStatus::Open,
            created_at: now,
            expires_at: self.expires_at,
            version: 1,
        }
    }
}

/// The approval of an order: its deposit came.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ApproveInput {
    /// Which deposit pays it: 1 to 128 characters, unique in the ledger for ever.
    #[schema(min_length = 1, max_length = 128, example = "sms:41")]
    pub deposit_ref: String,
    /// What is credited: the order's amount, or the deposit's with an `override_note`.
    #[schema(example = "50000")]
    pub amount: String,
    /// The order's currency.
    #[schema(example = "KRW", pattern = "^[A-Z]{3}$")]
    pub currency: String,
    /// Who approves: 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100, example = "operator-1")]
    pub operator: String,
    /// The order's version, as it was read.
    #[schema(minimum = 1)]
    pub version: i64,
    /// Why another amount than was ordered may be credited: 1 to 1,000 characters, kept with the entry. Absent: it may not.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 1000, example = "the customer paid a fee less")]
    pub override_note: Option<String>,
}

/// The end of an order without a credit.
#[derive(Clone, Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseInput {
    /// Who ends it: 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100, example = "operator-1")]
    pub operator: String,
    /// Why: 1 to 1,000 characters.
    #[schema(min_length = 1, max_length = 1000, example = "the customer withdrew it")]
    pub reason: String,
    /// The order's version, as it was read; absent: any.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub version: Option<i64>,
}

/// A credit.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Approved {
    /// Which order was credited.
    pub order_id: String,
    /// `approved`.
    pub status: OrderStatus,
    /// Its entry in the ledger.
    pub entry_id: i64,
    /// What the user has in this currency after it.
    pub balance: Money,
}

/// How an order ended.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Closed {
    /// Who ended it; `wallet` where its time ran out.
    pub by: String,
    /// When.
    pub at: UnixMs,
    /// Why it was rejected or cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Its entry in the ledger, where it was approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry_id: Option<i64>,
    /// The deposit that paid it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposit_ref: Option<String>,
    /// What was credited, where it was approved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credited: Option<Money>,
    /// Why that may be another amount than was ordered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub override_note: Option<String>,
}

/// An order in a list.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RechargeItem {
    /// The order.
    #[serde(flatten)]
    pub order: OrderInput,
    /// When it last changed.
    pub updated_at: UnixMs,
}

/// An order with its end.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RechargeView {
    /// The order.
    #[serde(flatten)]
    pub order: OrderInput,
    /// When it last changed.
    pub updated_at: UnixMs,
    /// How it ended; absent while it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed: Option<Closed>,
}

/// Which orders.
#[derive(Clone, Debug, Default)]
pub struct RechargeFilter {
    /// With this status.
    pub status: Option<OrderStatus>,
    /// Of this user.
    pub user_id: Option<String>,
    /// With one of these ids; none: any.
    pub ids: Option<Vec<String>>,
    /// Placed at this time or later.
    pub from: Option<UnixMs>,
    /// Placed before this time.
    pub to: Option<UnixMs>,
}

/// What a user has.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct WalletView {
    /// The user.
    pub user_id: String,
    /// One for each currency in which something was credited.
    pub balances: Vec<Money>,
}

/// An entry as its user sees it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct EntryView {
    /// Its id.
    pub id: i64,
    /// The order that was credited.
    pub order_id: String,
    /// The deposit that paid it.
    pub deposit_ref: String,
    /// What was credited.
    pub amount: Money,
    /// Who approved.
    pub operator: String,
    /// When.
    pub at: UnixMs,
    /// Why another amount than was ordered could be credited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub override_note: Option<String>,
}

/// Entries that share what must be unique.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Duplicate {
    /// `order_id` or `deposit_ref`.
    pub of: &'static str,
    /// What they share.
    pub value: String,
    /// How many they are.
    pub entries: i64,
}

/// What a check of the whole ledger found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct LedgerVerdict {
    /// Whether everything holds.
    pub ok: bool,
    /// Credits that stand in the ledger more than once.
    pub duplicates: Vec<Duplicate>,
    /// What else does not hold, as sentences; the first hundred. Absent where there is nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    pub problems: Vec<String>,
}

crate::text_enum! {
    /// Where an order event stands.
    pub enum EventState {
        /// It is still to be told.
        Pending = "pending",
        /// Recon has it.
        Delivered = "delivered",
        /// Recon will not take it: people look.
        Refused = "refused",
    }
}

/// An order event on its way to recon.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct EventView {
    /// Its id.
    pub id: i64,
    /// Of which order.
    pub order_id: String,
    /// Which version of it.
    pub version: i64,
    /// Where it stands.
    pub state: EventState,
    /// Whether it has waited for more than 24 hours.
    pub stuck: bool,
    /// When the order changed.
    pub created_at: UnixMs,
    /// Deliveries that failed.
    pub attempts: i32,
    /// When it is tried next, where it is pending.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<UnixMs>,
    /// What the last failure was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}
