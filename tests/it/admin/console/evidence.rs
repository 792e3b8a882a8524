//! The console's own routes: recon's words as they are, what the wallet knows beside them, and whether all is well.

use recon::admin::permission::Role;
use serde_json::{Value, json};

use super::super::Edge;
use super::super::edge::{Browser, expect_code};
use crate::support::engine::Engine;

fn whole(tell: impl AsyncFn(&Edge)) {
    for engine in Engine::all() {
        eprintln!("on {engine:?}:");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { tell(&Edge::start_whole(engine, &[]).await).await });
    }
}

async fn asks(browser: &Browser<'_>, path: &str, body: Value) -> Value {
    expect_code(&browser.posts(path, &body).await, 200, 0).clone()
}

#[test]
fn messages_come_with_everything_that_recon_knows() {
    whole(async |edge| {
        let viewer = edge.browser(Role::Viewer).await;
        let device = json!({"name": "counter-1", "line": "010-1111-2222"});
        let device = edge.recon.post("/internal/v2/shooter/devices", &device).await.expect(201);
        let url = format!("/ingest/{}/recon", device["device_token"].as_str().unwrap());
        let text =
            json!({"id": "m1", "sender": "15881688", "text": "입금 50,000 <b>", "received_at": "2026-04-22T00:31:00Z"});
        let stored = edge.recon.post(&url, &text).await.expect(200);
        let id = &stored["results"][0]["sms_id"];

        let detail = asks(&viewer, "/api/admin/recon/sms", json!({"id": id})).await;
        assert_eq!((&detail["id"], &detail["text"]), (id, &json!("입금 50,000 <b>")));
        assert_eq!(detail["sightings"][0]["external_id"], "m1", "{detail}");
        for key in ["flags", "version", "match", "chain", "twins", "history", "attempts", "notes", "check"] {
            assert!(detail.get(key).is_some(), "{key} is missing: {detail}");
        }
        let list = asks(&viewer, "/api/admin/recon/sms/list", json!({"q": "50,000", "limit": 1, "extra": 1})).await;
        assert_eq!((&list["total"], &list["items"][0]["id"], &list["next_cursor"]), (&json!(1), id, &Value::Null));
        let none = asks(&viewer, "/api/admin/recon/sms/list", json!({"review": "confirmed"})).await;
        assert_eq!((&none["total"], &none["items"]), (&json!(0), &json!([])));
        let wrong = viewer.posts("/api/admin/recon/sms/list", &json!({"state": "x"})).await;
        assert_eq!(expect_code(&wrong, 200, 7400)["errors"][0]["field"], "state");
        expect_code(&viewer.posts("/api/admin/recon/sms", &json!({"id": 99})).await, 200, 7404);
        expect_code(&viewer.posts("/api/admin/recon/sms", &json!({})).await, 200, 7400);
    });
}

#[test]
fn an_order_is_told_by_both_who_know_it() {
    whole(async |edge| {
        let viewer = edge.browser(Role::Viewer).await;
        let order = json!({
            "order_id": "R/1 가", "user_id": "u1", "amount": "50000", "currency": "KRW", "depositor": "홍길동", "status": "open",
            "created_at": "2026-04-22T00:30:00Z", "version": 1,
        });
        edge.recon.put_orders(&[order]).await;
        let told = asks(&viewer, "/api/admin/recon/order", json!({"order_id": "R/1 가"})).await;
        assert_eq!((&told["recon"]["order_id"], &told["recon"]["near_misses"]), (&json!("R/1 가"), &json!([])));
        assert_eq!((&told["wallet"], &told["wallet_available"]), (&Value::Null, &json!(true)));
        expect_code(&viewer.posts("/api/admin/recon/order", &json!({"order_id": "R-2"})).await, 200, 7404);
    });
}

#[test]
fn a_suggested_template_is_saved_whole_by_who_may() {
    whole(async |edge| {
        let template = json!({
            "name": "USD", "kind": "typed", "senders": ["15881688"], "direction": "deposit", "currency": "USD", "timezone": "UTC",
            "pattern": "got {amount} from {name}", "samples": [{"text": "got 12.50 from Kim", "expect": {"amount": "12.50"}}],
        });
        let body = json!({"template": template});
        for role in [Role::Viewer, Role::Operator, Role::Approver] {
            let refused = edge.browser(role).await.posts("/api/admin/recon/template/add", &body).await;
            expect_code(&refused, 200, 7403);
        }
        let admin = edge.browser(Role::Admin).await;
        let added = asks(&admin, "/api/admin/recon/template/add", body).await;
        assert_eq!((&added["currency"], &added["version"]), (&json!("USD"), &json!(1)));
        let list = asks(&admin, "/api/admin/recon/template/list", json!({})).await;
        assert_eq!((&list["total"], &list["items"][0]["samples"]), (&json!(1), &template["samples"]));
        let empty = admin.posts("/api/admin/recon/template/add", &json!({})).await;
        assert_eq!(expect_code(&empty, 200, 7400)["errors"][0]["field"], "template");
        let audit = edge.recon.get("/internal/v2/audit?limit=1").await.expect(200);
        assert_eq!(audit["items"][0]["operator"], json!(admin.username), "{audit}");
    });
}

#[test]
fn whether_all_is_well_is_known_of_everybody() {
    whole(async |edge| {
        let viewer = edge.browser(Role::Viewer).await;
        let standing = asks(&viewer, "/api/admin/recon/standing", json!({})).await;
        assert_eq!(standing["top_info"]["recon_available"], true, "{standing}");
        assert_eq!((&standing["wallet_available"], &standing["now"]), (&json!(true), &json!(edge.now_s())));
        assert_eq!(standing["edge_loops_stale_cnt"], 0);
        assert_eq!(standing["approvals"], json!({"pending": 0, "unknown": 0, "stuck": 0}));
        assert!(standing["recon_health"]["failing"].is_array() && standing["wallet_health"]["failing"].is_array());
    });
    // Nobody answers: that is said, and is no failure.
    super::story(&[], async |edge| {
        let viewer = edge.browser(Role::Viewer).await;
        let standing = asks(&viewer, "/api/admin/recon/standing", json!({})).await;
        assert_eq!(standing["top_info"]["recon_available"], false, "{standing}");
        assert_eq!(standing["top_info"]["as_of"], Value::Null);
        assert_eq!((&standing["wallet_available"], &standing["wallet_as_of"]), (&json!(false), &Value::Null));
        assert_eq!((&standing["recon_health"], &standing["wallet_health"]), (&Value::Null, &Value::Null));
    });
}
