use serde_json::{Value, json};

use super::super::fixtures::{Post, at};
use super::super::{DecodeError, Format};

fn post(body: impl Into<Vec<u8>>) -> Post {
    Post::new(Format::IncomingSms, "application/json; charset=utf-8", body)
}

fn json(body: &Value) -> Post {
    post(body.to_string())
}

/// As the app's own template makes it: the stamps without quotation marks.
fn template(text: &str, sent: &str, received: &str) -> Post {
    let text = Value::from(text);
    post(format!(
        "{{\n  \"from\":\"15881688\",\n  \"text\":{text},\n  \"sentStamp\":{sent},\n  \"receivedStamp\":{received},\n  \"sim\":\"sim1\"\n}}"
    ))
}

/// 2026-04-22T09:30:00.123Z, and the second before.
const RECEIVED: &str = "1776850200123";
const SENT: &str = "1776850199000";

#[test]
fn the_app_s_own_template_is_read() {
    let post = template("입금 50,000\n주)A&B &amp; \"x\"", SENT, RECEIVED);
    let delivery = post.one();
    assert_eq!(delivery.sender, "15881688");
    assert_eq!(delivery.text.as_deref(), Some("입금 50,000\n주)A&B &amp; \"x\""), "this app escapes nothing");
    assert_eq!(delivery.received_at, at("2026-04-22T09:30:00.123Z"));
    assert_eq!(delivery.line.as_deref(), Some("counter-1"));
    assert_eq!(delivery.raw.as_deref(), Some(&post.body[..]));
    assert_eq!((delivery.external_id, delivery.quarantine, delivery.old_event), (None, None, false));
    assert_eq!(delivery.format, "incoming-sms");
}

#[test]
fn stamps_are_numbers_or_strings() {
    let number = template("a", SENT, RECEIVED).one();
    let mut string = template("a", &format!("\"{SENT}\""), &format!("\"{RECEIVED}\"")).one();
    string.raw.clone_from(&number.raw);
    assert_eq!(string, number);
}

#[test]
fn identity_is_sender_text_and_both_stamps() {
    let key = |post: &Post| post.one().key;
    let first = key(&template("a", SENT, RECEIVED));
    assert_eq!(
        key(&template("a", SENT, RECEIVED).at(at("2026-04-22T11:00:00Z"))),
        first,
        "a repeat, whenever it comes"
    );
    let mut other_sender = json(&json!({"from": "2", "text": "a", "sentStamp": SENT, "receivedStamp": RECEIVED}));
    for other in [
        template("b", SENT, RECEIVED),
        template("a", "1776850199001", RECEIVED),
        template("a", SENT, "1776850200124"),
        std::mem::replace(&mut other_sender, template("a", SENT, RECEIVED)),
    ] {
        assert_ne!(key(&other), first);
    }
    assert!(first < key(&template("a", SENT, "1776850200124")), "keys grow with time");
}

#[test]
fn a_phone_whose_clock_is_wrong_loses_nothing() {
    for odd in ["1776850200", "0", "-5", "1.5e12", "\"2026-04-22 18:30:00\"", "99999999999999999999"] {
        let delivery = template("a", odd, odd).one();
        assert_eq!(delivery.received_at, at("2026-04-22T09:31:00Z"), "{odd}: the time of arrival instead");
        assert_eq!(delivery.text.as_deref(), Some("a"));
        let sent_known = template("a", SENT, odd).one();
        assert_eq!(sent_known.received_at, at("2026-04-22T09:29:59Z"), "{odd}: when it was sent instead");
    }
    assert!(template("a", SENT, RECEIVED).at(at("2026-04-23T09:30:01Z")).one().old_event, "flagged, not refused");
}

#[test]
fn what_may_hold_a_message_is_quarantined_with_what_came() {
    let cases = [
        // A template whose author forgot the quotation marks.
        (post("{\"from\":15881688,\"text\":입금,\"receivedStamp\":1}"), ""),
        (post(b"{\"from\":\"1\",\"text\":\"\xff\",\"receivedStamp\":1}".to_vec()), ""),
        (json(&json!({"from": "1", "text": "a"})), "1"),
        (json(&json!({"from": "1", "text": "a\u{0}b", "receivedStamp": 1})), "1"),
        (json(&json!({"from": "1\n2", "text": "a", "receivedStamp": 1})), "12"),
    ];
    for (post, sender) in cases {
        let delivery = post.one();
        assert!(delivery.quarantine.is_some(), "{delivery:?}");
        assert_eq!((delivery.text, delivery.sender.as_str()), (None, sender));
        assert_eq!(delivery.raw.as_deref(), Some(&post.body[..]));
    }
    let without_times = json(&json!({"from": "1", "text": "a"}));
    assert_ne!(
        without_times.one().key,
        json(&json!({"from": "1", "text": "a"})).at(at("2026-04-22T09:40:00Z")).one().key
    );
}

#[test]
fn what_holds_no_message_is_refused() {
    assert_eq!(post("").wrong_fields(), [""]);
    assert_eq!(post("[]").wrong_fields(), [""]);
    assert_eq!(json(&json!({"from": "1", "receivedStamp": 1})).wrong_fields(), ["text"]);
    let form = Post::new(Format::IncomingSms, "application/x-www-form-urlencoded", "text=a");
    assert_eq!(form.entries(), Err(DecodeError::UnsupportedMediaType));
}

#[test]
fn a_device_with_a_secret_takes_no_format_that_cannot_be_signed() {
    let refused = template("a", SENT, RECEIVED).secret("s3cret").entries();
    assert_eq!(refused, Err(DecodeError::UnsignableFormat));
}
