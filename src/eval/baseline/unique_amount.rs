//! The amount is the identity, as in gateways that add a small suffix to each order's amount until no other payable order
//! has it (50,000 becomes 50,017), and credit whoever pays exactly that. No name is looked at. Where customers pay round
//! amounts all the same, what is left of the rule is this: credit where one payable order has the amount.

use super::{Facts, Wanted};

pub(super) fn choose(deposit: &Facts, open: &[Wanted]) -> Option<usize> {
    let mut fitting = open.iter().enumerate().filter(|(_, order)| {
        order.money == deposit.money && order.created_at <= deposit.at.plus(MINUTE) && deposit.at <= order.expires_at
    });
    let (place, _) = fitting.next()?;
    fitting.next().is_none().then_some(place)
}

/// Texts tell no seconds.
const MINUTE: std::time::Duration = std::time::Duration::from_mins(1);
