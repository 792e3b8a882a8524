//! The frozen routes against a whole daemon, and without it.

use std::time::Duration;

use recon::admin::permission::Role;
use serde_json::{Value, json};

use super::edge::{Browser, Edge, expect_code};
use crate::support::engine::Engine;

pub fn whole(tell: impl AsyncFn(&Edge)) {
    for engine in Engine::all() {
        eprintln!("on {engine:?}:");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { tell(&Edge::start_whole(engine, &[]).await).await });
    }
}

async fn posts(browser: &Browser<'_>, path: &str, body: Value) -> Value {
    expect_code(&browser.posts(path, &body).await, 200, 0).clone()
}

fn keys(thing: &Value) -> Vec<&String> {
    thing.as_object().unwrap().keys().collect()
}

#[test]
fn phones_are_listed_added_and_deleted_as_of_old() {
    whole(async |edge| {
        let browser = edge.browser(Role::Admin).await;
        for number in 0..23 {
            let phone = json!({"phone": format!("1588-{number:04}"), "bank": "KB", "remark": "창구", "extra": 1});
            posts(&browser, "/api/admin/shooter/phone/add", phone).await;
        }
        let list = browser.with(&browser.token, "/api/admin/shooter/phone/list?page=3").await;
        let page = expect_code(&list, 200, 0);
        assert_eq!((&page["total"], &page["page"], &page["pageSize"]), (&json!(23), &json!(3), &json!(10)));
        let phones = page["list"].as_array().unwrap();
        assert_eq!(phones.len(), 3);
        assert_eq!(keys(&phones[2]), ["bank", "create_time", "id", "phone", "remark"]);
        assert_eq!((&phones[2]["phone"], &phones[2]["remark"]), (&json!("1588-0000"), &json!("창구")));
        let all = posts(&browser, "/api/admin/shooter/phone/list", json!({"pageSize": 1000, "page": "1"})).await;
        assert_eq!((all["list"].as_array().unwrap().len(), &all["pageSize"]), (23, &json!(200)));
        let beyond = posts(&browser, "/api/admin/shooter/phone/list", json!({"page": 9})).await;
        assert_eq!((&beyond["list"], &beyond["total"]), (&json!([]), &json!(23)));
        let id = &phones[2]["id"];
        assert_eq!(posts(&browser, "/api/admin/shooter/phone/delete", json!({"id": id})).await, json!({}));
        expect_code(&browser.posts("/api/admin/shooter/phone/delete", &json!({"id": id})).await, 200, 7404);
        let again = browser.posts("/api/admin/shooter/phone/add", &json!({"phone": "15880001"})).await;
        let current = expect_code(&again, 200, 7409);
        assert_eq!((&current["phone"], &current["remark"]), (&json!("1588-0001"), &json!("창구")), "{current}");
        let wrong = browser.posts("/api/admin/shooter/phone/add", &json!({"phone": "---"})).await;
        assert_eq!(expect_code(&wrong, 200, 7400)["errors"][0]["field"], "phone");
        // The audit names the operator.
        let audit = edge.recon.get("/internal/v2/audit?limit=1").await.expect(200);
        assert_eq!(audit["items"][0]["operator"], json!(browser.username), "{audit}");
    });
}

#[test]
fn templates_and_devices_keep_their_old_shapes() {
    whole(async |edge| {
        let browser = edge.browser(Role::Admin).await;
        let template = json!({"name": "KB", "phone": "15881688", "template": "입금 {amount}원 {name}"});
        let added = posts(&browser, "/api/admin/shooter/template/add", template).await;
        assert_eq!(keys(&added), ["create_time", "id", "kind", "name", "phone", "status", "template", "update_time"]);
        assert_eq!(
            (&added["kind"], &added["status"], &added["phone"]),
            (&json!("typed"), &json!(1), &json!("15881688"))
        );
        let bad = json!({"name": "KB", "phone": "15881688", "template": "입금 {amount"});
        let refused = browser.posts("/api/admin/shooter/template/add", &bad).await;
        assert_eq!(expect_code(&refused, 200, 7400)["errors"][0]["field"], "template", "{}", refused.text);
        posts(&browser, "/api/admin/shooter/template/delete", json!({"id": added["id"]})).await;

        let phone = edge.recon.post("/internal/v2/shooter/devices", &json!({"name": "gate", "line": "l"})).await;
        let id = phone.expect(201)["id"].clone();
        let untrusted = posts(&browser, "/api/admin/shooter/device/trust", json!({"id": id, "trusted": 0})).await;
        assert_eq!(
            keys(&untrusted),
            ["create_time", "device_id", "id", "last_time", "name", "online", "phone", "trusted"]
        );
        assert_eq!((&untrusted["trusted"], &untrusted["last_time"]), (&json!(0), &Value::Null));
        let listed = posts(&browser, "/api/admin/shooter/device/list", json!({})).await;
        assert_eq!(listed["list"], json!([untrusted]));
        posts(&browser, "/api/admin/shooter/device/delete", json!({"id": id})).await;

        let device =
            json!({"name": "counter-1", "token": "o.token-of-a-test", "phone": "010-0000-0000", "iden": "ujX"});
        let added = posts(&browser, "/api/admin/pushbullet/device/add", device.clone()).await;
        let again = browser.posts("/api/admin/pushbullet/device/add", &device).await;
        assert_eq!(expect_code(&again, 200, 7409)["id"], added["id"]);
        assert_eq!(keys(&added), ["create_time", "id", "iden", "last_time", "name", "phone", "status", "token"]);
        assert!(!added["token"].as_str().unwrap().contains("o.token-of-a-test"), "{added}");
        posts(&browser, "/api/admin/pushbullet/device/delete", json!({"id": added["id"]})).await;
        assert_eq!(posts(&browser, "/api/admin/pushbullet/device/list", json!({})).await["list"], json!([]));
    });
}

#[test]
fn without_recon_the_top_bar_stays_and_the_rest_says_so() {
    super::story(&[("admin.service_url", "http://127.0.0.1:9"), ("service.token", "some-token")], async |edge| {
        let browser = edge.browser(Role::Admin).await;
        let list = browser.posts("/api/admin/shooter/phone/list", &json!({})).await;
        assert!(expect_code(&list, 200, 7503)["retry_after"].as_u64().is_some_and(|seconds| seconds >= 1));
        let top = browser.with(&browser.token, "/api/admin/top_info").await;
        let top = expect_code(&top, 200, 0);
        assert_eq!((&top["recon_available"], &top["sms_need_check_cnt"]), (&json!(false), &json!(0)));
        // The breaker opens within ten calls, and health says so.
        for _ in 0..5 {
            expect_code(&browser.posts("/api/admin/shooter/phone/list", &json!({})).await, 200, 7503);
        }
        let health = edge.request(reqwest::Method::GET, "/healthz").send().await.expect(200);
        let recon = health["checks"].as_array().unwrap().iter().find(|check| check["name"] == "recon").unwrap();
        assert_eq!((&recon["ok"], &health["status"]), (&json!(false), &json!("degraded")), "{health}");
    });
}

#[test]
fn the_top_bar_counts_what_recon_and_the_wallet_say() {
    whole(async |edge| {
        let browser = edge.browser(Role::Viewer).await;
        let phone = edge.recon.post("/internal/v2/shooter/devices", &json!({"name": "gate"})).await.expect(201);
        let path = format!("/internal/v2/shooter/devices/{}/trust", phone["id"]);
        edge.recon.post(&path, &json!({"trusted": false})).await.expect(200);
        // Recon counts at most once a second.
        let counted =
            async || edge.recon.get("/internal/v2/top-info").await.expect(200)["shooter_device_untrusted_cnt"] == 1;
        tokio::time::timeout(Duration::from_secs(20), async {
            while !counted().await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        })
        .await
        .unwrap();
        let top = browser.with(&browser.token, "/api/admin/top_info").await;
        let top = expect_code(&top, 200, 0);
        assert_eq!(top["shooter_device_untrusted_cnt"], 1, "{top}");
        assert_eq!((&top["recon_available"], &top["recharge_pending_cnt"]), (&json!(true), &json!(0)));
        assert_eq!(top["as_of"], edge.now_s());
    });
}
