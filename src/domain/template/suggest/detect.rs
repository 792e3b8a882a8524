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
const BALANCE: [&str; 5] = ["잔액", "잔고", "avl bal", "balance", "bal"];

/// `one` with the values that were found besides; a field that any of `all` has marked is found only in the same kind
/// of place that a person would see.
pub(super) fn more(one: &Marked, all: &[Marked]) -> Marked {
    let mut more = one.clone();
    let marked = |field: FieldName| one.marks.iter().any(|mark| mark.field == field);
    let anywhere = |field: FieldName| all.iter().flat_map(|one| &one.marks).any(|mark| mark.field == field);
    let mut found = Found::default();
    if !anywhere(FieldName::Datetime) {
        let is_date = |value: &str| value.contains(['/', '-', '.', '월']) && read_date(value, DateOrder::Ymd).is_some();
        let is_strict = |value: &str| value.contains('/') || value.contains('월') || value.len() > 7;
        if !marked(FieldName::Date) {
            let span = first(one, DATE.as_deref(), &mut found, |value, _| is_date(value) && is_strict(value));
            add(&mut more, FieldName::Date, span);
        }
        if !marked(FieldName::Time) {
            let span = first(one, TIME.as_deref(), &mut found, |value, _| when::read_time(value).is_some());
            add(&mut more, FieldName::Time, span);
        }
    }
    if !marked(FieldName::Balance) {
        let text = one.text.text.to_lowercase();
        // Lower case keeps the length of all but a few letters that no bank's text has.
        let is_aligned = text.len() == one.text.text.len();
        let after_word = |at: usize| {
            let before = text.get(..at).unwrap_or_default().trim_end_matches([' ', ':']);
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
        if joins(text[..start].chars().next_back()) {
            return None;
        }
        let (first, last) = grammar?.ends(found, text, start);
        let end = (first..last).filter_map(|index| found.end(index)).max()?;
        let span = start..end;
        let stands_alone = !joins(text[end..].chars().next());
        let value = text.get(span.clone())?;
        (stands_alone && one.is_free(&span) && one.text.is_one_digit_system(span.clone()) && is_one(value, start))
            .then_some(span)
    })
}

/// Whether a number goes on with `c`.
fn joins(c: Option<char>) -> bool {
    c.is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '*' | '-' | '/' | ':'))
}
