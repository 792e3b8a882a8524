//! Money in answers: a JSON number with exactly the currency's decimals (`12.50`), which no float ever touches.
//!
//! A [`Value`] has no such number. So [`number`] puts a marker in its place, and [`Exact`] writes the digits where the whole
//! answer is written.

use serde::ser::{SerializeMap as _, SerializeSeq as _};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// The one key of a marker. No peer's field is called so.
const MARKER: &str = "\u{0}recon.exact";

/// The number that a decimal string names (`"12.50"`), to be written by [`Exact`]; null for what is no such string.
#[must_use]
pub fn number(decimal: &str) -> Value {
    if is_number(decimal) { json!({ MARKER: decimal }) } else { Value::Null }
}

/// The amount of `{"amount","currency"}` as a number; null where there is none.
#[must_use]
pub fn amount_of(money: &Value) -> Value {
    money.get("amount").and_then(Value::as_str).map_or(Value::Null, number)
}

/// Whether this is a number of JSON without an exponent.
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(fraction) && (whole == "0" || !whole.starts_with('0'))
}

/// Writes a value with its numbers of [`number`] as they stand.
#[derive(Clone, Copy, Debug)]
pub struct Exact<'a>(pub &'a Value);

impl Serialize for Exact<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(fields) => {
                if let Some(Value::String(decimal)) = fields.get(MARKER).filter(|_| fields.len() == 1)
                    && is_number(decimal)
                {
                    let raw = RawValue::from_string(decimal.clone()).map_err(serde::ser::Error::custom)?;
                    return raw.serialize(serializer);
                }
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    map.serialize_entry(name, &Exact(value))?;
                }
                map.end()
            }
            Value::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&Exact(item))?;
                }
                list.end()
            }
            plain => plain.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_with_its_own_decimals_and_digits() {
        let written = |value: Value| serde_json::to_string(&Exact(&value)).unwrap();
        for exact in ["12.50", "0.00", "-0.05", "50000", "0", "92233720368547758.07", "1.000"] {
            assert_eq!(
                written(json!({"list": [{"money": number(exact)}]})),
                format!(r#"{{"list":[{{"money":{exact}}}]}}"#)
            );
        }
        assert_eq!(written(json!([1, null, "x", {"a": true}])), r#"[1,null,"x",{"a":true}]"#);
        assert_eq!(amount_of(&json!({"amount": "12.50", "currency": "USD"})), number("12.50"));
    }

    #[test]
    fn what_is_no_decimal_is_nothing() {
        for text in ["", ".", "1.", ".5", "01", "1e3", "1,000", "+1", "--1", " 1", "NaN", "1.5.5"] {
            assert_eq!(number(text), Value::Null, "{text:?}");
        }
        assert_eq!((amount_of(&Value::Null), amount_of(&json!({"amount": 5}))), (Value::Null, Value::Null));
    }
}
