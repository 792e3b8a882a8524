//! Reconciliation by rules over fields, as in accounting software and transaction matchers: each rule compares fields with some
//! drift (amounts within 1 %, dates within three days), the rules are tried in their order, and the first record that a rule
//! hits is the counterpart. The last rules are there so that little is left to do by hand.

use std::time::Duration;

use super::{Facts, Wanted};

const DAYS: Duration = Duration::from_hours(72);

pub(super) fn choose(deposit: &Facts, open: &[Wanted]) -> Option<usize> {
    let rules: [fn(&Facts, &Wanted) -> bool; 4] = [
        |deposit, order| has_reference(deposit, order) && near_amount(deposit, order),
        |deposit, order| has_name(deposit, order) && deposit.money == order.money,
        |deposit, order| has_name(deposit, order) && near_amount(deposit, order),
        |deposit, order| deposit.money == order.money,
    ];
    rules.iter().find_map(|rule| open.iter().position(|order| near_time(deposit, order) && rule(deposit, order)))
}

fn has_reference(deposit: &Facts, order: &Wanted) -> bool {
    order.reference.as_ref().is_some_and(|reference| !reference.is_empty() && deposit.text.contains(reference.as_str()))
}

fn has_name(deposit: &Facts, order: &Wanted) -> bool {
    !order.name.is_empty() && deposit.text.contains(&order.name)
}

fn near_amount(deposit: &Facts, order: &Wanted) -> bool {
    let apart = deposit.money.minor.abs_diff(order.money.minor);
    deposit.money.currency == order.money.currency && apart.saturating_mul(100) <= order.money.minor.unsigned_abs()
}

fn near_time(deposit: &Facts, order: &Wanted) -> bool {
    deposit.at.plus(DAYS) >= order.created_at && deposit.at <= order.created_at.plus(DAYS)
}
