//! A template's samples: texts that it must read as expected, at every save.

use crate::domain::refusal::FieldError;
use crate::domain::sms::Direction;
use crate::domain::text::{normalise, normalise_literal};
use crate::domain::time::UnixMs;

use super::compiled::{Compiled, Fit};
use super::field::FieldName;
use super::money::MoneyStyle;
use super::reader::Scratch;
use super::reading::Reading;
use super::spec::{TemplateSample, TemplateSpec};
use super::take::masked;

/// Everything in which the samples of `spec` differ from what `compiled` reads.
pub(super) fn differences(spec: &TemplateSpec, compiled: &Compiled) -> Vec<FieldError> {
    spec.samples
        .iter()
        .enumerate()
        .flat_map(|(at, sample)| {
            let mut errors = difference(sample, compiled);
            for error in &mut errors {
                error.field = format!("samples[{at}].{}", error.field);
            }
            errors
        })
        .collect()
}

fn difference(sample: &TemplateSample, compiled: &Compiled) -> Vec<FieldError> {
    /// 2026-01-01T00:00:00Z: any moment does for texts whose times are not compared.
    const SOME_TIME: UnixMs = UnixMs(1_767_225_600_000);
    let text = normalise(&sample.text);
    let received_at = sample.received_at.unwrap_or(SOME_TIME);
    let reading = match compiled.fit(&mut Scratch::default(), &text, received_at) {
        Fit::Yes(reading) => reading,
        Fit::No => return vec![FieldError::new("text", "the template does not fit this text")],
        Fit::Uncertain => {
            let message = "the template fits, but one of its values is no whole number, date or name there";
            return vec![FieldError::new("text", message)];
        }
    };
    let mut errors = Vec::new();
    if compiled.direction == Direction::Deposit {
        for flag in reading.flags.iter() {
            errors.push(FieldError::new("text", format!("this text would go to review: {flag}")));
        }
    }
    let shown = reading.fields.to_map();
    for (field, expected) in &sample.expect {
        let error = |message: String| FieldError::new(format!("expect.{field}"), message);
        let name = if field == "occurred_at" { None } else { FieldName::of(field) };
        if name.is_none() && field != "occurred_at" {
            errors.push(error("there is no such field".to_owned()));
            continue;
        }
        let key = name.map_or("occurred_at", FieldName::as_str);
        let in_text = in_text(&reading, key, &text.text);
        let value = shown.get(key).or(in_text.as_ref());
        // As it stands in a text, `㈜` and full-width digits may be what was expected.
        let as_text = normalise_literal(expected);
        let is_equal = value == Some(expected)
            || in_text.as_deref() == Some(as_text.trim())
            || is_same(name, expected, &reading, compiled);
        if !is_equal {
            errors.push(error(match value {
                Some(value) => format!("expected {expected:?}, but the template reads {value:?}"),
                None => format!("expected {expected:?}, but the template reads nothing"),
            }));
        }
    }
    errors
}

/// The field as it stands in the text.
fn in_text(reading: &Reading, field: &str, text: &str) -> Option<String> {
    let (start, end) = *reading.spans.get(field)?;
    Some(text.chars().skip(start).take(end - start).collect())
}

/// Whether an expected value is the one that was read, in another writing of it.
fn is_same(field: Option<FieldName>, expected: &str, reading: &Reading, compiled: &Compiled) -> bool {
    let group = |field| compiled.groups.iter().find(|group| group.field == field);
    let money = |field| {
        group(field).and_then(|group| MoneyStyle::new(compiled.currency, group.kind).read(&normalise(expected).text))
    };
    let fields = &reading.fields;
    match field {
        Some(FieldName::Amount) => fields.amount.is_some() && money(FieldName::Amount) == fields.amount,
        Some(FieldName::Balance) => fields.balance.is_some() && money(FieldName::Balance) == fields.balance,
        Some(FieldName::Account) => fields.account.is_some() && masked(expected) == fields.account,
        None => fields.occurred_at.is_some() && expected.parse().ok() == fields.occurred_at,
        Some(_) => false,
    }
}
