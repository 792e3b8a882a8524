//! Collectors that listen to a phone's notifications: the amount, and an order that was placed in the last half hour. The
//! first that fits is paid.

use std::time::Duration;

use super::{Facts, Wanted};

const WINDOW: Duration = Duration::from_mins(30);
/// Texts tell no seconds.
const MINUTE: Duration = Duration::from_mins(1);

pub(super) fn choose(deposit: &Facts, open: &[Wanted]) -> Option<usize> {
    open.iter().position(|order| {
        order.money == deposit.money
            && order.created_at <= deposit.at.plus(MINUTE)
            && deposit.at <= order.created_at.plus(WINDOW)
    })
}
