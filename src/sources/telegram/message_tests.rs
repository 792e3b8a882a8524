use proptest::prelude::*;

use super::*;

const NOW: UnixMs = UnixMs(1_776_834_500_000);
const DATE: i64 = 1_776_834_420;

fn reading() -> Reading {
    Reading { chat_ids: Vec::new(), added_at: UnixMs(1_776_800_000_000), now: NOW }
}

fn read_json(json: &str) -> Read {
    read(&RawUpdate::of(json), &reading())
}

fn update(kind: &str, more: &str) -> String {
    format!(
        r#"{{"update_id":7,"{kind}":{{"message_id":45,"date":{DATE},"chat":{{"id":-1001,"type":"channel","title":"KB 알림"}}{more}}}}}"#
    )
}

#[track_caller]
fn delivered(json: &str) -> Delivery {
    match read_json(json) {
        Read::Deliver(delivery) => *delivery,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_post_is_delivered_with_its_raw_json() {
    let json = update("channel_post", r#","text":"[KB]입금 50,000\n홍길동","new_field":{"a":[1]}"#);
    let delivery = delivered(&json);
    assert_eq!(delivery.text.as_deref(), Some("[KB]입금 50,000\n홍길동"));
    assert_eq!(delivery.sender, "KB 알림");
    assert_eq!(delivery.received_at, UnixMs(DATE * 1000));
    assert_eq!(delivery.external_id.as_deref(), Some("-1001/45"));
    assert_eq!(delivery.raw.as_deref(), Some(json.as_bytes()));
    assert!(!delivery.old_event && delivery.quarantine.is_none());
}

#[test]
fn identity_is_chat_and_message_whatever_the_update_s_id() {
    let one = delivered(&update("message", r#","text":"a""#));
    let again = delivered(&update("message", r#","text":"b""#).replace("\"update_id\":7", "\"update_id\":3"));
    let next = delivered(&update("message", r#","text":"a""#).replace("45", "46"));
    let elsewhere = delivered(&update("message", r#","text":"a""#).replace("-1001", "-1002"));
    assert_eq!(one.key, again.key);
    assert!(one.key < next.key);
    assert_ne!(one.key, elsewhere.key);
}

#[test]
fn an_automatic_forward_is_the_post_itself() {
    let post = delivered(&update("channel_post", r#","text":"a""#));
    let origin = format!(r#"{{"type":"channel","chat":{{"id":-1001}},"message_id":45,"date":{}}}"#, DATE - 60);
    let copy = format!(
        r#"{{"update_id":8,"message":{{"message_id":9,"date":{DATE},"chat":{{"id":-1002,"type":"supergroup"}},"is_automatic_forward":true,"forward_origin":{origin},"text":"a"}}}}"#
    );
    let copy = delivered(&copy);
    assert_eq!(copy.key, post.key);
    assert_eq!(copy.received_at, UnixMs((DATE - 60) * 1000), "the original's time");
    // A forward from a person has no id of its own: it is a message like any other.
    let person = r#","text":"a","forward_origin":{"type":"hidden_user","sender_user_name":"홍길동","date":5}"#;
    assert_eq!(delivered(&update("message", person)).key, post.key);
}

#[test]
fn the_sender_is_taken_from_the_forwarder_s_frame() {
    let text = r#","text":"sms from 15881688 with text: \"[KB]입금 1\" sent at 1776834410000""#;
    let delivery = delivered(&update("channel_post", text));
    assert_eq!((delivery.sender.as_str(), delivery.text.as_deref()), ("15881688", Some("[KB]입금 1")));
    assert_eq!(delivery.received_at, UnixMs(1_776_834_410_000));
    let absurd = text.replace("1776834410000", "99999999999999999");
    assert_eq!(delivered(&update("channel_post", &absurd)).received_at, UnixMs(DATE * 1000));
}

#[test]
fn a_caption_is_a_text_and_a_picture_is_none() {
    assert_eq!(delivered(&update("message", r#","photo":[],"caption":"입금""#)).text.as_deref(), Some("입금"));
    for more in ["", r#","photo":[]"#, r#","text":" ""#, r#","new_chat_members":[]"#] {
        assert_eq!(read_json(&update("message", more)), Read::Skipped(Skip::NoText), "{more}");
    }
}

#[test]
fn only_the_chats_on_the_list_are_read() {
    let json = update("channel_post", r#","text":"a""#);
    let with = |chat_ids: Vec<i64>| read(&RawUpdate::of(&json), &Reading { chat_ids, ..reading() });
    assert_eq!(with(vec![-5]), Read::Skipped(Skip::OtherChat));
    assert!(matches!(with(vec![-5, -1001]), Read::Deliver(_)));
}

#[test]
fn what_a_stranger_writes_to_the_bot_itself_is_held() {
    let json = update("message", r#","text":"sms from 15881688: 입금""#).replace("channel", "private");
    assert!(matches!(read_json(&json), Read::Hold(delivery) if delivery.sender == "15881688"));
    assert!(matches!(read_json(&json.replace("-1001", "55")), Read::Hold(_)));
    let listed = Reading { chat_ids: vec![-1001], ..reading() };
    assert!(matches!(read(&RawUpdate::of(&json), &listed), Read::Deliver(_)), "whoever lists the chat wants it");
}

#[test]
fn fields_of_another_type_lose_no_message() {
    let odd = r#","text":"a","forward_origin":7,"edit_date":"x","from":[],"entities":[{"type":"brand_new"}]"#;
    assert_eq!(delivered(&update("message", odd)).text.as_deref(), Some("a"));
    let json = update("message", r#","text":"a""#).replace(&DATE.to_string(), "\"soon\"");
    assert_eq!(delivered(&json).received_at, NOW);
    let json = update("message", r#","text":"a""#).replace("\"KB 알림\"", "{}");
    assert_eq!(delivered(&json).sender, "");
}

#[test]
fn what_cannot_be_read_is_quarantined_whole() {
    for json in [
        update("message", r#","text":7"#),
        update("message", r#","text":"\ud800""#),
        update("message", r#","text":"a\u0000b""#),
        update("message", r#","text":"a""#).replace("-1001", "\"x\""),
        update("message", r#","text":"a""#).replace("message_id", "id"),
        r#"{"update_id":7,"message":[]}"#.to_owned(),
        r#"{"update_id":7,"channel_post":{"text":"a"}}"#.to_owned(),
        r#""x""#.to_owned(),
        r#"{"hello":1}"#.to_owned(),
    ] {
        let delivery = delivered(&json);
        assert!(delivery.quarantine.is_some() && delivery.text.is_none(), "{json}");
        assert_eq!(delivery.raw.as_deref(), Some(json.as_bytes()));
        assert_eq!(delivered(&json).key, delivery.key, "{json}");
    }
}

#[test]
fn other_kinds_are_left() {
    assert_eq!(read_json(r#"{"update_id":7,"poll":{"id":"1"}}"#), Read::Skipped(Skip::OtherKind));
    assert_eq!(read_json(r#"{"update_id":7}"#), Read::Skipped(Skip::OtherKind));
    let member = |status: &str| {
        read_json(&format!(
            r#"{{"update_id":7,"my_chat_member":{{"chat":{{"id":-1001}},"new_chat_member":{{"status":"{status}"}}}}}}"#
        ))
    };
    assert_eq!(member("administrator"), Read::Skipped(Skip::Membership));
    assert_eq!(member("kicked"), Read::PutOut { chat: -1001 });
}

#[test]
fn a_group_that_became_a_supergroup_is_followed() {
    let moved = Read::Moved { from: -1001, to: -1009 };
    assert_eq!(read_json(&update("message", r#","migrate_to_chat_id":-1009"#)), moved);
    let seen_there = update("message", r#","migrate_from_chat_id":-1001"#).replace("\"id\":-1001", "\"id\":-1009");
    assert_eq!(read_json(&seen_there), moved);
}

#[test]
fn an_edit_is_a_note_on_its_message() {
    let post = delivered(&update("channel_post", r#","text":"a""#));
    let edited = |edit_date: i64| match read_json(&update(
        "edited_channel_post",
        &format!(r#","text":"b","edit_date":{edit_date}"#),
    )) {
        Read::Note(edit) => *edit,
        other => panic!("{other:?}"),
    };
    let edit = edited(DATE + 5);
    assert_eq!((edit.of.clone(), edit.text.as_deref()), (post.key, Some("b")));
    assert_eq!(edit.at, UnixMs((DATE + 5) * 1000));
    assert_ne!(edit.key, edited(DATE + 6).key);
    let orphan = edit.orphan.unwrap();
    assert!(orphan.quarantine.is_some() && orphan.text.is_none() && orphan.key != edit.of);
}

#[test]
fn what_was_posted_before_the_bot_was_added_is_old() {
    let added = |added_at: i64, kind: &str| {
        let json = update(kind, r#","text":"a""#);
        read(&RawUpdate::of(&json), &Reading { added_at: UnixMs(added_at), ..reading() })
    };
    let old = |added_at| matches!(added(added_at, "message"), Read::Deliver(delivery) if delivery.old_event);
    assert!(old(DATE * 1000 + 1000));
    assert!(!old(DATE * 1000 + 999), "Telegram tells whole seconds");
    let Read::Note(edit) = added(DATE * 1000 + 1000, "edited_message") else { panic!() };
    assert_eq!(edit.orphan, None);
}

#[test]
fn the_log_is_not_told_what_was_written() {
    for json in [
        update("message", r#","text":["입금 50,000"]"#),
        update("message", r#","text":"a""#).replace("-1001", "\"입금\""),
    ] {
        let why = delivered(&json).quarantine.unwrap();
        assert!(!why.contains("입금"), "{why}");
    }
}

proptest! {
    /// Whatever comes, it is read in the same way each time, and nothing with a text in it gets lost.
    #[test]
    fn every_update_is_read_or_kept(
        text in ".{0,40}|(sms from |15881688\n)?.{0,20}( with text: \"|: |\n).{0,20}(\" sent at [0-9]{1,20}|\nSIM1\n2026-04-22 14:07:00)?",
        message_id in any::<Option<i64>>(),
        date in any::<i64>(),
        chat in any::<i64>(),
        cut in 0_usize..400,
    ) {
        let message = serde_json::json!({
            "message_id": message_id, "date": date, "chat": {"id": chat, "type": "channel"}, "text": text,
        });
        let whole = serde_json::json!({"update_id": 7, "channel_post": message}).to_string();
        let cut: String = whole.chars().take(cut).collect();
        for json in [&whole, &cut] {
            let read = read_json(json);
            prop_assert_eq!(&read, &read_json(json));
            match read {
                Read::Deliver(delivery) | Read::Hold(delivery) => {
                    prop_assert_eq!(delivery.text.is_some(), delivery.quarantine.is_none());
                    prop_assert!(delivery.raw.is_some());
                    prop_assert!(delivery.text.is_none_or(|read| text.contains(&read)));
                }
                Read::Skipped(Skip::NoText) => prop_assert!(text.trim().is_empty()),
                other => prop_assert!(json != &whole, "{:?}", other),
            }
        }
    }
}
