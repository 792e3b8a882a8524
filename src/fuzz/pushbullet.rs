//! The decoders of what Pushbullet sends.

use serde_json::{Value, json};

use crate::sources::pushbullet::crypto::E2eKey;
use crate::sources::pushbullet::decode;

/// The key is no secret to a fuzzer: what is behind the encryption is reached by seeds that open.
const KEY: [u8; 32] = [7; 32];

/// A frame of the stream: for a phone without a key where the first byte is even, else with one.
pub fn pushbullet_frame(data: &[u8]) {
    let [keyed, raw @ ..] = data else { return };
    let Ok(raw) = std::str::from_utf8(raw) else { return };
    let _ = decode::frame(raw, key(*keyed).as_ref());
}

/// A body of the HTTP API; the first byte says whether there is a key, the second which call it answers.
pub fn pushbullet_history(data: &[u8]) {
    let [keyed, call, raw @ ..] = data else { return };
    let key = key(*keyed);
    match call % 5 {
        0 => drop(decode::threads(raw, key.as_ref())),
        1 => drop(decode::thread(raw, key.as_ref())),
        2 => drop(decode::devices(raw)),
        3 => drop(decode::user_iden(raw)),
        _ => drop(decode::error_words(raw)),
    }
}

/// A ciphertext.
pub fn pushbullet_ciphertext(data: &[u8]) {
    let Ok(ciphertext) = std::str::from_utf8(data) else { return };
    let _ = E2eKey::of_bytes(KEY).open(ciphertext);
}

fn key(byte: u8) -> Option<E2eKey> {
    (byte % 2 == 1).then(|| E2eKey::of_bytes(KEY))
}

fn sealed(value: &Value) -> String {
    E2eKey::of_bytes(KEY).seal(value.to_string().as_bytes(), [3; 12]).unwrap_or_default()
}

/// The value as it is, and encrypted.
fn both(value: &Value) -> [(u8, Value); 2] {
    [(0, value.clone()), (1, json!({"encrypted": true, "ciphertext": sealed(value)}))]
}

pub(super) fn frame_seeds() -> Vec<Vec<u8>> {
    let changed = json!({
        "type": "sms_changed", "source_device_iden": "ujzPhone", "notifications": [
            {"thread_id": "57", "title": "15881688", "body": "[KB]입금 50,000", "timestamp": 1_776_850_260},
            {"thread_id": 58, "title": "My Bank", "body": "", "timestamp": "1776850260.25"},
        ],
    });
    let push = |(key, push): (u8, Value)| (key, json!({"type": "push", "push": push}));
    let frames = both(&changed).map(push);
    let nop = (0, json!({"type": "nop"}));
    frames.into_iter().chain([nop]).map(|(key, frame)| [&[key], frame.to_string().as_bytes()].concat()).collect()
}

pub(super) fn history_seeds() -> Vec<Vec<u8>> {
    let message = json!({
        "id": "652", "type": "sms", "timestamp": 1_776_850_260, "direction": "incoming", "body": "[KB]입금 50,000",
    });
    let recipient = json!({"name": "My Bank", "address": "15881688", "number": "15881688"});
    let bodies = [
        (0, json!({"threads": [{"id": "57", "recipients": [recipient], "latest": message}]})),
        (1, json!({"thread": [message, {"id": 651, "timestamp": 1.5, "direction": "outgoing"}]})),
        (2, json!({"devices": [{"iden": "ujzPhone", "active": true, "has_sms": "true"}]})),
        (3, json!({"iden": "ujShop", "created": 1.441e9})),
        (4, json!({"error": {"code": "invalid_access_token", "message": "no such token"}})),
    ];
    let seeds = bodies.iter().flat_map(|(call, body)| both(body).map(|(key, body)| (key, *call, body)));
    seeds.map(|(key, call, body)| [&[key, call], body.to_string().as_bytes()].concat()).collect()
}

pub(super) fn ciphertext_seeds() -> Vec<Vec<u8>> {
    [json!({}), json!({"type": "sms_changed", "notifications": []})].map(|value| sealed(&value).into_bytes()).into()
}
