//! How fresh a source is: that it is heard, and when a message last came, are told apart.

use serde_json::json;

use super::{forwarded, story};
use crate::support::texts::deposit;

#[test]
fn a_source_that_is_heard_and_has_no_news_is_fresh_and_a_stopped_one_only_degrades() {
    story(async |story| {
        let bot = story.add().await;
        let id = format!("telegram-poller/{}", bot["id"]);
        story.loop_is(&bot["id"], "running").await;
        // What the simulator tells of being put into the channel is no message, but it is heard.
        story.app.until("it was heard", async || story.app.actor(&id).await["last_success_at"].is_string()).await;
        story.all_confirmed().await;
        let quiet = story.app.actor(&id).await;
        assert_eq!((&quiet["fresh"], &quiet["critical"]), (&json!(true), &json!(false)), "{quiet}");
        let deadline = quiet["deadline_s"].as_u64().unwrap();
        assert_ne!(story.app.actor("order_matcher").await["deadline_s"], deadline, "each loop has its own");
        story.sim.post(story.channel, &forwarded(&deposit("홍길동", 50_000)));
        story.messages(1).await;
        let message_at = async || story.app.actor(&id).await["last_message_at"].clone();
        story.app.until("a message is told of", async || message_at().await.is_string()).await;
        let told = message_at().await;
        // Polls without news go on and are successes; the time of the last message stays.
        let success = story.app.actor(&id).await["last_success_at"].clone();
        story.app.until("it is heard again", async || story.app.actor(&id).await["last_success_at"] != success).await;
        assert_eq!(message_at().await, told);
        assert_eq!(story.app.get("/healthz").await.expect(200)["status"], "healthy");

        story.control(&bot["id"], "stop").await;
        story.loop_is(&bot["id"], "stopped").await;
        assert_eq!(story.app.get("/healthz").await.expect(200)["status"], "degraded");
        story.control(&bot["id"], "start").await;
        let healthy = async || story.app.get("/healthz").await.expect(200)["status"] == "healthy";
        story.app.until("all is well again", healthy).await;
    });
}
