//! What may become of a message, and by whom: the rules once more, from the design and not from the code.

use std::collections::BTreeSet;

use entity::{sms, sms_history};

use crate::domain::sms::SmsState::{
    self, Accepted, Ambiguous, Held, Ignored, Matched, Parsed, Quarantined, Received, Rejected, Settled, Unmatched,
    Unparsed,
};

pub(super) const STATES: [SmsState; 12] = [
    Received,
    Held,
    Quarantined,
    Rejected,
    Accepted,
    Ignored,
    Unparsed,
    Parsed,
    Matched,
    Ambiguous,
    Unmatched,
    Settled,
];

type Edge = (SmsState, SmsState);

const VALIDATOR: &[Edge] = &[(Received, Accepted), (Received, Rejected), (Received, Quarantined)];
/// `Quarantined`: it failed on it each time.
const PARSER: &[Edge] = &[(Accepted, Ignored), (Accepted, Unparsed), (Accepted, Parsed), (Accepted, Quarantined)];
const MATCHER: &[Edge] = &[
    (Parsed, Matched),
    (Parsed, Ambiguous),
    (Parsed, Unmatched),
    (Ambiguous, Matched),
    (Ambiguous, Unmatched),
    (Unmatched, Matched),
    (Unmatched, Ambiguous),
    (Matched, Ambiguous),
    (Matched, Unmatched),
    (Matched, Settled),
];
/// The last of them for what reads as no deposit.
const WALLET: &[Edge] = &[(Matched, Settled), (Matched, Parsed), (Matched, Unparsed)];
/// A further sighting vouches for it, or names its sender.
const INBOX: &[Edge] = &[(Held, Received), (Rejected, Received)];
const OPERATOR: &[Edge] = &[
    // A reset, a device that is trusted, a sender that is listed.
    (Held, Received),
    (Quarantined, Received),
    (Rejected, Received),
    (Accepted, Received),
    (Ignored, Received),
    (Unparsed, Received),
    (Parsed, Received),
    (Matched, Received),
    (Ambiguous, Received),
    (Unmatched, Received),
    // A device that is trusted no more.
    (Received, Held),
    (Accepted, Held),
    (Unparsed, Held),
    (Parsed, Held),
    (Matched, Held),
    (Ambiguous, Held),
    (Unmatched, Held),
    // A link by hand.
    (Parsed, Matched),
    (Ambiguous, Matched),
    (Unmatched, Matched),
    // One of what was imported, with the amount that the old server read.
    (Unparsed, Matched),
    (Quarantined, Matched),
    (Rejected, Matched),
    (Ignored, Matched),
    // A pair or a decision that is taken back.
    (Matched, Unmatched),
    (Matched, Unparsed),
    (Matched, Parsed),
    (Ambiguous, Parsed),
    (Unmatched, Parsed),
];
/// Whoever changes one link of a balance chain mends the break of another, which is then decided again.
const CHAIN: &[Edge] = &[(Unmatched, Parsed)];

/// What these sequences cannot lead to: a parser that fails on a text each time, a link with what reads as no deposit, and what
/// only an imported row may do.
const OUT_OF_REACH: [Edge; 6] = [
    (Accepted, Quarantined),
    (Matched, Unparsed),
    (Unparsed, Matched),
    (Quarantined, Matched),
    (Rejected, Matched),
    (Ignored, Matched),
];

fn of(actor: &str) -> &'static [Edge] {
    match actor {
        "whitelist_validator" => VALIDATOR,
        "template_parser" => PARSER,
        "order_matcher" => MATCHER,
        "order_book" | "compensator" => WALLET,
        "inbox" => INBOX,
        "operator:kim" => OPERATOR,
        other => panic!("{other} changes no message"),
    }
}

/// Every transition that somebody may make.
pub(super) fn all() -> BTreeSet<Edge> {
    [VALIDATOR, PARSER, MATCHER, WALLET, INBOX, OPERATOR, CHAIN].into_iter().flatten().copied().collect()
}

/// Those that sequences come by.
pub(super) fn expected() -> impl Iterator<Item = Edge> {
    all().into_iter().filter(|edge| !OUT_OF_REACH.contains(edge))
}

/// INV-S2: whether `actor` may write the review `after` over `before` while the message goes along `edge`.
fn may_review(actor: &str, (from, to): Edge, before: &str, after: &str) -> bool {
    if actor.starts_with("operator:") || before == after {
        return true;
    }
    match (before, after) {
        ("none", "need_check") | ("need_check", "none") => true,
        // What was confirmed is another pair now, or is none any more.
        ("confirmed", "need_check") if actor == "order_matcher" => true,
        ("confirmed", "need_check") => actor == "order_book" && (from, to) == (Settled, Settled),
        ("confirmed", "none") => matches!(actor, "order_book" | "compensator") && (from, to) == (Matched, Parsed),
        // What a person refused stays refused, and nobody but a person decides.
        _ => false,
    }
}

/// Holds that a message came to where it stands by legal steps alone, each from where the last one ended. Answers the steps.
pub(super) fn hold(sms: &sms::Model, history: &[sms_history::Model]) -> Vec<Edge> {
    let mut edges = Vec::new();
    let mut stands: Option<(SmsState, &str)> = None;
    for row in history {
        let (from, to): Edge = (row.from_state.parse().unwrap(), row.to_state.parse().unwrap());
        let story = || format!("sms {} of {}: {history:#?}", sms.id, sms.sender);
        let is_first = stands.is_none();
        let (stood, review) = stands.unwrap_or((from, "none"));
        assert_eq!(stood, from, "it was not there: {}", story());
        assert!(!is_first || matches!(from, Received | Held), "no message begins so: {}", story());
        // Its first word is why it cannot be read.
        let is_unreadable = is_first && row.actor == "inbox" && from == Received && matches!(to, Quarantined | Held);
        let is_legal =
            from == to || is_unreadable || of(&row.actor).contains(&(from, to)) || CHAIN.contains(&(from, to));
        assert!(is_legal, "{} made {from} {to}: {}", row.actor, story());
        let is_reviewed_well = is_unreadable || may_review(&row.actor, (from, to), review, &row.review);
        assert!(is_reviewed_well, "{} made {review} {}: {}", row.actor, row.review, story());
        if from != to {
            edges.push((from, to));
        }
        stands = Some((to, &row.review));
    }
    let (state, review) = stands.unwrap_or((sms.state.parse().unwrap(), &sms.review));
    assert_eq!((state.as_str(), review), (sms.state.as_str(), sms.review.as_str()), "sms {}: {history:#?}", sms.id);
    edges
}
