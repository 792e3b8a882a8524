//! The figures of an evaluation. `docs/reference/recon/eval.md` says what each means.

use std::collections::BTreeMap;

use serde::Serialize;

use super::baseline::BASELINES;
use super::corpus::{Day, Expect};
use super::goals::{self, Goal};
use super::ratio::Ratio;
use super::score::{Played, Score, dropped, score};
use super::texts::{Outcome, Read};
use crate::domain::flags::Flag;
use crate::domain::sms::Review;

/// What an evaluation found.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Whether every goal is met.
    pub met: bool,
    /// The goals.
    pub goals: Vec<Goal>,
    /// All texts together; none where there are no texts.
    pub texts: Option<TextFigures>,
    /// Texts by bank.
    pub texts_by_bank: BTreeMap<String, TextFigures>,
    /// All days together; none where there are no days.
    pub days: Option<DayFigures>,
    /// Each day.
    pub by_day: Vec<NamedDay>,
    /// The days' deposits by bank.
    pub days_by_bank: BTreeMap<String, DayFigures>,
    /// How often each reason stood on a message that people were asked about.
    pub by_reason: BTreeMap<&'static str, Reason>,
    /// The same days as other matchers decide them.
    pub baselines: Vec<NamedBaseline>,
    /// What did not go as it must, one line each.
    pub failures: Vec<String>,
    #[serde(skip)]
    waits_ms: Vec<u64>,
    #[serde(skip)]
    baseline_scores: Vec<Score>,
}

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
    fn of(score: &Score, silent_drops: u64, asked: u64, waits_ms: &mut [u64]) -> Self {
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

    fn score(&self) -> Score {
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
    fn with(&self, other: &Self) -> Self {
        let mut score = self.score();
        score.add(&other.score());
        Self::of(&score, self.silent_drops + other.silent_drops, self.asked + other.asked, &mut [])
    }
}

const fn precision(score: &Score) -> Ratio {
    Ratio::of(score.found + score.unproven, score.credits())
}

impl Report {
    pub(super) fn add_day(&mut self, day: &Day, played: &Played) {
        let credits = || played.credits.iter().map(|credit| (credit.message, credit.order_id.as_str()));
        let lost = dropped(day, played);
        let asks = |review: Review| review != Review::None;
        let mut waits: Vec<u64> =
            played.credits.iter().filter_map(|credit| u64::try_from(credit.waited.as_millis()).ok()).collect();
        self.waits_ms.extend(&waits);
        let asked = count(played.ended.iter().filter(|ended| asks(ended.review)).count());
        let figures = DayFigures::of(&score(day, credits(), None), count(lost.len()), asked, &mut waits);
        self.by_day.push(NamedDay { name: day.name.clone(), why: day.why.clone(), figures });

        let mut banks: Vec<&str> = day.messages.iter().map(|message| message.bank.as_str()).collect();
        banks.sort_unstable();
        banks.dedup();
        for bank in banks {
            let of_bank = |message: usize| day.messages[message].bank == bank;
            let lost = lost.iter().filter(|message| of_bank(**message)).count();
            let asked = played.ended.iter().filter(|ended| asks(ended.review) && of_bank(ended.message)).count();
            let own = DayFigures::of(&score(day, credits(), Some(bank)), count(lost), count(asked), &mut []);
            let known = self.days_by_bank.entry(bank.to_owned()).or_default();
            *known = known.with(&own);
        }
        for ended in played.ended.iter().filter(|ended| asks(ended.review)) {
            for flag in ended.flags.iter() {
                let reason = self.by_reason.entry(flag.as_str()).or_default();
                reason.days += 1;
                reason.certain += u64::from(day.messages[ended.message].truth.certain);
            }
        }
        self.tell_failures(day, played, &lost);
        self.baseline_scores.resize(BASELINES.len(), Score::default());
        for (baseline, total) in BASELINES.iter().zip(&mut self.baseline_scores) {
            let credits = baseline.credits(played.events.iter().map(|(_, event)| event));
            let credits = credits.iter().map(|(message, order)| (*message, order.as_str()));
            total.add(&score(day, credits, None));
        }
    }

    fn tell_failures(&mut self, day: &Day, played: &Played, lost: &[usize]) {
        let name = |message: usize| format!("day {:?}, sms {:?}", day.name, day.messages[message].id);
        for credit in &played.credits {
            let truth = &day.messages[credit.message].truth;
            let paid = truth.pays.as_deref().unwrap_or("no order");
            if truth.pays.as_deref() != Some(&credit.order_id) {
                let (place, order) = (name(credit.message), &credit.order_id);
                self.failures.push(format!("{place}: credited {order}, and paid {paid}"));
            } else if !truth.certain {
                let place = name(credit.message);
                self.failures.push(format!("{place}: credited {paid} rightly, though nothing proves it"));
            }
        }
        for message in lost {
            self.failures.push(format!("{}: dropped in silence", name(*message)));
        }
        for (message, said) in day.messages.iter().enumerate() {
            let found = played.credits.iter().any(|credit| credit.message == message);
            if !said.truth.certain || !said.heard || found {
                continue;
            }
            let ends: Vec<String> = played
                .ended
                .iter()
                .filter(|ended| ended.message == message)
                .map(|ended| {
                    let flags: Vec<&str> = ended.flags.iter().map(Flag::as_str).collect();
                    format!("{}, {} [{}]", ended.state, ended.review, flags.join(", "))
                })
                .collect();
            let paid = said.truth.pays.as_deref().unwrap_or_default();
            self.failures.push(format!("{}: {paid} is certain and was not found: {}", name(message), ends.join("; ")));
        }
    }

    pub(super) fn add_text(&mut self, read: &Read<'_>) {
        let bank = self.texts_by_bank.entry(read.text.bank.clone()).or_default();
        for figures in [bank, self.texts.get_or_insert_default()] {
            figures.add(read);
        }
        if read.asked {
            for flag in read.flags.iter() {
                self.by_reason.entry(flag.as_str()).or_default().texts += 1;
            }
        }
        if read.outcome != Outcome::Right {
            let what = match read.outcome {
                Outcome::WrongAmount => "wrong amount",
                Outcome::WrongField => "wrong field",
                Outcome::LeftToPeople => "a deposit that was not read",
                Outcome::Dropped => "a deposit that was dropped in silence",
                Outcome::Booked => "no deposit, and booked",
                Outcome::Right | Outcome::Unasked => "not as the label says",
            };
            let text = &read.text.text;
            self.failures.push(format!("{}: {what}: {}: {text:?}", read.text.place, read.told));
        }
    }

    /// Sums up what was added.
    pub(super) fn sum_up(&mut self) {
        let mut total: Option<DayFigures> = None;
        for day in &self.by_day {
            total = Some(total.map_or(day.figures, |total| total.with(&day.figures)));
        }
        self.days =
            total.map(|total| DayFigures::of(&total.score(), total.silent_drops, total.asked, &mut self.waits_ms));
        let all = BASELINES.iter().zip(&self.baseline_scores);
        self.baselines = all
            .map(|(baseline, score)| NamedBaseline {
                name: baseline.name,
                rule: baseline.rule,
                found: score.found,
                recall: Ratio::of(score.found, score.certain),
                precision: precision(score),
                unproven: score.unproven,
                wrong_credits: score.wrong,
                double_use: score.double,
                review_rate: Ratio::of(score.left, score.deposits),
            })
            .collect();
        self.goals = goals::of(self.days.as_ref(), self.texts.as_ref());
        self.met = self.goals.iter().all(|goal| goal.met);
    }
}

impl TextFigures {
    fn add(&mut self, read: &Read<'_>) {
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

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
