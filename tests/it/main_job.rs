//! The main job: a phone's SMS becomes a matched recharge order within a second, explained, counted and told to others
//! (INV-M1, INV-M2, INV-M3; surface 3).

use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

use crate::support::events::{Event, Listener};
use crate::support::texts::{changed, deposit, order, withdrawal};
use crate::support::{BANK, story};

#[test]
fn an_sms_becomes_a_matched_order_within_a_second() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        app.put_orders(&[order("R-1", "홍길동", 50_000), order("R-2", "김철수", 50_000)]).await;
        let posted = Instant::now();
        let id = phone.sends(&deposit("홍길동", 50_000)).await;
        app.settle().await;
        assert!(posted.elapsed() < Duration::from_secs(1), "it took {:?}", posted.elapsed());

        let sms = app.sms(id).await;
        assert_eq!(sms.decided(), ("matched", "none", Some("R-1")), "{}", sms.all);
        let all = &sms.all;
        assert_eq!(all["sender"], BANK);
        assert_eq!(all["line"], "counter-1");
        assert_eq!(all["text"], deposit("홍길동", 50_000), "the raw text is kept as it was received");
        assert_eq!(all["money"], json!({"amount": "50000", "currency": "KRW"}));
        assert_eq!(all["depositor"], "홍길동");
        assert_eq!(all["direction"], "deposit");
        assert_eq!(all["received_at"], "2026-04-22T00:30:00Z");
        assert_eq!(all["occurred_at"], "2026-04-22T00:30:00Z");
        assert_eq!(all["sources"], json!(["shooter"]));
        assert_eq!(sms.flags, [""; 0]);
        assert_eq!(all["sightings"].as_array().unwrap().len(), 1);
        assert_eq!(all["sightings"][0]["source"], format!("shooter/{}", phone.id));
        assert_eq!(all["parse"]["fields"]["name"], "홍길동", "{}", all["parse"]);
        assert_eq!(all["parse"]["template_version"], 1);

        let order = app.order("R-1").await;
        assert_eq!((&order["match"]["sms_id"], &order["match"]["timing"]), (&json!(id), &json!("in_window")));
        assert_eq!(app.order("R-2").await["match"], json!(null));
    });
}

#[test]
fn a_match_explains_itself_and_shows_how_it_came_about() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        app.put_orders(&[order("R-1", "홍길동", 50_000), order("R-2", "김철수", 50_000)]).await;
        let id = phone.sends(&deposit("홍길동", 50_000)).await;
        app.settle().await;
        let sms = app.sms(id).await.all;
        let decision = &sms["match"];
        assert_eq!(decision["decision"], "matched");
        assert_eq!(decision["rule"], "unique-in-window/1");
        assert_eq!(decision["order_id"], "R-1");
        let chosen = &decision["candidates"][0];
        assert_eq!((&chosen["order_id"], &chosen["verdict"]), (&json!("R-1"), &json!("chosen")));
        let payer = chosen["criteria"].as_array().unwrap().iter().find(|one| one["criterion"] == "payer").unwrap();
        assert_eq!((&payer["deposit"], &payer["order"]), (&json!("홍길동"), &json!("홍길동")), "both values are shown");
        let history = sms["history"].as_array().unwrap();
        let states: Vec<&str> = history.iter().map(|step| step["to"].as_str().unwrap()).collect();
        assert_eq!(states[states.len() - 3..], ["accepted", "parsed", "matched"], "{history:?}");
        assert!(history.iter().all(|step| step["actor"].is_string() && step["at"].is_string()));
        assert_eq!(sms["attempts"], json!([]));
    });
}

#[test]
fn an_approved_order_settles_its_sms() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let open = order("R-1", "홍길동", 50_000);
        app.put_orders(std::slice::from_ref(&open)).await;
        let id = phone.sends(&deposit("홍길동", 50_000)).await;
        app.settle().await;
        let taken = app.put_orders(&[changed(&open, json!({"status": "approved"}))]).await;
        assert_eq!(taken, json!({"upserted": 1, "unchanged": 0, "stale": 0}));
        app.settle().await;
        assert_eq!(app.sms(id).await.decided(), ("settled", "none", Some("R-1")));
        let order = app.order("R-1").await;
        assert_eq!((&order["status"], &order["match"]["sms_id"]), (&json!("approved"), &json!(id)));
        // What the wallet told before is old news, and the same again is no news.
        let taken = app.put_orders(std::slice::from_ref(&open)).await;
        assert_eq!(taken, json!({"upserted": 0, "unchanged": 0, "stale": 1}));
        let taken = app.put_orders(&[changed(&open, json!({"status": "approved"}))]).await;
        assert_eq!(taken, json!({"upserted": 0, "unchanged": 1, "stale": 0}));
        // The same version with other content is somebody's fault: what is here stays, and it is said.
        let taken = app.put_orders(&[changed(&open, json!({"status": "approved", "depositor": "아무개"}))]).await;
        assert_eq!(taken, json!({"upserted": 0, "unchanged": 1, "stale": 0, "conflicting": 1}));
        assert_eq!(app.order("R-1").await["depositor"], "홍길동");
        assert_eq!(app.sms(id).await.state, "settled");
    });
}

#[test]
fn the_top_bar_counts_what_waits_and_what_came_today() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        app.put_orders(&[order("R-1", "홍길동", 50_000)]).await;
        phone.sends(&deposit("홍길동", 50_000)).await;
        phone.sends(&deposit("김철수", 70_000)).await;
        phone.sends(&withdrawal("이영희", 30_000)).await;
        phone.sends("[Web발신]\n[KB]홍길동님 계좌에 입금 90,000원").await;
        app.settle().await;
        app.until("the counters are up to date", async || app.top_info().await["sms_today_cnt"] == 4).await;
        let info = app.top_info().await;
        assert_eq!(info["sms_today_amount"], json!([{"amount": "120000", "currency": "KRW"}]), "only deposits: {info}");
        assert_eq!(info["sms_unmatched_cnt"], 1);
        assert_eq!(info["sms_unparsed_cnt"], 1);
        assert_eq!(info["sms_need_check_cnt"], 1, "the text that no template reads");
        assert_eq!(info["shooter_device_untrusted_cnt"], 0);
        assert_eq!(info["loops_stale_cnt"], 0);
    });
}

#[test]
fn events_tell_what_happens_and_resume_where_a_listener_was() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let mut listener = Listener::start(&app.api, None).await;
        let id = phone.sends(&deposit("홍길동", 50_000)).await;
        let of_sms = |event: &Event, kind: &str| event.kind == kind && event.data["id"] == id;
        let created = listener.hears(|event| of_sms(event, "sms.created")).await;
        let is_state = |event: &Event, state: &str| of_sms(event, "sms.updated") && event.data["state"] == state;
        listener.hears(|event| is_state(event, "unmatched")).await;
        app.put_orders(&[order("R-1", "홍길동", 50_000)]).await;
        listener.hears(|event| event.kind == "order.updated" && event.data["order_id"] == "R-1").await;
        let matched = listener.hears(|event| is_state(event, "matched")).await;
        assert_eq!(matched.data["order_id"], "R-1");
        drop(listener);

        // Whoever was away hears everything after the event that they saw last, once and in order.
        let mut back = Listener::start(&app.api, created.id).await;
        let mut last = created.id;
        loop {
            let event = back.hears(|event| event.id.is_some()).await;
            assert!(event.id > last, "{event:?} came after {last:?}");
            last = event.id;
            if event.id == matched.id {
                assert_eq!(event, matched);
                break;
            }
        }
    });
}

#[test]
fn the_top_bar_s_counters_are_told_as_events() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let mut listener = Listener::start(&app.api, None).await;
        phone.sends(&deposit("홍길동", 50_000)).await;
        let told = listener.hears(|event| event.kind == "top_info" && event.data["sms_today_cnt"] == 1).await;
        assert_eq!(told.id, None, "counters are not stored: the next ones are as good");
    });
}

#[test]
fn a_withdrawal_is_kept_with_its_money_and_matched_with_nothing() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        app.put_orders(&[order("R-1", "홍길동", 50_000)]).await;
        let id = phone.sends(&withdrawal("홍길동", 50_000)).await;
        app.settle().await;
        let sms = app.sms(id).await;
        assert_eq!(sms.decided(), ("ignored", "none", None));
        assert_eq!(sms.all["direction"], "withdrawal");
        assert_eq!(sms.all["money"]["amount"], "50000");
        assert_eq!(app.order("R-1").await["match"], json!(null));
    });
}

#[test]
fn the_probes_and_the_documents_answer_without_a_token() {
    story(async |app| {
        for path in ["/livez", "/readyz", "/healthz", "/metrics", "/openapi.json", "/docs"] {
            let answer = app.get(path).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        }
        let health = app.get("/healthz").await.expect(200);
        assert_eq!(health["status"], "healthy", "{health}");
        let kinds: Vec<_> = health["loops"].as_array().unwrap().iter().map(|actor| actor["kind"].clone()).collect();
        for kind in ["whitelist_validator", "template_parser", "order_matcher", "compensator", "supervisor"] {
            assert!(kinds.iter().any(|known| known == kind), "{kind} in {kinds:?}");
        }
        assert_eq!(app.get("/openapi.json").await.expect(200)["openapi"].as_str().unwrap()[..3], *"3.1");
    });
}

#[test]
fn the_heartbeat_runs_through_the_pipeline_and_stands_nowhere() {
    story(async |app| {
        app.until("the heartbeat came out", async || {
            let health = app.get("/healthz").await.expect(200);
            let check = health["checks"].as_array().unwrap().iter().find(|check| check["name"] == "heartbeat").unwrap();
            assert_eq!(check["ok"], true);
            check["detail"].as_str().unwrap().contains("came through the whole pipeline")
        })
        .await;
        // Reliability row 30: the metric, too.
        app.until("the metric says so", async || {
            app.get("/metrics").await.text.contains("\nrecon_heartbeat_last_success_timestamp_seconds 1")
        })
        .await;
        assert_eq!(app.list("count=true").await.len(), 0);
        assert_eq!(app.top_info().await["sms_today_cnt"], 0);
        assert_eq!(app.get("/internal/v2/sms/-1").await.status, 404);
    });
}
