//! Two orders of one user that sum to a deposit, and two deposits of one name that sum to an order. Each finds its other
//! half by the amount, so that the work grows with what is there and not with its square.

use std::collections::HashMap;

use super::NearReason;
use super::compare::{Asked, Found, Paid, fits_but_for_amount, placed_apart};
use crate::domain::matching::{Deposit, Windows};

/// Of halves that are alike in all that counts, so many are looked at: no more than that are shown.
const ALIKE_MAX: usize = super::NEAR_MISSES_MAX;

/// Two of these orders, each of which fits the deposit but for its amount.
pub(super) fn of_orders<'a>(paid: &Paid<'a>, fitting: &[&Asked<'a>]) -> Vec<Found<'a>> {
    let mut halves: HashMap<(&str, i64), Vec<&Asked<'a>>> = HashMap::new();
    for asked in nearest(fitting, |asked| placed_apart(paid.deposit, asked.order())) {
        halves.entry((&asked.order().user_id, asked.order().money.minor)).or_default().push(asked);
    }
    let mut found = Vec::new();
    for asked in fitting {
        let Some(rest) = rest(paid.deposit.money.minor, asked.order().money.minor) else { continue };
        let others = halves.get(&(asked.order().user_id.as_str(), rest)).into_iter().flatten();
        // Each two come up twice, once from either side.
        let after = others.filter(|other| other.order().order_id > asked.order().order_id);
        found.extend(after.take(ALIKE_MAX).map(|other| two_orders(paid, asked, other)));
    }
    found
}

/// This order and another one of its user.
pub(super) fn with_order<'a>(
    paid: &Paid<'a>,
    asked: &Asked<'a>,
    of_user: &[&Asked<'a>],
    windows: &Windows,
) -> Vec<Found<'a>> {
    let Some(rest) = rest(paid.deposit.money.minor, asked.order().money.minor) else { return Vec::new() };
    nearest(of_user, |other| placed_apart(paid.deposit, other.order()))
        .into_iter()
        .filter(|other| other.order().money.minor == rest && fits_but_for_amount(paid, other, windows))
        .take(ALIKE_MAX)
        .map(|other| two_orders(paid, asked, other))
        .collect()
}

/// Two of these deposits, each of which fits the order but for its amount.
pub(super) fn of_deposits<'a>(fitting: &[&Paid<'a>], asked: &Asked<'a>) -> Vec<Found<'a>> {
    let mut halves: HashMap<i64, Vec<&Paid<'a>>> = HashMap::new();
    for paid in nearest(fitting, |paid| placed_apart(paid.deposit, asked.order())) {
        halves.entry(paid.deposit.money.minor).or_default().push(paid);
    }
    let mut found = Vec::new();
    for paid in fitting {
        let Some(rest) = rest(asked.order().money.minor, paid.deposit.money.minor) else { continue };
        let others = halves.get(&rest).into_iter().flatten();
        let after = others.filter(|other| other.deposit.sms_id > paid.deposit.sms_id && paid.is_of_one_name(other));
        found.extend(after.take(ALIKE_MAX).map(|other| two_deposits(paid, other, asked)));
    }
    found
}

/// This deposit and another one of its name.
pub(super) fn with_deposit<'a>(
    paid: &Paid<'a>,
    same_name: &[&Paid<'a>],
    asked: &Asked<'a>,
    windows: &Windows,
) -> Vec<Found<'a>> {
    let Some(rest) = rest(asked.order().money.minor, paid.deposit.money.minor) else { return Vec::new() };
    nearest(same_name, |other| placed_apart(other.deposit, asked.order()))
        .into_iter()
        .filter(|other| other.deposit.money.minor == rest && fits_but_for_amount(other, asked, windows))
        .take(ALIKE_MAX)
        .map(|other| two_deposits(paid, other, asked))
        .collect()
}

/// What is missing to the whole, where the part is less.
fn rest(whole: i64, part: i64) -> Option<i64> {
    whole.checked_sub(part).filter(|rest| *rest > 0 && part > 0)
}

fn nearest<'b, T>(all: &[&'b T], distance: impl Fn(&T) -> u128) -> Vec<&'b T> {
    let mut sorted = all.to_vec();
    // Stable: what was given is in the order of its ids.
    sorted.sort_by_key(|one| distance(one));
    sorted
}

fn two_orders<'a>(paid: &Paid<'a>, one: &Asked<'a>, other: &Asked<'a>) -> Found<'a> {
    let mut orders = vec![one.near, other.near];
    orders.sort_by(|a, b| a.order.order_id.cmp(&b.order.order_id));
    let distance = orders.iter().map(|near| placed_apart(paid.deposit, &near.order)).max().unwrap_or_default();
    Found { reason: NearReason::OrdersSum, distance, deposits: vec![paid.deposit], orders }
}

fn two_deposits<'a>(one: &Paid<'a>, other: &Paid<'a>, asked: &Asked<'a>) -> Found<'a> {
    let mut deposits: Vec<&Deposit> = vec![one.deposit, other.deposit];
    deposits.sort_by_key(|deposit| deposit.sms_id);
    let distance = deposits.iter().map(|deposit| placed_apart(deposit, asked.order())).max().unwrap_or_default();
    Found { reason: NearReason::DepositsSum, distance, deposits, orders: vec![asked.near] }
}
