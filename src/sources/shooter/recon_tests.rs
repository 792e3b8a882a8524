use serde_json::{Value, json};

use super::super::fixtures::{Post, at};
use super::super::{DecodeError, Format};
use super::*;

fn post(body: &Value) -> Post {
    Post::new(Format::Recon, "application/json", body.to_string())
}

fn message() -> Value {
    json!({"id":"m-1","sender":"1588-1688","text":"입금 50,000\n홍길동","received_at":"2026-04-22T18:30:00+09:00"})
}

/// [`message`] with one field set.
fn with(field: &str, value: impl Into<Value>) -> Value {
    let mut message = message();
    message[field] = value.into();
    message
}

#[test]
fn a_single_message_is_read() {
    assert_eq!(
        post(&message()).one(),
        Delivery {
            key: SourceKey::from_id("m-1"),
            external_id: Some("m-1".into()),
            format: "recon",
            sender: "1588-1688".into(),
            is_sender_provisional: false,
            text: Some("입금 50,000\n홍길동".into()),
            line: Some("counter-1".into()),
            received_at: at("2026-04-22T09:30:00Z"),
            raw: None,
            quarantine: None,
            old_event: false,
        }
    );
    assert_eq!(post(&with("line", "010-1234-5678")).one().line.as_deref(), Some("010-1234-5678"));
}

#[test]
fn a_batch_keeps_its_order_and_its_repeats() {
    let batch = json!({"messages": [with("id", "b"), with("id", "a"), with("id", "b")]});
    let ids: Vec<_> = post(&batch).taken().into_iter().map(|delivery| delivery.external_id.unwrap()).collect();
    assert_eq!(ids, ["b", "a", "b"], "the inbox answers the second b as a duplicate");
}

#[test]
fn one_bad_message_refuses_the_batch_and_every_fault_is_named() {
    let batch = json!({"messages": [message(), with("received_at", "today"), with("sender", ""), {"id": null}]});
    assert_eq!(
        post(&batch).wrong_fields(),
        [
            "messages[1].received_at",
            "messages[2].sender",
            "messages[3].id",
            "messages[3].sender",
            "messages[3].text",
            "messages[3].received_at"
        ]
    );
}

#[test]
fn a_batch_has_1_to_1000_messages() {
    let batch = |count| post(&json!({"messages": vec![message(); count]}));
    assert_eq!(batch(1000).taken().len(), 1000);
    assert_eq!(batch(0).wrong_fields(), ["messages"]);
    assert_eq!(batch(1001).wrong_fields(), ["messages"]);
    assert_eq!(post(&json!({"messages": vec![json!({}); 1000]})).wrong_fields().len(), 52, "the answer stays small");
}

#[test]
fn unknown_and_mistyped_fields_are_named() {
    assert_eq!(post(&with("sendr", "x")).wrong_fields(), ["sendr"]);
    assert_eq!(post(&json!({"messages": [message(), with("to", "x")]})).wrong_fields(), ["messages[1].to"]);
    assert_eq!(post(&with("id", 5)).wrong_fields(), ["id"]);
    assert_eq!(post(&json!({"messages": {}})).wrong_fields(), ["messages"]);
    assert_eq!(post(&json!("text")).wrong_fields(), [""]);
    let both = json!({"messages": [message()], "id": "m-1"});
    assert_eq!(post(&both).wrong_fields(), ["messages"]);
}

#[test]
fn names_are_neither_long_nor_blank_nor_control_characters() {
    assert_eq!(post(&with("id", "가".repeat(128))).one().external_id.unwrap().chars().count(), 128);
    for bad in ["가".repeat(129), " ".into(), "a\u{0}".into(), "a\nb".into()] {
        assert_eq!(post(&with("id", bad)).wrong_fields(), ["id"]);
    }
    for field in ["sender", "line"] {
        post(&with(field, "가".repeat(64))).one();
        for bad in ["가".repeat(65), String::new(), "\u{1b}[2J".into()] {
            assert_eq!(post(&with(field, bad)).wrong_fields(), [field]);
        }
    }
    assert_eq!(post(&with("text", "")).wrong_fields(), ["text"]);
}

#[test]
fn what_the_sms_brings_along_is_quarantined_and_does_not_block_its_batch() {
    for poison in ["입금\u{0}50,000".to_owned(), "x".repeat(16 * 1024 + 1)] {
        let bad = with("text", poison.clone());
        let [first, poisoned, last] =
            post(&json!({"messages": [with("id", "1"), bad, with("id", "3")]})).taken().try_into().unwrap();
        assert!(first.quarantine.is_none() && last.quarantine.is_none());
        assert!(poisoned.quarantine.is_some());
        assert_eq!(poisoned.text, None);
        assert_eq!(poisoned.external_id.as_deref(), Some("m-1"));
        let raw: Value = serde_json::from_slice(&poisoned.raw.unwrap()).unwrap();
        assert_eq!(raw["text"], poison, "nothing of it is lost");
    }
    assert!(post(&with("text", "x".repeat(16 * 1024))).one().quarantine.is_none());
}

#[test]
fn times_are_moments_that_are_flagged_when_old_and_refused_when_far_ahead() {
    let received = |time: &str| post(&with("received_at", time));
    assert!(!received("2026-04-21T09:31:00Z").one().old_event);
    assert!(received("2026-04-21T09:30:59Z").one().old_event);
    assert!(!received("2026-04-23T09:31:00Z").one().old_event);
    assert_eq!(received("2026-04-23T09:31:01Z").wrong_fields(), ["received_at"]);
    assert_eq!(received("2026-04-22T09:30:00").wrong_fields(), ["received_at"], "without an offset it is no moment");
    assert_eq!(received("1790000000123").wrong_fields(), ["received_at"]);
}

#[test]
fn what_is_no_json_is_malformed() {
    let bodies: [&[u8]; 5] = [b"", b"{", b"{}x", b"{\"id\":\"\xff\"}", br#"{"text":"\ud800"}"#];
    for body in bodies {
        let refused = Post::new(Format::Recon, "application/json", body).entries();
        assert!(matches!(refused, Err(DecodeError::Malformed(_))), "{body:?}: {refused:?}");
    }
}

#[test]
fn only_json_is_read() {
    let mut post = post(&message());
    post.content_type = None;
    post.one();
    for other in ["application/x-www-form-urlencoded", "text/html", "application/json; charset=euc-kr"] {
        post.content_type = Some(other.into());
        assert_eq!(post.entries(), Err(DecodeError::UnsupportedMediaType));
    }
}

#[test]
fn a_message_is_an_object_and_not_a_row_of_values() {
    let row = json!(["m-1", "1588-1688", "text", "2026-04-22T09:30:00Z"]);
    assert_eq!(post(&json!({"messages": [message(), row]})).wrong_fields(), ["messages[1]"]);
    assert_eq!(post(&json!([null, "m-1", "1588-1688", "text", "2026-04-22T09:30:00Z"])).wrong_fields(), [""]);
}
