//! A template made ready to read texts.

use jiff::tz::TimeZone;

use crate::domain::flags::Flag;
use crate::domain::money::{Currency, Money};
use crate::domain::sms::Direction;
use crate::domain::text::Normalised;
use crate::domain::time::UnixMs;

use super::literal::AnyOf;
use super::pattern::Group;
use super::reader::{Reader, Scratch, Way};
use super::reading::{Fields, Reading};
use super::take::{self, Taken};

/// The longest normalised text (bytes) that templates are tried on; an SMS of many parts has less than 2,000.
pub const LONGEST_TEXT: usize = 4096;

/// A template ready to read. Immutable, shared between threads.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// What its author should know: digits left as literals, negating words in the pattern.
    pub warnings: Vec<String>,
    pub(super) direction: Direction,
    pub(super) currency: Currency,
    pub(super) zone: TimeZone,
    pub(super) account: Option<String>,
    pub(super) maximum: Option<Money>,
    /// The pattern as it was written.
    pub(super) pattern: String,
    pub(super) reader: Reader,
    /// The fields of `reader`, by their number.
    pub(super) groups: Box<[Group]>,
    /// What every text of the template contains.
    pub(super) required: Vec<AnyOf>,
}

/// How a template fits a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It is another text.
    No,
    /// It fits, but a value is not certain: a person must look.
    Uncertain,
    /// It fits.
    Yes(Box<Reading>),
}

impl Compiled {
    /// Reads a text; `None` where the template does not fit, or a value is not certain. `received_at` gives a date
    /// without a year its year.
    #[must_use]
    pub fn read(&self, text: &Normalised, received_at: UnixMs) -> Option<Reading> {
        match self.fit(&mut Scratch::default(), text, received_at) {
            Fit::Yes(reading) => Some(*reading),
            Fit::No | Fit::Uncertain => None,
        }
    }

    /// Which way the template's money goes.
    #[must_use]
    pub fn direction(&self) -> Direction {
        self.direction
    }

    /// Whether it is of the kind `regex`.
    pub(super) fn is_regex(&self) -> bool {
        matches!(self.reader, Reader::Regex { .. })
    }

    pub(super) fn fit(&self, scratch: &mut Scratch, text: &Normalised, received_at: UnixMs) -> Fit {
        if text.text.len() > LONGEST_TEXT {
            return Fit::Uncertain;
        }
        match self.reader.run(Way::First, scratch, &text.text) {
            Ok(false) => return Fit::No,
            Ok(true) => {}
            Err(()) => return Fit::Uncertain,
        }
        let Some(taken) = Taken::of(&self.groups, scratch, text) else { return Fit::Uncertain };
        let Some(mut reading) = self.read_taken(&taken, text, received_at) else { return Fit::Uncertain };
        if self.reader.others().iter().any(|way| self.differs(*way, &taken, &reading, scratch, text, received_at)) {
            reading.flags = reading.flags.with(Flag::AmbiguousTemplate);
        }
        Fit::Yes(Box::new(reading))
    }

    fn read_taken(&self, taken: &Taken, text: &Normalised, received_at: UnixMs) -> Option<Reading> {
        let (mut fields, spans) = take::fields(self, taken, text, received_at)?;
        if fields.account.is_none() {
            fields.account.clone_from(&self.account);
        }
        let flags = take::flags(self, &fields, taken, text);
        Some(Reading { direction: self.direction, fields, spans, flags })
    }

    /// INV-P3: a text that a template can read in two ways is not booked.
    fn differs(
        &self,
        way: Way,
        taken: &Taken,
        reading: &Reading,
        scratch: &mut Scratch,
        text: &Normalised,
        received_at: UnixMs,
    ) -> bool {
        match self.reader.run(way, scratch, &text.text) {
            Ok(true) => {}
            Ok(false) => return false,
            Err(()) => return true,
        }
        let Some(other) = Taken::of(&self.groups, scratch, text).filter(|other| other != taken) else { return false };
        let Some(other) = self.read_taken(&other, text, received_at) else { return false };
        let certain = |fields: &Fields| (fields.amount, fields.balance, fields.account.clone(), fields.occurred_at);
        if way.is_strict() {
            other.fields != reading.fields
        } else {
            certain(&other.fields) != certain(&reading.fields)
        }
    }
}
