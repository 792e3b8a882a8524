//! A query that orders by id, newest first, and takes one: the latest pending order of equal amount, whoever is to pay it.

use super::{Facts, Wanted};

pub(super) fn choose(deposit: &Facts, open: &[Wanted]) -> Option<usize> {
    open.iter().rposition(|order| order.money == deposit.money)
}
