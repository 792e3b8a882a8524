use proptest::prelude::*;
use serde_json::json;

use super::*;

/// As captured, with fictional content.
const EVENT: &str = r#"{"type":"push","targets":["stream","android","ios"],"push":{"type":"sms_changed","source_device_iden":"ujzPhone","notifications":[{"thread_id":"316","title":"1588-1688","body":"입금 50,000원 홍길동","timestamp":1648564069}]}}"#;

fn notification() -> Notification {
    Notification {
        thread_id: "316".to_owned(),
        title: "1588-1688".to_owned(),
        body: "입금 50,000원 홍길동".to_owned(),
        at: UnixMs(1_648_564_069_000),
    }
}

#[test]
fn an_event_is_read() {
    let changed =
        SmsChanged { device_iden: Some("ujzPhone".to_owned()), notifications: vec![notification()], bad: Vec::new() };
    assert_eq!(frame(EVENT, None), Ok(Frame::SmsChanged(changed)));
}

#[test]
fn frames_of_every_type_are_told_apart() {
    let other = |kind: &str| Ok(Frame::Other(kind.to_owned()));
    for (raw, read) in [
        (r#"{"type":"nop"}"#, Ok(Frame::Nop)),
        (r#"{"type":"reconnect"}"#, Ok(Frame::Reconnect)),
        (r#"{"type":"tickle","subtype":"push"}"#, other("tickle")),
        (r#"{"type":"push","push":{"type":"mirror"}}"#, other("push_mirror")),
        (r#"{"type":"push"}"#, other("push")),
        (r#"{"type":"push","push":null}"#, other("push")),
        (r#"{"type":"<b>new</b> type"}"#, other("bnewbtype")),
        ("{}", other("none")),
        (r#"{"type":7}"#, other("none")),
    ] {
        assert_eq!(frame(raw, None), read, "{raw}");
    }
    for raw in ["", "nop", "7", "[]", "null", r#""nop""#, "{\"type\":"] {
        assert!(frame(raw, None).is_err(), "{raw}");
    }
}

#[test]
fn a_bad_entry_spoils_only_itself() {
    let good =
        json!({"thread_id": 316, "title": "1588-1688", "body": "입금 50,000원 홍길동", "timestamp": "1648564069"});
    for bad in
        [json!(null), json!(7), json!({}), json!({"thread_id": "1"}), json!({"thread_id": "1", "timestamp": "soon"})]
    {
        let event = json!({"type": "push", "push": {"type": "sms_changed", "notifications": [bad, good, bad]}});
        let Ok(Frame::SmsChanged(changed)) = frame(&event.to_string(), None) else { panic!("{event}") };
        assert_eq!((changed.notifications, changed.bad.len()), (vec![notification()], 2));
        assert_eq!(changed.bad[0].raw, bad.to_string().into_bytes());
    }
    for none in [json!({}), json!({"notifications": null}), json!({"notifications": []})] {
        let mut push = none;
        push["type"] = json!("sms_changed");
        let event = json!({"type": "push", "push": push});
        let Ok(Frame::SmsChanged(changed)) = frame(&event.to_string(), None) else { panic!("{event}") };
        assert!(changed.notifications.is_empty() && changed.bad.is_empty());
    }
}

#[test]
fn what_is_encrypted_is_read_with_the_key_and_named_without() {
    let key = E2eKey::of("hunter2", "up0snaKOsn");
    let value: Value = serde_json::from_str(EVENT).unwrap();
    let ciphertext = key.seal(value["push"].to_string().as_bytes(), [7; 12]).unwrap();
    let event = json!({"type": "push", "push": {"encrypted": true, "ciphertext": ciphertext}}).to_string();
    assert_eq!(frame(&event, Some(&key)), frame(EVENT, None));
    let without = frame(&event, None).unwrap_err();
    assert!(without.why.contains("encryption password"), "{without:?}");
    let wrong = E2eKey::of("hunter3", "up0snaKOsn");
    assert_eq!(frame(&event, Some(&wrong)).unwrap_err().raw, event.as_bytes());

    let list = json!({"threads": [{"id": "57", "recipients": [{"address": "15881688", "number": "1588-1688"}]}]});
    let sealed = json!({"encrypted": true, "ciphertext": key.seal(list.to_string().as_bytes(), [8; 12]).unwrap()});
    let plain = threads(list.to_string().as_bytes(), None).unwrap();
    assert_eq!(plain.items, [ThreadHead { id: "57".to_owned(), sender: "15881688".to_owned(), latest: None }]);
    for body in [sealed.clone(), json!({"id": "x", "data": sealed}), json!({"data": list})] {
        assert_eq!(threads(body.to_string().as_bytes(), Some(&key)).unwrap(), plain, "{body}");
    }
}

#[test]
fn histories_are_read() {
    let body = r#"{"thread":[
        {"id":"652","type":"sms","timestamp":1440484608,"direction":"incoming","body":"입금","status":"received"},
        {"id":652,"type":"mms","timestamp":1.440484607e9,"direction":"incoming"},
        {"id":"650","timestamp":1440484606,"direction":"outgoing","body":"확인"},
        {"id":"649","type":"sms","timestamp":1440484605,"direction":"sideways","body":"?"}]}"#;
    let listed = thread(body.as_bytes(), None).unwrap();
    let read: Vec<_> =
        listed.items.iter().map(|entry| (entry.message_id.as_str(), entry.incoming, entry.at.0)).collect();
    let expected = [
        ("sms/652", true, 1_440_484_608_000),
        ("mms/652", true, 1_440_484_607_000),
        ("sms/650", false, 1_440_484_606_000),
    ];
    assert_eq!((read.as_slice(), listed.bad.len()), (&expected[..], 1));
    assert!(thread(b"{}", None).unwrap().items.is_empty(), "what is empty is left out");
    for bad in ["7", "null", r#"{"thread":7}"#, "<html>", ""] {
        assert!(thread(bad.as_bytes(), None).is_err(), "{bad}");
    }
}

#[test]
fn a_group_has_no_sender_and_a_device_must_be_there_and_show_its_sms() {
    let list = json!({"threads": [
        {"id": "1", "recipients": [{"address": "15881688"}, {"address": "15991599"}], "latest": {"id": "9", "type": "mms"}},
        {"id": "2", "recipients": [{"name": "My Bank", "number": "1588-1688"}]},
        {"id": "3"}, {"recipients": []},
    ]});
    let listed = threads(list.to_string().as_bytes(), None).unwrap();
    let read: Vec<_> = listed.items.iter().map(|head| (head.sender.as_str(), head.latest.as_deref())).collect();
    assert_eq!((read, listed.bad.len()), (vec![("", Some("mms/9")), ("1588-1688", None), ("", None)], 1));

    let list = json!({"devices": [
        {"iden": "a", "active": true, "has_sms": true}, {"iden": "b", "active": true, "has_sms": "true"},
        {"iden": "c", "active": true}, {"iden": "d", "has_sms": true}, {"active": true, "has_sms": true},
    ]});
    let phones: Vec<_> =
        devices(list.to_string().as_bytes()).unwrap().into_iter().filter(|device| device.has_sms).collect();
    assert_eq!(phones.iter().map(|device| device.iden.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(user_iden(br#"{"iden":"ujShop"}"#), Ok("ujShop".to_owned()));
    assert!(user_iden(b"{}").is_err());
}

proptest! {
    /// Reliability row 26: nothing that comes crashes a decoder.
    #[test]
    fn nothing_crashes_the_decoders(raw in any::<Vec<u8>>(), text in "\\PC*") {
        let key = E2eKey::of_bytes([7; 32]);
        let _ = (frame(&text, Some(&key)), threads(&raw, Some(&key)), thread(&raw, None), devices(&raw), user_iden(&raw));
        let _ = (key.open(&text), error_words(&raw));
    }

    /// Neither does what nearly fits.
    #[test]
    fn nothing_that_nearly_fits_crashes_them(cut in 0..EVENT.len(), with in "\\PC{0,4}") {
        let Some((before, after)) = EVENT.split_at_checked(cut) else { return Ok(()) };
        let _ = frame(before, None);
        let _ = frame(&format!("{before}{with}{after}"), None);
    }
}
