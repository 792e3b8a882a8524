//! The things of the frozen routes, between recon's words and the old ones: pure, one file a thing, both directions. Every
//! key of the old shape is always there; what is absent is null.

pub mod money;
pub mod phone;
pub mod pushbullet_device;
pub mod recharge;
pub mod shooter_device;
pub mod sms;
pub mod template;

use serde_json::Value;

use crate::domain::time::UnixMs;

/// A thing's field as it is; null where there is none.
pub(crate) fn field(thing: &Value, name: &str) -> Value {
    thing.get(name).cloned().unwrap_or(Value::Null)
}

/// A moment in Unix seconds; null for none.
pub(crate) fn seconds(thing: &Value, name: &str) -> Value {
    let at = thing.get(name).and_then(Value::as_str).and_then(|text| text.parse::<UnixMs>().ok());
    at.map_or(Value::Null, |at| Value::from(at.0.div_euclid(1000)))
}

/// 1 for true, 0 for anything else.
pub(crate) fn one_or_zero(thing: &Value, name: &str) -> Value {
    Value::from(i32::from(thing.get(name) == Some(&Value::Bool(true))))
}

/// The old name of a field that recon refused, by pairs of (recon's, old).
#[must_use]
pub fn old_name(recon: &str, names: &[(&str, &'static str)]) -> String {
    let first = recon.split(['.', '[']).next().unwrap_or_default();
    names.iter().find(|(known, _)| *known == first).map_or_else(|| recon.to_owned(), |(_, old)| (*old).to_owned())
}
