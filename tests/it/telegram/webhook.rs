//! Webhook mode.

use serde_json::{Value, json};

use super::{PATH, Story, TOKEN, forwarded, story};
use crate::support::Answer;
use crate::support::texts::deposit;

const SECRET: &str = "X-Telegram-Bot-Api-Secret-Token";

async fn post(story: &Story<'_>, id: &Value, secret: Option<&str>, body: &'static str) -> Answer {
    let request = story.app.anonymous(reqwest::Method::POST, &format!("/ingest/telegram/{id}"));
    let request = match secret {
        Some(secret) => request.header(SECRET, secret),
        None => request,
    };
    request.header("content-type", "application/json").body(body).send().await
}

async fn secret_of(story: &Story<'_>, id: &Value) -> String {
    use secrecy::ExposeSecret as _;
    let id = id.as_i64().unwrap();
    let asked = story.app.asks(move |app| {
        Box::pin(async move { app.store().unwrap().known_bot(id).await.unwrap().unwrap().webhook_secret.unwrap() })
    });
    asked.await.expose_secret().to_owned()
}

#[test]
fn telegram_posts_and_gets_its_answer_after_the_commit() {
    story(async |story| {
        let bot = story.add_as(json!({"name": "hooked", "token": TOKEN, "line": "line-1", "webhook": true})).await;
        assert!(bot["warnings"].to_string().contains("https"), "{bot}");
        let stands = async || {
            story.sim.webhook(TOKEN)["url"]
                .as_str()
                .is_some_and(|url| url.ends_with(&format!("/ingest/telegram/{}", bot["id"])))
        };
        story.app.until("Telegram knows where to post", stands).await;
        for number in 0..5 {
            story.sim.post(story.channel, &forwarded(&deposit("홍길동", 50_000 + number)));
        }
        story.messages(5).await;
        assert_eq!(story.polls(), 0, "a bot that is posted to is not polled");
        assert!(story.bot(&bot["id"]).await["last_event_at"].is_string());

        assert_eq!(story.app.delete(&format!("{PATH}/{}", bot["id"])).await.status, 204);
        assert_eq!(story.sim.webhook(TOKEN)["url"], "", "Telegram is told that it is gone");
    });
}

#[test]
fn only_telegram_can_post() {
    story(async |story| {
        let polled = story.add().await;
        story.sim.add_bot("1002:hooked");
        let hooked = story.add_as(json!({"name": "hooked", "token": "1002:hooked", "webhook": true})).await;
        let secret = secret_of(story, &hooked["id"]).await;
        let update = r#"{"update_id":1,"message":{"message_id":1,"chat":{"id":5},"text":"입금 50,000"}}"#;
        post(story, &hooked["id"], None, update).await.expect_problem(401);
        post(story, &hooked["id"], Some("wrong"), update).await.expect_problem(403);
        post(story, &hooked["id"], Some(""), update).await.expect_problem(403);
        post(story, &polled["id"], Some(&secret), update).await.expect_problem(403);
        post(story, &json!(99), Some(&secret), update).await.expect_problem(403);
        assert_eq!(story.app.list("").await.len(), 0);

        for _ in 0..3 {
            let taken = post(story, &hooked["id"], Some(&secret), update).await.expect(200);
            assert_eq!(taken, json!({"ok": true}));
        }
        assert_eq!(story.app.list("").await.len(), 1, "a repeat is a duplicate");
        assert_eq!(story.app.list("state=held").await.len(), 1, "anybody can write to the bot itself");
        // What nobody can read is kept, so that Telegram goes on to the next.
        post(story, &hooked["id"], Some(&secret), "{broken").await.expect(200);
        assert_eq!(story.app.list("state=quarantined").await.len(), 1);
        let shown = story.app.get(PATH).await.text;
        assert!(!shown.contains(&secret), "{shown}");
    });
}
