//! Recharge orders: `order_id, user_id, amount, currency, depositor, account, status, version, sms_id, approval,
//! create_time, update_time`. The wallet tells the order, recon the sms that it is matched with, the edge its approval.

use serde_json::{Value, json};

use super::{field, money, seconds};
use crate::admin::approval::intent::{Intent, IntentState};
use crate::domain::time::UnixMs;

/// What the wallet calls what is called otherwise here.
pub const NAMES: &[(&str, &str)] = &[];

/// As programs read it. `matched` is the sms that recon has matched with it; an intent that is not refused knows better.
#[must_use]
pub fn shown(order: &Value, matched: Option<i64>, intent: Option<&Intent>, now: UnixMs) -> Value {
    let approved_with =
        intent.filter(|intent| intent.state != IntentState::Refused).map(|intent| intent.decided.sms_id);
    let updated = if order["updated_at"].is_string() { "updated_at" } else { "created_at" };
    json!({
        "order_id": field(order, "order_id"),
        "user_id": field(order, "user_id"),
        "amount": money::amount_of(order),
        "currency": field(order, "currency"),
        "depositor": field(order, "depositor"),
        "account": field(order, "account"),
        "status": field(order, "status"),
        "version": field(order, "version"),
        "sms_id": approved_with.or(matched),
        "approval": intent.map(|intent| intent.approval(now)),
        "create_time": seconds(order, "created_at"),
        "update_time": seconds(order, updated),
    })
}

/// The same with all that is known of its approval; null where there was none.
#[must_use]
pub fn detailed(order: &Value, matched: Option<i64>, intent: Option<&Intent>, now: UnixMs) -> Value {
    let mut shown = shown(order, matched, intent, now);
    shown["approval_detail"] = intent.map_or(Value::Null, |intent| intent.detail(now));
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_that_nobody_approved_has_every_key() {
        let order = json!({
            "order_id": "R-1", "user_id": "u1", "amount": "12.50", "currency": "USD", "depositor": "홍길동",
            "status": "open", "version": 1, "created_at": "2026-04-22T00:30:00Z",
        });
        let expected = json!({
            "order_id": "R-1", "user_id": "u1", "amount": money::number("12.50"), "currency": "USD",
            "depositor": "홍길동", "account": null, "status": "open", "version": 1, "sms_id": 41, "approval": null,
            "create_time": 1_776_817_800, "update_time": 1_776_817_800,
        });
        assert_eq!(shown(&order, Some(41), None, UnixMs(0)), expected);
        assert_eq!(detailed(&order, None, None, UnixMs(0))["approval_detail"], Value::Null);
        let nothing = shown(&json!({}), None, None, UnixMs(0));
        assert!(nothing.as_object().unwrap().len() == 12 && nothing.as_object().unwrap().values().all(Value::is_null));
    }
}
