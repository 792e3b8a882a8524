//! JSON answers as tables for people. Every cell is made printable here, so no caller can forget it.

use comfy_table::{ContentArrangement, Table, presets};
use serde_json::{Map, Value};

use super::printable::{printable, printable_lines};

/// A table of objects: one row each, one column a path. A column is its heading and the dotted path of its value.
#[must_use]
pub(super) fn rows(items: &[Value], columns: &[(&str, &str)]) -> String {
    let mut table = new_table();
    table.set_header(columns.iter().map(|(heading, _)| printable(heading)));
    for item in items {
        table.add_row(columns.iter().map(|(_, path)| printable(&cell(find(item, path)))));
    }
    table.to_string()
}

/// An object for people: its plain fields as one table, then each list or object in it under its name. What is null or
/// empty is left out.
#[must_use]
pub(super) fn object(object: &Map<String, Value>) -> String {
    let mut fields = new_table();
    let mut parts = Vec::new();
    for (name, value) in object.iter().filter(|(_, value)| !is_empty(value)) {
        match nested(value) {
            Some(part) => parts.push(format!("{}\n{part}", printable(name))),
            None => {
                fields.add_row([printable(name), printable(&cell(value))]);
            }
        }
    }
    if !fields.is_empty() {
        parts.insert(0, fields.to_string());
    }
    parts.join("\n\n")
}

/// Whether a value says nothing to people, nor anything in it.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.iter().all(is_empty),
        Value::Object(map) => map.values().all(is_empty),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Longer texts make a row unreadable on a terminal of 80 columns.
const CELL_CHARS_MAX: usize = 60;

/// What a list shows below its table: what does not fit a cell.
fn below(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.chars().count() > CELL_CHARS_MAX => Some(printable_lines(text)),
        other => nested(other),
    }
}

/// The table of a value that does not fit a cell.
fn nested(value: &Value) -> Option<String> {
    match value {
        Value::Object(map) if money(map).is_none() && !map.is_empty() => Some(object(map)),
        Value::Array(items) if items.iter().any(|item| item.as_object().is_some_and(|map| money(map).is_none())) => {
            let mut names: Vec<&str> = Vec::new();
            for (name, value) in items.iter().filter_map(Value::as_object).flatten() {
                if !is_empty(value) && !names.contains(&name.as_str()) {
                    names.push(name);
                }
            }
            Some(list(items, &names))
        }
        _ => None,
    }
}

/// A list of objects: one row each; what does not fit a cell follows, under its name and what it is of.
fn list(items: &[Value], names: &[&str]) -> String {
    let of = |item: &Value, name: &str| item.get(name).cloned().unwrap_or(Value::Null);
    let (deep, flat): (Vec<&str>, Vec<&str>) =
        names.iter().partition(|name| items.iter().any(|item| below(&of(item, name)).is_some()));
    let mut table = new_table();
    table.set_header(flat.iter().map(|name| printable(name)));
    let mut parts = Vec::new();
    for item in items {
        table.add_row(flat.iter().map(|name| printable(&cell(&of(item, name)))));
        let label = flat.iter().map(|name| cell(&of(item, name))).find(|cell| !cell.is_empty()).unwrap_or_default();
        for name in &deep {
            let value = of(item, name);
            let short = || Some(printable(&cell(&value))).filter(|shown| !shown.is_empty());
            if let Some(part) = below(&value).or_else(short) {
                parts.push(format!("{} of {}\n{part}", printable(name), printable(&label)));
            }
        }
    }
    parts.insert(0, table.to_string());
    parts.join("\n\n")
}

fn new_table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    table
}

fn find<'a>(item: &'a Value, path: &str) -> &'a Value {
    path.split('.').try_fold(item, |value, name| value.get(name)).unwrap_or(&Value::Null)
}

/// A value in one cell: text as it is, money as `50000 KRW`, lists with commas, else JSON.
#[must_use]
pub(super) fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Object(map) => money(map).unwrap_or_else(|| value.to_string()),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn money(map: &Map<String, Value>) -> Option<String> {
    let part = |name| map.get(name).and_then(Value::as_str);
    (map.len() == 2).then_some(())?;
    Some(format!("{} {}", part("amount")?, part("currency")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_row_shows_money_lists_and_nothing_that_steers_the_terminal() {
        let items = [
            json!({"id": 41, "money": {"amount": "50000", "currency": "KRW"}, "flags": ["twin", "late"], "text": "\u{1b}[2J"}),
        ];
        let shown =
            rows(&items, &[("id", "id"), ("money", "money"), ("flags", "flags"), ("text", "text"), ("none", "a.b")]);
        for part in ["41", "50000 KRW", "twin, late", "\\u{1b}[2J"] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
        assert!(!shown.contains('\u{1b}'));
    }

    #[test]
    fn a_long_text_of_a_list_stands_below_it() {
        let raw = "{\"from\":\"15881688\",\"text\":\"".to_owned() + &"입금 ".repeat(40) + "\u{1b}\"}";
        let value =
            json!({"id": 41, "sightings": [{"source": "shooter/1", "raw": raw}, {"source": "shooter/2", "raw": "{}"}]});
        let shown = object(value.as_object().unwrap());
        assert!(shown.contains("raw of shooter/1\n{\"from\"") && shown.contains("raw of shooter/2\n{}"), "{shown}");
        let table = shown.split("raw of").next().unwrap();
        assert!(!table.contains("raw") && table.lines().all(|line| line.chars().count() < 40), "{shown}");
        assert!(!shown.contains('\u{1b}'));
    }

    #[test]
    fn an_objects_lists_stand_under_their_names() {
        let value = json!({"id": 41, "sightings": [{"source": "a"}, {"line": "b\u{1b}"}], "match": {"rule": "exact"}, "chain": {"missing": null},
            "notes": [], "check": null, "twins": [{"note": ""}], "lag_s": 0});
        let shown = object(value.as_object().unwrap());
        for part in ["sightings\n", "match\n", "source", "b\\u{1b}", "exact", "lag_s"] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
        for nothing in ["chain", "missing", "notes", "check", "twins"] {
            assert!(!shown.contains(nothing), "{nothing} says nothing, and is in {shown}");
        }
    }
}
