//! What banks write and shops ask for, with fictional names.

use recon::domain::time::UnixMs;
use serde_json::{Value, json};

/// The number that the bank sends from.
pub const BANK: &str = "15881688";

/// 2026-04-22 09:30 in Seoul: when the clock of every app starts.
pub const START: &str = "2026-04-22T00:30:00Z";

/// When the clock of every app starts.
pub fn start() -> UnixMs {
    START.parse().unwrap()
}

/// So many minutes after [`START`], or before it, as RFC 3339.
pub fn minutes(count: i64) -> String {
    UnixMs(start().0 + count * 60_000).to_string()
}

/// The bank's text of a deposit at 09:30.
pub fn deposit(name: &str, amount: u64) -> String {
    deposit_at("04/22 09:30", name, amount)
}

/// The bank's text of a deposit at that date and time in Seoul.
pub fn deposit_at(when: &str, name: &str, amount: u64) -> String {
    format!("[Web발신]\n[KB]{when}\n123456**789\n{name}\n입금\n{}", grouped(amount))
}

/// The bank's text of a withdrawal.
pub fn withdrawal(name: &str, amount: u64) -> String {
    deposit(name, amount).replace("입금", "출금")
}

/// 1,234,567.
pub fn grouped(amount: u64) -> String {
    let digits = amount.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The template that reads [`deposit`].
pub fn deposit_template() -> Value {
    json!({
        "name": "KB deposit", "kind": "typed", "senders": [BANK], "direction": "deposit", "currency": "KRW",
        "timezone": "Asia/Seoul", "pattern": "[KB]{date} {time}\n{account}\n{name}\n입금\n{amount}",
    })
}

/// The template that reads [`withdrawal`].
pub fn withdrawal_template() -> Value {
    let mut template = deposit_template();
    template["name"] = json!("KB withdrawal");
    template["direction"] = json!("withdrawal");
    template["pattern"] = json!("[KB]{date} {time}\n{account}\n{name}\n출금\n{amount}");
    template
}

/// An open order from five minutes before [`START`] until an hour after it.
pub fn order(order_id: &str, depositor: &str, amount: u64) -> Value {
    json!({
        "order_id": order_id, "user_id": format!("user-of-{order_id}"), "amount": amount.to_string(),
        "currency": "KRW", "depositor": depositor, "status": "open", "created_at": minutes(-5),
        "expires_at": minutes(60), "version": 1,
    })
}

/// The same order with other values, as its next version.
pub fn changed(order: &Value, values: Value) -> Value {
    let mut next = order.clone();
    next["version"] = json!(order["version"].as_i64().unwrap() + 1);
    for (name, value) in values.as_object().unwrap() {
        next[name] = value.clone();
    }
    next
}
