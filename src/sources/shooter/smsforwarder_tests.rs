use serde_json::json;

use super::super::fixtures::{Post, at};
use super::super::{DecodeError, Format};

const FORM: &str = "application/x-www-form-urlencoded";
/// 2026-04-22T09:30:00.123Z.
const TIMESTAMP: &str = "1776850200123";

fn form(body: &str) -> Post {
    Post::new(Format::SmsForwarder, FORM, body)
}

fn json(body: &serde_json::Value) -> Post {
    Post::new(Format::SmsForwarder, "application/json", body.to_string())
}

#[test]
fn a_form_is_read_as_the_app_sends_it() {
    let body = "from=15881688&content=SIM1%0A...&org_content=%EC%9E%85%EA%B8%88+50%2C000%0A%EC%A3%BC%29A%26amp%3BB\
                &card_slot=SIM1&device=counter&receive_time=2026-04-22+18%3A30%3A00&timestamp=1776850200123";
    let delivery = form(body).one();
    assert_eq!(delivery.sender, "15881688");
    assert_eq!(delivery.text.as_deref(), Some("입금 50,000\n주)A&B"), "unescaped, and org_content before content");
    assert_eq!(delivery.received_at, at("2026-04-22T09:30:00.123Z"));
    assert_eq!(delivery.line.as_deref(), Some("counter-1"));
    assert_eq!(delivery.raw.as_deref(), Some(body.as_bytes()), "the escapes are kept beside it");
    assert_eq!((delivery.external_id, delivery.quarantine, delivery.old_event), (None, None, false));
    assert_eq!(delivery.format, "smsforwarder");
}

#[test]
fn json_gives_the_same_message_as_the_form() {
    let mut by_json =
        json(&json!({"from": "15881688", "content": "입금 &amp;lt;1&amp;gt;", "timestamp": 1_776_850_200_123_i64}))
            .one();
    let by_form = form(&format!("timestamp={TIMESTAMP}&from=15881688&content=%EC%9E%85%EA%B8%88+%3C1%3E")).one();
    by_json.raw.clone_from(&by_form.raw);
    assert_eq!(by_json, by_form);
    let mut unsaid = json(&json!({"from": "15881688", "content": "입금", "timestamp": TIMESTAMP}));
    unsaid.content_type = None;
    assert_eq!(unsaid.one().text.as_deref(), Some("입금"));
}

#[test]
fn identity_is_sender_text_and_times() {
    let body = |from: &str, text: &str, receive_time: &str, timestamp: &str| {
        form(&format!("from={from}&org_content={text}&receive_time={receive_time}&timestamp={timestamp}"))
    };
    let key = |post: &Post| post.one().key;
    let first = key(&body("1", "a", "t", TIMESTAMP));
    assert_eq!(
        key(&body("1", "a", "t", TIMESTAMP).at(at("2026-04-22T10:00:00Z"))),
        first,
        "a repeat, whenever it comes"
    );
    for other in [body("2", "a", "t", TIMESTAMP), body("1", "b", "t", TIMESTAMP), body("1", "a", "u", TIMESTAMP)] {
        assert_ne!(key(&other), first);
    }
    let later = key(&body("1", "a", "t", "1776850200124"));
    assert!(first < later, "keys grow with time");
    assert_ne!(key(&body("1", "a", "t", "1776850200")), key(&body("1", "a", "t", "1776850201")), "odd times count too");
    let untimed = |now| key(&body("1", "a", "2026-04-22 18:30:00", "").at(at(now)));
    assert_eq!(untimed("2026-04-22T09:31:00Z"), untimed("2026-04-22T09:35:00Z"));
}

#[test]
fn a_phone_whose_clock_is_wrong_loses_nothing() {
    for odd in ["1776850200", "0", "-5", "99999999999999", "abc", "99999999999999999999999"] {
        let delivery = form(&format!("from=1&content=a&timestamp={odd}")).one();
        assert_eq!(delivery.received_at, at("2026-04-22T09:31:00Z"), "{odd}: the time of arrival instead");
        assert_eq!(delivery.text.as_deref(), Some("a"));
    }
    let old = form(&format!("from=1&content=a&timestamp={TIMESTAMP}")).at(at("2026-04-23T09:30:01Z")).one();
    assert!(old.old_event);
}

#[test]
fn what_may_hold_a_message_is_quarantined_with_what_came() {
    let broken_json = Post::new(Format::SmsForwarder, "application/json", "{\"from\":\"1\",\"content\":\"a\nb\"}");
    let long = form(&format!("from=1&timestamp={TIMESTAMP}&content={}", "x".repeat(16 * 1024 + 1)));
    let cases = [
        (broken_json, ""),
        (form(&format!("from=1&content=%FF%FE&timestamp={TIMESTAMP}")), "1"),
        (form(&format!("from=1&content=a%00b&timestamp={TIMESTAMP}")), "1"),
        (form(&format!("from=1%00&content=ab&timestamp={TIMESTAMP}")), "1"),
        (form("from=1&content=a"), "1"),
        (form(&format!("from={}&content=a&timestamp={TIMESTAMP}", "9".repeat(65))), &"9".repeat(64)),
        (long, "1"),
    ];
    for (post, sender) in cases {
        let delivery = post.one();
        assert!(delivery.quarantine.is_some(), "{delivery:?}");
        assert_eq!((delivery.text, delivery.sender.as_str()), (None, sender));
        assert_eq!(delivery.raw.as_deref(), Some(&post.body[..]));
    }
}

#[test]
fn undecodable_messages_never_swallow_one_another() {
    let first = form("from=1&content=a");
    let second = form("from=1&content=a").at(at("2026-04-22T09:40:00Z"));
    assert_ne!(first.one().key, second.one().key);
}

#[test]
fn a_message_without_a_sender_is_kept() {
    let delivery = form(&format!("content=a&timestamp={TIMESTAMP}")).one();
    assert_eq!((delivery.sender.as_str(), delivery.text.as_deref()), ("", Some("a")));
}

#[test]
fn what_holds_no_message_is_refused() {
    assert_eq!(form(" ").wrong_fields(), [""]);
    assert_eq!(form("from=1&content=").wrong_fields(), ["org_content"]);
    assert_eq!(json(&json!([1])).wrong_fields(), [""]);
    let upload = Post::new(Format::SmsForwarder, "multipart/form-data; boundary=x", "--x");
    assert_eq!(upload.entries(), Err(DecodeError::UnsupportedMediaType));
}
