//! Where the marked values stand in the normalised text, and what stands between them.

use std::ops::Range;

use crate::domain::refusal::FieldError;
use crate::domain::text::{Normalised, normalise, normalise_literal};

use super::super::field::FieldName;
use super::{Example, Mark};

/// An example with its values found.
#[derive(Clone, Debug)]
pub(super) struct Marked {
    pub(super) text: Normalised,
    /// In the order of the text; none overlaps another.
    pub(super) marks: Vec<Place>,
}

/// A value's place, in bytes of the normalised text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) field: FieldName,
    pub(super) span: Range<usize>,
}

/// A part of an example: a value, or a word between white space and values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Atom {
    Field(FieldName),
    Word(String),
}

/// The white space before a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    None,
    Blank,
    Line,
}

/// A part and the white space before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) before: Gap,
    pub(super) atom: Atom,
}

/// Finds the marked values of an example.
pub(super) fn locate(example: &Example) -> Result<Marked, Vec<FieldError>> {
    let text = normalise(&example.text);
    let (mut marks, mut errors) = (Vec::<Place>::new(), Vec::new());
    for (name, mark) in &example.fields {
        let mut error = |message: String| errors.push(FieldError::new(format!("fields.{name}"), message));
        let Some(field) = FieldName::of(name) else {
            error("there is no such field".to_owned());
            continue;
        };
        if marks.iter().any(|other| other.field == field) {
            error(format!("`{field}` is marked twice"));
            continue;
        }
        match place(&text.text, &example.text, mark) {
            Ok(span) => marks.push(Place { field, span }),
            Err(message) => error(message),
        }
    }
    marks.sort_by_key(|mark| mark.span.start);
    for pair in marks.windows(2) {
        if let [first, second] = pair
            && second.span.start < first.span.end
        {
            let message = format!("it stands over `{}`", first.field);
            errors.push(FieldError::new(format!("fields.{}", second.field), message));
        }
    }
    if example.fields.is_empty() {
        errors.push(FieldError::new("fields", "mark at least the amount"));
    }
    if errors.is_empty() { Ok(Marked { text, marks }) } else { Err(errors) }
}

fn place(text: &str, raw: &str, mark: &Mark) -> Result<Range<usize>, String> {
    let value = normalise_literal(&mark.value);
    let value = value.trim();
    if value.is_empty() {
        return Err("the value is empty".to_owned());
    }
    let all: Vec<usize> = occurrences(text, value);
    if let Some((start, end)) = mark.place {
        let cut: String = raw.chars().skip(start).take(end.saturating_sub(start)).collect();
        if end <= start || normalise_literal(&cut).trim() != value {
            return Err(format!("characters {start} to {end} of the text are not this value"));
        }
        // Counted from the end, since what normalising strips stands in front.
        let behind: String = raw.chars().skip(start).collect();
        let from_end = occurrences(normalise_literal(&behind).trim_start(), value).len();
        let at = from_end.checked_sub(1).and_then(|back| all.iter().rev().nth(back));
        return at.map(|at| *at..at + value.len()).ok_or_else(|| "it stands in what is not read".to_owned());
    }
    let whole: Vec<usize> = all.iter().copied().filter(|at| is_whole(text, *at..at + value.len())).collect();
    match (all.as_slice(), whole.as_slice()) {
        ([], _) => Err("the text does not contain this value".to_owned()),
        ([at], _) | (_, [at]) => Ok(*at..at + value.len()),
        _ => Err("the text contains this value more than once: give its `start` and `end`".to_owned()),
    }
}

/// Where `value` stands in `text`, overlapping places too.
fn occurrences(text: &str, value: &str) -> Vec<usize> {
    text.char_indices().map(|(at, _)| at).filter(|at| text[*at..].starts_with(value)).collect()
}

/// Whether what stands there is no part of a longer word or number.
fn is_whole(text: &str, span: Range<usize>) -> bool {
    let (before, behind) = (text[..span.start].chars().next_back(), text[span.end..].chars().next());
    let value = &text[span];
    let first = value.chars().next();
    let last = value.chars().next_back();
    !(goes_on(before, first) || goes_on(last, behind))
}

fn goes_on(left: Option<char>, right: Option<char>) -> bool {
    let (Some(left), Some(right)) = (left, right) else { return false };
    let number = |c: char| c.is_ascii_digit() || matches!(c, ',' | '.' | '*');
    (number(left) && number(right)) || (left.is_alphabetic() && right.is_alphabetic())
}

impl Marked {
    /// The example as values and words.
    pub(super) fn items(&self) -> Vec<Item> {
        let mut items = Vec::new();
        let mut at = 0;
        let mut gap = Gap::None;
        for mark in &self.marks {
            words(&self.text.text[at..mark.span.start], &mut gap, &mut items);
            items.push(Item { before: gap, atom: Atom::Field(mark.field) });
            gap = Gap::None;
            at = mark.span.end;
        }
        words(&self.text.text[at..], &mut gap, &mut items);
        items
    }

    /// The text that is not marked.
    pub(super) fn outside(&self) -> String {
        let mut outside = String::new();
        let mut at = 0;
        for mark in &self.marks {
            outside.push_str(&self.text.text[at..mark.span.start]);
            outside.push('\n');
            at = mark.span.end;
        }
        outside.push_str(&self.text.text[at..]);
        outside
    }

    /// Whether a place is free of marks.
    pub(super) fn is_free(&self, span: &Range<usize>) -> bool {
        self.marks.iter().all(|mark| mark.span.end <= span.start || mark.span.start >= span.end)
    }
}

/// Adds the words of `text`; `gap` is the white space seen last.
fn words(text: &str, gap: &mut Gap, items: &mut Vec<Item>) {
    let mut word = String::new();
    let mut flush = |word: &mut String, gap: &mut Gap| {
        if !word.is_empty() {
            items.push(Item { before: *gap, atom: Atom::Word(std::mem::take(word)) });
            *gap = Gap::None;
        }
    };
    for c in text.chars() {
        match c {
            '\n' => {
                flush(&mut word, gap);
                *gap = Gap::Line;
            }
            ' ' => {
                flush(&mut word, gap);
                *gap = (*gap).max(Gap::Blank);
            }
            _ => word.push(c),
        }
    }
    flush(&mut word, gap);
}
