//! Paths to values of a JSON document: `$.data.list[0].id`, and with `[*]` to many.

use std::fmt;
use std::str::FromStr;

use serde_json::Value;

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// A key of an object.
    Key(String),
    /// An element of a list.
    At(usize),
    /// Every element of a list.
    Each,
}

/// A path from the document's root.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(pub Vec<Step>);

impl Path {
    /// The path one step further.
    #[must_use]
    pub fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// Whether it names one value at most.
    #[must_use]
    pub fn is_definite(&self) -> bool {
        !self.0.contains(&Step::Each)
    }

    /// Whether this path, perhaps with `[*]`, names `other`.
    #[must_use]
    pub fn names(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.leads_to(other)
    }

    /// Whether `other` is the value that this path names, or lies within it.
    #[must_use]
    pub fn leads_to(&self, other: &Self) -> bool {
        self.0.len() <= other.0.len()
            && self.0.iter().zip(&other.0).all(|(pattern, step)| match (pattern, step) {
                (Step::Each, Step::At(_) | Step::Each) => true,
                (pattern, step) => pattern == step,
            })
    }

    /// The value at a definite path; none where there is none.
    #[must_use]
    pub fn find<'v>(&self, document: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(document, |value, step| match step {
            Step::Key(key) => value.get(key),
            Step::At(at) => value.get(at),
            Step::Each => None,
        })
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for step in &self.0 {
            match step {
                Step::Key(key) if is_plain(key) => write!(f, ".{key}")?,
                Step::Key(key) => write!(f, "['{key}']")?,
                Step::At(at) => write!(f, "[{at}]")?,
                Step::Each => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_')
}

impl FromStr for Path {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let refused = || format!("{text:?} is no path such as $.data.list[0].id");
        let mut rest = text.strip_prefix('$').ok_or_else(refused)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                let (key, left) = after.split_at(end);
                if !is_plain(key) {
                    return Err(refused());
                }
                steps.push(Step::Key(key.to_owned()));
                rest = left;
                continue;
            }
            let inner = rest.strip_prefix('[').ok_or_else(refused)?;
            let quote = inner.chars().next().filter(|c| matches!(c, '\'' | '"'));
            let (step, left) = if let Some(quote) = quote {
                let (key, left) = inner[1..].split_once(quote).ok_or_else(refused)?;
                (Step::Key(key.to_owned()), left.strip_prefix(']').ok_or_else(refused)?)
            } else {
                let (at, left) = inner.split_once(']').ok_or_else(refused)?;
                let step = if at == "*" { Step::Each } else { Step::At(at.parse().map_err(|_| refused())?) };
                (step, left)
            };
            steps.push(step);
            rest = left;
        }
        Ok(Self(steps))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_is_read_shown_and_followed() {
        for text in ["$", "$.data.list[0].id", "$.data[*]", "$['new-token']"] {
            assert_eq!(text.parse::<Path>().unwrap().to_string(), text);
        }
        for bad in ["data", "$data", "$.", "$..id", "$[", "$[x]", "$.a b", "$['a"] {
            assert!(bad.parse::<Path>().is_err(), "{bad}");
        }
        let path: Path = "$.data.list[1].id".parse().unwrap();
        assert_eq!(path.find(&json!({"data": {"list": [{"id": 1}, {"id": 2}]}})), Some(&json!(2)));
        let pattern: Path = "$.data.list[*].id".parse().unwrap();
        assert!(pattern.names(&path) && !path.names(&pattern) && !pattern.is_definite());
        let within: Path = "$.data.list[*]".parse().unwrap();
        assert!(within.leads_to(&path) && !within.names(&path));
    }
}
