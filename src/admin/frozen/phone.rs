//! The phone whitelist: `id, phone, bank, remark, create_time`.

use serde_json::{Value, json};

use super::{field, seconds};

/// What recon calls what old programs call otherwise.
pub const NAMES: &[(&str, &str)] = &[("label", "remark")];

/// As old programs read it.
#[must_use]
pub fn old(phone: &Value) -> Value {
    json!({
        "id": field(phone, "id"),
        "phone": field(phone, "phone"),
        "bank": field(phone, "bank"),
        "remark": field(phone, "label"),
        "create_time": seconds(phone, "created_at"),
    })
}

/// As recon takes it.
#[must_use]
pub fn new(phone: &str, bank: Option<&str>, remark: Option<&str>) -> Value {
    json!({"phone": phone, "bank": bank, "label": remark})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions() {
        let recon =
            json!({"id": 3, "phone": "1588-1688", "label": "창구", "bank": null, "created_at": "2026-04-22T00:30:00Z"});
        let expected =
            json!({"id": 3, "phone": "1588-1688", "bank": null, "remark": "창구", "create_time": 1_776_817_800});
        assert_eq!(old(&recon), expected);
        assert_eq!(new("1", None, Some("x")), json!({"phone": "1", "bank": null, "label": "x"}));
        assert!(old(&json!({})).as_object().unwrap().values().all(Value::is_null), "keys are never missing");
    }
}
