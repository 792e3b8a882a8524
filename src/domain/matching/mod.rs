//! Pairs deposits with the open orders of the same currency and amount. Pure: the caller reads one bucket (all
//! undecided deposits and orders of one currency and amount) under the bucket's lock, and stores what is decided here.
//!
//! The rule above all others: a wrong credit is worse than a hundred reviews. So a pair is made only where it is the
//! only one possible from both sides (INV-M3), and the answer depends on what is there, never on what came first
//! (INV-M4). `docs/specs/recon/invariants.md` lists the invariants.
//!
//! What the plan leaves open is decided like this:
//! - A deposit that nothing names (no usable name, no reference) is `Unmatched` with `no_name` and a check at once,
//!   also where only one order could be meant; those orders are its candidates. It is no rival of a named deposit.
//! - A name of one character, or of mask characters only, names nobody.
//! - Mask characters count on the deposit's side only: banks mask, and a customer who typed `***` would otherwise fit
//!   everybody's deposit.
//! - An order that is taken (held by a firm deposit, or approved) neither competes with an order that is free nor hides
//!   it: only a deposit that fits nothing but taken orders is `order_taken`.

mod account;
mod bucket;
mod explain;
mod explanation;
mod name;
mod near;
mod reference;
mod rules;
pub mod synthetic;
mod window;

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::flags::{Flag, Flags};
use super::money::Money;
use super::order::Order;
use super::time::UnixMs;

pub use bucket::Bucket;
pub use explanation::{
    CANDIDATES_STORED_MAX, Candidate, CandidateVerdict, Criterion, CriterionVerdict, Explanation, RIVALS_STORED_MAX,
    RunnerUp, Verdict,
};
pub use name::writings as name_writings;
pub use near::{NEAR_MISSES_MAX, NearMiss, NearOrder, NearReason, Nearby, near_deposit, near_order};
pub use rules::Ruling;

/// The flags that matching owns: the caller replaces these by a decision's and leaves all others as they are.
pub const MATCHING_FLAGS: Flags = Flags::NONE
    .with(Flag::Early)
    .with(Flag::Late)
    .with(Flag::OrderTaken)
    .with(Flag::NoName)
    .with(Flag::Ambiguous)
    .with(Flag::UnmatchedExpired);

/// How far from an order's own time a deposit may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Windows {
    /// How long before an order was created its deposit may have been made.
    pub early: Duration,
    /// How long after an order expired its deposit may have been made; also how long an order without `expires_at`
    /// is in window.
    pub late: Duration,
}

/// Whether a deposit may still be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bond {
    /// Neither confirmed by a person nor settled: decided here, again and again.
    Free,
    /// Confirmed by a person or settled: stays with its order.
    Firm {
        /// The order it holds.
        order_id: String,
    },
}

/// The template that read a text, for explanations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadBy {
    /// Which.
    pub id: i64,
    /// Its version at that time.
    pub version: i64,
}

/// What matching needs to know of a deposit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// The sms that told of it.
    pub sms_id: i64,
    /// What was paid.
    pub money: Money,
    /// When, by the text where it says so, else when the sms was received.
    pub at: UnixMs,
    /// The text has no seconds, so `at` stands for its whole minute.
    pub to_the_minute: bool,
    /// Who paid, exactly as it stands in the text.
    pub name: Option<String>,
    /// Free text of the payer.
    pub memo: Option<String>,
    /// A payment code.
    pub reference: Option<String>,
    /// The account of ours that was paid into, perhaps masked.
    pub account: Option<String>,
    /// The bank cuts names after this many characters of the raw name.
    pub name_max: Option<u32>,
    /// What read it. Decides nothing.
    pub template: Option<ReadBy>,
    /// Reasons not to match it on its own (`chain_break`, `suspicious_text`, `old_event`, ...). It stays a rival.
    pub held_back: Flags,
    /// Whether it may still be decided.
    pub bond: Bond,
}

/// An order and who holds it. Given are the open ones, and approved ones that a deposit might still be meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BucketOrder {
    /// The order.
    pub order: Order,
    /// The sms that holds it for good: matched, and confirmed by a person or settled.
    pub firm_sms: Option<i64>,
}

crate::text_enum! {
    /// Where a deposit's time lies against an order's.
    pub enum Timing {
        /// Between the order's creation and its expiry.
        InWindow = "in_window",
        /// Before its creation, within the early window.
        Early = "early",
        /// After its expiry, within the late window.
        Late = "late",
    }
}

/// What was decided of a deposit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This order and this deposit fit each other and nothing else.
    Matched {
        /// The order.
        order_id: String,
        /// Where the deposit's time lies.
        timing: Timing,
    },
    /// Several pairs are possible.
    Ambiguous,
    /// No order can be told; it waits for one, or for a person.
    Unmatched,
}

/// The decision on one deposit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// The deposit.
    pub sms_id: i64,
    /// What was decided.
    pub outcome: Outcome,
    /// The reasons that matching owns, a subset of [`MATCHING_FLAGS`].
    pub flags: Flags,
    /// Whether somebody must look. Where it is false the caller clears only a check that the system itself had set.
    pub need_check: bool,
    /// Why, for people.
    pub explanation: Explanation,
}

/// Decides every free deposit of a bucket; sorted by `sms_id`.
///
/// The same deposits and orders give the same decisions in whatever order they are given (INV-M4). Deposits and orders
/// of other money may be among them: they never meet. Where most decisions will turn out to be unchanged, use
/// [`Bucket`] and explain only those that did change: explanations cost more than decisions.
#[must_use]
pub fn decide(deposits: &[Deposit], orders: &[BucketOrder], windows: &Windows, now: UnixMs) -> Vec<Decision> {
    let bucket = Bucket::new(deposits, orders, *windows, now);
    bucket
        .rulings()
        .into_iter()
        .map(|ruling| {
            let explanation = bucket.explain(&ruling);
            let Ruling { sms_id, outcome, flags, need_check, .. } = ruling;
            Decision { sms_id, outcome, flags, need_check, explanation }
        })
        .collect()
}
