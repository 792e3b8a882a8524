//! The rules: what follows from who fits whom.

use super::bucket::{Bucket, DepositEntry, Link};
use super::window::is_past_early_window;
use super::{Outcome, Timing};
use crate::domain::flags::{Flag, Flags};

/// The decision on one deposit, not yet explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// The deposit.
    pub sms_id: i64,
    /// What was decided.
    pub outcome: Outcome,
    /// The reasons that matching owns.
    pub flags: Flags,
    /// Whether somebody must look.
    pub need_check: bool,
    pub(super) rule: Rule,
    /// Where the deposit stands in the bucket.
    pub(super) at: usize,
}

/// The rule that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    UniqueInWindow,
    SeveralInWindow,
    UniqueOffWindow,
    SeveralOffWindow,
    OrderTaken,
    NoName,
    NoOrder,
    HeldBack,
}

impl Rule {
    /// Name and version. The version grows with every change of what the rule decides.
    pub fn id(self) -> &'static str {
        match self {
            Self::UniqueInWindow => "unique-in-window/1",
            Self::SeveralInWindow => "several-in-window/1",
            Self::UniqueOffWindow => "unique-off-window/1",
            Self::SeveralOffWindow => "several-off-window/1",
            Self::OrderTaken => "order-taken/1",
            Self::NoName => "no-name/1",
            Self::NoOrder => "no-order/1",
            Self::HeldBack => "held-back/1",
        }
    }
}

impl Bucket<'_> {
    /// Decides every free deposit; sorted by `sms_id`. Cheap against explaining: compare with what is stored first.
    #[must_use]
    pub fn rulings(&self) -> Vec<Ruling> {
        (0..self.deposits.len()).map(|at| self.rule_on(at)).collect()
    }

    fn rule_on(&self, at: usize) -> Ruling {
        let entry = &self.deposits[at];
        let is_held_back = entry.deposit.held_back != Flags::NONE;
        let (free_rule, pair) = self.rule_for(entry);
        let rule = if is_held_back { Rule::HeldBack } else { free_rule };
        let (outcome, mut flags) = match (rule, pair) {
            (Rule::UniqueInWindow | Rule::UniqueOffWindow, Some(link)) => {
                let order_id = self.orders[link.order].order.order_id.clone();
                (Outcome::Matched { order_id, timing: link.timing }, timing_flag(link.timing))
            }
            (Rule::SeveralInWindow | Rule::SeveralOffWindow, _) => {
                (Outcome::Ambiguous, Flags::NONE.with(Flag::Ambiguous))
            }
            _ => (Outcome::Unmatched, Flags::NONE),
        };
        // A deposit that is held back also shows what else would keep it from its order.
        match free_rule {
            Rule::OrderTaken => flags = flags.with(Flag::OrderTaken),
            Rule::NoName => flags = flags.with(Flag::NoName),
            _ => {}
        }
        let waits_in_vain = matches!(free_rule, Rule::NoOrder | Rule::NoName)
            && is_past_early_window(entry.deposit, &self.windows, self.now);
        if waits_in_vain {
            flags = flags.with(Flag::UnmatchedExpired);
        }
        let need_check = is_held_back || flags != Flags::NONE;
        Ruling { sms_id: entry.deposit.sms_id, outcome, flags, need_check, rule, at }
    }

    /// The rule that decides a deposit were it not held back, and the pair where there is one.
    fn rule_for(&self, entry: &DepositEntry<'_>) -> (Rule, Option<Link>) {
        let open: Vec<Link> = entry.links.iter().copied().filter(|link| !self.orders[link.order].is_taken).collect();
        let inside: Vec<Link> = open.iter().copied().filter(|link| link.timing == Timing::InWindow).collect();
        if let Some(first) = inside.first() {
            // INV-M3: one on both sides, or nobody's.
            let is_unique = inside.len() == 1 && self.in_window[first.order].len() == 1;
            return if is_unique { (Rule::UniqueInWindow, Some(*first)) } else { (Rule::SeveralInWindow, None) };
        }
        // From here on all links are early or late. An order with a deposit of its own in window is not to be had.
        let outside: Vec<Link> = open.iter().copied().filter(|link| self.in_window[link.order].is_empty()).collect();
        if let Some(first) = outside.first() {
            let is_unique = outside.len() == 1 && self.off_window[first.order].len() == 1;
            return if is_unique { (Rule::UniqueOffWindow, Some(*first)) } else { (Rule::SeveralOffWindow, None) };
        }
        if !entry.links.is_empty() {
            return (Rule::OrderTaken, None);
        }
        (if entry.is_nameless() { Rule::NoName } else { Rule::NoOrder }, None)
    }
}

fn timing_flag(timing: Timing) -> Flags {
    match timing {
        Timing::InWindow => Flags::NONE,
        Timing::Early => Flags::NONE.with(Flag::Early),
        Timing::Late => Flags::NONE.with(Flag::Late),
    }
}
