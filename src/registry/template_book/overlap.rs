//! Where two templates read one stored message otherwise: told when a template is saved.

use std::collections::BTreeMap;

use crate::domain::template::{Compiled, Reading, TemplateSpec};
use crate::domain::text::{Normalised, normalise};
use crate::store::template::StoredText;

/// Messages that a warning names.
const NAMED: usize = 3;

/// One warning for each of `others` that reads some of `texts` otherwise than `new` does.
pub(super) fn warnings(new: &Compiled, others: &[(i64, i64, TemplateSpec)], texts: &[StoredText]) -> Vec<String> {
    let read: Vec<(&StoredText, Normalised, Reading)> = texts
        .iter()
        .filter_map(|stored| {
            let text = normalise(&stored.text);
            let reading = new.read(&text, stored.received_at)?;
            Some((stored, text, reading))
        })
        .collect();
    if read.is_empty() {
        return Vec::new();
    }
    others.iter().filter_map(|(id, _, spec)| warning(*id, spec, &read)).collect()
}

fn warning(id: i64, spec: &TemplateSpec, read: &[(&StoredText, Normalised, Reading)]) -> Option<String> {
    let senders = super::senders_of(spec);
    let compiled = spec.compile().ok()?;
    let mut messages = Vec::new();
    let mut first = None;
    for (stored, text, reading) in read {
        if senders.as_ref().is_some_and(|senders| !senders.contains(&stored.sender_key)) {
            continue;
        }
        let Some(other) = compiled.read(text, stored.received_at) else { continue };
        if let Some(difference) = difference(reading, &other) {
            messages.push(stored.sms_id);
            first.get_or_insert(difference);
        }
    }
    let difference = first?;
    let named: Vec<String> = messages.iter().take(NAMED).map(i64::to_string).collect();
    let more = match messages.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!("template {id} ({:?}) reads sms {}{more} otherwise: {difference}", spec.name, named.join(", ")))
}

/// The first thing that two readings differ in; none where they agree.
fn difference(new: &Reading, other: &Reading) -> Option<String> {
    if new.direction != other.direction {
        return Some(format!("direction {} instead of {}", other.direction, new.direction));
    }
    let (new, other): (BTreeMap<_, _>, BTreeMap<_, _>) = (new.fields.to_map(), other.fields.to_map());
    let field = new.keys().chain(other.keys()).find(|field| new.get(*field) != other.get(*field))?;
    let shown = |fields: &BTreeMap<String, String>| match fields.get(field) {
        Some(value) => format!("{value:?}"),
        None => "nothing".to_owned(),
    };
    Some(format!("{field} {} instead of {}", shown(&other), shown(&new)))
}
