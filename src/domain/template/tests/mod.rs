//! Templates as operators would write them, and texts as banks (and others) would send them. All names are made up.

mod book;
mod language;
mod page;
mod properties;
mod saving;
mod shapes;
mod suggesting;
mod traps;

use std::sync::Arc;

use super::*;
use crate::domain::flags::Flag;
use crate::domain::sms::{Direction, SmsState};
use crate::domain::text::normalise;
use crate::domain::time::UnixMs;

/// 2026-04-22 09:31:20 in Seoul.
const RECEIVED: UnixMs = UnixMs(1_776_817_880_000);

/// The template of the design's example.
const KB: &str =
    "[KB]{date} {time}\n{account}\n{name}\n<전자금융입금|FBS입금|오픈뱅킹|입금>\n{amount}[[\n잔액{balance}]]";

fn typed(pattern: &str) -> TemplateSpec {
    TemplateSpec {
        name: "a bank".to_owned(),
        kind: TemplateKind::Typed,
        pattern: pattern.to_owned(),
        senders: vec!["*".to_owned()],
        direction: Direction::Deposit,
        currency: "KRW".to_owned(),
        timezone: "Asia/Seoul".to_owned(),
        account: None,
        priority: 0,
        enabled: true,
        name_max: None,
        max_amount: None,
        samples: Vec::new(),
    }
}

fn with_direction(pattern: &str, direction: Direction) -> TemplateSpec {
    TemplateSpec { direction, ..typed(pattern) }
}

fn in_currency(pattern: &str, currency: &str) -> TemplateSpec {
    TemplateSpec { currency: currency.to_owned(), ..typed(pattern) }
}

fn regex(pattern: &str) -> TemplateSpec {
    TemplateSpec { kind: TemplateKind::Regex, ..typed(pattern) }
}

/// A book of these templates, with ids from 1.
fn book(specs: &[TemplateSpec]) -> TemplateBook {
    let entries = specs.iter().zip(1..).map(|(spec, id)| {
        let compiled = Arc::new(spec.compile().unwrap_or_else(|errors| panic!("{}: {errors:?}", spec.pattern)));
        TemplateEntry { id, version: 1, spec: Arc::new(spec.clone()), compiled }
    });
    TemplateBook::build(entries.collect())
}

fn parse_by(specs: &[TemplateSpec], raw: &str) -> Parsed {
    book(specs).parse("15880000", &normalise(raw), RECEIVED)
}

fn parse(pattern: &str, raw: &str) -> Parsed {
    parse_by(&[typed(pattern)], raw)
}

/// `field=value` of everything that was read and would be booked; the state and flags where nothing would.
fn seen(parsed: &Parsed) -> String {
    match (&parsed.state, &parsed.reading) {
        (SmsState::Parsed, Some((_, _, reading))) => {
            let mut fields = reading.fields.to_map();
            fields.remove("occurred_at");
            let values: Vec<String> = fields.iter().map(|(field, value)| format!("{field}={value}")).collect();
            values.join(" ")
        }
        _ => format!("{} {:?}", parsed.state, parsed.flags),
    }
}

fn occurred(parsed: &Parsed) -> String {
    let at = parsed.reading.as_ref().and_then(|(_, _, reading)| reading.fields.occurred_at);
    at.map(|at| at.to_string()).unwrap_or_default()
}

/// What a person must look at, and why: nothing of it is booked.
fn assert_review(parsed: &Parsed, flag: Flag, raw: &str) {
    assert_eq!(parsed.state, SmsState::Unparsed, "{raw}: {parsed:?}");
    assert!(parsed.need_check && parsed.flags.has(flag), "{raw}: {parsed:?}");
}
