//! The messages and orders that are sent: a fictional bank's deposits.

use serde_json::{Value, json};

use crate::domain::matching::synthetic;
use crate::domain::source::SourceKey;
use crate::domain::time::UnixMs;
use crate::pipeline::inbox::Delivery;

/// The bank's number.
pub(super) const SENDER: &str = "15881688";

/// The shop's accounts at the bank, which take the deposits in turn.
const ACCOUNTS: u32 = 100;

/// What reads its messages.
pub(super) const TEMPLATE: &str = "[KB]{date} {time}\n{account}\n{name}\n입금\n{amount}\n잔액{balance}";

/// The amount of deposit and order `nth`, in won: spread over the amounts that customers ask for in a day.
pub(super) fn amount(nth: u32) -> u32 {
    10_000 + nth % 900 * 1_000
}

/// The balance of its account after deposit `nth`, so that each follows from the one before.
fn balance(nth: u32) -> u64 {
    // The amounts of an account come again after so many deposits.
    let cycle = 900 / ACCOUNTS;
    let sum = |count: u32| (0..count).map(|place| u64::from(amount(nth % ACCOUNTS + place * ACCOUNTS))).sum::<u64>();
    let count = nth / ACCOUNTS + 1;
    1_000_000 + u64::from(count / cycle) * sum(cycle) + sum(count % cycle)
}

/// The payer of deposit and order `nth`.
pub(super) fn payer(nth: u32) -> String {
    synthetic::order(nth, synthetic::Names::Distinct).order.depositor
}

/// The text of deposit `nth`, received at `now`. No two are equal.
pub(super) fn text(nth: u32, now: UnixMs) -> String {
    let when = now.to_timestamp().to_zoned_datetime(jiff::tz::TimeZone::fixed(jiff::tz::offset(9)));
    let (name, amount) = (payer(nth), amount(nth));
    format!(
        "[Web발신]\n[KB]{}\n123456**{:03}\n{name}\n입금\n{amount}\n잔액{}",
        when.strftime("%m/%d %H:%M"),
        nth % ACCOUNTS,
        balance(nth)
    )
}

/// Message `nth` of format `recon`.
pub(super) fn message(nth: u32, now: UnixMs) -> Value {
    json!({"id": format!("bench-{nth}"), "sender": SENDER, "text": text(nth, now), "received_at": now})
}

/// Message `nth` as the inbox is given it.
pub(super) fn delivery(nth: u32, now: UnixMs) -> Delivery {
    let id = format!("bench-{nth}");
    Delivery {
        key: SourceKey::from_id(&id),
        external_id: Some(id),
        format: "recon",
        sender: SENDER.to_owned(),
        is_sender_provisional: false,
        text: Some(text(nth, now)),
        line: None,
        received_at: now,
        raw: None,
        quarantine: None,
        old_event: false,
    }
}

/// The open order that deposit `nth` pays.
pub(super) fn order(nth: u32, now: UnixMs) -> Value {
    json!({"order_id": format!("R-{nth}"), "user_id": format!("u{nth}"), "amount": amount(nth).to_string(),
        "currency": "KRW", "depositor": payer(nth), "status": "open", "created_at": now, "version": 1})
}
