//! Reads a corpus file: JSON lines, each with its `kind`. A day is its `day` line and the steps below it.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::draft::Draft;
use super::ledger::Account;
use super::shapes::NamedAccount;
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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TemplateLine {
    template: TemplateSpec,
}

/// Reads a file into `corpus`. `file` is what its errors call it.
///
/// # Errors
/// What is wrong with which lines, the first twenty.
pub fn read(file: &str, content: &str, corpus: &mut Corpus) -> Result<(), Vec<LineError>> {
    let mut reader = Reader { file, corpus, accounts: HashMap::new(), draft: None, errors: Vec::new() };
    for (nth, line) in content.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with("//") {
            continue;
        }
        if let Err(message) = reader.take(nth + 1, line) {
            reader.tell(nth + 1, message);
        }
        if reader.errors.len() >= ERRORS_MAX {
            return reader.done();
        }
    }
    reader.finish_day();
    reader.done()
}

/// Without the line that the parser counts: to it, each is the first.
fn not_json(error: &serde_json::Error) -> String {
    format!("this is not JSON: {}", error.to_string().replace(" at line 1 column ", " at column "))
}

struct Reader<'a> {
    file: &'a str,
    corpus: &'a mut Corpus,
    /// The accounts of every day below.
    accounts: HashMap<String, Account>,
    /// The day that steps are of.
    draft: Option<Draft>,
    errors: Vec<LineError>,
}

impl Reader<'_> {
    fn tell(&mut self, line: usize, message: String) {
        self.errors.push(LineError { file: self.file.to_owned(), line, message });
    }

    /// What is wrong with a whole day is known only after its last step, and told with the line that begins it.
    fn done(mut self) -> Result<(), Vec<LineError>> {
        self.errors.sort_by_key(|error| error.line);
        if self.errors.is_empty() { Ok(()) } else { Err(self.errors) }
    }

    /// A day ends where the next thing begins.
    fn finish_day(&mut self) {
        match self.draft.take().map(Draft::finish) {
            None => {}
            Some(Ok(day)) => self.corpus.days.push(day),
            Some(Err((line, message))) => self.tell(line, message),
        }
    }

    fn take(&mut self, number: usize, line: &str) -> Result<(), String> {
        let mut value: Value = serde_json::from_str(line).map_err(|error| not_json(&error))?;
        let kind = value.as_object_mut().and_then(|object| object.remove("kind"));
        let Some(Value::String(kind)) = kind else {
            return Err(
                "a line is an object with a `kind`: text, template, account, day, or a step of a day".to_owned()
            );
        };
        if matches!(kind.as_str(), "text" | "template" | "account" | "day") {
            self.finish_day();
        }
        match kind.as_str() {
            "text" => {
                let text = text_of(shape(value)?, format!("{}:{number}", self.file))?;
                self.corpus.texts.push(text);
            }
            "template" => self.corpus.templates.push(template_of(value)?),
            "account" => {
                let NamedAccount { name, account } = shape(value)?;
                self.accounts.insert(name, account.account()?);
            }
            "day" => self.draft = Some(Draft::begin(shape(value)?, number, &self.accounts)?),
            "order" | "change" | "sms" | "again" | "restart" | "check" | "crowd" => match &mut self.draft {
                Some(draft) => draft.step(&kind, value, number)?,
                None => return Err(format!("`{kind}` is a step of a day: a line of kind `day` must stand above it")),
            },
            other => {
                return Err(format!(
                    "there is no kind `{other}`: it is one of text, template, account, day, order, change, sms, again, \
                     restart, check, crowd"
                ));
            }
        }
        Ok(())
    }
}

fn template_of(value: Value) -> Result<TemplateSpec, String> {
    let TemplateLine { template: spec } = shape(value)?;
    match spec.compile() {
        Ok(_) => Ok(spec),
        Err(errors) => {
            let told: Vec<String> = errors.iter().map(|error| format!("{}: {}", error.field, error.message)).collect();
            Err(told.join("; "))
        }
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
