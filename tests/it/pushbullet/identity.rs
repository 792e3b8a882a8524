//! One SMS told of in many ways is one, and two equal ones are two (INV-I1, INV-I2).

use serde_json::json;

use crate::support::pushbullet::{PHONE, pushbullet_story, sms};
use crate::support::texts::{deposit, order};

#[test]
fn told_twice_late_or_among_strangers_it_is_one() {
    pushbullet_story(async |app, sim| {
        sim.quirks(|quirks| {
            quirks.twice = true;
            quirks.strange_frames = true;
            quirks.stream_later_s = 2;
            quirks.float_times = true;
            quirks.numeric_ids = true;
            quirks.text_flags = true;
            quirks.no_latest = true;
        });
        app.listens_to(json!({})).await;
        for number in 0..5 {
            let text = deposit("홍길동", 50_000 + number);
            sim.receives(PHONE, &sms(&text, 1));
        }
        let heard = app.has_messages(5).await;
        for sms in &heard {
            app.until("it has its id", async || app.upstream_ids(sms.id).await[0].starts_with("57/sms/")).await;
        }
        // The same history once more, and the same events too.
        sim.drops_streams();
        app.until("it listens again", async || sim.open_streams() == 1).await;
        for number in 0..5 {
            sim.only_tells(PHONE, &sms(&deposit("홍길동", 50_000 + number), 1));
        }
        sim.receives(PHONE, &sms(&deposit("김철수", 1), 2));
        app.has_messages(6).await;
    });
}

/// Reliability row 11.
#[test]
fn two_equal_deposits_of_one_second_stay_two() {
    pushbullet_story(async |app, sim| {
        app.listens_to(json!({})).await;
        app.put_orders(&[order("R-1", "홍길동", 50_000)]).await;
        let text = deposit("홍길동", 50_000);
        sim.receives_burst(PHONE, &[sms(&text, 1), sms(&text, 1)], false);
        let heard = app.has_messages(2).await;
        assert!(heard.iter().all(|sms| sms.has("twin") && sms.state == "ambiguous"), "{heard:?}");
        app.until("both have their ids", async || {
            let mut ids = Vec::new();
            for sms in &heard {
                ids.extend(app.upstream_ids(sms.id).await);
            }
            ids.sort_unstable();
            ids.len() == 2 && ids[0] != ids[1] && ids.iter().all(|id| id.starts_with("57/sms/"))
        })
        .await;
        // And however often it is told of them.
        sim.only_tells(PHONE, &sms(&text, 1));
        sim.receives(PHONE, &sms(&deposit("김철수", 1), 2));
        app.has_messages(3).await;
    });
}

#[test]
fn an_event_before_the_history_has_it_and_one_after_it_are_one() {
    pushbullet_story(async |app, sim| {
        app.listens_to(json!({})).await;
        sim.quirks(|quirks| quirks.history_held = true);
        sim.receives(PHONE, &sms(&deposit("홍길동", 50_000), 1));
        let early = app.has_messages(1).await.remove(0);
        assert_eq!(app.upstream_ids(early.id).await, [""], "the history does not have it yet");
        sim.history_catches_up();
        app.until("it has its id", async || app.upstream_ids(early.id).await[0].starts_with("57/sms/")).await;
        // The other way round: the event comes when the history was read already.
        let late = sms(&deposit("김철수", 70_000), 2);
        sim.receives_silently(PHONE, &late);
        app.has_messages(2).await;
        sim.only_tells(PHONE, &late);
        sim.receives(PHONE, &sms(&deposit("이영희", 90_000), 3));
        app.has_messages(3).await;
    });
}

#[test]
fn a_contact_s_name_stands_until_the_number_comes_and_the_whitelist_is_asked_again() {
    pushbullet_story(async |app, sim| {
        app.listens_to(json!({})).await;
        app.put_orders(&[order("R-1", "홍길동", 50_000)]).await;
        sim.quirks(|quirks| {
            quirks.names = true;
            quirks.history_held = true;
        });
        sim.receives(PHONE, &sms(&deposit("홍길동", 50_000), 1));
        let heard = app.has_messages(1).await.remove(0);
        assert_eq!(heard.state, "rejected", "nobody knows who sent it");
        assert_eq!(app.sms(heard.id).await.all["sender"], "My Bank", "but the phone calls him so");
        sim.history_catches_up();
        app.until("it is matched", async || app.sms(heard.id).await.state == "matched").await;
        assert_eq!(app.sms(heard.id).await.all["sender"], "15881688");
        // From the second on the conversation's number is known.
        sim.receives(PHONE, &sms(&deposit("김철수", 70_000), 2));
        let heard = app.has_messages(2).await;
        assert!(heard.iter().all(|sms| sms.all["sender"] == "15881688"), "{heard:?}");
    });
}

#[test]
fn a_phone_that_is_deleted_and_added_again_doubles_nothing() {
    pushbullet_story(async |app, sim| {
        let first = app.listens_to(json!({})).await;
        sim.receives(PHONE, &sms(&deposit("홍길동", 50_000), 1));
        let heard = app.has_messages(1).await.remove(0);
        app.until("it has its id", async || app.upstream_ids(heard.id).await[0].starts_with("57/sms/")).await;
        app.delete(&format!("/internal/v2/pushbullet/devices/{first}")).await.expect(204);
        app.until("it is not listened to", async || sim.open_streams() == 0).await;
        let second = app.listens_to(json!({})).await;
        assert_ne!(first, second);
        sim.receives(PHONE, &sms(&deposit("김철수", 70_000), 2));
        app.has_messages(2).await;
    });
}

#[test]
fn the_phone_of_an_account_with_one_need_not_be_named() {
    pushbullet_story(async |app, sim| {
        let id = app.listens_to(json!({"device_iden": null})).await;
        let device = app.get("/internal/v2/pushbullet/devices").await.expect(200)["items"][0].clone();
        assert_eq!(device["device_iden"], PHONE);
        sim.receives(PHONE, &sms(&deposit("홍길동", 50_000), 1));
        app.has_messages(1).await;
        // The same phone under another token is parked, and runs once the first is gone.
        sim.add_phone("o.another-token", "ujShop", PHONE, None);
        let again = app.adds_pushbullet(json!({"access_token": "o.another-token"})).await;
        app.until_listener(again, "parked").await;
        app.delete(&format!("/internal/v2/pushbullet/devices/{id}")).await.expect(204);
        app.until_listener(again, "running").await;
        sim.receives(PHONE, &sms(&deposit("김철수", 70_000), 2));
        app.has_messages(2).await;
    });
}
