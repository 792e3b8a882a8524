//! Credits against what is true.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::domain::flags::Flags;
use crate::domain::sms::{Review, SmsState};
use crate::domain::time::UnixMs;

use super::baseline::Event;
use super::corpus::{Day, Is};

/// An order that was credited for a message.
#[derive(Clone, Debug)]
pub(super) struct Credit {
    /// The message's place in the day.
    pub message: usize,
    /// The order.
    pub order_id: String,
    /// From when the message was stored until the pair was made.
    pub waited: Duration,
}

/// How a stored message ended.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub message: usize,
    pub state: SmsState,
    pub review: Review,
    pub flags: Flags,
    pub order_id: Option<String>,
}

/// What came of a day.
#[derive(Clone, Debug, Default)]
pub(super) struct Played {
    pub credits: Vec<Credit>,
    pub ended: Vec<Ended>,
    /// Messages that were delivered and have no sms of their own.
    pub swallowed: Vec<usize>,
    /// What the baselines are told, in the order of time.
    pub events: Vec<(UnixMs, Event)>,
}

/// How a set of credits compares with the truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Score {
    /// Deposits that were heard.
    pub deposits: u64,
    /// Pairs that are certain.
    pub certain: u64,
    /// Of these, those that were credited.
    pub found: u64,
    /// Pairs credited rightly, though what could be seen did not prove them.
    pub unproven: u64,
    /// Orders credited for a message that did not pay them.
    pub wrong: u64,
    /// Credits beyond the first of one message or of one order.
    pub double: u64,
    /// Deposits that were left to people.
    pub left: u64,
}

impl Score {
    /// All credits.
    pub(super) const fn credits(&self) -> u64 {
        self.found + self.unproven + self.wrong
    }

    pub(super) const fn add(&mut self, other: &Self) {
        self.deposits += other.deposits;
        self.certain += other.certain;
        self.found += other.found;
        self.unproven += other.unproven;
        self.wrong += other.wrong;
        self.double += other.double;
        self.left += other.left;
    }
}

/// Compares credits (message and order) with what is true of a day's messages, those of `bank` or all.
pub(super) fn score<'a>(day: &Day, credits: impl Iterator<Item = (usize, &'a str)>, bank: Option<&str>) -> Score {
    let ours = |message: usize| bank.is_none_or(|bank| day.messages[message].bank == bank);
    let mut score = Score::default();
    let mut by_message: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
    let mut by_order: BTreeSet<&str> = BTreeSet::new();
    for (message, order) in credits {
        let again = !by_order.insert(order) || by_message.contains_key(&message);
        by_message.entry(message).or_default().insert(order);
        if !ours(message) {
            continue;
        }
        let truth = &day.messages[message].truth;
        score.double += u64::from(again);
        match (truth.pays.as_deref() == Some(order), truth.certain) {
            (true, true) => score.found += 1,
            (true, false) => score.unproven += 1,
            (false, _) => score.wrong += 1,
        }
    }
    for (place, message) in day.messages.iter().enumerate() {
        let is_deposit = message.heard && message.truth.is == Is::Deposit;
        if !is_deposit || !ours(place) {
            continue;
        }
        score.deposits += 1;
        score.certain += u64::from(message.truth.certain);
        score.left += u64::from(!by_message.contains_key(&place));
    }
    score
}

/// Deposits that were heard and ended nowhere: no pair, nobody asked; or swallowed by another message.
pub(super) fn dropped(day: &Day, played: &Played) -> Vec<usize> {
    let ended_well = |ended: &Ended| {
        let asked = ended.review != Review::None;
        let paired = matches!(ended.state, SmsState::Matched | SmsState::Settled) && ended.order_id.is_some();
        asked || paired
    };
    let mut dropped: BTreeSet<usize> = played.swallowed.iter().copied().collect();
    for ended in &played.ended {
        if day.messages[ended.message].truth.is == Is::Deposit && !ended_well(ended) {
            dropped.insert(ended.message);
        }
    }
    dropped.into_iter().collect()
}
