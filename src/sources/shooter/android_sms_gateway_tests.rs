use serde_json::{Value, json};

use super::super::fixtures::{Post, at};
use super::super::{DecodeError, Entry, Format};

fn event() -> Value {
    json!({
        "deviceId": "ffffffffceb0b1db0000018e937c815b",
        "event": "sms:received",
        "id": "Ey6ECgOkVVFjz3CL48B8C",
        "payload": {
            "messageId": "5f3a1c2b",
            "message": "입금 50,000원 홍길동",
            "sender": "15881688",
            "phoneNumber": "15881688",
            "recipient": "+821011112222",
            "simNumber": 1,
            "receivedAt": "2026-04-22T18:30:00.000+09:00",
        },
        "webhookId": "w1",
    })
}

fn post(event: &Value) -> Post {
    Post::new(Format::AndroidSmsGateway, "application/json; charset=UTF-8", event.to_string())
}

fn with(field: &str, value: Value) -> Value {
    let mut event = event();
    event["payload"][field] = value;
    event
}

#[test]
fn a_received_sms_is_read() {
    let post = post(&event());
    let delivery = post.one();
    assert_eq!(delivery.sender, "15881688");
    assert_eq!(delivery.text.as_deref(), Some("입금 50,000원 홍길동"));
    assert_eq!(delivery.received_at, at("2026-04-22T09:30:00Z"));
    assert_eq!(delivery.external_id.as_deref(), Some("Ey6ECgOkVVFjz3CL48B8C"));
    assert_eq!((delivery.line.as_deref(), delivery.quarantine), (Some("counter-1"), None));
    assert_eq!(delivery.format, "android-sms-gateway");
    let mut without_line = post;
    without_line.device.line = None;
    assert_eq!(without_line.one().line.as_deref(), Some("+821011112222"));
}

#[test]
fn older_versions_name_the_sender_otherwise() {
    for missing in [json!(null), json!("")] {
        assert_eq!(post(&with("sender", missing)).one().sender, "15881688");
    }
    let mut neither = with("sender", json!(null));
    neither["payload"]["phoneNumber"] = json!(null);
    assert_eq!(post(&neither).one().sender, "", "kept, sender unknown");
}

#[test]
fn identity_is_device_message_and_time() {
    let key = |event: &Value| post(event).one().key;
    let first = key(&event());
    let mut again = with("receivedAt", json!("2026-04-22T09:30:00.000Z"));
    again["id"] = json!("another attempt");
    again["webhookId"] = json!("w2");
    assert_eq!(key(&again), first, "the same instant, exported again from another zone");
    let mut other_device = event();
    other_device["deviceId"] = json!("d2");
    // The id is a hash of 32 bits of the content: equal for equal texts.
    for other in
        [other_device, with("messageId", json!("5f3a1c2c")), with("receivedAt", json!("2026-04-22T18:30:01.000+09:00"))]
    {
        assert_ne!(key(&other), first);
    }
    assert!(first < key(&with("receivedAt", json!("2026-04-22T18:30:01.000+09:00"))), "keys grow with time");
    // Without the hash the text itself tells messages apart.
    let unhashed = |text: &str| {
        let mut event = with("messageId", json!(null));
        event["payload"]["message"] = json!(text);
        key(&event)
    };
    assert_ne!(unhashed("a"), unhashed("b"));
    // Without a time the event's id does.
    let untimed = |id: &str| {
        let mut event = with("receivedAt", json!(null));
        event["id"] = json!(id);
        key(&event)
    };
    assert_eq!(untimed("e1"), untimed("e1"));
    assert_ne!(untimed("e1"), untimed("e2"));
}

#[test]
fn other_events_are_ignored() {
    for name in ["sms:sent", "sms:delivered", "system:ping", "mms:received", "sms:data-received", "sms:received-2"] {
        let mut event = event();
        event["event"] = json!(name);
        event["payload"] = json!(null);
        let id = Some("Ey6ECgOkVVFjz3CL48B8C".to_owned());
        assert_eq!(post(&event).entries(), Ok(vec![Entry::Ignored { external_id: id }]), "{name}");
    }
}

#[test]
fn what_nobody_can_read_is_quarantined_with_what_came() {
    let mut unnamed = event();
    unnamed["event"] = json!(null);
    let mut nothing_tells = with("receivedAt", json!(null));
    nothing_tells["id"] = json!(null);
    for event in [
        with("encrypted", json!(true)),
        with("message", json!("")),
        with("message", json!("a\u{0}b")),
        unnamed,
        nothing_tells,
    ] {
        let post = post(&event);
        let delivery = post.one();
        assert!(delivery.quarantine.is_some() && delivery.text.is_none(), "{delivery:?}");
        assert_eq!(delivery.raw.as_deref(), Some(&post.body[..]));
    }
    assert!(Post::new(Format::AndroidSmsGateway, "application/json", "{").one().quarantine.is_some());
}

#[test]
fn what_holds_no_message_is_refused() {
    let mut event = event();
    event["payload"] = json!(null);
    assert_eq!(post(&event).wrong_fields(), ["payload"]);
    assert_eq!(Post::new(Format::AndroidSmsGateway, "application/json", "5").wrong_fields(), [""]);
}

/// Made by another implementation (CPython's hmac).
mod signed {
    pub(super) const KEY: &str = "8f2a91cc";
    pub(super) const TIMESTAMP: &str = "1776850260";
    pub(super) const BODY: &str = concat!(
        r#"{"deviceId":"d1","event":"sms:received","id":"e1","payload":{"message":"입금 50,000원 홍길동","#,
        r#""messageId":"5f3a1c2b","phoneNumber":"15881688","receivedAt":"2026-04-22T18:30:00.000+09:00","#,
        r#""recipient":null,"sender":"15881688","simNumber":1},"webhookId":"w1"}"#
    );
    pub(super) const SIGNATURE: &str = "b0ebcd8962d62caea5863a75f39c4025a91525946b72c5e3e0e69dcfe8846b51";
}

fn signed(signature: &str) -> Post {
    Post::new(Format::AndroidSmsGateway, "application/json", signed::BODY)
        .secret(signed::KEY)
        .header("X-Timestamp", signed::TIMESTAMP)
        .header("X-Signature", signature)
}

fn passes(post: &Post) -> bool {
    match post.entries() {
        Ok(_) => true,
        Err(DecodeError::BadSignature(_)) => false,
        other => panic!("neither passed nor refused: {other:?}"),
    }
}

#[test]
fn the_signature_is_of_body_and_time() {
    assert!(passes(&signed(signed::SIGNATURE)));
    assert!(passes(&signed(&signed::SIGNATURE.to_uppercase())));
    assert!(!passes(&signed(&"0".repeat(64))) && !passes(&signed("xyz")) && !passes(&signed(&signed::SIGNATURE[..32])));
    assert!(!passes(&signed(signed::SIGNATURE).secret("another")) && !passes(&signed(signed::SIGNATURE).secret("")));
    let mut changed = signed(signed::SIGNATURE);
    changed.body = signed::BODY.replace("50,000", "90,000").into_bytes();
    assert!(!passes(&changed));
    let mut moved = signed(signed::SIGNATURE);
    moved.headers[0].1 = "1776850261".into();
    assert!(!passes(&moved));
    for index in 0..2 {
        let mut missing = signed(signed::SIGNATURE);
        missing.headers.remove(index);
        assert_eq!(missing.entries(), Err(DecodeError::MissingSignature));
    }
}

#[test]
fn the_attempt_must_be_recent_and_the_sms_need_not() {
    for (now, near) in
        [("2026-04-22T09:36:00Z", true), ("2026-04-22T09:36:00.001Z", false), ("2026-04-22T09:25:59.999Z", false)]
    {
        assert_eq!(passes(&signed(signed::SIGNATURE).at(at(now))), near, "{now}");
    }
    let odd = ["soon", "-5", "1776850260.5", "99999999999999999999"];
    for timestamp in odd {
        let mut post = signed(signed::SIGNATURE);
        post.headers[0].1 = timestamp.into();
        assert!(!passes(&post), "{timestamp}");
    }
    assert!(post(&with("receivedAt", json!("2026-04-20T09:30:00Z"))).one().old_event);
}
