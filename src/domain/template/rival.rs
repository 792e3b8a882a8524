//! A second way to read a template, to see whether there is one.

use std::sync::OnceLock;

use super::program::{self, Program};

/// The template with other preferences. Few templates of many read a text in a day, so its automaton, as large as the
/// template's own, is made when it is first needed.
#[derive(Clone, Debug)]
pub(super) struct Rival {
    source: Source,
    /// Compare every field; else only money, account and time, since a name that can end in two places is ordinary.
    pub(super) every_field: bool,
    program: OnceLock<Option<Program>>,
}

#[derive(Clone, Debug)]
enum Source {
    /// The regex of a typed template.
    Typed(String),
    /// The operator's own regex, of which the preferences outside the fields are to be turned round.
    Turned(String),
}

impl Rival {
    /// The regex of a typed template whose parts match as much as they can.
    pub(super) fn typed(regex: String, every_field: bool) -> Self {
        Self { source: Source::Typed(regex), every_field, program: OnceLock::new() }
    }

    /// The operator's own regex, turned round.
    pub(super) fn turned(pattern: String) -> Self {
        Self { source: Source::Turned(pattern), every_field: true, program: OnceLock::new() }
    }

    /// The automaton; `None` where it cannot be made, which leaves a second reading possible.
    pub(super) fn program(&self) -> Option<&Program> {
        self.program
            .get_or_init(|| {
                let inner = match &self.source {
                    Source::Typed(regex) => program::parse_regex(regex).ok()?,
                    Source::Turned(pattern) => program::turn_greed_outside_groups(&program::parse_regex(pattern).ok()?),
                };
                Program::compile(&program::anchor(inner)).ok()
            })
            .as_ref()
    }
}
