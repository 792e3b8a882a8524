//! What templates would make of a message that was read before: what a back-test counts.

use std::collections::BTreeMap;

use crate::domain::sms::{Direction, SmsState};
use crate::domain::time::UnixMs;

use super::book::Parsed;
use super::reading::Fields;

crate::text_enum! {
    /// What a template changes about a message.
    pub enum Change {
        /// No template read it; now one does.
        New = "new",
        /// It was read, and would not be.
        Lost = "lost",
        /// It would be read otherwise.
        Changed = "changed",
        /// It would be read as it was.
        Same = "same",
    }
}

/// What is stored of a message's parse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its state.
    pub state: SmsState,
    /// The template that it is attributed to.
    pub template_id: Option<i64>,
    /// Which way that one says that the money went.
    pub direction: Option<Direction>,
    /// What was read. `occurred_at` is the receipt where the text names no time.
    pub fields: Fields,
}

/// What `parsed` changes about a message, where the template `id` has a part in it: it read the message or would now.
#[must_use]
pub fn change(id: i64, recorded: &Recorded, parsed: &Parsed, received_at: UnixMs) -> Option<Change> {
    if recorded.template_id != Some(id) && !parsed.fitting.contains(&id) {
        return None;
    }
    let Some((_, _, reading)) = &parsed.reading else {
        return Some(if recorded.template_id.is_some() { Change::Lost } else { Change::Same });
    };
    if recorded.template_id.is_none() {
        return Some(Change::New);
    }
    let is_same = outcome(parsed.state) == outcome(recorded.state)
        && Some(reading.direction) == recorded.direction
        && values(&reading.fields, received_at) == values(&recorded.fields, received_at);
    Some(if is_same { Change::Same } else { Change::Changed })
}

/// What parsing made of it, whatever matching made of that.
fn outcome(state: SmsState) -> SmsState {
    match state {
        SmsState::Ignored | SmsState::Unparsed => state,
        _ => SmsState::Parsed,
    }
}

/// The values that a message is stored with: its kind is not.
fn values(fields: &Fields, received_at: UnixMs) -> BTreeMap<String, String> {
    let mut values = fields.to_map();
    values.remove("kind");
    values.entry("occurred_at".to_owned()).or_insert_with(|| received_at.to_string());
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::flags::Flags;
    use crate::domain::template::Reading;

    fn fields(name: &str) -> Fields {
        Fields { name: Some(name.to_owned()), ..Fields::default() }
    }

    fn parsed(state: SmsState, reading: Option<Fields>) -> Parsed {
        let direction = Direction::Deposit;
        let fitting = if reading.is_some() { vec![7] } else { Vec::new() };
        let reading = reading.map(|fields| Reading { direction, fields, spans: BTreeMap::new(), flags: Flags::NONE });
        Parsed {
            state,
            need_check: false,
            flags: Flags::NONE,
            reading: reading.map(|reading| (7, 1, reading)),
            fitting,
        }
    }

    #[test]
    fn a_message_is_new_lost_changed_or_the_same() {
        let recorded = |state, template_id, name| Recorded {
            state,
            template_id,
            direction: Some(Direction::Deposit),
            fields: Fields { occurred_at: Some(UnixMs(60_000)), ..fields(name) },
        };
        let of = |recorded: &Recorded, parsed: &Parsed| change(7, recorded, parsed, UnixMs(60_000));
        let reads = parsed(SmsState::Parsed, Some(fields("홍길동")));
        let nothing = parsed(SmsState::Unparsed, None);
        assert_eq!(of(&recorded(SmsState::Unparsed, None, ""), &reads), Some(Change::New));
        assert_eq!(of(&recorded(SmsState::Matched, Some(7), "홍길동"), &reads), Some(Change::Same));
        assert_eq!(of(&recorded(SmsState::Matched, Some(7), "김철수"), &reads), Some(Change::Changed));
        assert_eq!(of(&recorded(SmsState::Unparsed, Some(7), "홍길동"), &reads), Some(Change::Changed));
        assert_eq!(of(&recorded(SmsState::Settled, Some(7), "홍길동"), &nothing), Some(Change::Lost));
        assert_eq!(of(&recorded(SmsState::Settled, Some(8), "홍길동"), &nothing), None, "another template's");
    }
}
