//! Recharge orders: what a customer said they would pay. The wallet owns them; recon keeps what it was told.

use serde::{Deserialize, Serialize};

use super::money::{Currency, Money};
use super::refusal::FieldError;
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

impl OrderInput {
    /// Checks the fields and reads the money. Texts that are blank where they may be absent become absent.
    ///
    /// # Errors
    /// Every field that cannot be taken.
    pub fn into_order(self) -> Result<Order, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut text = |field: &str, value: &str, least: usize, most: usize| {
            let length = value.chars().count();
            if length < least || length > most {
                errors.push(FieldError::new(field, format!("must have {least} to {most} characters, not {length}")));
            } else if value.chars().any(char::is_control) {
                errors.push(FieldError::new(field, "must have no control characters"));
            }
        };
        text("order_id", &self.order_id, 1, 128);
        text("user_id", &self.user_id, 1, 128);
        text("depositor", &self.depositor, 0, 200);
        text("reference", self.reference.as_deref().unwrap_or_default(), 0, 200);
        text("account", self.account.as_deref().unwrap_or_default(), 0, 64);
        if self.version < 1 {
            errors.push(FieldError::new("version", "must be 1 or more"));
        }
        if self.expires_at.is_some_and(|ends| ends < self.created_at) {
            errors.push(FieldError::new("expires_at", "must not be before created_at"));
        }
        let money = match Currency::of_payments(&self.currency) {
            Ok(Currency::TEST) => {
                errors.push(FieldError::new("currency", "XTS is kept for the service's own heartbeat"));
                None
            }
            Ok(currency) => match Money::from_major(&self.amount, currency) {
                Ok(money) if money.minor > 0 => Some(money),
                Ok(_) => {
                    errors.push(FieldError::new("amount", "must be above zero"));
                    None
                }
                Err(error) => {
                    errors.push(FieldError::new("amount", error.to_string()));
                    None
                }
            },
            Err(error) => {
                errors.push(FieldError::new("currency", error.to_string()));
                None
            }
        };
        let present = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        match money {
            Some(money) if errors.is_empty() => Ok(Order {
                order_id: self.order_id,
                user_id: self.user_id,
                money,
                depositor: self.depositor,
                reference: present(self.reference),
                account: present(self.account),
                status: self.status,
                created_at: self.created_at,
                expires_at: self.expires_at,
                version: self.version,
            }),
            _ => Err(errors),
        }
    }
}

impl From<&Order> for OrderInput {
    fn from(order: &Order) -> Self {
        let order = order.clone();
        Self {
            order_id: order.order_id,
            user_id: order.user_id,
            amount: order.money.to_major(),
            currency: order.money.currency.as_str().to_owned(),
            depositor: order.depositor,
            reference: order.reference,
            account: order.account,
            status: order.status,
            created_at: order.created_at,
            expires_at: order.expires_at,
            version: order.version,
        }
    }
}
