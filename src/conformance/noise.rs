//! Noise rules: what in an answer may differ, and how much.

use regex_automata::meta::Regex;
use serde::{Deserialize, Serialize};

use super::path::Path;

/// A rule of a case, as its TOML says it.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct NoiseLine {
    /// The path of what may differ, such as `$.data.list[*].id`.
    pub at: String,
    /// The rule.
    pub rule: RuleName,
    /// Of which answer of the case, from 1; none: of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<usize>,
    /// Of `type`: the types that are right; none: that of the expected value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<String>,
    /// Of `regex`: what the whole text or number must match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// Of `unordered-by`: the key that tells elements apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Of `tolerance`: by how much at most, in the number's own unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<u64>,
}

/// How much may differ.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum RuleName {
    /// Everything, even whether it is there.
    #[default]
    Ignore,
    /// The value, not its type.
    Type,
    /// The value, as long as its text matches.
    Regex,
    /// The order of a list's elements, which are told apart by a key.
    UnorderedBy,
    /// A whole number, by at most so much.
    Tolerance,
    /// The value, as long as equal ones stay equal and different ones different throughout the case: tokens, ids.
    Alias,
    /// How many elements a list has: each must be like the one that is expected.
    Each,
}

/// A rule with the place it is for.
#[derive(Clone, Debug)]
pub struct Noise {
    pub(super) at: Path,
    pub(super) answer: Option<usize>,
    pub(super) rule: Rule,
}

/// A rule, ready to be used.
#[derive(Clone, Debug)]
pub(super) enum Rule {
    Ignore,
    Type(Vec<String>),
    Regex(Box<Regex>, String),
    UnorderedBy(String),
    Tolerance(u64),
    Alias,
    Each,
}

/// The types a rule may name.
const TYPES: [&str; 7] = ["null", "boolean", "number", "integer", "string", "list", "object"];

impl Noise {
    /// Reads a rule.
    ///
    /// # Errors
    /// Where its path, its regex or a type cannot be read, or what its rule needs is missing.
    pub fn read(line: &NoiseLine) -> Result<Self, String> {
        let lacks = |what: &str| format!("the rule for {} needs {what}", line.at);
        let rule = match line.rule {
            RuleName::Ignore => Rule::Ignore,
            RuleName::Type => Rule::Type(types_of(line)?),
            RuleName::Regex => {
                let pattern = line.pattern.as_ref().ok_or_else(|| lacks("a pattern"))?;
                let whole = format!("^(?:{pattern})$");
                let regex =
                    Regex::new(&whole).map_err(|error| format!("the regex {pattern} cannot be read: {error}"))?;
                Rule::Regex(Box::new(regex), pattern.clone())
            }
            RuleName::UnorderedBy => Rule::UnorderedBy(line.key.clone().ok_or_else(|| lacks("a key"))?),
            RuleName::Tolerance => Rule::Tolerance(line.within.ok_or_else(|| lacks("within"))?),
            RuleName::Alias => Rule::Alias,
            RuleName::Each => Rule::Each,
        };
        Ok(Self { at: line.at.parse()?, answer: line.answer, rule })
    }

    /// What differed between two answers of one server is noise: its type still counts where that did not differ.
    #[must_use]
    pub fn learned(at: Path, same_type: bool) -> Self {
        let rule = if same_type { Rule::Type(Vec::new()) } else { Rule::Ignore };
        Self { at, answer: None, rule }
    }
}

fn types_of(line: &NoiseLine) -> Result<Vec<String>, String> {
    match line.types.iter().find(|name| !TYPES.contains(&name.as_str())) {
        Some(unknown) => Err(format!("{unknown} is no type: {}", TYPES.join(", "))),
        None => Ok(line.types.clone()),
    }
}

/// The rule for a place of the nth answer: the last one that is given for it.
pub(super) fn rule_at<'n>(noise: &'n [Noise], answer: usize, path: &Path) -> Option<&'n Rule> {
    let here = |rule: &&Noise| rule.answer.is_none_or(|only| only == answer) && rule.at.names(path);
    noise.iter().rev().find(here).map(|noise| &noise.rule)
}
