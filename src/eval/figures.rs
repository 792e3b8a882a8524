//! What is counted, of texts, of days and of matchers.

use serde::Serialize;

use super::corpus::Expect;
use super::ratio::Ratio;
use super::score::Score;
use super::texts::{Outcome, Read};

/// Of labelled texts.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct TextFigures {
    /// Texts in all.
    pub texts: u64,
    /// Those that are deposits.
    pub deposits: u64,
    /// Deposits that were read, with every labelled field right.
    pub right: u64,
    /// `right` of `deposits`.
    pub recall: Ratio,
    /// Deposits that were read with another amount.
    pub wrong_amounts: u64,
    /// Deposits whose amount is right and another field is not.
    pub wrong_fields: u64,
    /// Texts that are no deposits.
    pub negatives: u64,
    /// Of these, those that were booked as one.
    pub negatives_booked: u64,
    /// Texts that nobody is asked about, though the label says that people must be, and withdrawals that were not read.
    pub unasked: u64,
    /// Deposits that were not read, and nobody is asked.
    pub silent_drops: u64,
    /// Texts that people are asked about.
    pub asked: u64,
    /// `asked` of `texts`.
    pub review_rate: Ratio,
}

/// Of scripted days.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct DayFigures {
    /// Deposits that were heard.
    pub deposits: u64,
    /// Deposits whose pair is certain.
    pub certain: u64,
    /// Certain pairs that were credited.
    pub found: u64,
    /// `found` of `certain`.
    pub recall: Ratio,
    /// Right credits of all credits.
    pub precision: Ratio,
    /// Credits that are right by luck: what can be seen does not prove them.
    pub unproven: u64,
    /// Orders credited for a message that did not pay them.
    pub wrong_credits: u64,
    /// Credits beyond the first of one deposit or one order.
    pub double_use: u64,
    /// Deposits with no pair about which nobody is asked, and messages that have no sms of their own.
    pub silent_drops: u64,
    /// Messages that people are asked about.
    pub asked: u64,
    /// Deposits that were left to people, of all.
    pub review_rate: Ratio,
    /// Half of the pairs were made within so many seconds of the message (scripted time).
    pub decided_p50_seconds: u64,
    /// 99 of 100 pairs were.
    pub decided_p99_seconds: u64,
}

/// A day and its figures.
#[derive(Clone, Debug, Serialize)]
pub struct NamedDay {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub why: String,
    /// Its figures.
    #[serde(flatten)]
    pub figures: DayFigures,
}

/// How often people are asked for a reason.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Reason {
    /// On messages of days.
    pub days: u64,
    /// Of these, on deposits whose pair is certain.
    pub certain: u64,
    /// On labelled texts.
    pub texts: u64,
}

/// A matcher and its figures over all days.
#[derive(Clone, Debug, Serialize)]
pub struct NamedBaseline {
    /// Its name.
    pub name: &'static str,
    /// How it chooses.
    pub rule: &'static str,
    /// Certain pairs that it credited.
    pub found: u64,
    /// `found` of the certain pairs.
    pub recall: Ratio,
    /// Right credits of all credits.
    pub precision: Ratio,
    /// Right by luck.
    pub unproven: u64,
    /// Orders credited for a message that did not pay them.
    pub wrong_credits: u64,
    /// Credits beyond the first of one deposit or one order.
    pub double_use: u64,
    /// Deposits that it left to people, of all.
    pub review_rate: Ratio,
}

impl DayFigures {
    pub(super) fn of(score: &Score, silent_drops: u64, asked: u64, waits_ms: &mut [u64]) -> Self {
        waits_ms.sort_unstable();
        let percentile = |per_cent: usize| {
            let place = (waits_ms.len() * per_cent).div_ceil(100).saturating_sub(1);
            waits_ms.get(place).map_or(0, |ms| ms / 1_000)
        };
        Self {
            deposits: score.deposits,
            certain: score.certain,
            found: score.found,
            recall: Ratio::of(score.found, score.certain),
            precision: precision(score),
            unproven: score.unproven,
            wrong_credits: score.wrong,
            double_use: score.double,
            silent_drops,
            asked,
            review_rate: Ratio::of(score.left, score.deposits),
            decided_p50_seconds: percentile(50),
            decided_p99_seconds: percentile(99),
        }
    }

    pub(super) fn score(&self) -> Score {
        Score {
            deposits: self.deposits,
            certain: self.certain,
            found: self.found,
            unproven: self.unproven,
            wrong: self.wrong_credits,
            double: self.double_use,
            left: self.review_rate.part,
        }
    }

    /// Both together, but for the times.
    pub(super) fn with(&self, other: &Self) -> Self {
        let mut score = self.score();
        score.add(&other.score());
        Self::of(&score, self.silent_drops + other.silent_drops, self.asked + other.asked, &mut [])
    }
}

/// Right credits of all credits.
pub(super) const fn precision(score: &Score) -> Ratio {
    Ratio::of(score.found + score.unproven, score.credits())
}

impl TextFigures {
    pub(super) fn add(&mut self, read: &Read<'_>) {
        let is_deposit = matches!(read.text.expect, Expect::Deposit(_));
        self.texts += 1;
        self.deposits += u64::from(is_deposit);
        self.negatives += u64::from(!is_deposit);
        self.asked += u64::from(read.asked);
        match read.outcome {
            Outcome::Right => self.right += u64::from(is_deposit),
            Outcome::WrongAmount => self.wrong_amounts += 1,
            Outcome::WrongField => self.wrong_fields += 1,
            Outcome::LeftToPeople => {}
            Outcome::Dropped => self.silent_drops += 1,
            Outcome::Booked => self.negatives_booked += 1,
            Outcome::Unasked => self.unasked += 1,
        }
        self.recall = Ratio::of(self.right, self.deposits);
        self.review_rate = Ratio::of(self.asked, self.texts);
    }
}
