//! Reads from the two peers what an approval rests on.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::approver::{Approver, NotBegun};
use super::evidence::{Deposit, Order};
use crate::admin::client::Ask;

/// What an approval rests on, as the peers tell it now; no deposit where the order is in no pair, or there is no such sms.
pub(super) struct Evidence {
    /// The order.
    pub(super) order: Order,
    /// The same as the wallet told it.
    pub(super) told: Value,
    /// The deposit.
    pub(super) deposit: Option<Deposit>,
}

impl Approver {
    /// What the peers tell of an order and its deposit.
    pub(super) async fn evidence(&self, order_id: &str, sms_id: Option<i64>) -> Result<Evidence, NotBegun> {
        let order = self.order(order_id);
        let deposit = async {
            let sms_id = match sms_id {
                Some(sms_id) => Some(sms_id),
                None => self.matched(order_id).await?,
            };
            match sms_id {
                Some(sms_id) => self.deposit(sms_id).await,
                None => Ok(None),
            }
        };
        let (order, deposit) = tokio::join!(order, deposit);
        // A missing order is told before recon's silence.
        let (told, order) = order?;
        Ok(Evidence { order, told, deposit: deposit? })
    }

    async fn order(&self, order_id: &str) -> Result<(Value, Order), NotBegun> {
        let answer = self.wallet.call(&Ask::get(format!("/internal/recharges/{}", segment(order_id)))).await?;
        match answer.status {
            404 => Err(NotBegun::NoOrder),
            _ => Order::of(&answer.body).map(|order| (answer.body, order)).ok_or_else(|| strange("wallet")),
        }
    }

    async fn matched(&self, order_id: &str) -> Result<Option<i64>, NotBegun> {
        let answer = self.recon.call(&Ask::get(format!("/internal/v2/orders/{}", segment(order_id)))).await?;
        match answer.status {
            200 => Ok(answer.body["match"]["sms_id"].as_i64()),
            404 => Ok(None),
            _ => Err(strange("recon")),
        }
    }

    async fn deposit(&self, sms_id: i64) -> Result<Option<Deposit>, NotBegun> {
        let answer = self.recon.call(&Ask::get(format!("/internal/v2/sms/{sms_id}"))).await?;
        match answer.status {
            404 => Ok(None),
            _ => Deposit::of(&answer.body).map(Some).ok_or_else(|| strange("recon")),
        }
    }
}

fn strange(peer: &'static str) -> NotBegun {
    tracing::error!(peer, "a peer's answer cannot be read; is its address in the configuration the right one?");
    NotBegun::Away(Duration::from_secs(30))
}

/// An id as a part of a path.
#[must_use]
pub fn segment(id: &str) -> String {
    utf8_percent_encode(id, NON_ALPHANUMERIC).to_string()
}
