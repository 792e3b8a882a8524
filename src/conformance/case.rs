//! A case: a Hurl file with the TOML beside it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::hurl::{self, Entry};
use super::noise::{Noise, NoiseLine};
use super::path::Path;
use super::routes::only_reads;
use super::session::Session;

/// The TOML of a case.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct CaseToml {
    /// What the case shows, in one sentence.
    pub summary: String,
    /// Whether it changes anything on the server.
    #[serde(default)]
    pub mutates: bool,
    /// What must be there before: the name of a state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Whether it runs where the state cannot be made, its lists then perhaps empty.
    #[serde(default)]
    pub runs_without_state: bool,
    /// With which token only it runs; none: with each kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
    /// The answers that are expected, in the order of the requests.
    #[serde(default)]
    pub answer: Vec<AnswerToml>,
    /// What may differ.
    #[serde(default)]
    pub noise: Vec<NoiseLine>,
    /// What differs on purpose.
    #[serde(default)]
    pub deviation: Vec<DeviationToml>,
}

/// An answer that is expected.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct AnswerToml {
    /// The JSON body, with `{{variables}}`.
    pub body: String,
    /// Headers beyond the usual ones: `*` for any value, `/regex/`, else the value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
}

/// A deliberate difference.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct DeviationToml {
    /// `status`, `header NAME`, or a path; what lies within it is meant too.
    pub at: String,
    /// Why.
    pub reason: String,
}

/// A case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its file without the ending: `shooter/phone-add`.
    pub name: String,
    /// Its requests.
    pub entries: Vec<Entry>,
    /// What the TOML says.
    pub toml: CaseToml,
    /// Its noise rules.
    pub noise: Vec<Noise>,
    /// Its deviations inside of bodies.
    deviations: Vec<(Option<Path>, DeviationToml)>,
}

/// Why a case cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the case {name} cannot be read: {what}")]
pub struct CaseError {
    /// The case.
    pub name: String,
    /// What is wrong.
    pub what: String,
}

impl Case {
    /// Reads a case.
    ///
    /// # Errors
    /// Where one of the two files cannot be read, or they do not fit each other.
    pub fn read(name: &str, hurl: &str, toml: &str) -> Result<Self, CaseError> {
        let refuse = |what: String| CaseError { name: name.to_owned(), what };
        let entries = hurl::parse(hurl).map_err(|error| refuse(format!("{name}.hurl, {error}")))?;
        let toml: CaseToml = toml::from_str(toml).map_err(|error| refuse(format!("{name}.toml: {error}")))?;
        if toml.answer.len() != entries.len() {
            let (answers, requests) = (toml.answer.len(), entries.len());
            return Err(refuse(format!("{answers} answers are expected, of {requests} requests")));
        }
        let changes = entries.iter().find(|entry| !only_reads(&entry.request.method, &entry.request.url));
        if let Some(entry) = changes.filter(|_| !toml.mutates) {
            return Err(refuse(format!(
                "{name}.hurl, line {}: this request may change something, so the TOML must say mutates = true",
                entry.line
            )));
        }
        let noise = toml.noise.iter().map(Noise::read).collect::<Result<_, _>>().map_err(&refuse)?;
        let deviation = |line: &DeviationToml| {
            let path = line.at.starts_with('$').then(|| line.at.parse::<Path>()).transpose();
            path.map(|path| (path, line.clone()))
        };
        let deviations = toml.deviation.iter().map(deviation).collect::<Result<_, _>>().map_err(&refuse)?;
        Ok(Self { name: name.to_owned(), entries, toml, noise, deviations })
    }

    /// The reason for which a difference is meant to be, where it is.
    #[must_use]
    pub fn deliberate(&self, at: &str, path: Option<&Path>) -> Option<&str> {
        let meant = self.deviations.iter().find(|(deviation, line)| match (deviation, path) {
            (Some(deviation), Some(path)) => deviation.leads_to(path),
            _ => line.at == at,
        });
        meant.map(|(_, line)| line.reason.as_str())
    }

    /// Whether a request carries the operator's token.
    #[must_use]
    pub fn sends_token(entry: &Entry) -> bool {
        entry.request.headers.iter().any(|(_, value)| value.contains("{{token}}"))
    }
}

/// A body that is expected, as JSON.
///
/// # Errors
/// Where a variable has no value, or it is no JSON.
pub fn expected_body(answer: &AnswerToml, variables: &hurl::Variables) -> Result<Value, String> {
    let text = variables.fill_json(&answer.body)?;
    serde_json::from_str(&text).map_err(|error| format!("the body that is expected is no JSON: {error}"))
}
