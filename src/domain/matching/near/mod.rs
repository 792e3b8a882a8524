//! Near misses: what all but fits a deposit, or an order, for the person who looks. Nothing is ever matched by them: no
//! decision reads what is written here.
//!
//! An order is a near miss of a deposit where exactly one thing differs between them (the name, the amount, the account,
//! the time, or that the order is open), and that one by little. Two differences are no near miss: whoever has time
//! enough finds two people that are alike in something. Beside single orders there are two orders of one user, and two
//! deposits of one name, whose sum is what was paid or asked for.

mod compare;
mod hangul;
mod keyboard;
mod likeness;
mod romanised;
mod sums;
#[cfg(test)]
mod tests;
mod words;

use serde::{Deserialize, Serialize};

use super::{Deposit, Windows};
use crate::domain::order::Order;
use crate::domain::time::UnixMs;
use compare::{Asked, Found, Paid};

/// Near misses that are shown at most.
pub const NEAR_MISSES_MAX: usize = 10;

crate::text_enum! {
    /// What differs where all else fits, in the order in which they are ranked: how seldom chance alone brings it about.
    pub enum NearReason {
        /// The names sound the same when romanised.
        SameSound = "same_sound",
        /// One name is what the keys of the other type on a Latin keyboard.
        Keyboard = "keyboard",
        /// The order was rejected, cancelled or expired.
        OrderClosed = "order_closed",
        /// The deposit was paid into another account.
        AccountDiffers = "account_differs",
        /// The deposit lies outside the order's windows.
        TimeDiffers = "time_differs",
        /// Two orders of one user sum to the deposit.
        OrdersSum = "orders_sum",
        /// Two deposits of one name sum to the order.
        DepositsSum = "deposits_sum",
        /// The amounts differ by little, or by a zero.
        AmountDiffers = "amount_differs",
        /// One name is the beginning or the end of the other.
        NamePart = "name_part",
        /// The names are one edit apart.
        NameOneEdit = "name_one_edit",
    }
}

/// An order or a deposit, or two of them, that nearly fits. A suggestion for people; never matched on its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct NearMiss {
    /// 1 is the nearest.
    pub rank: u32,
    /// What differs.
    pub reason: NearReason,
    /// The same in one plain English sentence.
    pub summary: String,
    /// The order, or the two that sum to the deposit.
    pub order_ids: Vec<String>,
    /// The sms, or the two that sum to the order.
    pub sms_ids: Vec<i64>,
    /// The deposit's value of what differs.
    pub deposit: String,
    /// The order's value.
    pub order: String,
}

/// An order that a deposit may be meant for: an open one that no sms has, or one that was closed without being paid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NearOrder {
    /// The order.
    pub order: Order,
    /// When we heard that it was closed; none where it is open.
    pub closed_at: Option<UnixMs>,
}

/// What lies around a deposit or an order: some of it, chosen and bounded by the caller.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Nearby {
    /// Orders that are free.
    pub orders: Vec<NearOrder>,
    /// Deposits that are unmatched.
    pub deposits: Vec<Deposit>,
}

/// What nearly fits a deposit that has no order, nearest first, at most [`NEAR_MISSES_MAX`]. The order in which `around`
/// holds what it holds does not matter, and neither does whether the deposit itself is in it.
#[must_use]
pub fn near_deposit(deposit: &Deposit, around: &Nearby, windows: &Windows) -> Vec<NearMiss> {
    let paid = Paid::of(deposit);
    let asked: Vec<Asked<'_>> = once_each(&around.orders);
    let others = others(around, Some(deposit));
    let mut found: Vec<Found<'_>> = asked.iter().filter_map(|asked| compare::pair(&paid, asked, windows)).collect();
    let fitting: Vec<&Asked<'_>> =
        asked.iter().filter(|asked| compare::fits_but_for_amount(&paid, asked, windows)).collect();
    found.extend(sums::of_orders(&paid, &fitting));
    let same_name: Vec<&Paid<'_>> = others.iter().filter(|other| paid.is_of_one_name(other)).collect();
    for order in fitting {
        found.extend(sums::with_deposit(&paid, &same_name, order, windows));
    }
    ranked(found, windows)
}

/// What nearly fits an order that has no deposit, nearest first, at most [`NEAR_MISSES_MAX`].
#[must_use]
pub fn near_order(order: &NearOrder, around: &Nearby, windows: &Windows) -> Vec<NearMiss> {
    let asked = Asked::of(order);
    let deposits = others(around, None);
    let orders: Vec<Asked<'_>> = once_each(&around.orders);
    let mut found: Vec<Found<'_>> = deposits.iter().filter_map(|paid| compare::pair(paid, &asked, windows)).collect();
    let fitting: Vec<&Paid<'_>> =
        deposits.iter().filter(|paid| compare::fits_but_for_amount(paid, &asked, windows)).collect();
    found.extend(sums::of_deposits(&fitting, &asked));
    let of_user: Vec<&Asked<'_>> = orders.iter().filter(|other| asked.is_of_one_user(other)).collect();
    for paid in fitting {
        found.extend(sums::with_order(paid, &asked, &of_user, windows));
    }
    ranked(found, windows)
}

/// The deposits around, each once, without one of them.
fn others<'a>(around: &'a Nearby, without: Option<&Deposit>) -> Vec<Paid<'a>> {
    let mut deposits: Vec<&Deposit> =
        around.deposits.iter().filter(|other| without.is_none_or(|one| one.sms_id != other.sms_id)).collect();
    deposits.sort_by_key(|deposit| deposit.sms_id);
    deposits.dedup_by_key(|deposit| deposit.sms_id);
    deposits.into_iter().map(Paid::of).collect()
}

fn once_each(orders: &[NearOrder]) -> Vec<Asked<'_>> {
    let mut orders: Vec<&NearOrder> = orders.iter().collect();
    orders.sort_by(|a, b| (&a.order.order_id, b.order.version).cmp(&(&b.order.order_id, a.order.version)));
    orders.dedup_by(|a, b| a.order.order_id == b.order.order_id);
    orders.into_iter().map(Asked::of).collect()
}

/// The nearest, written out for people.
fn ranked(mut found: Vec<Found<'_>>, windows: &Windows) -> Vec<NearMiss> {
    if found.len() > NEAR_MISSES_MAX {
        found.select_nth_unstable_by(NEAR_MISSES_MAX, Found::cmp_rank);
        found.truncate(NEAR_MISSES_MAX);
    }
    found.sort_unstable_by(Found::cmp_rank);
    (1..).zip(found).map(|(rank, one)| words::told(rank, &one, windows)).collect()
}
