//! Values as Pushbullet may write them: a number or its text, a flag or its text, an empty value left out.

use serde_json::{Number, Value};

use crate::domain::time::UnixMs;

/// A text; none where it is missing, empty or something else.
pub(super) fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// An id: a text or a number.
pub(super) fn id(object: &Value, name: &str) -> Option<String> {
    match object.get(name)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// A flag, which is left out where it is false, and documented as a text where it is used as a flag.
pub(super) fn flag(object: &Value, name: &str) -> bool {
    match object.get(name) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => !text.is_empty() && text != "false" && text != "0",
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        _ => false,
    }
}

/// A list; empty where it is missing, none where it is something else.
pub(super) fn list<'a>(object: &'a Value, name: &str) -> Option<&'a [Value]> {
    match object.get(name) {
        None | Some(Value::Null) => Some(&[]),
        Some(Value::Array(list)) => Some(list),
        Some(_) => None,
    }
}

/// Unix seconds, whole or broken, a number (in any notation) or its text. What is in milliseconds by mistake is taken so.
pub(super) fn time(object: &Value, name: &str) -> Option<UnixMs> {
    let ms = match object.get(name)? {
        Value::Number(number) => number_ms(number)?,
        Value::String(text) => text.parse::<Number>().ok().as_ref().and_then(number_ms)?,
        _ => return None,
    };
    // Seconds of the year 5138 and later are milliseconds of our time.
    Some(UnixMs(if ms.abs() >= 100_000_000_000_000 { ms / 1000 } else { ms }))
}

/// Without arithmetic on floats: the number is written out and read as digits.
fn number_ms(number: &Number) -> Option<i64> {
    if let Some(seconds) = number.as_i64() {
        return seconds.checked_mul(1000);
    }
    let written = format!("{:.3}", number.as_f64()?);
    let (seconds, ms) = written.split_once('.')?;
    format!("{seconds}{ms}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time_of(written: &str) -> Option<i64> {
        let object: Value = serde_json::from_str(&format!("{{\"t\":{written}}}")).unwrap();
        time(&object, "t").map(|at| at.0)
    }

    #[test]
    fn times_are_read_in_every_notation() {
        for written in
            ["1440484608", "1440484608.0", "1.440484608e9", "1.440484608E+9", "\"1440484608\"", "1440484608000"]
        {
            assert_eq!(time_of(written), Some(1_440_484_608_000), "{written}");
        }
        assert_eq!(time_of("1440484608.25"), Some(1_440_484_608_250));
        for written in ["null", "true", "\"soon\"", "[]", "1e300", "9223372036854775807"] {
            assert_eq!(time_of(written), None, "{written}");
        }
    }

    #[test]
    fn flags_and_ids_are_read_in_every_writing() {
        let object: Value =
            serde_json::from_str(r#"{"a":true,"b":"true","c":"false","d":1,"e":0,"n":57,"s":"57"}"#).unwrap();
        let flags = ["a", "b", "c", "d", "e", "z"].map(|name| flag(&object, name));
        assert_eq!(flags, [true, true, false, true, false, false]);
        assert_eq!(
            (id(&object, "n"), id(&object, "s"), id(&object, "a")),
            (Some("57".into()), Some("57".into()), None)
        );
    }
}
