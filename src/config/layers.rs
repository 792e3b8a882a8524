//! The values as they were given, later layers over earlier ones, read once each by the section that owns them.

use std::collections::{BTreeMap, BTreeSet};

use super::keys::{self, Key, Kind};
use super::origin::Origin;
use super::parse;

/// A key's text as it was given, and by whom.
#[derive(Clone, Debug)]
struct Given {
    text: String,
    origin: Origin,
}

/// Everything given so far, and everything found wrong so far.
#[derive(Debug, Default)]
pub(super) struct Layers {
    given: BTreeMap<&'static str, Given>,
    problems: Vec<String>,
    warnings: Vec<String>,
    read: BTreeSet<&'static str>,
}

/// The environment variable of a key: `service.bind` is `RECON_SERVICE__BIND`.
pub(super) fn env_name(key: &str) -> String {
    format!("RECON_{}", key.to_uppercase().replace('.', "__"))
}

impl Layers {
    pub(super) fn set(&mut self, key: &'static Key, text: String, origin: Origin) {
        self.given.insert(key.name, Given { text, origin });
    }

    pub(super) fn problem(&mut self, sentence: String) {
        self.problems.push(sentence);
    }

    pub(super) fn warn(&mut self, sentence: String) {
        self.warnings.push(sentence);
    }

    pub(super) fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    pub(super) fn into_findings(self) -> (Vec<String>, Vec<String>) {
        (self.problems, self.warnings)
    }

    pub(super) fn origin(&self, key: &Key) -> Origin {
        self.given.get(key.name).map_or(Origin::Default, |given| given.origin.clone())
    }

    /// The text of a key: what was given, else its default with the named values filled in.
    pub(super) fn text(&self, key: &Key) -> String {
        if let Some(given) = self.given.get(key.name) {
            return given.text.clone();
        }
        let mut text = key.default.to_owned();
        if text.contains("<data_dir>") {
            let data_dir = self.named("data_dir");
            let data_dir = if key.kind == Kind::Url { parse::sqlite_path_text(&data_dir) } else { data_dir };
            text = text.replace("<data_dir>", data_dir.trim_end_matches('/'));
        }
        for bind in ["service.bind", "wallet.bind"] {
            let placeholder = format!("<{bind}>");
            if text.contains(&placeholder) {
                text = text.replace(&placeholder, &parse::reachable_text(&self.named(bind)));
            }
        }
        text
    }

    fn named(&self, name: &str) -> String {
        keys::find(name).map(|key| self.text(key)).unwrap_or_default()
    }

    /// Reads one key. A value that does not parse becomes a problem and gives `None`.
    pub(super) fn read<T>(&mut self, name: &'static str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let Some(key) = keys::find(name) else {
            self.problem(format!("{name} is read but is no key: this is a fault of the program"));
            return None;
        };
        self.read.insert(key.name);
        let text = self.text(key);
        match parse(&text) {
            Ok(value) => Some(value),
            Err(cure) => {
                let origin = self.origin(key);
                // A default that fails is made of a value that failed already.
                if origin != Origin::Default || !self.has_problems() {
                    let shown = if text.is_empty() { "empty".to_owned() } else { format!("\"{}\"", show(key, &text)) };
                    self.problem(format!("{name} is {shown} ({origin}): {cure}"));
                }
                None
            }
        }
    }

    #[cfg(test)]
    pub(super) fn keys_read(&self) -> &BTreeSet<&'static str> {
        &self.read
    }
}

/// A key's text as people may see it.
pub(super) fn show(key: &Key, text: &str) -> String {
    match key.kind {
        Kind::Secret if text.is_empty() => String::new(),
        Kind::Secret => "***".to_owned(),
        Kind::Url => parse::mask_url(text),
        Kind::Text | Kind::Number | Kind::Switch => text.to_owned(),
    }
}
