//! From the captures of a template's regex to values, with the checks that a regex cannot make.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::domain::flags::{Flag, Flags};
use crate::domain::money::Money;
use crate::domain::sms::Direction;
use crate::domain::text::Normalised;
use crate::domain::time::UnixMs;

use super::compiled::Compiled;
use super::date::{DateOrder, read_date};
use super::field::{FieldName, FieldType};
use super::money::MoneyStyle;
use super::pattern::{Group, is_money};
use super::reader::Scratch;
use super::reading::Fields;
use super::units;
use super::when;
use super::words;

/// The captures of a run, trimmed, in the order of the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Taken<'t> {
    captures: Vec<Capture<'t>>,
    /// What a typed template's skips took.
    skipped: Vec<Range<usize>>,
}

#[derive(Debug, PartialEq, Eq)]
struct Capture<'t> {
    group: &'t Group,
    span: Range<usize>,
}

impl<'t> Taken<'t> {
    /// The captures of the last run; `None` where a span cuts a character.
    pub(super) fn of(groups: &'t [Group], scratch: &Scratch, text: &Normalised) -> Option<Self> {
        let mut captures = Vec::with_capacity(groups.len());
        for (field, span) in scratch.taken() {
            let Some(group) = groups.get(field) else { continue };
            let value = text.text.get(span.clone())?;
            let start = span.start + (value.len() - value.trim_start().len());
            let trimmed = value.trim();
            if !trimmed.is_empty() {
                captures.push(Capture { group, span: start..start + trimmed.len() });
            }
        }
        captures.sort_by_key(|capture| capture.span.start);
        Some(Self { captures, skipped: scratch.skipped().collect() })
    }

    /// Whether a skip took any of `span`.
    fn is_skipped(&self, span: &Range<usize>) -> bool {
        self.skipped.iter().any(|skipped| skipped.start < span.end && span.start < skipped.end)
    }

    /// Whether one field took all of `span`.
    fn is_in_field(&self, span: &Range<usize>) -> bool {
        self.captures.iter().any(|capture| capture.span.start <= span.start && span.end <= capture.span.end)
    }

    /// The text with a line break for every byte that a field other than `{kind}` took.
    fn without_fields(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for capture in self.captures.iter().filter(|capture| capture.group.field != FieldName::Kind) {
            out.push_str(text.get(at..capture.span.start).unwrap_or_default());
            out.extend(std::iter::repeat_n('\n', capture.span.len()));
            at = capture.span.end;
        }
        out.push_str(text.get(at..).unwrap_or_default());
        out
    }

    fn starts_at(&self, byte: usize) -> bool {
        self.captures.iter().any(|capture| capture.span.start == byte)
    }

    fn ends_at(&self, byte: usize) -> bool {
        self.captures.iter().any(|capture| capture.span.end == byte)
    }

    fn get(&self, field: FieldName) -> Option<&Capture<'t>> {
        self.captures.iter().find(|capture| capture.group.field == field)
    }

    /// The text that no field took, with a line break where a field was.
    fn outside(&self, text: &str, within: Range<usize>) -> String {
        let mut out = String::new();
        let mut at = within.start;
        for capture in &self.captures {
            let (start, end) = (capture.span.start.clamp(at, within.end.max(at)), capture.span.end);
            out.push_str(&text[at..start]);
            if end > at && start < within.end {
                out.push('\n');
                at = end.min(within.end);
            }
        }
        if at < within.end {
            out.push_str(&text[at..within.end]);
        }
        out
    }
}

/// Spans by field, in characters of the normalised text.
pub(super) type Spans = BTreeMap<String, (usize, usize)>;

/// The values of the captures. `None` where one is not certain.
pub(super) fn fields(
    template: &Compiled,
    taken: &Taken,
    text: &Normalised,
    received_at: UnixMs,
) -> Option<(Fields, Spans)> {
    let mut fields = Fields::default();
    let mut spans = Spans::new();
    let (mut day, mut time, mut moment) = (None, None, None);
    for capture in &taken.captures {
        let Group { field, kind, .. } = capture.group;
        let value = &text.text[capture.span.clone()];
        let is_sound = if kind.is_numeric() {
            text.is_one_digit_system(capture.span.clone())
                && stands_alone(capture, taken, &text.text, template.direction)
        } else {
            value.chars().count() <= field.longest() && !value.contains('\n') && is_whole_word(capture, &text.text)
        };
        if !is_sound {
            return None;
        }
        match field {
            FieldName::Amount | FieldName::Balance => {
                let money = read_money(template, capture, value)?;
                if *field == FieldName::Amount { fields.amount = Some(money) } else { fields.balance = Some(money) }
            }
            FieldName::Date => day = Some(read_date(value, DateOrder::of(*kind, template.currency))?),
            FieldName::Time => time = Some(when::read_time(value)?),
            FieldName::Datetime => {
                if let Ok(at) = value.parse::<UnixMs>() {
                    moment = Some(when::Moment { at, to_the_minute: false });
                } else {
                    let (read_day, read_time) = when::read_datetime(value, DateOrder::of(*kind, template.currency))?;
                    (day, time) = (Some(read_day), Some(read_time));
                }
            }
            FieldName::Name => fields.name = Some(value.to_owned()),
            FieldName::Account if *kind == FieldType::Account => fields.account = Some(masked(value)?),
            FieldName::Account => fields.account = Some(value.to_owned()),
            FieldName::Reference => fields.reference = Some(value.to_owned()),
            FieldName::Kind => fields.kind = Some(value.to_owned()),
            FieldName::SenderBank => fields.sender_bank = Some(value.to_owned()),
            FieldName::Memo => fields.memo = Some(value.to_owned()),
        }
        let start = text.char_offset(capture.span.start);
        spans.insert(field.to_string(), (start, start + value.chars().count()));
    }
    if day.is_some() || time.is_some() {
        moment = Some(when::moment(day, time, &template.zone, received_at)?);
    }
    fields.occurred_at = moment.map(|moment| moment.at);
    fields.to_the_minute = moment.is_some_and(|moment| moment.to_the_minute);
    let has_money = template.direction != Direction::Deposit || fields.amount.is_some();
    has_money.then_some((fields, spans))
}

fn read_money(template: &Compiled, capture: &Capture, value: &str) -> Option<Money> {
    /// From so many digits without groups, an amount beside an absent optional part may be two numbers in one.
    const FUSED_DIGITS: usize = 7;
    let money = MoneyStyle::new(template.currency, capture.group.kind).read(value)?;
    let is_amount = capture.group.field == FieldName::Amount;
    if is_amount && (money.minor < 0) {
        return None;
    }
    let longest_run = value.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    (!(is_amount && capture.group.may_be_fused && longest_run >= FUSED_DIGITS)).then_some(money)
}

/// An account with `*` for every hidden digit; `None` where no digit is shown.
pub(super) fn masked(value: &str) -> Option<String> {
    let masked = value.chars().map(|c| if matches!(c, 'x' | 'X' | '#' | '•' | '●' | '○') { '*' } else { c }).collect();
    value.contains(|c: char| c.is_ascii_digit()).then_some(masked)
}

/// INV-P1: a number field takes a whole number, never a part of one: nothing that belongs to a number may touch it,
/// but for the separator to another field.
fn stands_alone(capture: &Capture, taken: &Taken, text: &str, direction: Direction) -> bool {
    let (before, behind) = (&text[..capture.span.start], &text[capture.span.end..]);
    let mut left = before.chars().rev();
    let mut right = behind.chars();
    let (left, second_left) = (left.next(), left.next());
    let (right, second_right) = (right.next(), right.next());
    let is_number = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit() || c == '*');
    if is_number(left) || is_number(right) {
        return false;
    }
    let money = is_money(capture.group.kind);
    if money && right.is_some_and(units::is_unit) {
        return false;
    }
    let is_joint = |c: &char| matches!(c, ',' | '.' | '\'' | '-' | '/' | ':');
    let joined_left = left
        .filter(is_joint)
        .is_some_and(|joint| is_number(second_left) && !taken.ends_at(capture.span.start - joint.len_utf8()));
    let joined_right = right
        .filter(is_joint)
        .is_some_and(|joint| is_number(second_right) && !taken.starts_at(capture.span.end + joint.len_utf8()));
    if joined_left || joined_right {
        return false;
    }
    // `-5,000` is no deposit of 5,000, and a withdrawal's sign; `123-5,000` was refused above.
    let is_deposit_s = direction == Direction::Deposit && capture.group.field == FieldName::Amount;
    !(money && is_deposit_s && matches!(left, Some('-' | '−' | '△' | '▲')))
}

/// INV-P4: where a template sets a word off with white space that the text lacks, the word is not read from the end of a
/// longer one: the last of several words of a name (`홍길동 전자금융|입금`), or a known compound (`세입금`).
fn is_whole_word(capture: &Capture, text: &str) -> bool {
    let value = &text[capture.span.clone()];
    let behind = &text[capture.span.end..];
    let glued =
        capture.group.loose_right && value.ends_with(char::is_alphabetic) && behind.starts_with(char::is_alphabetic);
    !(glued && (value.contains(' ') || words::is_other_word_before(value, behind)))
}

/// The reasons for which a reading is not booked.
pub(super) fn flags(template: &Compiled, fields: &Fields, taken: &Taken, text: &Normalised) -> Flags {
    let mut flags = Flags::NONE;
    if template.direction == Direction::Ignore {
        return flags;
    }
    if is_negated(template, taken, &text.text) {
        flags = flags.with(Flag::Negated);
    }
    if template.direction != Direction::Deposit {
        return flags;
    }
    if let Some(amount) = fields.amount {
        if amount.minor == 0 {
            flags = flags.with(Flag::ZeroAmount);
        }
        if template.maximum.is_some_and(|maximum| amount.minor > maximum.minor) {
            flags = flags.with(Flag::OverMaximum);
        }
    }
    flags
}

/// INV-P5: a word outside the fields that says that no money came keeps a deposit from being booked. What stands in a
/// name or a memo is the payer's text and says nothing.
fn is_negated(template: &Compiled, taken: &Taken, text: &str) -> bool {
    if words::negating(&taken.outside(text, 0..text.len())).is_some() {
        return true;
    }
    if let Some(kind) = taken.get(FieldName::Kind) {
        let kind = &text[kind.span.clone()];
        if words::negating(kind).is_some() || words::negating_english(kind).is_some() {
            return true;
        }
    }
    let glued = taken.captures.iter().any(|capture| {
        !capture.group.kind.is_numeric()
            && capture.group.loose_left
            && words::is_other_word_behind(&text[..capture.span.start], &text[capture.span.clone()])
    });
    if glued {
        return true;
    }
    let Some(amount) = taken.get(FieldName::Amount) else { return false };
    let near = neighbourhood(text, &amount.span, taken);
    words::negating_english(&taken.outside(text, near.clone())).is_some()
        || (template.direction == Direction::Deposit && goes_out(template, taken, text, &amount.span, &near))
}

/// INV-P9: a deposit template books no text that says that money went out, be it in the literal part around the amount,
/// or in what a skip or `{kind}` took, on whatever line. Of a regex that part of the text counts as skipped whose word
/// the pattern does not have.
fn goes_out(template: &Compiled, taken: &Taken, text: &str, amount: &Range<usize>, near: &Range<usize>) -> bool {
    let outside = taken.outside(text, 0..text.len());
    let says_in = words::says_in(&outside);
    let kind = taken.get(FieldName::Kind).map(|kind| kind.span.clone());
    let is_foreign = |word: &str| template.is_regex() && !template.pattern.to_lowercase().contains(word);
    let swallowed = |span: &Range<usize>, word: &str| {
        let in_kind = kind.as_ref().is_some_and(|kind| kind.start < span.end && span.start < kind.end);
        in_kind || taken.is_skipped(span) || (!taken.is_in_field(span) && is_foreign(word))
    };
    let in_near = |span: &Range<usize>| near.start <= span.start && span.end <= near.end && !taken.is_in_field(span);
    // What a payer writes turns no word round; and a word of which a skip took a part, a field the rest, is one too.
    let says_out = [taken.without_fields(text).as_str(), text]
        .into_iter()
        .any(|text| words::outgoing_places(text).any(|(word, span)| in_near(&span) || swallowed(&span, word)));
    let kind_says_in = kind.as_ref().is_some_and(|kind| words::says_in(&text[kind.clone()]));
    let seems_out =
        !says_in && !kind_says_in && words::doubtful_places(text).any(|(word, span)| swallowed(&span, word));
    says_out || seems_out || has_minus(template, taken, text, amount, says_in)
}

/// Whether a minus beside the amount was taken by an alternative, or by a skip without a deposit word beside it.
fn has_minus(template: &Compiled, taken: &Taken, text: &str, amount: &Range<usize>, says_in: bool) -> bool {
    const MINUS: [char; 4] = ['-', '−', '△', '▲'];
    let before = text[..amount.start].trim_end();
    let left =
        before.chars().next_back().filter(|c| MINUS.contains(c)).map(|c| before.len() - c.len_utf8()..before.len());
    let behind = text[amount.end..].trim_start();
    let behind = behind.strip_prefix('원').unwrap_or(behind).trim_start();
    let at = text.len() - behind.len();
    let right = behind.chars().next().filter(|c| MINUS.contains(c)).map(|c| at..at + c.len_utf8());
    let is_alternative = MINUS.iter().any(|minus| {
        [format!("<{minus}|"), format!("|{minus}|"), format!("|{minus}>")]
            .iter()
            .any(|one| template.pattern.contains(one))
    });
    [left, right]
        .into_iter()
        .flatten()
        .any(|place| !taken.is_in_field(&place) && (is_alternative || (!says_in && taken.is_skipped(&place))))
}

/// The line and sentence of the amount, and on to the next field on both sides.
fn neighbourhood(text: &str, amount: &Range<usize>, taken: &Taken) -> Range<usize> {
    let before = &text[..amount.start];
    let behind = &text[amount.end..];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line_end = behind.find('\n').map_or(text.len(), |at| amount.end + at);
    let last_field = taken.captures.iter().map(|c| c.span.end).filter(|end| *end <= amount.start).max().unwrap_or(0);
    let next_field =
        taken.captures.iter().map(|c| c.span.start).filter(|start| *start >= amount.end).min().unwrap_or(text.len());
    let start = line_start.min(last_field);
    let end = line_end.max(next_field);
    let is_stop =
        |text: &str, at: usize| text[at..].starts_with(['.', '!', '?']) && text[at + 1..].starts_with([' ', '\n']);
    let sentence_start = text[start..amount.start]
        .char_indices()
        .filter(|(at, _)| is_stop(text, start + at))
        .map(|(at, _)| start + at + 1)
        .next_back()
        .unwrap_or(start);
    let sentence_end = text[amount.end..end]
        .char_indices()
        .find(|(at, _)| is_stop(text, amount.end + at))
        .map_or(end, |(at, _)| amount.end + at);
    sentence_start..sentence_end
}
