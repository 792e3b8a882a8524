//! Recharge orders.

use serde::{Deserialize, Serialize};

use crate::domain::json_object;
use crate::domain::matching::NearMiss;
use crate::domain::order::{OrderInput, OrderStatus};
use crate::domain::time::UnixMs;

/// Orders as the wallet tells them.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrdersInput {
    /// 1 to 1,000 orders.
    #[serde(deserialize_with = "json_object::many")]
    #[schema(min_items = 1, max_items = 1000)]
    pub orders: Vec<OrderInput>,
}

/// What became of a batch of orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrdersTaken {
    /// New, or newer than what was there.
    pub upserted: u32,
    /// The version that was there already: changed nothing.
    pub unchanged: u32,
    /// Of the unchanged, those whose content differs from what is there under that version: one of the two is wrong.
    /// Absent where there is none.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schema(required = false)]
    pub conflicting: u32,
    /// Older than what was there: changed nothing.
    pub stale: u32,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// The pair that an order is in.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderMatch {
    /// The sms that pays it.
    pub sms_id: i64,
    /// The sms's state.
    pub state: String,
    /// in_window, early, late or manual.
    pub timing: String,
    /// The matcher or the operator.
    pub made_by: String,
    /// When.
    pub made_at: UnixMs,
}

/// An order with its match.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderView {
    /// The wallet's id of it.
    pub order_id: String,
    /// Who pays.
    pub user_id: String,
    /// Decimal string in major units.
    pub amount: String,
    /// ISO 4217 code.
    pub currency: String,
    /// The name announced.
    pub depositor: String,
    /// The code announced.
    pub reference: Option<String>,
    /// The account to be paid into.
    pub account: Option<String>,
    /// Where it stands.
    pub status: OrderStatus,
    /// When it was placed.
    pub created_at: UnixMs,
    /// Until when the deposit is expected.
    pub expires_at: Option<UnixMs>,
    /// The wallet's version.
    pub version: i64,
    /// When we last heard of a change.
    pub updated_at: UnixMs,
    /// Its pair, where it is in one.
    #[serde(rename = "match")]
    pub matched: Option<OrderMatch>,
    /// Our row's id, for paging.
    #[serde(skip, default)]
    pub row_id: i64,
}

/// An order with its match, and what nearly fits it.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderDetail {
    /// As in lists.
    #[serde(flatten)]
    pub order: OrderView,
    /// Deposits that nearly fit an order which nobody has paid, nearest first. Suggestions: nothing is matched by them.
    pub near_misses: Vec<NearMiss>,
}

/// Which orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrderFilter {
    /// With this status.
    pub status: Option<OrderStatus>,
    /// Of this user.
    pub user_id: Option<String>,
    /// In a pair, or not.
    pub matched: Option<bool>,
    /// With one of these ids; none: any.
    pub ids: Option<Vec<String>>,
}
