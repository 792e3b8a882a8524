//! What comes over the wire: an answer as it is judged.

use serde_json::Value;

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers in lower case, in their order.
    pub headers: Vec<(String, String)>,
    /// The body; none where it is no JSON.
    pub body: Option<Value>,
}

impl Answer {
    /// The values of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Vec<&str> {
        let of_name = |(known, _): &&(String, String)| known.eq_ignore_ascii_case(name);
        self.headers.iter().filter(of_name).map(|(_, value)| value.as_str()).collect()
    }
}

/// What type a JSON value has, in one word.
#[must_use]
pub fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

/// A number as digits that are the same for the same value: `1.50` and `1.5`, `2.0` and `2`.
fn plain_digits(number: &serde_json::Number) -> String {
    let text = number.to_string();
    let has_exponent = text.contains(['e', 'E']);
    match text.split_once('.') {
        Some((whole, fraction)) if !has_exponent => {
            let fraction = fraction.trim_end_matches('0');
            if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
        }
        _ => text,
    }
}

/// Whether two values are equal, a number by its value.
#[must_use]
pub fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => plain_digits(one) == plain_digits(other),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, value)| other.get(key).is_some_and(|other| same(value, other)))
        }
        _ => one == other,
    }
}

/// A value on one line, cut where it is long.
#[must_use]
pub fn shown(value: &Value) -> String {
    const CHARACTERS: usize = 80;
    let text = value.to_string();
    if text.chars().count() <= CHARACTERS {
        return text;
    }
    format!("{}…", text.chars().take(CHARACTERS).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_are_the_same_by_value_and_nothing_else_is() {
        assert!(same(&json!(2), &json!(2.0)) && same(&json!({"a": [1.5]}), &json!({"a": [1.50]})));
        for (one, other) in [
            (json!("1"), json!(1)),
            (json!(null), json!("")),
            (json!([]), json!({})),
            (json!(0), json!(false)),
            (json!(1.5), json!(1.51)),
            (json!({"a": null}), json!({})),
        ] {
            assert!(!same(&one, &other), "{one} {other}");
        }
    }
}
