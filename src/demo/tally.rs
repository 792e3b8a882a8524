//! What the script planned against what the daemon made of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::sim::bank_day::{Fate, LINES, Line};

/// What has happened so far.
#[derive(Debug, Default)]
pub(super) struct Record {
    /// Every message that was texted.
    pub(super) messages: Vec<Texted>,
    /// Every order that was told.
    pub(super) orders: BTreeSet<String>,
}

/// A message that was texted to a handset.
#[derive(Clone, Debug)]
pub(super) struct Texted {
    pub(super) line: Line,
    pub(super) text: String,
    pub(super) fate: Fate,
}

/// A message as the daemon shows it.
#[derive(Clone, Debug, Default)]
pub(super) struct Stored {
    pub(super) id: i64,
    pub(super) line: String,
    pub(super) text: String,
    pub(super) state: String,
    pub(super) review: String,
    pub(super) order_id: Option<String>,
    pub(super) flags: Vec<String>,
}

impl Stored {
    pub(super) fn of(sms: &Value) -> Self {
        let text = |name: &str| sms.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let flags = sms.get("flags").and_then(Value::as_array).into_iter().flatten();
        Self {
            id: sms.get("id").and_then(Value::as_i64).unwrap_or_default(),
            line: text("line"),
            text: text("text"),
            state: text("state"),
            review: text("review"),
            order_id: sms.get("order_id").and_then(Value::as_str).map(str::to_owned),
            flags: flags.filter_map(Value::as_str).map(str::to_owned).collect(),
        }
    }

    fn is_matched(&self) -> bool {
        matches!(self.state.as_str(), "matched" | "settled")
    }
}

/// What became of the messages of one fate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The fate.
    pub fate: &'static str,
    /// How many messages the script had.
    pub planned: u64,
    /// How many became what they must.
    pub right: u64,
    /// How many people are asked to look at.
    pub reviews: u64,
    /// How many are paired with an order that is not theirs.
    pub wrong: u64,
    /// How many became something else that is no wrong pair.
    pub otherwise: u64,
    /// How many are not there.
    pub lost: u64,
    /// How many are there more often than they were texted.
    pub doubled: u64,
}

/// What one source brought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceRow {
    /// Its id in the API.
    pub source: String,
    /// What it is.
    pub kind: &'static str,
    /// The handset that it is heard on.
    pub line: &'static str,
    /// How many messages it was given.
    pub told: u64,
    /// How many messages recon heard from it.
    pub heard: u64,
    /// What ended it, if anything did.
    pub ended: Option<&'static str>,
}

/// A message that became what it must not, as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unlike {
    /// Which.
    pub sms_id: i64,
    /// What the script planned.
    pub planned: String,
    /// How it stands.
    pub state: String,
    /// Its review.
    pub review: String,
    /// The order that it is paired with.
    pub order_id: Option<String>,
    /// Its flags.
    pub flags: Vec<String>,
}

impl Unlike {
    fn of(sms: &Stored, fate: &Fate) -> Self {
        Self {
            sms_id: sms.id,
            planned: format!("{fate:?}"),
            state: sms.state.clone(),
            review: sms.review.clone(),
            order_id: sms.order_id.clone(),
            flags: sms.flags.clone(),
        }
    }
}

/// The whole comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// By fate.
    pub fates: Vec<Row>,
    /// By source.
    pub sources: Vec<SourceRow>,
    /// Orders that were told.
    pub orders: u64,
    /// Of those, the ones whose payment recon never heard of, so that they must stay open.
    pub unpaid: u64,
    /// How many of these are in no pair.
    pub unpaid_and_open: u64,
    /// Messages that became what they must not.
    pub unlike: Vec<Unlike>,
}

impl Report {
    /// Wrong pairs, messages that became something else, lost and doubled ones.
    #[must_use]
    pub fn faults(&self) -> [(&'static str, u64); 4] {
        let sum = |of: fn(&Row) -> u64| self.fates.iter().map(of).sum::<u64>();
        // What a source did not bring is lost, also where another one brought it.
        let missing = self.sources.iter().map(|source| source.told.saturating_sub(source.heard)).max().unwrap_or(0);
        let more = self.sources.iter().map(|source| source.heard.saturating_sub(source.told)).max().unwrap_or(0);
        [
            ("wrongly matched", sum(|row| row.wrong).max(self.unpaid - self.unpaid_and_open)),
            ("lost", sum(|row| row.lost).max(missing)),
            ("doubled", sum(|row| row.doubled).max(more)),
            ("otherwise than planned", sum(|row| row.otherwise)),
        ]
    }

    /// Whether all became what the script says.
    #[must_use]
    pub fn is_as_planned(&self) -> bool {
        self.faults().iter().all(|(_, count)| *count == 0)
    }
}

const FATES: [&str; 11] = [
    "matched",
    "early",
    "late",
    "twin",
    "no order",
    "balance breaks",
    "withdrawal",
    "forged",
    "unreadable",
    "never heard",
    "not texted",
];

/// Where a fate stands in [`FATES`].
const fn place(fate: &Fate) -> usize {
    match fate {
        Fate::Matched(_) => 0,
        Fate::Early(_) => 1,
        Fate::Late(_) => 2,
        Fate::Twin => 3,
        Fate::Unmatched => 4,
        Fate::Broken => 5,
        Fate::Ignored => 6,
        Fate::Rejected => 7,
        Fate::Unparsed => 8,
        Fate::NeverHeard => 9,
    }
}
const NOT_TEXTED: usize = 10;

enum Verdict {
    Right,
    Wrong,
    Otherwise,
}

/// Holds what was stored against what was texted. `matched` are the ids of the orders that are in a pair.
pub(super) fn tally(record: &Record, stored: &[Stored], matched: &BTreeSet<String>, sources: Vec<SourceRow>) -> Report {
    let mut rows: Vec<Row> = FATES.iter().map(|fate| Row { fate, ..Row::default() }).collect();
    let mut there: BTreeMap<(String, String), Vec<&Stored>> = BTreeMap::new();
    for sms in stored {
        there.entry((sms.line.clone(), words(&sms.text))).or_default().push(sms);
    }
    // Two texts that are equal to the letter are twins, of one fate: which of the two is which does not matter.
    let mut fates: BTreeMap<(String, String), Vec<&Fate>> = BTreeMap::new();
    for texted in &record.messages {
        let line = LINES.get(texted.line).copied().unwrap_or_default().to_owned();
        fates.entry((line, words(&texted.text))).or_default().push(&texted.fate);
    }
    let mut unlike = Vec::new();
    for (key, mut fates) in fates {
        // Of twins of which one was heard, that one is there.
        fates.sort_by_key(|fate| place(fate));
        let mut copies = there.remove(&key).unwrap_or_default().into_iter();
        let mut last = NOT_TEXTED;
        for fate in fates {
            last = place(fate);
            let Some(row) = rows.get_mut(last) else { continue };
            row.planned += 1;
            match (copies.next(), fate) {
                (None, Fate::NeverHeard) => row.right += 1,
                (None, _) => row.lost += 1,
                (Some(sms), fate) => {
                    let verdict = judge(fate, sms, &record.orders);
                    if !matches!(verdict, Verdict::Right) {
                        unlike.push(Unlike::of(sms, fate));
                    }
                    count(row, sms, &verdict);
                }
            }
        }
        if let Some(row) = rows.get_mut(last) {
            row.doubled += u64::try_from(copies.count()).unwrap_or(u64::MAX);
        }
    }
    for sms in there.into_values().flatten() {
        if let Some(row) = rows.get_mut(NOT_TEXTED) {
            row.doubled += 1;
            row.wrong += u64::from(sms.is_matched());
        }
    }
    rows.retain(|row| row.fate != FATES[NOT_TEXTED] || row.doubled > 0);
    let unpaid = unpaid(record);
    let open = unpaid.iter().filter(|order_id| !matched.contains(**order_id)).count();
    Report {
        fates: rows,
        sources,
        orders: count_of(record.orders.len()),
        unpaid: count_of(unpaid.len()),
        unpaid_and_open: count_of(open),
        unlike,
    }
}

fn count_of(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn count(row: &mut Row, sms: &Stored, verdict: &Verdict) {
    match verdict {
        Verdict::Right => row.right += 1,
        Verdict::Wrong => row.wrong += 1,
        Verdict::Otherwise => row.otherwise += 1,
    }
    row.reviews += u64::from(sms.review == "need_check");
}

fn judge(fate: &Fate, sms: &Stored, told: &BTreeSet<String>) -> Verdict {
    let has = |flag: &str| sms.flags.iter().any(|known| known == flag);
    let is_right = match fate {
        // Stopped before the order was told: nobody can know it yet.
        Fate::Matched(order) | Fate::Early(order) | Fate::Late(order) if !told.contains(order) => {
            sms.state == "unmatched"
        }
        Fate::Matched(order) | Fate::Early(order) | Fate::Late(order) => {
            let flags = has("early") == matches!(fate, Fate::Early(_)) && has("late") == matches!(fate, Fate::Late(_));
            if sms.is_matched() && sms.order_id.as_ref() != Some(order) {
                return Verdict::Wrong;
            }
            sms.is_matched() && flags
        }
        _ if sms.is_matched() => return Verdict::Wrong,
        Fate::Twin => sms.state == "ambiguous",
        Fate::Unmatched => sms.state == "unmatched" && !has("chain_break"),
        Fate::Broken => sms.state == "unmatched" && has("chain_break") && sms.review == "need_check",
        Fate::Ignored => sms.state == "ignored",
        Fate::Rejected => sms.state == "rejected",
        Fate::Unparsed => sms.state == "unparsed",
        Fate::NeverHeard => false,
    };
    if is_right { Verdict::Right } else { Verdict::Otherwise }
}

/// The orders that were told and whose payment was not heard.
fn unpaid(record: &Record) -> BTreeSet<&String> {
    let paid: BTreeSet<&String> = record
        .messages
        .iter()
        .filter_map(|texted| match &texted.fate {
            Fate::Matched(order) | Fate::Early(order) | Fate::Late(order) => Some(order),
            _ => None,
        })
        .collect();
    record.orders.iter().filter(|order_id| !paid.contains(order_id)).collect()
}

/// A text without what apps and channels do to white space.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
