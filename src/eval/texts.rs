//! Reads the labelled texts with the real stages and compares what was read with the labels.

use std::collections::BTreeMap;

use entity::sms;
use unicode_normalization::UnicodeNormalization as _;

use crate::bench::scratch::Scratch;
use crate::domain::flags::{Flag, Flags};
use crate::domain::money::Money;
use crate::domain::sms::{Direction, Review, SmsState};
use crate::domain::source::{SourceKind, SourceRef};
use crate::domain::time::UnixMs;

use super::corpus::{Corpus, Expect, LabelledText};
use super::world::{Brought, World};

/// What became of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// As the label says.
    Right,
    /// A deposit that was read with another amount.
    WrongAmount,
    /// A deposit that was read with another name or another value.
    WrongField,
    /// A deposit that was not read, and people are asked.
    LeftToPeople,
    /// A deposit that was not read, and nobody is asked.
    Dropped,
    /// Booked as a deposit, and is none.
    Booked,
    /// No deposit, and not booked, but nobody is asked who should be; or a withdrawal that was not read.
    Unasked,
}

/// A text and what became of it.
#[derive(Clone, Debug)]
pub(super) struct Read<'a> {
    pub text: &'a LabelledText,
    pub outcome: Outcome,
    /// Whether people are asked.
    pub asked: bool,
    pub flags: Flags,
    /// What differs, for people.
    pub told: String,
}

/// Reads all texts of a corpus.
pub(super) async fn read<'a>(corpus: &'a Corpus, scratch: &Scratch) -> anyhow::Result<Vec<Read<'a>>> {
    let starts = corpus.texts.iter().map(|text| text.received_at).min().unwrap_or_default();
    let ends = corpus.texts.iter().map(|text| text.received_at).max().unwrap_or_default();
    let mut world = World::new(scratch, "texts.db", starts).await?;
    world.move_to(ends);
    let mut brought = Vec::with_capacity(corpus.texts.len());
    for (nth, text) in corpus.texts.iter().enumerate() {
        brought.push(Brought {
            // Each on a handset of its own, so that equal texts stay apart.
            source: SourceRef { kind: SourceKind::Shooter, id: i64::try_from(nth)? + 1 },
            key: format!("t{nth}"),
            line: &text.place,
            sender: &text.sender,
            text: &text.text,
            received_at: text.received_at,
        });
    }
    let taken = world.take(&brought).await?;
    world.read().await?;
    let mut read = Vec::with_capacity(corpus.texts.len());
    for (text, taken) in corpus.texts.iter().zip(taken) {
        let id = taken.sms_id.ok_or_else(|| anyhow::anyhow!("{} was not stored", text.place))?;
        read.push(compare(text, &world.row(id).await?)?);
    }
    world.close().await;
    Ok(read)
}

fn compare<'a>(text: &'a LabelledText, row: &sms::Model) -> anyhow::Result<Read<'a>> {
    let state: SmsState = row.state.parse()?;
    // Texts of a list are no account's history: what the balance chain makes of them says nothing.
    let flags = Flags(row.flags).without(Flag::ChainBreak);
    let asked = row.review == Review::NeedCheck.as_str() && flags != Flags::NONE;
    let booked = state == SmsState::Parsed && !flags.has(Flag::SuspiciousText);
    let (outcome, told) = match &text.expect {
        Expect::Deposit(expected) => deposit(expected, row, state, asked)?,
        other if booked => (Outcome::Booked, format!("booked as {}, expected {}", shown(&fields(row)?), what(other))),
        Expect::Review if !asked => {
            (Outcome::Unasked, format!("{state}, and nobody is asked, expected {}", what(&Expect::Review)))
        }
        Expect::Withdrawal if row.direction.as_deref() != Some(Direction::Withdrawal.as_str()) => {
            (Outcome::Unasked, format!("{state}, expected {}", what(&Expect::Withdrawal)))
        }
        Expect::Review | Expect::Withdrawal | Expect::Nothing => (Outcome::Right, String::new()),
    };
    Ok(Read { text, outcome, asked, flags, told })
}

fn deposit(
    expected: &BTreeMap<String, String>,
    row: &sms::Model,
    state: SmsState,
    asked: bool,
) -> anyhow::Result<(Outcome, String)> {
    if state != SmsState::Parsed {
        let outcome = if asked { Outcome::LeftToPeople } else { Outcome::Dropped };
        return Ok((outcome, format!("{state}, {:?}, expected {}", Flags(row.flags), shown(expected))));
    }
    let read = fields(row)?;
    let same = |field: &str, value: &str| {
        let found = read.get(field).map(String::as_str);
        match field {
            "occurred_at" => found.and_then(|at| at.parse::<UnixMs>().ok()) == value.parse().ok(),
            // A label stands as the text has it, and `㈜` is read as `(주)`.
            _ => found == Some(value.nfkc().collect::<String>().as_str()),
        }
    };
    let wrong: Vec<&String> =
        expected.iter().filter(|(field, value)| !same(field, value)).map(|(field, _)| field).collect();
    if wrong.is_empty() {
        return Ok((Outcome::Right, String::new()));
    }
    let outcome = if wrong.iter().any(|field| *field == "amount") { Outcome::WrongAmount } else { Outcome::WrongField };
    Ok((outcome, differences(&wrong, &read, expected)))
}

/// Both sides of every field that is wrong. `amount` is the first of the fields, and goes without saying.
fn differences(wrong: &[&String], read: &BTreeMap<String, String>, expected: &BTreeMap<String, String>) -> String {
    let told = wrong.iter().map(|field| {
        let name = if *field == "amount" { String::new() } else { format!("{field}: ") };
        let side = |side: &BTreeMap<String, String>| side.get(*field).cloned().unwrap_or_else(|| "nothing".to_owned());
        format!("{name}read {}, expected {}", side(read), side(expected))
    });
    told.collect::<Vec<_>>().join("; ")
}

/// What a label says of a text that is no deposit.
fn what(expected: &Expect) -> &'static str {
    match expected {
        Expect::Deposit(_) => "a deposit",
        Expect::Withdrawal => "a withdrawal",
        Expect::Review => "that people are asked",
        Expect::Nothing => "that nothing is booked",
    }
}

fn shown(fields: &BTreeMap<String, String>) -> String {
    fields.iter().map(|(field, value)| format!("{field}={value}")).collect::<Vec<_>>().join(" ")
}

fn fields(row: &sms::Model) -> anyhow::Result<BTreeMap<String, String>> {
    let currency = row.currency.as_deref().map(str::parse).transpose();
    let currency = currency.map_err(|error| anyhow::anyhow!("{error}"))?;
    let money = |minor: Option<i64>| Some(Money { minor: minor?, currency: currency? }.to_major());
    let values = [
        ("amount", money(row.amount)),
        ("balance", money(row.balance)),
        ("name", row.depositor.clone()),
        ("account", row.account.clone()),
        ("reference", row.reference.clone()),
        ("sender_bank", row.sender_bank.clone()),
        ("memo", row.memo.clone()),
        ("occurred_at", Some(UnixMs(row.occurred_at).to_string())),
    ];
    Ok(values.into_iter().filter_map(|(field, value)| Some((field.to_owned(), value?))).collect())
}
