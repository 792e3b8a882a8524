//! From a few messages with marked values to the typed template that an operator would have written.
//!
//! Equal parts become text, marked parts fields, parts that only some examples have `[[...]]`, differing parts `{_}`;
//! but differing words next to the amount become alternatives, so that 출금 is never read for 입금 (INV-P8). What is
//! proposed has been compiled and reads every example exactly as it is marked.

mod align;
mod detect;
mod differ;
mod mark;
mod types;
mod write;

use std::collections::BTreeMap;

use crate::domain::refusal::FieldError;
use crate::domain::sms::Direction;

use align::Differing;
use mark::Marked;

use super::field::FieldName;
use super::reading::Reading;
use super::spec::{TemplateKind, TemplateSample, TemplateSpec};
use super::words;
use super::{Compiled, LONGEST_TEXT};

/// The most examples of one suggestion.
pub const MOST_EXAMPLES: usize = 5;

/// A message with its values marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The text as a phone would send it.
    pub text: String,
    /// The marked values by field (its name in English or Korean).
    pub fields: BTreeMap<String, Mark>,
}

/// A marked value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The value as it stands in the text.
    pub value: String,
    /// Its first and last-plus-one **character** of the text as given; needed where the value stands there twice.
    pub place: Option<(usize, usize)>,
}

/// What a suggestion is to have besides its pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// ISO 4217.
    pub currency: String,
    /// IANA name.
    pub timezone: String,
    /// Its senders.
    pub senders: Vec<String>,
    /// Its direction; none: what the words of the examples say.
    pub direction: Option<Direction>,
}

/// The template of `examples`, compiled.
///
/// # Errors
/// `examples[0].fields.amount` and the like where a mark is no value of the text; where no one template reads all
/// examples as they are marked, why.
pub fn suggest(examples: &[Example], wanted: &Wanted) -> Result<(TemplateSpec, Compiled), Vec<FieldError>> {
    if examples.is_empty() || examples.len() > MOST_EXAMPLES {
        let message = format!("give 1 to {MOST_EXAMPLES} examples");
        return Err(vec![FieldError::new("examples", message)]);
    }
    let (mut marked, mut errors) = (Vec::new(), Vec::new());
    for (at, example) in examples.iter().enumerate() {
        match mark::locate(example) {
            Ok(found) if found.text.text.len() > LONGEST_TEXT => errors.push(FieldError::new(
                format!("examples[{at}].text"),
                format!("a text that templates read has at most {LONGEST_TEXT} bytes"),
            )),
            Ok(found) => marked.push(found),
            Err(wrong) => errors.extend(
                wrong
                    .into_iter()
                    .map(|error| FieldError::new(format!("examples[{at}].{}", error.field), error.message)),
            ),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    first_that_reads(examples, &marked, wanted)
}

/// Tries the more general templates first. What was found without a mark (a date, a balance) is given up where it is in
/// the way.
fn first_that_reads(
    examples: &[Example],
    marked: &[Marked],
    wanted: &Wanted,
) -> Result<(TemplateSpec, Compiled), Vec<FieldError>> {
    let direction = wanted.direction.unwrap_or_else(|| direction_of(marked));
    if direction == Direction::Deposit && tells_both(marked) {
        let message = "the examples tell of two directions, 입금 and 출금: make a template of each";
        return Err(vec![FieldError::new("examples", message)]);
    }
    let detected: Vec<Marked> = marked.iter().map(|one| detect::more(one, marked)).collect();
    let mut first_errors = None;
    for marked in [&detected[..], marked] {
        let types = types::of(marked, &wanted.currency)?;
        let items: Vec<_> = marked.iter().map(Marked::items).collect();
        let items: Vec<&[mark::Item]> = items.iter().map(Vec::as_slice).collect();
        for differing in [Differing::Skipped, Differing::SkippedByWord, Differing::Listed] {
            let pieces = align::merge(&items, differing);
            let spec = TemplateSpec {
                name: name_of(&marked[0], direction),
                kind: TemplateKind::Typed,
                pattern: write::pattern(&pieces, &types),
                senders: wanted.senders.clone(),
                direction,
                currency: wanted.currency.clone(),
                timezone: wanted.timezone.clone(),
                account: None,
                priority: 0,
                enabled: true,
                name_max: None,
                max_amount: None,
                samples: examples.iter().map(sample).collect(),
            };
            match spec.compile() {
                Ok(compiled) => match misread(&compiled, marked) {
                    None => return Ok((spec, compiled)),
                    Some(error) => first_errors.get_or_insert(vec![error]),
                },
                Err(errors) => first_errors.get_or_insert(errors),
            };
        }
    }
    Err(first_errors.unwrap_or_default().into_iter().map(of_example).collect())
}

/// An error about the suggestion as one about the examples that it comes from.
fn of_example(error: FieldError) -> FieldError {
    let field = match error.field.strip_prefix("samples[") {
        Some(rest) => format!("examples[{}", rest.replace("].expect.", "].fields.")),
        None if error.field == "pattern" => "examples".to_owned(),
        None => return error,
    };
    let message = format!("no one template reads all examples as they are marked: {}", error.message);
    FieldError::new(field, message)
}

fn sample(example: &Example) -> TemplateSample {
    let expect = example
        .fields
        .iter()
        .filter_map(|(name, mark)| Some((FieldName::of(name)?.as_str().to_owned(), mark.value.trim().to_owned())));
    TemplateSample { text: example.text.clone(), expect: expect.collect(), received_at: None }
}

/// The first field that a template reads elsewhere than it is marked.
fn misread(compiled: &Compiled, marked: &[Marked]) -> Option<FieldError> {
    /// Any moment does: only places are compared.
    const SOME_TIME: crate::domain::time::UnixMs = crate::domain::time::UnixMs(1_767_225_600_000);
    marked.iter().enumerate().find_map(|(at, one)| {
        let reading: Option<Reading> = compiled.read(&one.text, SOME_TIME);
        let wrong = one.marks.iter().find(|mark| {
            let span = reading.as_ref().and_then(|reading| reading.spans.get(mark.field.as_str()));
            // The grammar of money takes a unit that stands outside of the mark.
            span.is_none_or(|(start, _)| *start != one.text.char_offset(mark.span.start))
        })?;
        let message = format!("the template of these examples does not read `{}` where it is marked", wrong.field);
        Some(FieldError::new(format!("samples[{at}].expect.{}", wrong.field), message))
    })
}

/// Money goes out where the examples' own words say so and none says that it came in. `이체출금` goes out, and
/// `홍길동님이 보냈어요` comes in.
fn direction_of(marked: &[Marked]) -> Direction {
    let goes_out = |one: &Marked| {
        let outside = one.outside();
        words::outgoing(&outside).is_some() && !words::says_in(&outside)
    };
    if marked.iter().all(goes_out) { Direction::Withdrawal } else { Direction::Deposit }
}

/// INV-P8: whether some examples say that money went out where others do not; also by a minus in the place of a plus.
fn tells_both(marked: &[Marked]) -> bool {
    let goes_out = |one: &&Marked| words::outgoing(&one.outside()).is_some() && !words::says_in(&one.outside());
    let has_sign = |one: &&Marked, sign: [char; 2]| {
        let outside = one.outside();
        outside.split_whitespace().any(|word| word.starts_with(sign) || word.ends_with(sign))
    };
    let out = marked.iter().filter(goes_out).count();
    (out > 0 && out < marked.len())
        || (marked.iter().any(|one| has_sign(&one, ['+', '+'])) && marked.iter().any(|one| has_sign(&one, ['-', '−'])))
}

/// The bank's name, as far as a bracket or the first word says it.
fn name_of(marked: &Marked, direction: Direction) -> String {
    let text = marked.text.text.as_str();
    let bracketed = [('[', ']'), ('<', '>')].into_iter().find_map(|(open, close)| {
        let (_, behind) = text.split_once(open)?;
        let (inside, _) = behind.split_once(close)?;
        inside.chars().any(char::is_alphabetic).then_some(inside)
    });
    let outside = marked.outside();
    let is_name = |word: &&str| word.chars().any(char::is_alphabetic) && !word.chars().any(|c| c.is_ascii_digit());
    let bank = bracketed.or_else(|| outside.split([' ', '\n', ',']).find(is_name)).unwrap_or_default();
    let bank: String = bank.trim_matches(|c: char| !c.is_alphanumeric()).chars().take(40).collect();
    format!("{bank} {direction}").trim().to_owned()
}
