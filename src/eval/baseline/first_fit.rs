//! The common shop plug-in for bank transfers without a bankbook: walk through the waiting orders from the oldest, and credit the
//! first of equal amount whose depositor's name is contained in the message.

use super::{Facts, Wanted};

pub(super) fn choose(deposit: &Facts, open: &[Wanted]) -> Option<usize> {
    open.iter().position(|order| {
        order.money == deposit.money && !order.name.trim().is_empty() && deposit.text.contains(order.name.trim())
    })
}
