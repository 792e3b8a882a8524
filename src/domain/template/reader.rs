//! The two kinds of templates, run in the same way; and a second way to read each, to see whether there is one.

use std::ops::Range;
use std::sync::OnceLock;

use super::machine::{Longest, Machine, Memory, SKIPPED};
use super::program::{self, Program};

/// How a template is run.
#[derive(Clone, Debug)]
pub(super) enum Reader {
    /// The typed language.
    Typed {
        /// Its steps.
        machine: Machine,
        /// The ways in which it could read a text otherwise.
        others: &'static [Way],
    },
    /// The operator's own regex.
    Regex {
        /// The automaton.
        program: Program,
        /// The regex, where turning its preferences round makes another of it.
        turned: Option<Turned>,
    },
}

/// Which preferences a template is run with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// As it is meant.
    First,
    /// Skips take as much as they can.
    Skips,
    /// Skips and fields of free text take as much as they can.
    Texts,
    /// A regex with its repeats outside the fields turned round.
    Turned,
}

/// A regex with its preferences turned round. Few templates of many read a text in a day, so its automaton is made when
/// it is first needed.
#[derive(Clone, Debug)]
pub(super) struct Turned {
    pattern: String,
    program: OnceLock<Option<Program>>,
}

/// Working memory of readers, for one text.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) memory: Memory,
    pub(super) engine: program::EngineMemory,
}

impl Way {
    /// Whether a difference in any field counts; else only money, account and time, since a name that can end in two
    /// places is ordinary.
    pub(super) fn is_strict(self) -> bool {
        self != Self::Texts
    }
}

impl Reader {
    /// A typed template's reader.
    pub(super) fn typed(machine: Machine, has_skips: bool, has_texts: bool) -> Self {
        let others: &[Way] = match (has_skips, has_texts) {
            (false, false) => &[],
            (true, false) => &[Way::Skips],
            (false, true) => &[Way::Texts],
            (true, true) => &[Way::Skips, Way::Texts],
        };
        Self::Typed { machine, others }
    }

    /// The ways to run it besides the first.
    pub(super) fn others(&self) -> &'static [Way] {
        match self {
            Self::Typed { others, .. } => others,
            Self::Regex { turned: Some(_), .. } => &[Way::Turned],
            Self::Regex { turned: None, .. } => &[],
        }
    }

    /// Runs on the whole of `text`, which must be the text that `scratch` is for; what the fields took is in
    /// `scratch`. `Ok(false)` where it does not fit, an error where it cannot be tried.
    pub(super) fn run(&self, way: Way, scratch: &mut Scratch, text: &str) -> Result<bool, ()> {
        match self {
            Self::Typed { machine, .. } => {
                let longest = Longest { texts: way == Way::Texts, skips: way != Way::First };
                Ok(machine.run(&mut scratch.memory, text, longest))
            }
            Self::Regex { program, turned } => {
                let program = match turned {
                    Some(turned) if way == Way::Turned => turned.program().ok_or(())?,
                    _ => program,
                };
                program.run(&mut scratch.engine, &mut scratch.memory.taken, text)
            }
        }
    }
}

impl Scratch {
    /// What the fields took in the last run, in the order of the text: the field's number and its bytes.
    pub(super) fn taken(&self) -> impl Iterator<Item = (usize, Range<usize>)> {
        let fields = self.memory.taken.iter().filter(|(field, ..)| *field != SKIPPED);
        fields.map(|(field, start, end)| (usize::from(*field), *start..*end))
    }

    /// The bytes that a typed template's skips took in the last run.
    pub(super) fn skipped(&self) -> impl Iterator<Item = Range<usize>> {
        self.memory.taken.iter().filter(|(field, ..)| *field == SKIPPED).map(|(_, start, end)| *start..*end)
    }
}

impl Turned {
    /// The operator's own regex, to be turned round.
    pub(super) fn new(pattern: String) -> Self {
        Self { pattern, program: OnceLock::new() }
    }

    /// The automaton; `None` where it cannot be made, which leaves a second reading possible.
    fn program(&self) -> Option<&Program> {
        self.program
            .get_or_init(|| {
                let turned = program::turn_greed_outside_groups(&program::parse_regex(&self.pattern).ok()?);
                Program::compile(&program::anchor(turned)).ok()
            })
            .as_ref()
    }
}
