//! What becomes of the many kinds of updates.

use serde_json::{Value, json};

use super::{TOKEN, forwarded, story};
use crate::support::texts::{BANK, deposit, deposit_template, start};

/// Row 23: what cannot be read is kept for people and holds up nothing.
#[test]
fn an_update_that_nobody_can_read_is_kept_and_the_next_comes_through() {
    story(async |story| {
        story.add().await;
        let bad = [
            r#"{"update_id":ID,"channel_post":{"message_id":5,"chat":{"id":-1},"text":"\ud800 입금"}}"#,
            r#"{"update_id":ID,"channel_post":{"message_id":5,"chat":{"id":-1},"text":"a\u0000b"}}"#,
            r#"{"update_id":ID,"message":["입금 50,000"]}"#,
        ];
        for json in bad {
            story.sim.push_raw(TOKEN, json);
        }
        story.sim.push_raw(TOKEN, r#"{"update_id":ID,"something_new":{"text":"입금"}}"#);
        story.sim.post(story.channel, &forwarded(&deposit("홍길동", 50_000)));
        let all = story.messages(4).await;
        for sms in &all[..3] {
            assert_eq!((sms.state.as_str(), sms.review.as_str()), ("quarantined", "need_check"));
            let raw = story.app.sms(sms.id).await.all["sightings"][0]["raw"].clone();
            assert!(raw.as_str().unwrap().contains("update_id"), "{raw}");
        }
        story.app.settle().await;
        assert_eq!(story.app.sms(all[3].id).await.state, "unmatched");
        let metrics = story.app.get("/metrics").await.text;
        assert!(metrics.contains("recon_telegram_updates_total{outcome=\"quarantined\"}"), "{metrics}");
    });
}

#[test]
fn an_edit_is_a_note_and_changes_nothing() {
    story(async |story| {
        story.add().await;
        let message = story.sim.post(story.channel, &forwarded(&deposit("홍길동", 50_000)));
        story.messages(1).await;
        story.app.settle().await;
        let before = story.app.list("").await.remove(0);
        let edited = deposit("홍길동", 990_000);
        story.sim.edit(story.channel, message, &forwarded(&edited));
        // An edit that changes no text: a link that was looked up.
        story.sim.edit(story.channel, message, &forwarded(&edited));
        let noted = async || story.app.sms(before.id).await.all["notes"][0]["kind"] == "edited";
        story.app.until("there is a note", noted).await;
        story.all_confirmed().await;
        let after = story.app.sms(before.id).await;
        assert_eq!(
            (after.version, &after.all["text"], &after.all["money"]),
            (before.version, &before.all["text"], &before.all["money"])
        );
        let notes = after.all["notes"].as_array().unwrap();
        assert_eq!((notes.len(), &notes[0]["text"]), (1, &json!(edited)));
        assert_eq!(story.app.list("").await.len(), 1);
    });
}

#[test]
fn an_edit_of_a_message_that_never_came_is_shown_to_people() {
    story(async |story| {
        story.add().await;
        let edit = |date: i64| {
            let chat = story.channel;
            let message = format!(
                r#"{{"message_id":99,"date":{date},"chat":{{"id":{chat}}},"text":"입금 3","edit_date":{date}}}"#
            );
            story.sim.push_raw(TOKEN, &format!(r#"{{"update_id":ID,"edited_channel_post":{message}}}"#));
        };
        edit(1_776_800_000);
        story.all_confirmed().await;
        assert_eq!(story.app.list("").await.len(), 0, "older than the bot: nobody expected it");
        edit(start().0 / 1000 + 60);
        let alone = story.messages(1).await.remove(0);
        assert_eq!((alone.state.as_str(), alone.review.as_str()), ("quarantined", "need_check"));
    });
}

#[test]
fn an_automatic_forward_is_the_post_itself() {
    story(async |story| {
        let group = story.sim.add_group("KB 이야기");
        story.sim.turn_privacy_off(TOKEN);
        story.sim.join(TOKEN, group);
        story.sim.discuss(story.channel, group);
        story.add().await;
        story.sim.post(story.channel, &forwarded(&deposit("홍길동", 50_000)));
        story.sim.post(story.channel, &forwarded(&deposit("홍길동", 50_000)));
        let all = story.messages(2).await;
        assert!(all.iter().all(|sms| sms.has("twin")), "two equal deposits stay two: {all:?}");
        let sightings = story.app.sms(all[0].id).await.all["sightings"].clone();
        assert_eq!(sightings.as_array().unwrap().len(), 1);
    });
}

#[test]
fn the_same_sms_by_telegram_and_by_phone_is_one() {
    story(async |story| {
        story.add().await;
        let phone = story.app.phone_on("counter-1", "line-1").await;
        let id = phone.sends(&deposit("홍길동", 50_000)).await;
        story.sim.post(
            story.channel,
            &format!("{BANK}\n{}\nSIM1_KT\n2026-04-22 09:30:01\nGalaxy", deposit("홍길동", 50_000)),
        );
        let sources = async || story.app.sms(id).await.all["sources"] == json!(["telegram", "shooter"]);
        story.app.until("both are on it", sources).await;
        assert_eq!(story.messages(1).await[0].id, id);
    });
}

#[test]
fn only_the_listed_chats_are_read_and_a_supergroup_is_followed() {
    story(async |story| {
        let group = story.sim.add_group("KB 방");
        story.sim.turn_privacy_off(TOKEN);
        story.sim.join(TOKEN, group);
        let bot = story.add_as(json!({"name": "x", "token": TOKEN, "chat_ids": [group, -77, group]})).await;
        assert_eq!(bot["chat_ids"], json!([group, -77]));
        story.sim.post(story.channel, &forwarded(&deposit("누군가", 1_000)));
        story.sim.post(group, &forwarded(&deposit("홍길동", 50_000)));
        let to = story.sim.upgrade(group);
        story.sim.post(to, &forwarded(&deposit("김철수", 10_000)));
        let all = story.messages(2).await;
        assert_eq!(all.len(), 2);
        let mut chats: Vec<i64> = serde_json::from_value(story.bot(&bot["id"]).await["chat_ids"].clone()).unwrap();
        chats.sort_unstable();
        assert_eq!(chats, [to, -77]);
        let audit = story.app.get("/internal/v2/audit").await.text;
        assert!(audit.contains("telegram_bot.chat_moved"), "{audit}");
        assert_eq!(story.app.list("q=누군가").await.len(), 0);
    });
}

#[test]
fn a_text_without_a_frame_is_of_the_chat_itself() {
    story(async |story| {
        story.add().await;
        story.sim.post(story.channel, &deposit("홍길동", 50_000));
        let sms = story.messages(1).await.remove(0);
        assert_eq!(sms.all["sender"], "KB 알림");
        story.app.settle().await;
        assert_eq!(story.app.sms(sms.id).await.state, "rejected");
        story.app.add_phone("KB 알림").await;
        story.app.settle().await;
        assert_eq!(story.app.sms(sms.id).await.state, "unparsed", "the template is another sender's");
        let mut template = deposit_template();
        template["senders"] = json!(["KB 알림"]);
        story.app.add_template(&template).await;
        story.app.post("/internal/v2/sms/reset", &json!({"ids": [sms.id]})).await.expect(200);
        story.app.settle().await;
        assert_eq!(story.app.sms(sms.id).await.state, "unmatched");
        assert_eq!(sms.all["chain"], Value::Null);
    });
}
