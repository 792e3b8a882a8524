//! Cases: what phones, people and the wallet do with the messages of one bank, and what those say.

use proptest::prelude::*;

use crate::domain::order::OrderStatus;
use crate::domain::sms::CheckDecision;

/// Cases in one store.
pub(super) const TOGETHER: u32 = 250;
/// Operations in a case at most.
const LONGEST: usize = 14;

/// What deposits say: which of the bank's amounts, whose, and the balance after it, where they say one.
const DEPOSITS: [(i64, &str, i64); 5] =
    [(0, "홍길동", 0), (0, "홍길동", 2), (0, "김철수", 0), (1, "홍길동", 4), (2, "김철수", 0)];

/// What somebody does. Messages are named by their place among those of the story, orders by their number.
#[derive(Clone, Debug)]
pub(super) enum Op {
    /// A phone brings a text; not `named`: without its sender.
    Deliver { text: usize, own: bool, named: bool, old: bool },
    /// An operator trusts the story's own phone, or does not any more.
    Trust(bool),
    /// The bank is put on the whitelist, or taken from it.
    List(bool),
    /// The bank's templates are added, or deleted.
    Templates(bool),
    /// The wallet tells a new version of an order, for what one of the deposits pays.
    Order { nth: usize, fits: usize, status: OrderStatus },
    /// An operator checks a message.
    Check { sms: usize, decision: CheckDecision, order: Option<usize> },
    /// An operator resets a message.
    Reset(usize),
    /// An operator takes a break of the balance chain as it stands.
    Accept(usize),
}

/// A case.
#[derive(Clone, Debug)]
pub(super) struct Story {
    pub ops: Vec<Op>,
    /// Whether its bank is on the whitelist at first.
    pub listed: bool,
    /// Whether its bank's texts can be read at first.
    pub read: bool,
}

fn any_op() -> impl Strategy<Value = Op> {
    let status = prop::sample::select(vec![
        OrderStatus::Open,
        OrderStatus::Open,
        OrderStatus::Open,
        OrderStatus::Approved,
        OrderStatus::Approved,
        OrderStatus::Cancelled,
        OrderStatus::Expired,
    ]);
    let decision =
        prop::sample::select(vec![CheckDecision::Confirm, CheckDecision::Reject, CheckDecision::Reopen]).boxed();
    let order = prop::option::weighted(0.6, 0..3_usize);
    // Most are deposits that an order could fit, so that many get as far as a pair.
    let text = prop_oneof![5 => Just(0), 3 => 1..DEPOSITS.len(), 2 => DEPOSITS.len()..DEPOSITS.len() + 4];
    let fits = prop_oneof![3 => Just(0), 2 => 1..3_usize];
    let mostly = || prop::bool::weighted(0.75);
    prop_oneof![
        6 => (text, any::<bool>(), prop::bool::weighted(0.9), prop::bool::weighted(0.1))
            .prop_map(|(text, own, named, old)| Op::Deliver { text, own, named, old }),
        2 => mostly().prop_map(Op::Trust),
        1 => mostly().prop_map(Op::List),
        1 => mostly().prop_map(Op::Templates),
        6 => (0..3_usize, fits, status).prop_map(|(nth, fits, status)| Op::Order { nth, fits, status }),
        4 => (any::<usize>(), decision, order).prop_map(|(sms, decision, order)| Op::Check { sms, decision, order }),
        2 => any::<usize>().prop_map(Op::Reset),
        1 => any::<usize>().prop_map(Op::Accept),
    ]
}

/// Each starts with a bank that is listed and read, which sequences can undo, so that most messages get far.
pub(super) fn any_stories() -> impl Strategy<Value = Vec<Story>> {
    let story = (prop::collection::vec(any_op(), 3..=LONGEST), prop::bool::weighted(0.9), prop::bool::weighted(0.9));
    let story = story.prop_map(|(ops, listed, read)| Story { ops, listed, read });
    // None of them, so to speak, is left out at first; but a failure is told without those that have no part in it.
    let stories = prop::collection::vec(prop::option::weighted(0.9999, story), TOGETHER as usize);
    stories.prop_map(|stories| stories.into_iter().flatten().collect())
}

/// What the text of this number says, and whether it is one that a decoder would not let through.
pub(super) fn text_of(nth: usize, text: usize) -> (Option<String>, bool) {
    let is_unreadable = text >= DEPOSITS.len() + 2;
    let text = match (DEPOSITS.get(text), text - DEPOSITS.len().min(text)) {
        (Some((which, name, 0)), _) => Some(format!("[Web발신]\n입금 {}원\n{name}", amount(nth, *which))),
        (Some((which, name, balance)), _) => {
            Some(format!("[Web발신]\n입금 {}원\n잔액 {}원\n{name}", amount(nth, *which), balance * 100_000))
        }
        (None, 0) => Some(format!("[Web발신]\n출금 {}원\n잔액 700,000원\n홍길동", amount(nth, 0))),
        (None, 1) => Some("[Web발신]\n내일 10시에 봐요".to_owned()),
        (None, 2) => Some("[Web발신]\n입금 너무 긴 글".to_owned()),
        _ => None,
    };
    (text, is_unreadable)
}

/// The bank's number.
pub(super) fn sender(nth: usize) -> String {
    format!("1588{nth:04}")
}

pub(super) fn order_id(nth: usize, order: usize) -> String {
    format!("R-{nth}-{order}")
}

/// One of the bank's amounts: no other story has it. The third is over the template's maximum: read, and not certain.
pub(super) fn amount(nth: usize, which: i64) -> i64 {
    let base = if which == 2 { 2_000_000 } else { 10_000 };
    base + i64::try_from(nth).unwrap() * 10 + which
}
