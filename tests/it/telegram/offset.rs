//! The offset: silence, lower ids, and the loss window (reliability row 12).

use std::time::Duration;

use recon::domain::telegram_cursor::Cursor;
use recon::domain::time::UnixMs;
use serde_json::{Value, json};

use super::{DAY, PATH, Story, TOKEN, forwarded, story, story_with};
use crate::support::texts::deposit;

/// Stops the bot's loop, has so much time gone by at both ends, and starts it again.
async fn time_goes_by(story: &Story<'_>, bot: &Value, time: Duration, silent: bool) {
    story.control(&bot["id"], "stop").await;
    story.loop_is(&bot["id"], "stopped").await;
    let id = bot["id"].as_i64().unwrap();
    let shift = move |at: Option<UnixMs>| at.map(|at| at.minus(time));
    let moved = story.app.asks(move |app| {
        Box::pin(async move {
            let store = app.store().unwrap();
            let (_, revision) = store.bots_to_run().await.unwrap()[0];
            let before = store.known_bot(id).await.unwrap().unwrap().cursor;
            let polled_at = if silent { before.polled_at } else { shift(before.polled_at) };
            let after = Cursor { last_update_at: shift(before.last_update_at), polled_at, ..before };
            store.store_cursor(None, id, revision, &after).await.unwrap()
        })
    });
    assert!(moved.await);
    story.sim.pass(time);
}

#[test]
fn eight_days_of_silence_and_then_a_lower_id_lose_nothing() {
    story(async |story| {
        let bot = story.add().await;
        story.sim.post(story.channel, &forwarded(&deposit("홍길동", 50_000)));
        story.messages(1).await;
        let before = story.sim.next_update_id(TOKEN).unwrap();
        // It was polled all the time; nothing came.
        time_goes_by(story, &bot, DAY * 8, true).await;
        for (place, name) in ["김철수", "박영희"].into_iter().enumerate() {
            story.sim.post(story.channel, &forwarded(&deposit(name, 10_000)));
            assert!(story.sim.next_update_id(TOKEN).unwrap() < before, "the ids began anew");
            if place == 0 {
                story.control(&bot["id"], "start").await;
                story.messages(2).await;
            }
        }
        story.messages(3).await;
        assert_eq!(story.bot(&bot["id"]).await["loss"], Value::Null);
        assert_eq!(story.sim.expired(TOKEN), 0);
    });
}

#[test]
fn an_outage_of_25_hours_raises_an_alarm_until_somebody_has_looked() {
    story_with(&[("telegram.poll_timeout", "1s")], async |story| {
        let bot = story.add().await;
        let seen = format!("{PATH}/{}/loss-seen", bot["id"]);
        story.sim.post(story.channel, &forwarded(&deposit("홍길동", 50_000)));
        story.messages(1).await;
        story.app.post(&seen, &json!({})).await.expect_problem(409);
        let quiet = story.app.get("/healthz").await.text;
        assert!(!quiet.contains("loss window"), "{quiet}");

        time_goes_by(story, &bot, DAY + Duration::from_hours(1), false).await;
        story.control(&bot["id"], "start").await;
        let alarmed = async || story.app.get("/healthz").await.text.contains("loss window exceeded");
        story.app.until("health says so", alarmed).await;
        let told = async || story.bot(&bot["id"]).await["loss"]["until"].is_string();
        story.app.until("the bot says so", told).await;
        assert_ne!(story.app.get("/healthz").await.body["status"], "healthy");

        let after = story.app.post(&seen, &json!({})).await.expect(200);
        assert_eq!(after["loss"], Value::Null);
        // The loop is made anew, and what it knew of the window goes with it.
        let goes_on = async || {
            let list = story.app.get("/internal/v2/actors").await.expect(200);
            let id = format!("telegram-poller/{}", bot["id"]);
            list["items"].as_array().unwrap().iter().any(|actor| actor["id"] == id && actor["generation"] == 1)
        };
        story.app.until("a new loop", goes_on).await;
        story.sim.post(story.channel, &forwarded(&deposit("김철수", 10_000)));
        story.messages(2).await;
        assert_eq!(story.bot(&bot["id"]).await["loss"], Value::Null);
        assert!(!story.app.get("/healthz").await.text.contains("loss window exceeded"));
        let audit = story.app.get("/internal/v2/audit").await.text;
        assert!(audit.contains("telegram_bot.loss_seen"), "{audit}");
    });
}

#[test]
fn an_offset_is_asked_for_only_after_what_it_confirms_is_stored() {
    story(async |story| {
        story.add().await;
        for number in 0..5 {
            let id = story.sim.next_update_id(TOKEN).unwrap();
            story.sim.post(story.channel, &forwarded(&deposit("홍길동", 50_000 + number)));
            story.app.until("it is confirmed", async || story.sim.pending(TOKEN) == 0).await;
            // Whoever sees the confirmation finds the message.
            assert_eq!(story.app.list("").await.len(), usize::try_from(number).unwrap() + 1);
            let offsets: Vec<_> = story.sim.calls(TOKEN).iter().filter_map(|call| call.offset).collect();
            assert!(offsets.contains(&(id + 1)) && offsets.iter().all(|offset| *offset >= 0), "{offsets:?}");
        }
    });
}
