//! The figures of an evaluation. `docs/reference/recon/eval.md` says what each means.

use std::collections::BTreeMap;

use serde::Serialize;

use super::baseline::BASELINES;
use super::corpus::Day;
use super::figures::{DayFigures, NamedBaseline, NamedDay, Reason, TextFigures, precision};
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

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
