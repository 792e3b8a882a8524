//! Near misses as people read them.

use std::time::Duration;

use super::compare::{Found, apart, outside};
use super::{NearMiss, NearOrder, NearReason};
use crate::domain::matching::window::closes_at;
use crate::domain::matching::{Deposit, Windows};
use crate::domain::money::Money;

/// A near miss written out. Every one has a deposit and an order.
pub(super) fn told(rank: u32, found: &Found<'_>, windows: &Windows) -> NearMiss {
    let (deposit, near) = (found.deposits[0], found.orders[0]);
    let (paid, asked) = values(found, deposit, near, windows);
    NearMiss {
        rank,
        reason: found.reason,
        summary: summary(found, deposit, near, windows),
        order_ids: found.orders.iter().map(|near| near.order.order_id.clone()).collect(),
        sms_ids: found.deposits.iter().map(|deposit| deposit.sms_id).collect(),
        deposit: paid,
        order: asked,
    }
}

/// Of what differs, the deposit's value and the order's.
fn values(found: &Found<'_>, deposit: &Deposit, near: &NearOrder, windows: &Windows) -> (String, String) {
    let order = &near.order;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    match found.reason {
        NearReason::SameSound | NearReason::Keyboard | NearReason::NamePart | NearReason::NameOneEdit => {
            (text(&deposit.name), order.depositor.clone())
        }
        NearReason::OrderClosed => {
            let closed_at = near.closed_at.unwrap_or(order.created_at);
            (deposit.at.to_string(), format!("{} {closed_at}", order.status))
        }
        NearReason::AccountDiffers => (text(&deposit.account), text(&order.account)),
        NearReason::TimeDiffers => {
            (deposit.at.to_string(), format!("{} to {}", order.created_at, closes_at(order, windows)))
        }
        NearReason::AmountDiffers => (deposit.money.to_major(), order.money.to_major()),
        NearReason::OrdersSum => (deposit.money.to_major(), sum(found.orders.iter().map(|near| near.order.money))),
        NearReason::DepositsSum => (sum(found.deposits.iter().map(|one| one.money)), order.money.to_major()),
    }
}

fn sum(parts: impl Iterator<Item = Money>) -> String {
    parts.map(Money::to_major).collect::<Vec<_>>().join(" + ")
}

fn summary(found: &Found<'_>, deposit: &Deposit, near: &NearOrder, windows: &Windows) -> String {
    let order = &near.order;
    let (sms, id, user) = (deposit.sms_id, &order.order_id, &order.user_id);
    let (paid, asked) = (deposit.money, order.money);
    let (by, to_be_by) = (deposit.name.as_deref().unwrap_or_default(), &order.depositor);
    match found.reason {
        NearReason::SameSound => {
            format!("Sms {sms} fits order {id} but for the name: {by} and {to_be_by} are the same when romanised.")
        }
        NearReason::Keyboard => format!(
            "Sms {sms} fits order {id} but for the name: {by} and {to_be_by} are the same keys, in Latin letters and in hangul."
        ),
        NearReason::NamePart => {
            format!("Sms {sms} fits order {id} but for the name: of {by} and {to_be_by}, one is a part of the other.")
        }
        NearReason::NameOneEdit => {
            format!("Sms {sms} fits order {id} but for the name: {by} and {to_be_by} are one edit apart.")
        }
        NearReason::OrderClosed => {
            let closed_at = near.closed_at.unwrap_or(order.created_at);
            let side = if closed_at <= deposit.at { "before" } else { "after" };
            let apart = spoken(apart(closed_at, deposit.at));
            format!("Sms {sms} fits order {id}, but that was {} {apart} {side} it was paid.", order.status)
        }
        NearReason::AccountDiffers => {
            let text = |text: &Option<String>| text.clone().unwrap_or_default();
            let (into, asked_for) = (text(&deposit.account), text(&order.account));
            format!("Sms {sms} fits order {id} but for the account: it was paid into {into}, not {asked_for}.")
        }
        NearReason::TimeDiffers => {
            let apart = spoken(outside(deposit, order, windows));
            let side = if deposit.at < order.created_at { "before it was placed" } else { "after its time ran out" };
            format!("Sms {sms} fits order {id} but for the time: it was paid {apart} {side}.")
        }
        NearReason::AmountDiffers => {
            let differs = Money { minor: paid.minor.saturating_sub(asked.minor).saturating_abs(), ..paid };
            let side = if paid.minor > asked.minor { "more" } else { "less" };
            format!("Sms {sms} fits order {id} but for the amount: {paid} was paid, {differs} {side} than {asked}.")
        }
        NearReason::OrdersSum => {
            let (one, other) = (found.orders[0], found.orders[1]);
            format!(
                "Orders {} ({}) and {} ({}) of user {user} sum to sms {sms} of {paid}.",
                one.order.order_id, one.order.money, other.order.order_id, other.order.money,
            )
        }
        NearReason::DepositsSum => {
            let (one, other) = (found.deposits[0], found.deposits[1]);
            format!(
                "Sms {} ({}) and {} ({}) of one name sum to order {id} of {asked}.",
                one.sms_id, one.money, other.sms_id, other.money,
            )
        }
    }
}

/// A duration in its largest unit.
fn spoken(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_told_in_its_largest_unit() {
        for (seconds, text) in
            [(0, "0 s"), (59, "59 s"), (60, "1 min"), (7_199, "1 h"), (172_799, "47 h"), (172_800, "2 d")]
        {
            assert_eq!(spoken(Duration::from_secs(seconds)), text);
        }
    }
}
