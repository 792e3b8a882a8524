//! What is written in the template language and what is read with it: compiling, suggesting, and the way of a text.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::NOW;
use crate::domain::phone::comparable_sender;
use crate::domain::sms::{Direction, SmsState};
use crate::domain::template::suggest::{Example, Mark, Wanted, suggest};
use crate::domain::template::{Parsed, Reading, TemplateBook, TemplateEntry, TemplateKind, TemplateSpec};
use crate::domain::text::{Normalised, normalise};
use crate::packs::SUMMARIES;

const CURRENCIES: [&str; 4] = ["KRW", "USD", "INR", "KWD"];
/// Stands between a pattern and its text, between a text and its marks, and between a field and its value.
const PART: char = '\u{1f}';
/// Stands between examples.
const EXAMPLE: char = '\u{1e}';

/// Every template of every pack.
static PACKED: LazyLock<Vec<TemplateSpec>> = LazyLock::new(|| {
    let banks = SUMMARIES.iter().filter_map(|summary| summary.read().ok()).flat_map(|pack| pack.banks);
    banks.flat_map(|bank| bank.templates).collect()
});

static BOOK: LazyLock<TemplateBook> = LazyLock::new(|| {
    let entry = |(id, spec): (i64, &TemplateSpec)| {
        let compiled = spec.compile().ok()?;
        Some(TemplateEntry { id, version: 1, spec: Arc::new(spec.clone()), compiled: Arc::new(compiled) })
    };
    TemplateBook::build((1..).zip(PACKED.iter()).filter_map(entry).collect())
});

/// A pattern of either language; where it compiles, a text that is read with it. The first byte says what the template is.
pub fn template_compile(data: &[u8]) {
    let [kind, rest @ ..] = data else { return };
    let written = String::from_utf8_lossy(rest);
    let (pattern, raw) = written.split_once(PART).unwrap_or((&written, &written));
    let spec = spec_of(*kind, pattern);
    let Ok(compiled) = spec.compile() else { return };
    let text = normalise(raw);
    let read = compiled.read(&text, NOW);
    let entry = TemplateEntry { id: 1, version: 1, spec: Arc::new(spec), compiled: Arc::new(compiled) };
    let parsed = TemplateBook::build(vec![entry]).parse("15881688", &text, NOW);
    // The prefilter lets through whatever the template reads.
    let reading = parsed.reading.as_ref().map(|(_, _, reading)| reading);
    assert_eq!(reading, read.as_ref(), "the book reads what its only template reads");
    hold(&parsed, &text);
}

/// The way of a text: normalised, then read with the templates of all packs. The first two bytes choose the template whose
/// sender it is from.
pub fn text_parse(data: &[u8]) {
    let [high, low, raw @ ..] = data else { return };
    let raw = String::from_utf8_lossy(raw);
    let text = normalise(&raw);
    assert_eq!(normalise(&text.text).text, text.text, "normalising twice changes nothing");
    let place = usize::from(u16::from_be_bytes([*high, *low]));
    let senders = PACKED.get(place % PACKED.len().max(1)).map(|spec| spec.senders.as_slice()).unwrap_or_default();
    let sender = senders.first().map(|sender| comparable_sender(sender)).unwrap_or_default();
    hold(&BOOK.parse(&sender, &text, NOW), &text);
}

/// Examples with marked values; what is proposed for them must read them.
pub fn template_suggest(data: &[u8]) {
    let [currency, rest @ ..] = data else { return };
    let written = String::from_utf8_lossy(rest);
    let examples: Vec<Example> = written.split(EXAMPLE).map(example).collect();
    let wanted = Wanted {
        currency: pick(&CURRENCIES, *currency).to_owned(),
        timezone: "Asia/Seoul".to_owned(),
        senders: vec!["*".to_owned()],
        direction: None,
    };
    let Ok((spec, compiled)) = suggest(&examples, &wanted) else { return };
    assert!(spec.validate().is_ok(), "what is proposed can be saved: {:?}", spec.pattern);
    for example in &examples {
        let text = normalise(&example.text);
        let Some(reading) = compiled.read(&text, NOW) else {
            // Dates are near the time of the text, which nobody said.
            continue;
        };
        in_place(&reading, &text);
    }
}

fn example(written: &str) -> Example {
    let mut parts = written.split(PART);
    let text = parts.next().unwrap_or_default().to_owned();
    let mut fields = BTreeMap::new();
    while let (Some(field), Some(value)) = (parts.next(), parts.next()) {
        fields.insert(field.to_owned(), Mark { value: value.to_owned(), place: None });
    }
    Example { text, fields }
}

/// What holds of every text that was read (INV-P).
fn hold(parsed: &Parsed, text: &Normalised) {
    let Some((_, _, reading)) = &parsed.reading else {
        assert_ne!(parsed.state, SmsState::Parsed, "what nobody read is not booked");
        return;
    };
    in_place(reading, text);
    if parsed.state == SmsState::Parsed {
        assert_eq!(reading.direction, Direction::Deposit, "only deposits are booked");
        assert!(
            reading.fields.amount.is_some_and(|amount| amount.minor > 0),
            "with their amount: {:?}",
            reading.fields
        );
        assert!(!text.suspicious || parsed.need_check, "and not unseen where the text is not what it seems");
    }
}

fn in_place(reading: &Reading, text: &Normalised) {
    let length = text.text.chars().count();
    for (field, (start, end)) in &reading.spans {
        assert!(start <= end && *end <= length, "{field} stands at {start}..{end} of {length}");
    }
}

fn pick<'a>(words: &[&'a str], byte: u8) -> &'a str {
    words.get(usize::from(byte) % words.len().max(1)).copied().unwrap_or_default()
}

/// A template of this pattern; its language, direction and currency by the bits of `kind`.
pub(super) fn spec_of(kind: u8, pattern: &str) -> TemplateSpec {
    TemplateSpec {
        name: "a bank".to_owned(),
        kind: if kind % 2 == 0 { TemplateKind::Typed } else { TemplateKind::Regex },
        pattern: pattern.to_owned(),
        senders: vec!["*".to_owned()],
        direction: if kind & 2 == 0 { Direction::Deposit } else { Direction::Withdrawal },
        currency: pick(&CURRENCIES, kind >> 2).to_owned(),
        timezone: "Asia/Seoul".to_owned(),
        account: None,
        priority: 0,
        enabled: true,
        name_max: None,
        max_amount: None,
        samples: Vec::new(),
    }
}

pub(super) fn compile_seeds() -> Vec<Vec<u8>> {
    let typed = PACKED.iter().filter(|spec| spec.kind == TemplateKind::Typed).step_by(3).map(|spec| {
        let text = spec.samples.first().map(|sample| sample.text.as_str()).unwrap_or_default();
        let currency = CURRENCIES.iter().position(|currency| *currency == spec.currency).unwrap_or_default();
        let kind = u8::try_from(currency << 2).unwrap_or_default();
        let kind = kind | if spec.direction == Direction::Deposit { 0 } else { 2 };
        [&[kind][..], spec.pattern.as_bytes(), PART.to_string().as_bytes(), text.as_bytes()].concat()
    });
    let regexes = [
        r"\[KB\](?P<date>\d{2}/\d{2}) (?P<time>\d{2}:\d{2})\n(?P<account>[\d*]+)\n(?P<name>.+?)\n입금\n(?P<amount>[\d,]+)",
        r"(?s).*입금 ?(?P<amount>[\d,]{1,15})원(?: 잔액 ?(?P<balance>-?[\d,]+)원)? (?P<name>\p{Hangul}{2,10})",
    ];
    let texts =
        ["[KB]04/22 14:07\n123456**789\n홍길동\n입금\n50,000", "가나은행 입금 50,000원 잔액 1,234,567원 홍길동"];
    let regexes = regexes
        .iter()
        .zip(texts)
        .map(|(pattern, text)| [&[1][..], pattern.as_bytes(), PART.to_string().as_bytes(), text.as_bytes()].concat());
    typed.chain(regexes).collect()
}

pub(super) fn text_seeds() -> Vec<Vec<u8>> {
    let samples = (0_u16..).zip(PACKED.iter()).flat_map(|(place, spec)| {
        spec.samples.iter().take(1).map(move |sample| [&place.to_be_bytes(), sample.text.as_bytes()].concat())
    });
    samples.collect()
}

pub(super) fn suggest_seeds() -> Vec<Vec<u8>> {
    let message = |name: &str, amount: &str, balance: &str| {
        let text = format!("[KB]04/22 14:07\n123456**789\n{name}\n입금\n{amount}\n잔액{balance}");
        [&text, "name", name, "amount", amount, "balance", balance].join(&PART.to_string())
    };
    let inr = "Rs.1,50,000.00 credited to A/c XX1234 on 22-Apr-26 by RAVI K. Avl Bal Rs.2,00,000.00";
    let inr = [inr, "amount", "1,50,000.00", "name", "RAVI K"].join(&PART.to_string());
    let examples = [message("홍길동", "50,000", "1,234,567"), message("김철수", "7,000", "99,000")];
    let separator = EXAMPLE.to_string();
    let seeds = [(0, examples.join(&separator)), (0, examples[0].clone()), (2, inr)];
    seeds.map(|(currency, text)| [&[currency], text.as_bytes()].concat()).into()
}
