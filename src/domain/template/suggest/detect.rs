//! Values that nobody marked and that an operator would have: the date, the time, the balance, the own account.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use super::super::date::{self, DateOrder, read_date};
use super::super::field::FieldName;
use super::super::fragment::{Found, Fragment};
use super::super::when;
use super::mark::{Marked, Place};

static DATE: LazyLock<Option<Arc<Fragment>>> = LazyLock::new(|| Fragment::shared(&date::date_grammar()).ok());
static TIME: LazyLock<Option<Arc<Fragment>>> = LazyLock::new(|| Fragment::shared(&when::time_grammar()).ok());
/// Money in any grouping; what it is worth is for the types to say.
static NUMBER: LazyLock<Option<Arc<Fragment>>> = LazyLock::new(|| {
    let units = "[조억만천백]{1,2}";
    Fragment::shared(&format!("-?[0-9]+(?:[.,][0-9]+)*(?:{units}(?: ?[0-9][0-9,]*{units})*)?")).ok()
});
static ACCOUNT: LazyLock<Option<Arc<Fragment>>> = LazyLock::new(|| Fragment::shared("[0-9*](?:[-0-9*]*[0-9*])?").ok());

/// The words before a balance, in lower case.
const BALANCE: [&str; 9] = ["잔액", "잔고", "balance", "bal", "sd", "so du", "số dư", "余额", "คงเหลือ"];
/// What may stand between that word and the number.
const BETWEEN: [&str; 10] = ["is", "rs", "inr", "ksh", "kes", "tk", "vnd", "₹", "$", "₩"];

/// `one` with the values that were found besides; a field that any of `all` has marked is found only in the same kind
/// of place that a person would see.
pub(super) fn more(one: &Marked, all: &[Marked]) -> Marked {
    let mut more = one.clone();
    let marked = |field: FieldName| one.marks.iter().any(|mark| mark.field == field);
    let anywhere = |field: FieldName| all.iter().flat_map(|one| &one.marks).any(|mark| mark.field == field);
    let mut found = Found::default();
    if !anywhere(FieldName::Datetime) {
        let is_apart = |at: usize| !one.text.text[..at].ends_with(|c: char| c.is_ascii_alphanumeric());
        let is_date =
            |value: &str| value.contains(['/', '-', '.', '월', '月']) && read_date(value, DateOrder::Ymd).is_some();
        let is_strict = |value: &str| value.contains(['/', '월', '月']) || value.len() > 7;
        if !marked(FieldName::Date) {
            let span =
                first(one, DATE.as_deref(), &mut found, |value, at| is_apart(at) && is_date(value) && is_strict(value));
            add(&mut more, FieldName::Date, span);
        }
        if !marked(FieldName::Time) {
            let span =
                first(one, TIME.as_deref(), &mut found, |value, at| is_apart(at) && when::read_time(value).is_some());
            add(&mut more, FieldName::Time, span);
        }
    }
    join_date_and_time(&mut more);
    if !marked(FieldName::Balance) {
        let text = one.text.text.to_lowercase();
        // Lower case keeps the length of all but a few letters that no bank's text has.
        let is_aligned = text.len() == one.text.text.len();
        let after_word = |at: usize| {
            let mut before = text.get(..at).unwrap_or_default().trim_end_matches([' ', ':', '.']);
            while let Some(rest) = BETWEEN.iter().find_map(|word| before.strip_suffix(word)) {
                before = rest.trim_end_matches([' ', ':', '.']);
            }
            is_aligned && BALANCE.iter().any(|word| before.ends_with(word))
        };
        let span = first(&more, NUMBER.as_deref(), &mut found, |_, at| after_word(at));
        add(&mut more, FieldName::Balance, span);
    }
    if !marked(FieldName::Account) {
        let is_account = |value: &str| {
            let digits = value.chars().filter(char::is_ascii_digit).count();
            (value.contains('*') && digits >= 2) || (value.matches('-').count() >= 2 && digits >= 9)
        };
        let span = first(&more, ACCOUNT.as_deref(), &mut found, |value, _| is_account(value));
        add(&mut more, FieldName::Account, span);
    }
    more
}

/// A date and a time without anything between them are one field.
fn join_date_and_time(more: &mut Marked) {
    let place = |field| more.marks.iter().find(|mark| mark.field == field).map(|mark| mark.span.clone());
    let (Some(date), Some(time)) = (place(FieldName::Date), place(FieldName::Time)) else { return };
    if date.end == time.start {
        more.marks.retain(|mark| !matches!(mark.field, FieldName::Date | FieldName::Time));
        more.marks.push(Place { field: FieldName::Datetime, span: date.start..time.end });
        more.marks.sort_by_key(|mark| mark.span.start);
    }
}

fn add(more: &mut Marked, field: FieldName, span: Option<Range<usize>>) {
    let Some(span) = span.filter(|span| more.is_free(span)) else { return };
    more.marks.push(Place { field, span });
    more.marks.sort_by_key(|mark| mark.span.start);
}

/// The first unmarked place where the longest value of a grammar stands by itself and `is_one`.
fn first(
    one: &Marked,
    grammar: Option<&Fragment>,
    found: &mut Found,
    is_one: impl Fn(&str, usize) -> bool,
) -> Option<Range<usize>> {
    let text = one.text.text.as_str();
    text.char_indices().find_map(|(start, _)| {
        let before = text[..start].chars().next_back();
        // A currency's letters may touch its number, which what is asked of the value looks at.
        if joins(before)
            && !(before.is_some_and(|c| c.is_ascii_alphabetic())
                && text[start..].starts_with(|c: char| c.is_ascii_digit()))
        {
            return None;
        }
        let (first, last) = grammar?.ends(found, text, start);
        let end = (first..last).filter_map(|index| found.end(index)).max()?;
        let span = start..end;
        let value = text.get(span.clone())?;
        let stands_alone = value.ends_with(['일', '日']) || !joins(text[end..].chars().next());
        (stands_alone && one.is_free(&span) && one.text.is_one_digit_system(span.clone()) && is_one(value, start))
            .then_some(span)
    })
}

/// Whether a number goes on with `c`.
fn joins(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '*' | '-' | '/' | ':'))
}
