//! One deposit against one order: whether exactly one thing differs, and by little.

use std::cmp::Ordering;
use std::time::Duration;

use super::likeness::{Likeness, likeness};
use super::{NearOrder, NearReason};
use crate::domain::matching::account::can_be_one;
use crate::domain::matching::name::{NamePattern, normalised};
use crate::domain::matching::window::{closes_at, span, timing};
use crate::domain::matching::{Deposit, Windows, reference};
use crate::domain::order::Order;
use crate::domain::time::UnixMs;

/// How far outside an order's windows, or from its closing, a deposit may lie.
const APART_MAX: Duration = Duration::from_hours(7 * 24);
/// Amounts are near where they differ by at most one in so many.
const AMOUNT_NEAR_PART: i128 = 5;
/// ... or where one is another with zeros too many.
const ZEROS: [i128; 2] = [10, 100];

/// A deposit with its compared values prepared.
pub(super) struct Paid<'a> {
    pub deposit: &'a Deposit,
    name: Option<NamePattern>,
}

impl<'a> Paid<'a> {
    pub fn of(deposit: &'a Deposit) -> Self {
        let name = deposit.name.as_deref().and_then(|name| NamePattern::new(name, deposit.name_max));
        Self { deposit, name }
    }

    /// Whether the names of two deposits are one.
    pub fn is_of_one_name(&self, other: &Self) -> bool {
        match (&self.name, &other.name) {
            (Some(one), Some(other)) => one.text() == other.text(),
            _ => false,
        }
    }

    fn agrees(&self, asked: &Asked<'_>) -> bool {
        let deposit = self.deposit;
        let by_name = !asked.name.is_empty() && self.name.as_ref().is_some_and(|name| name.fits(&asked.name));
        by_name
            || asked.order().reference.as_deref().is_some_and(|code| {
                let mut texts = [&deposit.name, &deposit.memo, &deposit.reference].into_iter().flatten();
                texts.any(|text| reference::stands_in(code, text))
            })
    }
}

/// An order with its compared values prepared.
pub(super) struct Asked<'a> {
    pub near: &'a NearOrder,
    name: String,
}

impl<'a> Asked<'a> {
    pub fn of(near: &'a NearOrder) -> Self {
        Self { near, name: normalised(&near.order.depositor) }
    }

    pub fn order(&self) -> &'a Order {
        &self.near.order
    }

    /// Whether another order is of the same user.
    pub fn is_of_one_user(&self, other: &Self) -> bool {
        self.order().user_id == other.order().user_id && self.order().order_id != other.order().order_id
    }
}

/// A near miss before it is ranked and written out.
pub(super) struct Found<'a> {
    pub reason: NearReason,
    /// How far apart, within one reason: minor units, or milliseconds.
    pub distance: u128,
    /// One, or the two that sum to the order.
    pub deposits: Vec<&'a Deposit>,
    /// One, or the two that sum to the deposit.
    pub orders: Vec<&'a NearOrder>,
}

impl Found<'_> {
    /// By the reason, then the distance, then the ids, so that nothing depends on what was found first.
    pub fn cmp_rank(&self, other: &Self) -> Ordering {
        let ids = |of: &Self| -> (Vec<String>, Vec<i64>) {
            let orders = of.orders.iter().map(|near| near.order.order_id.clone()).collect();
            (orders, of.deposits.iter().map(|deposit| deposit.sms_id).collect())
        };
        (self.reason, self.distance).cmp(&(other.reason, other.distance)).then_with(|| ids(self).cmp(&ids(other)))
    }
}

/// A deposit and an order between which exactly one thing differs.
pub(super) fn pair<'a>(paid: &Paid<'a>, asked: &Asked<'a>, windows: &Windows) -> Option<Found<'a>> {
    let (deposit, order) = (paid.deposit, asked.order());
    if deposit.money.currency != order.money.currency {
        return None;
    }
    let mut differences = [
        differing_payer(paid, asked)?,
        differing_amount(deposit, order)?,
        accounts_differ(deposit, order).then_some((NearReason::AccountDiffers, 0)),
        differing_time(deposit, order, windows)?,
        closed(deposit, asked.near)?,
    ]
    .into_iter()
    .flatten();
    let (reason, distance) = differences.next()?;
    if differences.next().is_some() {
        return None;
    }
    let distance = if distance == 0 { placed_apart(deposit, order) } else { distance };
    Some(Found { reason, distance, deposits: vec![deposit], orders: vec![asked.near] })
}

/// Whether a deposit and an open order fit in all but, perhaps, the amount.
pub(super) fn fits_but_for_amount(paid: &Paid<'_>, asked: &Asked<'_>, windows: &Windows) -> bool {
    paid.deposit.money.currency == asked.order().money.currency
        && asked.near.closed_at.is_none()
        && paid.agrees(asked)
        && !accounts_differ(paid.deposit, asked.order())
        && timing(paid.deposit, asked.order(), windows).is_some()
}

/// From the order's creation to the deposit (ms).
pub(super) fn placed_apart(deposit: &Deposit, order: &Order) -> u128 {
    u128::from(order.created_at.0.abs_diff(deposit.at.0))
}

/// What a comparison found: nothing that is near; no difference; or this one, and how large it is where that counts.
type Difference = Option<Option<(NearReason, u128)>>;

fn differing_payer(paid: &Paid<'_>, asked: &Asked<'_>) -> Difference {
    if paid.agrees(asked) {
        return Some(None);
    }
    let reason = match likeness(paid.name.as_ref()?.text(), &asked.name)? {
        Likeness::Sound => NearReason::SameSound,
        Likeness::Keyboard => NearReason::Keyboard,
        Likeness::OneEdit => NearReason::NameOneEdit,
        Likeness::Part => NearReason::NamePart,
    };
    Some(Some((reason, 0)))
}

fn differing_amount(deposit: &Deposit, order: &Order) -> Difference {
    let (paid, asked) = (i128::from(deposit.money.minor), i128::from(order.money.minor));
    let apart = (paid - asked).unsigned_abs();
    let is_near = (paid - asked).abs() * AMOUNT_NEAR_PART <= paid.max(asked)
        || ZEROS.iter().any(|zeros| paid * zeros == asked || asked * zeros == paid);
    match apart {
        0 => Some(None),
        _ => is_near.then_some(Some((NearReason::AmountDiffers, apart))),
    }
}

fn accounts_differ(deposit: &Deposit, order: &Order) -> bool {
    match (&deposit.account, &order.account) {
        (Some(paid_into), Some(asked_for)) => !can_be_one(paid_into, asked_for),
        _ => false,
    }
}

fn differing_time(deposit: &Deposit, order: &Order, windows: &Windows) -> Difference {
    if timing(deposit, order, windows).is_some() {
        return Some(None);
    }
    let apart = outside(deposit, order, windows);
    (apart <= APART_MAX).then_some(Some((NearReason::TimeDiffers, apart.as_millis().max(1))))
}

/// How far a deposit lies from an order's creation, where it is before it, else from its end.
pub(super) fn outside(deposit: &Deposit, order: &Order, windows: &Windows) -> Duration {
    let (first, last) = span(deposit);
    if last < order.created_at { order.created_at.since(last) } else { first.since(closes_at(order, windows)) }
}

fn closed(deposit: &Deposit, near: &NearOrder) -> Difference {
    let Some(closed_at) = near.closed_at else { return Some(None) };
    let apart = apart(closed_at, deposit.at);
    (apart <= APART_MAX).then_some(Some((NearReason::OrderClosed, apart.as_millis().max(1))))
}

pub(super) fn apart(one: UnixMs, other: UnixMs) -> Duration {
    one.since(other).max(other.since(one))
}
