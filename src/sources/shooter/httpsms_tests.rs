use serde_json::{Value, json};

use super::super::fixtures::{Post, at};
use super::super::{DecodeError, Entry, Format};

fn event() -> Value {
    json!({
        "specversion": "1.0",
        "id": "0b1c8d6e-8a0f-4f6a-9d53-3a6d1f6f1a01",
        "source": "/v1/messages/receive",
        "type": "message.phone.received",
        "datacontenttype": "application/json",
        "time": "2026-04-22T09:30:02.1Z",
        "data": {
            "message_id": "2f3a4b5c-1111-4222-8333-444455556666",
            "user_id": "user-1",
            "owner": "+821011112222",
            "encrypted": false,
            "contact": "15881688",
            "timestamp": "2026-04-22T18:30:00.123456789+09:00",
            "content": "입금 50,000원 홍길동",
            "sim": "SIM1",
            "attachments": null,
        },
    })
}

fn post(event: &Value) -> Post {
    Post::new(Format::HttpSms, "application/json", event.to_string())
}

fn with(field: &str, value: Value) -> Value {
    let mut event = event();
    event["data"][field] = value;
    event
}

fn without(field: &str) -> Value {
    let mut event = event();
    event["data"].as_object_mut().unwrap().remove(field);
    event
}

#[test]
fn a_received_sms_is_read() {
    let post = post(&event());
    let delivery = post.one();
    assert_eq!(delivery.sender, "15881688");
    assert_eq!(delivery.text.as_deref(), Some("입금 50,000원 홍길동"));
    assert_eq!(delivery.received_at, at("2026-04-22T09:30:00.123Z"));
    assert_eq!(delivery.external_id.as_deref(), Some("2f3a4b5c-1111-4222-8333-444455556666"));
    assert_eq!(delivery.line.as_deref(), Some("counter-1"), "the device's line is what operators chose");
    assert_eq!((delivery.format, delivery.quarantine.as_deref()), ("httpsms", None));
    assert_eq!(delivery.raw.as_deref(), Some(&post.body[..]));
    let mut unsaid = post;
    unsaid.content_type = None;
    assert_eq!(unsaid.one(), delivery, "older versions send no Content-Type");
}

#[test]
fn the_phone_s_own_number_is_the_line_of_a_device_that_has_none() {
    let mut post = post(&event());
    post.device.line = None;
    assert_eq!(post.one().line.as_deref(), Some("+821011112222"));
    post.body = with("owner", json!("\u{0}")).to_string().into_bytes();
    assert_eq!(post.one().line, None);
}

#[test]
fn identity_is_the_message_s_id() {
    let first = post(&event()).one().key;
    let mut again = with("timestamp", json!("2026-04-22T09:35:00Z"));
    again["id"] = json!("another event");
    assert_eq!(post(&again).one().key, first);
    assert_ne!(post(&with("message_id", json!("m2"))).one().key, first);
    let by_event = post(&without("message_id"));
    assert_ne!(by_event.one().key, first);
    assert_eq!(by_event.one().external_id.as_deref(), Some("0b1c8d6e-8a0f-4f6a-9d53-3a6d1f6f1a01"));
    let mut neither = without("message_id");
    neither.as_object_mut().unwrap().remove("id");
    let parts = post(&neither).one();
    assert_eq!((parts.quarantine, parts.external_id), (None, None), "who, what and when are left");
    neither["data"].as_object_mut().unwrap().remove("timestamp");
    assert!(post(&neither).one().quarantine.is_some());
}

#[test]
fn other_events_are_ignored() {
    for kind in ["message.phone.sent", "message.phone.delivered", "message.call.missed", "message.phone.received.v2"] {
        let mut event = event();
        event["type"] = json!(kind);
        event["data"] = json!({"anything": [1]});
        let id = Some("0b1c8d6e-8a0f-4f6a-9d53-3a6d1f6f1a01".to_owned());
        assert_eq!(post(&event).entries(), Ok(vec![Entry::Ignored { external_id: id }]), "{kind}");
    }
}

#[test]
fn what_nobody_can_read_is_quarantined_with_what_came() {
    let mut untyped = event();
    untyped.as_object_mut().unwrap().remove("type");
    for (event, id) in [
        (with("encrypted", json!(true)), true),
        (with("encrypted", json!("true")), true),
        (with("content", json!("")), true),
        (without("content"), true),
        (with("content", json!("a\u{0}b")), true),
        (untyped, false),
    ] {
        let post = post(&event);
        let delivery = post.one();
        assert!(delivery.quarantine.is_some() && delivery.text.is_none(), "{delivery:?}");
        assert_eq!(delivery.external_id.is_some(), id);
        assert_eq!(delivery.raw.as_deref(), Some(&post.body[..]));
    }
    let broken = Post::new(Format::HttpSms, "application/json", "{\"type\":\"message.phone.received\",");
    assert!(broken.one().quarantine.is_some());
}

#[test]
fn what_holds_no_message_is_refused() {
    for data in [json!(null), json!("text"), json!([])] {
        let mut event = event();
        event["data"] = data;
        assert_eq!(post(&event).wrong_fields(), ["data"]);
    }
    assert_eq!(Post::new(Format::HttpSms, "application/json", "[]").wrong_fields(), [""]);
    let form = Post::new(Format::HttpSms, "application/x-www-form-urlencoded", "a=b");
    assert_eq!(form.entries(), Err(DecodeError::UnsupportedMediaType));
}

#[test]
fn times_that_cannot_be_are_the_time_of_arrival() {
    for odd in [json!("yesterday"), json!("1999-01-01T00:00:00Z"), json!("2026-04-30T00:00:00Z"), json!(5), json!(null)]
    {
        let delivery = post(&with("timestamp", odd)).one();
        assert_eq!((delivery.received_at, delivery.quarantine), (at("2026-04-22T09:31:00Z"), None));
    }
}
