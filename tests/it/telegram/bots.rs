//! Adding, listing and deleting bots.

use serde_json::json;

use super::{PATH, TOKEN, forwarded, story};
use crate::support::texts::{deposit, order};

#[test]
fn a_post_in_the_channel_becomes_a_matched_order() {
    story(async |story| {
        let bot = story.add().await;
        story.app.put_orders(&[order("R-1", "홍길동", 50_000)]).await;
        story.sim.post(story.channel, &forwarded(&deposit("홍길동", 50_000)));
        let sms = story.messages(1).await.remove(0);
        story.app.settle().await;
        let sms = story.app.sms(sms.id).await;
        assert_eq!(sms.decided(), ("matched", "none", Some("R-1")));
        assert_eq!((&sms.all["sources"], &sms.all["line"]), (&json!(["telegram"]), &json!("line-1")));
        let sighting = &sms.all["sightings"][0];
        assert_eq!(sighting["source"], format!("telegram/{}", bot["id"]));
        assert_eq!(sighting["external_id"], format!("{}/1", story.channel));
        assert!(sighting["raw"].as_str().unwrap().contains("\"channel_post\""), "{sighting}");
        assert!(story.bot(&bot["id"]).await["last_event_at"].is_string());
    });
}

#[test]
fn a_token_goes_in_and_never_comes_out() {
    story(async |story| {
        let added = story.tries(&json!({"name": "KB channel", "token": TOKEN})).await;
        assert_eq!(added.status, 201, "{}", added.text);
        assert_eq!(added.body["token_hint"], "...ries");
        assert_eq!(added.body["username"], "sim_1001_bot");
        let again = story.tries(&json!({"name": "again", "token": TOKEN})).await;
        again.expect_problem(409);
        // BotFather gave out another token for the same bot.
        let renewed = story.tries(&json!({"name": "renewed", "token": "1001:another"})).await;
        renewed.expect_problem(409);
        story.loop_is(&added.body["id"], "running").await;
        let mut said = vec![added.text, again.text, renewed.text];
        for path in [PATH, "/internal/v2/audit", "/internal/v2/actors", "/metrics", "/healthz"] {
            said.push(story.app.get(path).await.text);
        }
        assert!(said.iter().all(|text| !text.contains("AAE-token")), "{said:?}");
    });
}

#[test]
fn what_keeps_messages_away_is_said_in_plain_words() {
    story(async |story| {
        let words = |bot: &serde_json::Value| bot["warnings"].to_string();
        story.sim.set_foreign_webhook(TOKEN, "https://other.example.com/secret-path");
        let bot = story.add().await;
        assert_eq!(bot["warnings"].as_array().unwrap().len(), 3, "{bot}");
        assert!(words(&bot).contains("no chat_ids"), "{bot}");
        assert!(words(&bot).contains("privacy mode is on"), "{bot}");
        assert!(words(&bot).contains("other.example.com") && !words(&bot).contains("secret-path"), "{bot}");

        story.sim.add_bot("1002:fine");
        story.sim.turn_privacy_off("1002:fine");
        let fine = story.add_as(json!({"name": "fine", "token": "1002:fine", "chat_ids": [-1]})).await;
        assert_eq!(fine["warnings"], json!([]));
        story.tries(&json!({"name": "mistyped", "token": "1003:nobody"})).await.expect_invalid("token");
    });
}

#[test]
fn what_cannot_be_a_bot_is_refused() {
    story(async |story| {
        for (field, bot) in [
            ("token", json!({"name": "x", "token": "with space"})),
            ("token", json!({"name": "x", "token": "a/../b"})),
            ("token", json!({"name": "x", "token": ""})),
            ("token", json!({"name": "x"})),
            ("name", json!({"name": " ", "token": TOKEN})),
            ("chat_ids", json!({"name": "x", "token": TOKEN, "chat_ids": [0]})),
            ("chat_ids[0]", json!({"name": "x", "token": TOKEN, "chat_ids": ["-100"]})),
            ("surprise", json!({"name": "x", "token": TOKEN, "surprise": 1})),
        ] {
            story.tries(&bot).await.expect_invalid(field);
        }
        story.app.delete(&format!("{PATH}/7")).await.expect_problem(404);
        assert_eq!(story.app.get(PATH).await.expect(200)["items"], json!([]));
    });
}

#[test]
fn deleting_stops_at_once_and_adding_again_doubles_nothing() {
    story(async |story| {
        let bot = story.add().await;
        story.sim.post(story.channel, &forwarded(&deposit("홍길동", 50_000)));
        story.messages(1).await;
        let path = format!("{PATH}/{}", bot["id"]);
        assert_eq!(story.app.delete(&path).await.status, 204);
        let gone = async || {
            let list = story.app.get("/internal/v2/actors").await.text;
            !list.contains("telegram-poller")
        };
        story.app.until("its loop is gone", gone).await;
        let polls = story.polls();
        story.app.delete(&path).await.expect_problem(404);
        assert_eq!(story.app.get(PATH).await.expect(200)["items"], json!([]));
        story.sim.post(story.channel, &forwarded(&deposit("김철수", 10_000)));
        assert_eq!(story.polls(), polls);

        let again = story.add().await;
        assert_eq!(again["id"], bot["id"], "the same source");
        let before = format!(
            r#"{{"update_id":ID,"channel_post":{{"message_id":99,"date":1776800000,"chat":{{"id":{}}},"text":"입금 1"}}}}"#,
            story.channel
        );
        story.sim.push_raw(TOKEN, &before);
        let all = story.messages(3).await;
        assert!(all[2].has("old_event"), "it was posted before the bot was added again: {all:?}");
    });
}

#[test]
fn a_bot_that_is_not_enabled_is_not_read() {
    story(async |story| {
        let bot = story.add_as(json!({"name": "later", "token": TOKEN, "enabled": false})).await;
        assert_eq!((&bot["enabled"], &bot["state"]), (&json!(false), &json!("stopped")));
        story.sim.add_bot("1002:other");
        let other = story.add_as(json!({"name": "other", "token": "1002:other"})).await;
        story.loop_is(&other["id"], "running").await;
        assert_eq!(story.polls(), 0);
    });
}
