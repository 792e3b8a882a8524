//! What breaks upstream or on the way, and what holds all the same (reliability rows 4, 13, 23).

use recon::sim::pushbullet::Simulator;
use serde_json::json;

use crate::support::app::story_with;
use crate::support::pushbullet::{DEVICES, PHONE, TOKEN, USER, pushbullet_story, sms};
use crate::support::texts::deposit;

/// Reliability row 13.
#[test]
fn a_stream_that_is_open_and_silent_is_replaced_and_the_history_fills_the_gap() {
    pushbullet_story(async |app, sim| {
        let id = app.listens_to(json!({})).await;
        let opened = sim.calls().iter().filter(|call| call.path == "/websocket").count();
        sim.quirks(|quirks| quirks.silent = true);
        sim.receives(PHONE, &sms(&deposit("홍길동", 50_000), 1));
        app.has_messages(1).await;
        app.until("it is replaced", async || {
            sim.calls().iter().filter(|call| call.path == "/websocket").count() > opened
        })
        .await;
        assert!(sim.open_streams() <= 2, "the old one may still be closing, but there are never two of ours");
        // That it can be opened is no sign of life: what freshness is measured from stands still.
        let listener = format!("pushbullet-listener/{id}");
        let success = async || app.find_actor(&listener).await.unwrap()["last_success_at"].clone();
        let heard_at = success().await;
        let opened = sim.calls().iter().filter(|call| call.path == "/websocket").count();
        app.until("it is replaced once more", async || {
            sim.calls().iter().filter(|call| call.path == "/websocket").count() > opened
        })
        .await;
        assert_eq!(success().await, heard_at);
        sim.quirks(|quirks| quirks.silent = false);
        app.until("one is open and heard", async || sim.open_streams() == 1).await;
        sim.receives(PHONE, &sms(&deposit("김철수", 70_000), 2));
        app.has_messages(2).await;
        app.until_listener(id, "running").await;
    });
}

/// Reliability row 13, as configured where nobody changes it: health calls it stale after the deadline, which is told.
#[test]
fn a_listener_that_hears_nothing_is_stale_within_90_seconds() {
    let sim = Simulator::start().unwrap();
    let (api_url, stream_url) = (sim.api_url(), sim.stream_url());
    let values = [("pushbullet.api_url", api_url.as_str()), ("pushbullet.stream_url", stream_url.as_str())];
    story_with(&values, async |app| {
        let device = json!({"name": "shop phone", "access_token": TOKEN, "device_iden": PHONE, "line": "1"});
        let id = app.post(DEVICES, &device).await.expect(201)["id"].as_i64().unwrap();
        let listener = format!("pushbullet-listener/{id}");
        app.until("it runs", async || app.find_actor(&listener).await.is_some()).await;
        let deadline = app.find_actor(&listener).await.unwrap()["deadline_s"].as_u64().unwrap();
        assert!(deadline <= 90, "{deadline} s");
    });
}

/// Reliability row 4: the gate's own tests say that it stays at one call in five minutes.
#[test]
fn a_revoked_token_parks_its_phone_alone_and_is_asked_about_once() {
    pushbullet_story(async |app, sim| {
        sim.add_phone("o.other", "ujOther", "ujzOther", None);
        let revoked = app.listens_to(json!({})).await;
        let other =
            app.post("/internal/v2/pushbullet/devices", &json!({"name": "other", "access_token": "o.other"})).await;
        let other = other.expect(201)["id"].as_i64().unwrap();
        app.until("both are heard", async || sim.open_streams() == 2).await;
        sim.revokes(TOKEN);
        sim.drops_streams();
        for kind in ["pushbullet-listener", "missing-sms-sync"] {
            app.until(&format!("{kind} is parked"), async || {
                let actor = app.find_actor(&format!("{kind}/{revoked}")).await.unwrap();
                // The sync comes to it at its next turn; one that has nothing to ask is left alone.
                actor["state"] == "parked"
            })
            .await;
        }
        let refused = sim.calls().iter().filter(|call| call.status == 401).count();
        assert_eq!(refused, 1, "{:?}", sim.calls());
        let health = app.get("/healthz").await.expect(200);
        assert_eq!(health["status"], "degraded", "nothing critical");
        let checks = health["checks"].as_array().unwrap();
        let sources = checks.iter().find(|check| check["name"] == "sources").unwrap();
        assert_eq!((&sources["ok"], &sources["critical"]), (&json!(false), &json!(false)));
        let detail = sources["detail"].as_str().unwrap();
        assert!(detail.contains(&format!("pushbullet/{revoked} is parked")), "{detail}");
        assert!(!detail.contains(TOKEN), "{detail}");

        app.until_listener(other, "running").await;
        app.until("the other listens again", async || sim.open_streams() == 1).await;
        sim.receives("ujzOther", &sms(&deposit("홍길동", 50_000), 1));
        app.has_messages(1).await;
        // An operator need not wait, and what came meanwhile is in the history.
        sim.receives(PHONE, &sms(&deposit("김철수", 70_000), 2));
        sim.restores(TOKEN);
        app.delete(&format!("/internal/v2/pushbullet/devices/{revoked}")).await.expect(204);
        app.listens_to(json!({})).await;
        app.has_messages(2).await;
    });
}

#[test]
fn what_cannot_be_read_is_kept_for_people_and_stops_nothing() {
    pushbullet_story(async |app, sim| {
        app.listens_to(json!({})).await;
        sim.sends_frame("this is no JSON");
        sim.sends_frame("this is no JSON");
        sim.sends_frame("[1, 2]");
        let half = json!({"type": "push", "push": {
            "type": "sms_changed", "source_device_iden": PHONE,
            "notifications": [{"thread_id": "57", "body": "no time"}],
        }});
        sim.sends_frame(&half.to_string());
        sim.receives(PHONE, &sms(&deposit("홍길동", 50_000), 1));
        app.until("three are quarantined", async || app.list("state=quarantined").await.len() == 3).await;
        app.until("and what followed is read", async || app.list("state=unmatched").await.len() == 1).await;
        sim.quirks(|quirks| quirks.broken_history = Some(r#"{"threads": 7}"#.to_owned()));
        app.until("the body, too", async || app.list("state=quarantined").await.len() == 4).await;
        sim.quirks(|quirks| quirks.broken_history = None);
        sim.receives_silently(PHONE, &sms(&deposit("김철수", 70_000), 2));
        app.until("the history is read again", async || app.list("state=unmatched").await.len() == 2).await;
        assert_eq!(app.list("state=quarantined").await.len(), 4, "each once");
    });
}

#[test]
fn html_and_limits_and_lost_streams_are_outlived() {
    pushbullet_story(async |app, sim| {
        app.listens_to(json!({})).await;
        sim.quirks(|quirks| quirks.html_answers = 1);
        sim.receives(PHONE, &sms(&deposit("홍길동", 50_000), 1));
        app.has_messages(1).await;
        sim.drops_streams();
        sim.receives(PHONE, &sms(&deposit("김철수", 70_000), 2));
        app.has_messages(2).await;
        app.until("it listens again", async || sim.open_streams() == 1).await;
        sim.asks_to_reconnect();
        sim.receives(PHONE, &sms(&deposit("이영희", 90_000), 3));
        app.has_messages(3).await;
        // A reset of the past, as our clock sees it: the shortest wait.
        sim.quirks(|quirks| quirks.limited = 1);
        sim.receives_silently(PHONE, &sms(&deposit("박민수", 20_000), 4));
        app.has_messages(4).await;
    });
}

#[test]
fn a_history_that_no_longer_reaches_back_is_a_possible_gap() {
    pushbullet_story(async |app, sim| {
        let id = app.listens_to(json!({})).await;
        sim.receives(PHONE, &sms(&deposit("홍길동", 50_000), 1));
        let first = app.has_messages(1).await.remove(0);
        app.until("it has its id", async || app.upstream_ids(first.id).await[0].starts_with("57/sms/")).await;
        sim.revokes(TOKEN);
        sim.drops_streams();
        app.until_listener(id, "parked").await;
        sim.receives(PHONE, &sms(&deposit("김철수", 70_000), 2));
        sim.receives(PHONE, &sms(&deposit("이영희", 90_000), 3));
        sim.forgets_history(1);
        sim.restores(TOKEN);
        app.post("/internal/v2/pushbullet/devices", &json!({"name": "x", "access_token": TOKEN, "device_iden": PHONE}))
            .await
            .expect_problem(409);
        app.delete(&format!("/internal/v2/pushbullet/devices/{id}")).await.expect(204);
        app.listens_to(json!({})).await;
        let heard = app.has_messages(2).await;
        assert_eq!(heard.iter().filter(|sms| sms.has("possible_gap")).count(), 1, "{heard:?}");
        let device = app.get("/internal/v2/pushbullet/devices").await.expect(200)["items"][0].clone();
        assert!(device["possible_gap_at"].is_string(), "{device}");
        let health = app.get("/healthz").await.expect(200);
        assert_eq!(health["status"], "degraded");
        assert!(health.to_string().contains("may have lost messages"), "{health}");
    });
}

#[test]
fn a_deleted_phone_is_listened_to_no_longer() {
    pushbullet_story(async |app, sim| {
        let id = app.listens_to(json!({})).await;
        app.delete(&format!("/internal/v2/pushbullet/devices/{id}")).await.expect(204);
        app.until("its loops are gone", async || {
            app.find_actor(&format!("pushbullet-listener/{id}")).await.is_none()
                && app.find_actor(&format!("missing-sms-sync/{id}")).await.is_none()
                && app.find_actor(&format!("sms-id-sync/{id}")).await.is_none()
        })
        .await;
        app.until("its stream is closed", async || sim.open_streams() == 0).await;
        let calls = sim.calls().len();
        sim.receives(PHONE, &sms(&deposit("홍길동", 50_000), 1));
        sim.add_phone(TOKEN, USER, "ujzSecond", None);
        app.listens_to(json!({"device_iden": "ujzSecond"})).await;
        assert!(app.list("").await.is_empty(), "the phone was not added: nothing of it is stored");
        assert!(sim.calls()[calls..].iter().all(|call| !call.path.contains(PHONE)), "{:?}", sim.calls());
        assert_eq!(app.get("/healthz").await.expect(200)["status"], "healthy");
    });
}
