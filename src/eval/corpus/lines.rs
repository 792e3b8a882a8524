//! Reads a corpus file: JSON lines, each with its `kind`. A day is its `day` line and the steps below it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::day::{DayLine, Draft};
use super::{Corpus, Expect, LabelledText};
use crate::domain::template::TemplateSpec;
use crate::domain::time::UnixMs;
use crate::packs;

/// When a text was received that does not say when: 2026-04-22 15:00 in Seoul.
const RECEIVED_AT: UnixMs = UnixMs(1_776_837_600_000);
/// Errors that are told at once.
const ERRORS_MAX: usize = 20;

/// What is wrong with a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: {message}")]
pub struct LineError {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TextLine {
    bank: String,
    text: String,
    #[serde(default)]
    sender: Option<String>,
    #[serde(default)]
    received_at: Option<UnixMs>,
    expect: Value,
    #[serde(default)]
    why: String,
}

/// Reads a file into `corpus`. `file` is what its errors call it.
///
/// # Errors
/// What is wrong with which lines, the first twenty.
pub fn read(file: &str, content: &str, corpus: &mut Corpus) -> Result<(), Vec<LineError>> {
    let mut errors = Vec::new();
    let mut draft: Option<Draft> = None;
    for (nth, line) in content.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        let number = nth + 1;
        if let Err(message) = take(file, number, line, corpus, &mut draft) {
            errors.push(LineError { file: file.to_owned(), line: number, message });
        }
        if errors.len() >= ERRORS_MAX {
            return Err(errors);
        }
    }
    finish(file, draft, corpus, &mut errors);
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// A day ends where the next thing begins.
fn finish(file: &str, draft: Option<Draft>, corpus: &mut Corpus, errors: &mut Vec<LineError>) {
    match draft.map(Draft::finish) {
        None => {}
        Some(Ok(day)) => corpus.days.push(day),
        Some(Err((line, message))) => errors.push(LineError { file: file.to_owned(), line, message }),
    }
}

fn take(file: &str, number: usize, line: &str, corpus: &mut Corpus, draft: &mut Option<Draft>) -> Result<(), String> {
    let mut value: Value = serde_json::from_str(line).map_err(|error| format!("this is not JSON: {error}"))?;
    let kind = value.as_object_mut().and_then(|object| object.remove("kind"));
    let Some(Value::String(kind)) = kind else {
        return Err("a line is an object with a `kind`: text, template, day, or a step of a day".to_owned());
    };
    match kind.as_str() {
        "text" | "template" | "day" => {
            let mut errors = Vec::new();
            finish(file, draft.take(), corpus, &mut errors);
            if let Some(error) = errors.pop() {
                return Err(format!("the day above (line {}): {}", error.line, error.message));
            }
        }
        _ => {}
    }
    match kind.as_str() {
        "text" => {
            corpus.texts.push(text_of(shape(value)?, format!("{file}:{number}"))?);
            Ok(())
        }
        "template" => {
            let spec: TemplateSpec = shape(value)?;
            spec.compile().map_err(|errors| {
                let told: Vec<String> =
                    errors.iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
                told.join("; ")
            })?;
            corpus.templates.push(spec);
            Ok(())
        }
        "day" => {
            *draft = Some(Draft::begin(shape::<DayLine>(value)?, number)?);
            Ok(())
        }
        "order" | "change" | "sms" | "again" | "restart" | "check" | "crowd" => match draft {
            Some(draft) => draft.step(&kind, value, number),
            None => Err(format!("`{kind}` is a step of a day: a line of kind `day` must stand above it")),
        },
        other => Err(format!(
            "there is no kind `{other}`: it is one of text, template, day, order, change, sms, again, restart, check, crowd"
        )),
    }
}

/// Reads a line's fields; what is wrong is told with the field's path.
pub(super) fn shape<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        if path == "." { error.inner().to_string() } else { format!("{path}: {}", error.inner()) }
    })
}

/// The sender of a bank of the packs, where a line names none.
pub(super) fn sender_of(bank: &str) -> Result<String, String> {
    let known = bank.split_once('/').and_then(|(pack, key)| {
        let pack = packs::pack(pack).ok().flatten()?;
        pack.banks.into_iter().find(|bank| bank.key == key)?.whitelist.into_iter().next()
    });
    known.ok_or_else(|| {
        format!("sender: give the sender, since {bank:?} is no bank of a pack like korea/kb that names its own")
    })
}

fn text_of(line: TextLine, place: String) -> Result<LabelledText, String> {
    let expect = match line.expect {
        Value::String(word) => match word.as_str() {
            "withdrawal" => Expect::Withdrawal,
            "review" => Expect::Review,
            "none" => Expect::Nothing,
            _ => return Err(format!("expect: {word:?} is none of withdrawal, review, none, and no object of fields")),
        },
        fields @ Value::Object(_) => Expect::Deposit(fields_of(fields)?),
        _ => return Err("expect: give the fields of the deposit, or withdrawal, review or none".to_owned()),
    };
    let sender = line.sender.map_or_else(|| sender_of(&line.bank), Ok)?;
    Ok(LabelledText {
        place,
        bank: line.bank,
        sender,
        text: line.text,
        received_at: line.received_at.unwrap_or(RECEIVED_AT),
        expect,
        why: line.why,
    })
}

fn fields_of(fields: Value) -> Result<BTreeMap<String, String>, String> {
    const FIELDS: [&str; 8] =
        ["amount", "balance", "name", "account", "reference", "sender_bank", "memo", "occurred_at"];
    let fields: BTreeMap<String, String> =
        shape(fields).map_err(|error| format!("expect: {error}; every value is a string"))?;
    if let Some(unknown) = fields.keys().find(|field| !FIELDS.contains(&field.as_str())) {
        return Err(format!("expect: there is no field `{unknown}`: it is one of {}", FIELDS.join(", ")));
    }
    if !fields.contains_key("amount") {
        return Err("expect: a deposit needs its amount".to_owned());
    }
    Ok(fields)
}
