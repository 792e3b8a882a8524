//! Recharge templates: `id, name, phone, template, kind, status (1 on, 0 off), create_time, update_time`.

use serde_json::{Value, json};

use super::{field, one_or_zero, seconds};

/// What recon calls what old programs call otherwise.
pub const NAMES: &[(&str, &str)] = &[("senders", "phone"), ("pattern", "template"), ("enabled", "status")];

/// As old programs read it; several senders are separated by commas.
#[must_use]
pub fn old(template: &Value) -> Value {
    let senders = template
        .get("senders")
        .and_then(Value::as_array)
        .map(|senders| senders.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(","));
    json!({
        "id": field(template, "id"),
        "name": field(template, "name"),
        "phone": senders,
        "template": field(template, "pattern"),
        "kind": field(template, "kind"),
        "status": one_or_zero(template, "enabled"),
        "create_time": seconds(template, "created_at"),
        "update_time": seconds(template, "updated_at"),
    })
}

/// As recon takes it: a deposit in KRW of Seoul, as old templates were.
#[must_use]
pub fn new(name: &str, phone: &str, template: &str, kind: &str, is_on: bool) -> Value {
    let senders: Vec<&str> = phone.split(',').map(str::trim).filter(|sender| !sender.is_empty()).collect();
    json!({
        "name": name, "kind": kind, "pattern": template, "senders": senders, "direction": "deposit", "currency": "KRW",
        "timezone": "Asia/Seoul", "enabled": is_on,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions() {
        let mut recon = new("KB", "1588-1688, 16449999", "입금{amount}원", "typed", false);
        assert_eq!(recon["senders"], json!(["1588-1688", "16449999"]));
        recon["id"] = json!(7);
        recon["created_at"] = json!("2026-04-22T00:30:00Z");
        recon["updated_at"] = json!("2026-04-22T00:30:01Z");
        let expected = json!({
            "id": 7, "name": "KB", "phone": "1588-1688,16449999", "template": "입금{amount}원", "kind": "typed", "status": 0,
            "create_time": 1_776_817_800, "update_time": 1_776_817_801,
        });
        assert_eq!(old(&recon), expected);
    }
}
