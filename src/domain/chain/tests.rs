//! The chain's promises (INV-C1 to INV-C7), on examples and on random days of an account.

mod examples;
mod properties;

use std::collections::BTreeMap;

use super::{Judged, Link, Stand, Verdict, judge};
use crate::domain::time::UnixMs;

/// A deposit (or, below zero, a withdrawal) after which the text states `balance`.
pub(super) fn link(sms_id: i64, moved: i64, balance: impl Into<Option<i64>>) -> Link {
    Link { sms_id, received_at: UnixMs(sms_id), moved, balance: balance.into(), template_id: 1, accepted: false }
}

/// Judges minutes one after the other.
pub(super) fn judge_all(links: impl IntoIterator<Item = (i64, Link)>) -> Vec<Judged> {
    let mut minutes: BTreeMap<i64, Vec<Link>> = BTreeMap::new();
    for (minute, link) in links {
        minutes.entry(minute).or_default().push(link);
    }
    let mut stand = Stand::default();
    let mut all = Vec::new();
    for links in minutes.into_values() {
        let judged = judge(stand.clone(), links);
        if let Some(last) = judged.last() {
            stand = last.stand.clone();
        }
        all.extend(judged);
    }
    all
}

/// One link a minute.
pub(super) fn apart(links: impl IntoIterator<Item = Link>) -> Vec<Judged> {
    judge_all((0..).zip(links))
}

pub(super) fn verdicts(judged: &[Judged]) -> Vec<Verdict> {
    judged.iter().map(|one| one.verdict).collect()
}
