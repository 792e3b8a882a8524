//! Recharge orders: what a customer said they would pay. The wallet owns them; recon keeps what it was told.

use serde::{Deserialize, Serialize};

use super::money::Money;
use super::time::UnixMs;

crate::text_enum! {
    /// Where an order stands with the wallet.
    pub enum OrderStatus {
        /// Waiting for its deposit. Only these can be matched.
        Open = "open",
        /// The wallet has credited it.
        Approved = "approved",
        /// An operator refused it.
        Rejected = "rejected",
        /// The customer or the shop withdrew it.
        Cancelled = "cancelled",
        /// Its time ran out.
        Expired = "expired",
    }
}

/// A recharge order as the wallet last told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The wallet's id of it: 1 to 128 characters, unique for ever.
    pub order_id: String,
    /// Who pays.
    pub user_id: String,
    /// What is to be paid.
    pub money: Money,
    /// The name that the customer said would stand on the transfer.
    pub depositor: String,
    /// A code that the customer was asked to put into the transfer.
    pub reference: Option<String>,
    /// The account of ours that was to be paid into.
    pub account: Option<String>,
    /// Where it stands.
    pub status: OrderStatus,
    /// When the customer placed it.
    pub created_at: UnixMs,
    /// Until when the deposit is expected; none: the late window after `created_at`.
    pub expires_at: Option<UnixMs>,
    /// Grows with every change of the order; an older version changes nothing.
    pub version: i64,
}

/// An order in a `PUT /internal/v2/orders` request.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderInput {
    /// The wallet's id of it: 1 to 128 characters, unique for ever.
    #[schema(min_length = 1, max_length = 128, example = "R-1")]
    pub order_id: String,
    /// Who pays: 1 to 128 characters.
    #[schema(min_length = 1, max_length = 128, example = "u1")]
    pub user_id: String,
    /// Decimal string in major units, above zero.
    #[schema(example = "50000")]
    pub amount: String,
    /// ISO 4217 code.
    #[schema(example = "KRW", pattern = "^[A-Z]{3}$")]
    pub currency: String,
    /// The name that the customer said would stand on the transfer. Where it is empty and there is no `reference` either,
    /// nothing is matched with the order but by hand.
    #[schema(max_length = 200, example = "홍길동")]
    pub depositor: String,
    /// A code that the customer was asked to put into the transfer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200)]
    pub reference: Option<String>,
    /// The account of ours that was to be paid into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub account: Option<String>,
    /// Where it stands.
    pub status: OrderStatus,
    /// When the customer placed it.
    pub created_at: UnixMs,
    /// Until when the deposit is expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<UnixMs>,
    /// Grows with every change of the order.
    #[schema(minimum = 1)]
    pub version: i64,
}
