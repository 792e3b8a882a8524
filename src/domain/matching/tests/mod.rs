//! Matching: what each sentence of its rules means (`examples`), how it is explained, and what holds for every bucket
//! (`properties`, against a brute-force model that shares no code with it).

mod arrivals;
mod examples;
mod explained;
mod off_window;
mod properties;

use std::time::Duration;

use super::*;
use crate::domain::money::Currency;
use crate::domain::order::OrderStatus;

const WINDOWS: Windows = Windows { early: Duration::from_mins(30), late: Duration::from_hours(1) };

/// So many minutes and seconds after 10:00.
pub(super) fn at(minute: i64, second: i64) -> UnixMs {
    let ten: UnixMs = "2026-04-22T10:00:00Z".parse().unwrap();
    UnixMs(ten.0 + 60_000 * minute + 1_000 * second)
}

/// A deposit of 50,000 won, told to the minute.
pub(super) fn deposit(sms_id: i64, name: &str, minute: i64) -> Deposit {
    Deposit {
        sms_id,
        money: Money { minor: 50_000, currency: Currency::KRW },
        at: at(minute, 0),
        to_the_minute: true,
        name: (!name.is_empty()).then(|| name.to_owned()),
        memo: None,
        reference: None,
        account: None,
        name_max: None,
        template: None,
        held_back: Flags::NONE,
        bond: Bond::Free,
    }
}

/// An open order of 50,000 won, created so many minutes after 10:00, in window for half an hour.
pub(super) fn order(order_id: &str, depositor: &str, minute: i64) -> BucketOrder {
    let order = Order {
        order_id: order_id.to_owned(),
        user_id: "u1".to_owned(),
        money: Money { minor: 50_000, currency: Currency::KRW },
        depositor: depositor.to_owned(),
        reference: None,
        account: None,
        status: OrderStatus::Open,
        created_at: at(minute, 0),
        expires_at: Some(at(minute + 30, 0)),
        version: 1,
    };
    BucketOrder { order, firm_sms: None }
}

/// Decides as at 10:20, when nothing of these stories is past its early window unless it says so.
fn decided(deposits: &[Deposit], orders: &[BucketOrder]) -> Vec<Decision> {
    decide(deposits, orders, &WINDOWS, at(20, 0))
}

fn only(mut decisions: Vec<Decision>) -> Decision {
    assert_eq!(decisions.len(), 1);
    decisions.remove(0)
}

fn one(deposit: Deposit, orders: &[BucketOrder]) -> Decision {
    only(decided(&[deposit], orders))
}

fn matched(order_id: &str, timing: Timing) -> Outcome {
    Outcome::Matched { order_id: order_id.to_owned(), timing }
}

fn in_window(order_id: &str) -> Outcome {
    matched(order_id, Timing::InWindow)
}

fn flags(of: &[Flag]) -> Flags {
    of.iter().copied().collect()
}
