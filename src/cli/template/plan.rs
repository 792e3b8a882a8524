//! What installing a pack does to the templates that are there: a pure comparison.

use serde_json::{Value, json};

use crate::domain::template::TemplateSpec;

/// What is to be done about one template of a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// There is none of its name.
    Add,
    /// It is there as the pack has it.
    Left,
    /// It is there and differs: its id, what it becomes where it is replaced, and in what it differs.
    Changed { id: i64, replacement: Box<TemplateSpec>, differs: Vec<&'static str> },
    /// Several templates have its name, and none is as the pack has it.
    Several,
}

/// What is to be done about `spec` where `stored` (the items of the list of templates) are there.
///
/// Compared is what a pack says. What it leaves to operators is theirs, and a replacement keeps it: `enabled`,
/// `priority`, `account` and `max_amount`.
pub(super) fn step(spec: &TemplateSpec, stored: &[Value]) -> Step {
    let namesakes: Vec<(i64, TemplateSpec)> = stored
        .iter()
        .filter(|item| item.get("name").and_then(Value::as_str) == Some(&spec.name))
        .filter_map(|item| Some((item.get("id")?.as_i64()?, spec_of(item)?)))
        .collect();
    let replacement = |there: &TemplateSpec| TemplateSpec {
        enabled: there.enabled,
        priority: there.priority,
        account: there.account.clone(),
        max_amount: there.max_amount.clone(),
        ..spec.clone()
    };
    if namesakes.iter().any(|(_, there)| replacement(there) == *there) {
        return Step::Left;
    }
    match namesakes.as_slice() {
        [] => Step::Add,
        [(id, there)] => {
            let replacement = replacement(there);
            let differs = differing(&replacement, there);
            Step::Changed { id: *id, replacement: Box::new(replacement), differs }
        }
        _ => Step::Several,
    }
}

/// The template in an item of the list; `None` where this build cannot read it.
fn spec_of(item: &Value) -> Option<TemplateSpec> {
    let mut spec = item.as_object()?.clone();
    for ours in ["id", "version", "warnings", "created_at", "updated_at"] {
        spec.remove(ours);
    }
    serde_json::from_value(Value::Object(spec)).ok()
}

/// The fields in which two templates differ.
fn differing(new: &TemplateSpec, there: &TemplateSpec) -> Vec<&'static str> {
    const FIELDS: [&str; 8] =
        ["kind", "pattern", "senders", "direction", "currency", "timezone", "name_max", "samples"];
    let (new, there) = (json!(new), json!(there));
    FIELDS.into_iter().filter(|field| new.get(*field) != there.get(*field)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec() -> TemplateSpec {
        crate::packs::pack("korea").unwrap().unwrap().banks[0].templates[0].clone()
    }

    fn stored(id: i64, spec: &TemplateSpec) -> Value {
        let mut item = json!(spec);
        for (name, value) in [("id", json!(id)), ("version", json!(1)), ("warnings", json!([]))] {
            item[name] = value;
        }
        item["created_at"] = json!("2026-04-22T00:00:00Z");
        item["updated_at"] = json!("2026-04-22T00:00:00Z");
        item
    }

    #[test]
    fn what_is_there_is_left_and_what_differs_is_told() {
        let spec = spec();
        assert_eq!(step(&spec, &[]), Step::Add);
        assert_eq!(step(&spec, &[stored(7, &spec)]), Step::Left);
        let other = TemplateSpec { senders: vec!["*".to_owned()], name_max: None, ..spec.clone() };
        let differs = vec!["senders", "name_max"];
        let expected = Step::Changed { id: 7, replacement: Box::new(spec.clone()), differs };
        assert_eq!(step(&spec, &[stored(7, &other)]), expected);
        assert_eq!(step(&spec, &[stored(7, &other), stored(8, &spec)]), Step::Left);
        assert_eq!(step(&spec, &[stored(7, &other), stored(8, &other)]), Step::Several);
    }

    #[test]
    fn what_an_operator_set_is_no_change_and_stays() {
        let spec = spec();
        let own = TemplateSpec { enabled: false, priority: 5, max_amount: Some("5000000".to_owned()), ..spec.clone() };
        assert_eq!(step(&spec, &[stored(7, &own)]), Step::Left);
        let other = TemplateSpec { pattern: "입금 {amount}".to_owned(), ..own.clone() };
        let Step::Changed { replacement, .. } = step(&spec, &[stored(7, &other)]) else { panic!("not changed") };
        assert_eq!(*replacement, own);
    }
}
