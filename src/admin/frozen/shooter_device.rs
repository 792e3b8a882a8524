//! Phones that post their SMS: `id, device_id, name, phone, trusted, online, last_time, create_time`.

use std::time::Duration;

use serde_json::{Value, json};

use super::{field, one_or_zero, seconds};
use crate::domain::time::UnixMs;

/// A phone that delivered within this time is online.
const ONLINE_WITHIN: Duration = Duration::from_mins(10);

/// As old programs read it. `device_id` is the phone's name, which old handsets sent as their id.
#[must_use]
pub fn old(device: &Value, now: UnixMs) -> Value {
    let last = device.get("last_seen_at").and_then(Value::as_str).and_then(|text| text.parse::<UnixMs>().ok());
    let is_online = last.is_some_and(|last| now.since(last) <= ONLINE_WITHIN);
    json!({
        "id": field(device, "id"),
        "device_id": field(device, "name"),
        "name": field(device, "name"),
        "phone": field(device, "line"),
        "trusted": one_or_zero(device, "trusted"),
        "online": i32::from(is_online),
        "last_time": seconds(device, "last_seen_at"),
        "create_time": seconds(device, "created_at"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_is_online_while_it_delivers() {
        let recon = json!({
            "id": 2, "name": "gate", "line": null, "trusted": false, "last_seen_at": "2026-04-22T00:30:00Z",
            "created_at": "2026-04-22T00:30:00Z",
        });
        let at = |minutes| "2026-04-22T00:30:00Z".parse::<UnixMs>().unwrap().plus(Duration::from_mins(minutes));
        let expected = json!({
            "id": 2, "device_id": "gate", "name": "gate", "phone": null, "trusted": 0, "online": 1,
            "last_time": 1_776_817_800, "create_time": 1_776_817_800,
        });
        assert_eq!(old(&recon, at(10)), expected);
        assert_eq!(old(&recon, at(11))["online"], 0);
    }
}
