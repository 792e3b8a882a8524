//! Phones heard through Pushbullet: `id, name, iden, token (masked), phone, status, last_time, create_time`.

use serde_json::{Map, Value, json};

use super::{field, one_or_zero, seconds};

/// What recon calls what old programs call otherwise.
pub const NAMES: &[(&str, &str)] =
    &[("access_token", "token"), ("device_iden", "iden"), ("encryption_password", "password"), ("line", "phone")];

/// As old programs read it; `status` is 1 where it is listened to.
#[must_use]
pub fn old(device: &Value) -> Value {
    let hint = device.get("token_hint").and_then(Value::as_str).unwrap_or_default();
    json!({
        "id": field(device, "id"),
        "name": field(device, "name"),
        "iden": field(device, "device_iden"),
        "token": format!("****{hint}"),
        "phone": field(device, "line"),
        "status": one_or_zero(device, "enabled"),
        "last_time": seconds(device, "last_event_at"),
        "create_time": seconds(device, "created_at"),
    })
}

/// As recon takes it: what is not given is left out.
#[must_use]
pub fn new(name: &str, token: &str, iden: Option<String>, password: Option<String>, phone: Option<String>) -> Value {
    let mut device = Map::new();
    device.insert("name".to_owned(), json!(name));
    device.insert("access_token".to_owned(), json!(token));
    for (key, value) in [("device_iden", iden), ("encryption_password", password), ("line", phone)] {
        if let Some(value) = value {
            device.insert(key.to_owned(), json!(value));
        }
    }
    Value::Object(device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_without_the_token() {
        let recon = json!({
            "id": 1, "name": "counter-1", "device_iden": "ujX", "line": "010-0000-0000", "enabled": true,
            "token_hint": "z9", "state": "running", "last_event_at": null, "created_at": "2026-04-22T00:30:00Z",
        });
        let expected = json!({
            "id": 1, "name": "counter-1", "iden": "ujX", "token": "****z9", "phone": "010-0000-0000", "status": 1,
            "last_time": null, "create_time": 1_776_817_800,
        });
        assert_eq!(old(&recon), expected);
        assert_eq!(
            new("a", "t", None, None, Some("p".to_owned())),
            json!({"name": "a", "access_token": "t", "line": "p"})
        );
    }
}
