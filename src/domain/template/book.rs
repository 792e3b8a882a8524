//! All templates together: which of them read a text, and what follows from it.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::flags::{Flag, Flags};
use crate::domain::phone::comparable_sender;
use crate::domain::sms::{Direction, SmsState};
use crate::domain::text::Normalised;
use crate::domain::time::UnixMs;

use super::compiled::{Compiled, Fit};
use super::prefilter::Prefilter;
use super::reader::Scratch;
use super::reading::Reading;
use super::spec::TemplateSpec;
use super::words;

/// The flags with which a deposit is not booked.
const UNBOOKABLE: [Flag; 4] = [Flag::AmbiguousTemplate, Flag::Negated, Flag::ZeroAmount, Flag::OverMaximum];

/// A stored template, compiled.
#[derive(Clone, Debug)]
pub struct TemplateEntry {
    /// Its id in the store.
    pub id: i64,
    /// Its version.
    pub version: i64,
    /// As it was written.
    pub spec: Arc<TemplateSpec>,
    /// Ready to read.
    pub compiled: Arc<Compiled>,
}

/// The enabled templates, indexed by sender. Immutable: a change makes a new book.
#[derive(Debug, Default)]
pub struct TemplateBook {
    entries: Vec<TemplateEntry>,
    by_sender: HashMap<String, Prefilter>,
    for_all: Prefilter,
}

/// What the templates make of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// `parsed`, `ignored` or `unparsed`.
    pub state: SmsState,
    /// A person must look.
    pub need_check: bool,
    /// Why.
    pub flags: Flags,
    /// The template (id, version) that the text is attributed to and what it read. With state `unparsed` it is shown to
    /// people, never booked.
    pub reading: Option<(i64, i64, Reading)>,
    /// All templates that fit, by id.
    pub fitting: Vec<i64>,
}

impl TemplateBook {
    /// Indexes the enabled ones of `entries`.
    #[must_use]
    pub fn build(entries: Vec<TemplateEntry>) -> Self {
        let mut entries: Vec<_> = entries.into_iter().filter(|entry| entry.spec.enabled).collect();
        entries.sort_by_key(|entry| (Reverse(entry.spec.priority), entry.id));
        let mut senders: HashMap<String, Vec<usize>> = HashMap::new();
        let mut for_all = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            if entry.spec.senders.iter().any(|sender| sender == "*") {
                for_all.push(at);
                continue;
            }
            for sender in &entry.spec.senders {
                senders.entry(comparable_sender(sender)).or_default().push(at);
            }
        }
        let index = |places: &[usize]| {
            Prefilter::build(places.iter().map(|at| (*at, entries[*at].compiled.required.as_slice())))
        };
        let by_sender = senders.iter().map(|(sender, places)| (sender.clone(), index(places))).collect();
        let for_all = index(&for_all);
        Self { entries, by_sender, for_all }
    }

    /// How many templates are in use.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether no template is in use.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Reads a text. `sender` in the form of [`comparable_sender`].
    #[must_use]
    pub fn parse(&self, sender: &str, text: &Normalised, received_at: UnixMs) -> Parsed {
        let mut parsed = decide(self.readings(sender, text, received_at), text);
        if text.suspicious {
            parsed.flags = parsed.flags.with(Flag::SuspiciousText);
            parsed.need_check |= parsed.state == SmsState::Parsed;
        }
        parsed
    }

    /// The readings of all templates that fit, the highest priority first, then the lowest id; and whether one fits
    /// without being certain of a value.
    fn readings(&self, sender: &str, text: &Normalised, received_at: UnixMs) -> (Vec<(&TemplateEntry, Reading)>, bool) {
        let mut candidates = Vec::new();
        self.for_all.candidates(&text.text, &mut candidates);
        if let Some(own) = self.by_sender.get(sender) {
            own.candidates(&text.text, &mut candidates);
        }
        candidates.sort_unstable();
        candidates.dedup();
        let mut scratch = Scratch::default();
        let (mut readings, mut uncertain) = (Vec::new(), false);
        for at in candidates {
            let entry = &self.entries[at];
            match entry.compiled.fit(&mut scratch, text, received_at) {
                Fit::Yes(reading) => readings.push((entry, *reading)),
                Fit::Uncertain => uncertain = true,
                Fit::No => {}
            }
        }
        (readings, uncertain)
    }
}

/// What follows from the readings of the templates that fit.
fn decide((readings, uncertain): (Vec<(&TemplateEntry, Reading)>, bool), text: &Normalised) -> Parsed {
    let mut fitting: Vec<i64> = readings.iter().map(|(entry, _)| entry.id).collect();
    fitting.sort_unstable();
    // INV-P6: whatever else fits, a text that a withdrawal or ignore template fits is no deposit.
    let gate = [Direction::Withdrawal, Direction::Ignore, Direction::Deposit]
        .into_iter()
        .find(|direction| readings.iter().any(|(_, reading)| reading.direction == *direction));
    let Some(direction) = gate else {
        return unread(uncertain || words::looks_financial(&text.text));
    };
    let mut same_way = readings.into_iter().filter(|(_, reading)| reading.direction == direction);
    let Some((entry, reading)) = same_way.next() else { return unread(true) };
    let mut flags = reading.flags;
    for (_, other) in same_way {
        flags = flags.union(other.flags);
        if other.fields != reading.fields {
            flags = flags.with(Flag::AmbiguousTemplate);
        }
    }
    let is_deposit = direction == Direction::Deposit;
    let is_bookable = is_deposit && !UNBOOKABLE.iter().any(|flag| flags.has(*flag)) && !uncertain;
    let state = match (is_deposit, is_bookable) {
        (false, _) => SmsState::Ignored,
        (true, true) => SmsState::Parsed,
        (true, false) => SmsState::Unparsed,
    };
    Parsed {
        state,
        need_check: state == SmsState::Unparsed,
        flags,
        reading: Some((entry.id, entry.version, reading)),
        fitting,
    }
}

/// A text that no template reads for certain.
fn unread(is_financial: bool) -> Parsed {
    let (state, flags) = if is_financial {
        (SmsState::Unparsed, Flags::NONE.with(Flag::FinancialUnparsed))
    } else {
        (SmsState::Ignored, Flags::NONE)
    };
    Parsed { state, need_check: is_financial, flags, reading: None, fitting: Vec::new() }
}
