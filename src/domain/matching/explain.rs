//! Writes the explanation of a ruling.

use super::bucket::{Bucket, DepositEntry, OrderEntry};
use super::rules::{Rule, Ruling};
use super::window::closes_at;
use super::{
    CANDIDATES_STORED_MAX, Candidate, CandidateVerdict, Criterion, CriterionVerdict, Explanation, Outcome,
    RIVALS_STORED_MAX, RunnerUp, Timing, Verdict, reference,
};
use crate::domain::flags::Flag;
use crate::domain::order::OrderStatus;

/// A candidate before it is written out, in the order of its rank.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Ranked {
    standing: Standing,
    /// From the order's creation to the deposit.
    distance_ms: u64,
    order: usize,
}

/// What keeps a deposit from an order that fits it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// It is held back, whatever fits it.
    HeldBack,
    /// It lies in the window of another order, which goes before all that it lies only near.
    InWindowFirst,
}

/// How well a candidate fits, best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Chosen,
    FitsInWindow,
    FitsOffWindow,
    HasOwnDeposit,
    Taken,
    PayerUnknown,
    OtherAccount,
    OtherTime,
}

impl Bucket<'_> {
    /// Why the bucket's deposit was ruled on like this. `ruling` must be one of this bucket's.
    #[must_use]
    pub fn explain(&self, ruling: &Ruling) -> Explanation {
        let entry = &self.deposits[ruling.at];
        let mut ranked = self.candidates(entry, ruling);
        let candidates_total = ranked.len();
        if candidates_total > CANDIDATES_STORED_MAX {
            ranked.select_nth_unstable(CANDIDATES_STORED_MAX);
            ranked.truncate(CANDIDATES_STORED_MAX);
        }
        ranked.sort_unstable();
        let candidates: Vec<Candidate> = ranked.iter().map(|one| self.candidate(ruling, *one)).collect();
        let runner_up = match &ruling.outcome {
            Outcome::Matched { .. } => candidates.get(1),
            _ => None,
        }
        .map(|second| RunnerUp { order_id: second.order_id.clone(), reason: second.reason.clone() });
        Explanation {
            rule: ruling.rule.id().to_owned(),
            template_id: entry.deposit.template.map(|template| template.id),
            template_version: entry.deposit.template.map(|template| template.version),
            summary: self.summary(ruling, &candidates, candidates_total),
            candidates,
            candidates_total,
            runner_up,
        }
    }

    /// The orders whose payer agrees, and those that fit but for a payer that cannot be told.
    fn candidates(&self, entry: &DepositEntry<'_>, ruling: &Ruling) -> Vec<Ranked> {
        let chosen = match &ruling.outcome {
            Outcome::Matched { order_id, .. } => Some(order_id.as_str()),
            _ => None,
        };
        let ranked = |order: usize, standing: Standing| {
            let distance_ms = self.orders[order].order.created_at.0.abs_diff(entry.deposit.at.0);
            Ranked { standing, distance_ms, order }
        };
        let same_payer = self.same_payer(entry);
        let mut all: Vec<Ranked> = same_payer
            .iter()
            .map(|&order| {
                let is_chosen = chosen == Some(self.orders[order].order.order_id.as_str());
                ranked(order, if is_chosen { Standing::Chosen } else { self.standing(entry, order) })
            })
            .collect();
        let nameless = entry.is_nameless();
        let unproven = self.same_money(entry.deposit).iter().copied().filter(|&order| {
            let one = &self.orders[order];
            (nameless || one.is_nameless)
                && !one.is_taken
                && same_payer.binary_search(&order).is_err()
                && self.account_verdict(entry, order) != Verdict::Differs
                && self.timing(entry.deposit, order).is_some()
        });
        all.extend(unproven.map(|order| ranked(order, Standing::PayerUnknown)));
        all
    }

    /// How an order whose payer agrees fits a deposit that was not given it.
    fn standing(&self, entry: &DepositEntry<'_>, order: usize) -> Standing {
        if self.account_verdict(entry, order) == Verdict::Differs {
            return Standing::OtherAccount;
        }
        match self.timing(entry.deposit, order) {
            None => Standing::OtherTime,
            Some(_) if self.orders[order].is_taken => Standing::Taken,
            Some(Timing::InWindow) => Standing::FitsInWindow,
            Some(_) if !self.in_window[order].is_empty() => Standing::HasOwnDeposit,
            Some(_) => Standing::FitsOffWindow,
        }
    }

    fn candidate(&self, ruling: &Ruling, ranked: Ranked) -> Candidate {
        let at = ruling.at;
        let entry = &self.deposits[at];
        let order = &self.orders[ranked.order];
        let (rivals, rivals_total) = self.rivals(at, ranked);
        let (paid, asked) = (entry.deposit.money, order.order.money);
        Candidate {
            order_id: order.order.order_id.clone(),
            verdict: match ranked.standing {
                Standing::Chosen => CandidateVerdict::Chosen,
                Standing::FitsInWindow | Standing::FitsOffWindow => CandidateVerdict::Fits,
                Standing::HasOwnDeposit | Standing::Taken => CandidateVerdict::Taken,
                Standing::PayerUnknown => CandidateVerdict::PayerUnknown,
                Standing::OtherAccount | Standing::OtherTime => CandidateVerdict::Differs,
            },
            reason: reason(ranked.standing, order, kept_by(ruling.rule), rivals_total),
            criteria: vec![
                agreed(Criterion::Currency, paid.currency.to_string(), asked.currency.to_string()),
                agreed(Criterion::Amount, paid.to_major(), asked.to_major()),
                self.account(entry, ranked.order),
                payer(entry, order, ranked.standing == Standing::PayerUnknown),
                self.time(entry, ranked.order),
            ],
            rivals,
            rivals_total,
        }
    }

    /// The other sms that compete for an order or hold it: the smallest ids, and how many.
    fn rivals(&self, at: usize, ranked: Ranked) -> (Vec<i64>, usize) {
        if let Some(sms_id) = self.orders[ranked.order].firm_sms {
            return (vec![sms_id], 1);
        }
        let inside = &self.in_window[ranked.order];
        let competing = if inside.is_empty() { &self.off_window[ranked.order] } else { inside };
        // Positions ascend with the ids.
        let others = || competing.iter().filter(|other| **other != at);
        let ids = others().take(RIVALS_STORED_MAX).map(|other| self.deposits[*other].deposit.sms_id).collect();
        (ids, others().count())
    }

    fn account(&self, entry: &DepositEntry<'_>, order: usize) -> CriterionVerdict {
        CriterionVerdict {
            criterion: Criterion::Account,
            verdict: self.account_verdict(entry, order),
            deposit: entry.deposit.account.clone(),
            order: self.orders[order].order.account.clone(),
            note: None,
        }
    }

    fn time(&self, entry: &DepositEntry<'_>, order: usize) -> CriterionVerdict {
        let timing = self.timing(entry.deposit, order);
        let order = &self.orders[order];
        let window = order
            .window
            .get_or_init(|| format!("{} to {}", order.order.created_at, closes_at(order.order, &self.windows)));
        let note = match timing {
            Some(Timing::InWindow) => entry.deposit.to_the_minute.then_some("to the minute"),
            Some(Timing::Early) => Some("before the order was placed, within the early window"),
            Some(Timing::Late) => Some("after the order's time ran out, within the late window"),
            None => Some("outside the order's windows"),
        };
        CriterionVerdict {
            criterion: Criterion::Time,
            verdict: if timing.is_some() { Verdict::Agrees } else { Verdict::Differs },
            deposit: Some(entry.deposit.at.to_string()),
            order: Some(window.clone()),
            note: note.map(str::to_owned),
        }
    }

    fn summary(&self, ruling: &Ruling, candidates: &[Candidate], total: usize) -> String {
        let entry = &self.deposits[ruling.at];
        let money = entry.deposit.money;
        let order = candidates.first().map_or("", |first| first.order_id.as_str());
        match ruling.rule {
            Rule::UniqueInWindow => format!(
                "Order {order} is the only one whose amount, payer and time fit this deposit of {money}, and no other deposit fits that order."
            ),
            Rule::UniqueOffWindow => {
                let side = match ruling.outcome {
                    Outcome::Matched { timing: Timing::Early, .. } => "before it was placed",
                    _ => "after its time ran out",
                };
                format!(
                    "Order {order} is the only one that fits this deposit of {money}, but it was paid {side}: please check."
                )
            }
            Rule::SeveralInWindow | Rule::SeveralOffWindow => {
                let fitting = entry.links.iter().filter(|link| !self.orders[link.order].is_taken).count();
                if fitting > 1 {
                    format!("{fitting} orders fit this deposit of {money}, so none was chosen.")
                } else {
                    format!(
                        "Order {order} fits this deposit of {money}, but other deposits fit it as well, so none was chosen."
                    )
                }
            }
            Rule::OrderTaken => {
                format!(
                    "Order {order} is all that fits this deposit of {money}, and it has been paid already: this may be a double payment."
                )
            }
            Rule::NoName => format!(
                "Nothing in this deposit of {money} says who paid it, so it is not matched on its own ({total} orders could be meant)."
            ),
            Rule::NoOrder => format!("No order fits this deposit of {money} yet."),
            Rule::HeldBack => {
                let flags: Vec<&str> = entry.deposit.held_back.iter().map(Flag::as_str).collect();
                format!("This deposit of {money} is held back ({}), so it is not matched on its own.", flags.join(", "))
            }
        }
    }
}

fn agreed(criterion: Criterion, deposit: String, order: String) -> CriterionVerdict {
    CriterionVerdict { criterion, verdict: Verdict::Agrees, deposit: Some(deposit), order: Some(order), note: None }
}

/// What says who paid, on both sides.
fn payer(entry: &DepositEntry<'_>, order: &OrderEntry<'_>, is_unknown: bool) -> CriterionVerdict {
    let deposit = entry.deposit;
    let name_fits = entry.name.as_ref().filter(|name| name.fits(&order.name));
    let (verdict, deposit, order, note) = if is_unknown {
        let of_deposit = deposit.name.clone().or_else(|| deposit.reference.clone());
        let note = if order.is_nameless { "the order names nobody" } else { "the deposit names nobody" };
        (Verdict::Unknown, of_deposit, order.order.depositor.clone(), Some(note.to_owned()))
    } else if let Some(name) = name_fits {
        (Verdict::Agrees, deposit.name.clone(), order.order.depositor.clone(), name.leniency().map(str::to_owned))
    } else {
        let reference = order.order.reference.clone().unwrap_or_default();
        let text = [&deposit.reference, &deposit.memo, &deposit.name]
            .into_iter()
            .flatten()
            .find(|text| reference::stands_in(&reference, text))
            .cloned();
        (Verdict::Agrees, text, reference, Some("by the order's reference".to_owned()))
    };
    CriterionVerdict { criterion: Criterion::Payer, verdict, deposit, order: Some(order), note }
}

fn kept_by(rule: Rule) -> Option<Kept> {
    match rule {
        Rule::HeldBack => Some(Kept::HeldBack),
        Rule::UniqueInWindow | Rule::SeveralInWindow => Some(Kept::InWindowFirst),
        _ => None,
    }
}

fn reason(standing: Standing, order: &OrderEntry<'_>, kept: Option<Kept>, rivals: usize) -> String {
    match standing {
        Standing::Chosen => "fits, and nothing else does".to_owned(),
        Standing::FitsInWindow | Standing::FitsOffWindow => {
            let when = if standing == Standing::FitsInWindow { "in its time window" } else { "near its time window" };
            match rivals {
                _ if kept == Some(Kept::HeldBack) => format!("fits {when}, but this deposit is held back"),
                _ if kept == Some(Kept::InWindowFirst) && standing == Standing::FitsOffWindow => {
                    format!("fits {when}, but an order goes first in whose time window the deposit lies")
                }
                0 => format!("fits {when}, as another order does"),
                1 => format!("fits {when}, and so does another deposit"),
                _ => format!("fits {when}, and so do {rivals} other deposits"),
            }
        }
        Standing::HasOwnDeposit => "lies outside its time window, and another deposit lies inside".to_owned(),
        Standing::Taken => match (order.firm_sms, order.order.status) {
            (Some(sms_id), _) => format!("already paid by sms {sms_id}"),
            (None, OrderStatus::Approved) => "already approved without an sms".to_owned(),
            (None, _) => "already paid".to_owned(),
        },
        Standing::PayerUnknown => "nothing says that its customer paid this".to_owned(),
        Standing::OtherAccount => "was to be paid into another account".to_owned(),
        Standing::OtherTime => "the deposit lies outside its time windows".to_owned(),
    }
}
