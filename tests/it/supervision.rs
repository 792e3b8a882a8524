//! What operators do to actors, and what health says of it (reliability row 5).

use futures_util::future::join_all;
use serde_json::json;

use crate::support::events::Listener;
use crate::support::texts::{deposit, order};
use crate::support::{TestApp, story};

async fn control(app: &TestApp, id: &str, what: &str) -> serde_json::Value {
    let path = format!("/internal/v2/actors/{id}/{what}");
    app.post(&path, &json!({"reason": "a test"})).await.expect(202)
}

async fn until_state(app: &TestApp, id: &str, state: &str) {
    app.until(&format!("{id} is {state}"), async || app.actor(id).await["state"] == state).await;
}

#[test]
fn every_actor_is_listed_with_how_it_is() {
    story(async |app| {
        let ids = [
            "inbox",
            "whitelist_validator",
            "template_parser",
            "order_matcher",
            "compensator",
            "retention",
            "heartbeat",
            "phone_whitelist",
            "device_registry",
            "template_book",
            "order_book",
            "review_desk",
            "top_info",
            "audit_log",
            "event_feed",
            "supervisor",
        ];
        for id in ids {
            until_state(app, id, "running").await;
            let actor = app.actor(id).await;
            assert_eq!(actor["fresh"], true, "{actor}");
            assert!(actor["generation"].as_u64() >= Some(1) && actor["deadline_s"].is_u64(), "{actor}");
            assert!(actor["started_at"].is_string() && actor["process"].is_string(), "{actor}");
            assert_eq!(actor["restarts"], 0, "{actor}");
        }
        for critical in ["inbox", "whitelist_validator", "template_parser", "order_matcher", "order_book"] {
            assert_eq!(app.actor(critical).await["critical"], true, "{critical}");
        }
    });
}

#[test]
fn a_restarted_actor_is_a_new_one_and_goes_on_with_the_work() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        app.put_orders(&[order("R-1", "홍길동", 50_000)]).await;
        for id in
            ["order_matcher", "inbox", "template_parser", "template_book", "device_registry", "audit_log", "order_book"]
        {
            let before = app.actor(id).await["generation"].as_u64().unwrap();
            let told = control(app, id, "restart").await;
            assert_eq!(told["id"], id);
            assert!(told["generation"].as_u64().unwrap() > before, "{told} after {before}");
            app.until(&format!("a new {id} runs"), async || {
                let actor = app.actor(id).await;
                actor["state"] == "running" && actor["generation"].as_u64() > Some(before)
            })
            .await;
            assert_eq!(app.actor(id).await["restarts"], 0, "an operator's restart is no crash");
        }
        let id = phone.sends(&deposit("홍길동", 50_000)).await;
        app.settle().await;
        assert_eq!(app.sms(id).await.decided(), ("matched", "none", Some("R-1")));
    });
}

#[test]
fn work_waits_while_its_actor_is_stopped_and_health_says_so() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        app.put_orders(&[order("R-1", "홍길동", 50_000)]).await;
        app.settle().await;
        let mut listener = Listener::start(&app.api, None).await;
        control(app, "order_matcher", "stop").await;
        until_state(app, "order_matcher", "stopped").await;
        listener
            .hears(|event| {
                event.kind == "actor.changed" && event.data["id"] == "order_matcher" && event.data["state"] == "stopped"
            })
            .await;
        let health = app.get("/healthz").await;
        assert_eq!((health.status, &health.body["status"]), (503, &json!("unhealthy")), "{}", health.text);
        assert_eq!(app.get("/livez").await.status, 200);
        app.until("the top bar counts it", async || app.top_info().await["loops_stale_cnt"] == 1).await;

        let id = phone.sends(&deposit("홍길동", 50_000)).await;
        app.until("it is read", async || app.sms(id).await.state == "parsed").await;
        // A stopped actor is started and restarted through the same paths.
        control(app, "order_matcher", "start").await;
        until_state(app, "order_matcher", "running").await;
        app.settle().await;
        assert_eq!(app.sms(id).await.decided(), ("matched", "none", Some("R-1")));
        app.until("all is well again", async || app.get("/healthz").await.status == 200).await;

        control(app, "order_matcher", "stop").await;
        until_state(app, "order_matcher", "stopped").await;
        control(app, "order_matcher", "restart").await;
        until_state(app, "order_matcher", "running").await;
    });
}

/// Issue 3, item 7.
#[test]
fn health_is_bad_while_any_critical_loop_is_stopped_and_good_once_it_is_started() {
    story(async |app| {
        app.settle().await;
        app.until("all is well", async || app.get("/healthz").await.status == 200).await;
        let list = app.get("/internal/v2/actors").await.expect(200);
        let all = list["items"].as_array().unwrap();
        let deadlines: std::collections::BTreeSet<u64> =
            all.iter().map(|actor| actor["deadline_s"].as_u64().unwrap()).collect();
        assert!(deadlines.len() > 1, "each loop has its own: {deadlines:?}");
        let critical: Vec<&str> = all
            .iter()
            .filter(|actor| actor["critical"] == true && actor["id"] != "supervisor")
            .map(|actor| actor["id"].as_str().unwrap())
            .collect();
        assert!(critical.len() >= 5, "{critical:?}");
        for id in critical {
            control(app, id, "stop").await;
            until_state(app, id, "stopped").await;
            let health = app.get("/healthz").await;
            assert_eq!((health.status, &health.body["status"]), (503, &json!("unhealthy")), "{id}: {}", health.text);
            control(app, id, "start").await;
            until_state(app, id, "running").await;
            app.until(&format!("all is well with {id}"), async || app.get("/healthz").await.status == 200).await;
        }
    });
}

#[test]
fn a_stopped_inbox_acknowledges_nothing() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        control(app, "inbox", "stop").await;
        until_state(app, "inbox", "stopped").await;
        let message = crate::support::Phone::message("m1", &deposit("홍길동", 50_000));
        phone.posts(&message).await.expect_problem(503);
        control(app, "inbox", "start").await;
        until_state(app, "inbox", "running").await;
        phone.sends_as(&message, "stored").await;
        assert_eq!(app.list("").await.len(), 1);
    });
}

#[test]
fn a_stopped_side_actor_is_a_degradation_and_no_outage() {
    story(async |app| {
        control(app, "compensator", "stop").await;
        until_state(app, "compensator", "stopped").await;
        let health = app.get("/healthz").await;
        assert_eq!((health.status, &health.body["status"]), (200, &json!("degraded")), "{}", health.text);
    });
}

#[test]
fn many_restarts_at_once_leave_one_instance() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let told = join_all((0..50).map(async |_| control(app, "order_matcher", "restart").await)).await;
        let mut generations: Vec<u64> = told.iter().map(|one| one["generation"].as_u64().unwrap()).collect();
        generations.sort_unstable();
        generations.dedup();
        assert_eq!(generations.len(), 50, "one new generation for each accepted request");
        let newest = *generations.last().unwrap();
        app.until("the newest runs", async || {
            let actor = app.actor("order_matcher").await;
            actor["state"] == "running" && actor["generation"] == newest
        })
        .await;
        app.put_orders(&[order("R-1", "홍길동", 50_000)]).await;
        let id = phone.sends(&deposit("홍길동", 50_000)).await;
        app.settle().await;
        assert_eq!(app.sms(id).await.state, "matched");
        let audited = app.get("/internal/v2/audit?subject=actor%2Forder_matcher&limit=500").await.expect(200);
        let restarts = audited["items"].as_array().unwrap().iter().filter(|entry| entry["action"] == "actor.restarted");
        assert_eq!(restarts.count(), 50);
    });
}

#[test]
fn what_is_done_to_an_actor_is_audited_with_who_and_why() {
    story(async |app| {
        let request = app.api.request(reqwest::Method::POST, "/internal/v2/actors/retention/restart");
        let request =
            request.header("x-operator", "%EA%B9%80%EC%B2%A0%EC%88%98").json(&json!({"reason": "it looks slow"}));
        request.send().await.expect(202);
        // What was asked stands before what came of it: the wish is on record also where it cannot be fulfilled.
        let entries = app.get("/internal/v2/audit?limit=2").await.expect(200)["items"].clone();
        let actions = [&entries[1]["action"], &entries[0]["action"]];
        assert_eq!(actions, ["actor.restart", "actor.restarted"]);
        assert_eq!((&entries[0]["operator"], &entries[1]["operator"]), (&json!("김철수"), &json!("김철수")));
        assert!(entries[1]["detail"].to_string().contains("it looks slow"), "{entries}");
        for what in ["restart", "stop", "start"] {
            let path = format!("/internal/v2/actors/nobody%2F7/{what}");
            app.post(&path, &json!({})).await.expect_problem(404);
        }
        app.post("/internal/v2/actors/retention/explode", &json!({})).await.expect_problem(404);
    });
}
