//! The time rule.

use super::{Deposit, Timing, Windows};
use crate::domain::order::Order;
use crate::domain::time::UnixMs;

/// The last millisecond of a minute after its first.
const REST_OF_MINUTE_MS: i64 = 59_999;

/// The first and the last moment at which the deposit may have been made.
///
/// A text without seconds says only the minute, so it is the whole minute that is held against an order's times:
/// otherwise an order placed at 10:00:20 and paid at 10:00:50 would look paid before it was placed.
pub(super) fn span(deposit: &Deposit) -> (UnixMs, UnixMs) {
    if deposit.to_the_minute {
        let first = deposit.at.floor_to_minute();
        (first, UnixMs(first.0.saturating_add(REST_OF_MINUTE_MS)))
    } else {
        (deposit.at, deposit.at)
    }
}

/// Until when an order's deposit is in window.
pub(super) fn closes_at(order: &Order, windows: &Windows) -> UnixMs {
    order.expires_at.unwrap_or_else(|| order.created_at.plus(windows.late))
}

/// Where the deposit's time lies against the order's; none where it is outside every window.
pub(super) fn timing(deposit: &Deposit, order: &Order, windows: &Windows) -> Option<Timing> {
    let (first, last) = span(deposit);
    let closes_at = closes_at(order, windows);
    if last < order.created_at {
        return (last.plus(windows.early) >= order.created_at).then_some(Timing::Early);
    }
    if first <= closes_at {
        return Some(Timing::InWindow);
    }
    (first <= closes_at.plus(windows.late)).then_some(Timing::Late)
}

/// Whether no order that is created from now on can have the deposit in its early window.
pub(super) fn is_past_early_window(deposit: &Deposit, windows: &Windows, now: UnixMs) -> bool {
    now > span(deposit).1.plus(windows.early)
}
