//! What browsers are told of what happens in recon and in the wallet.

use std::collections::BTreeSet;
use std::time::Duration;

use recon::admin::permission::Role;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::socket::Socket;
use crate::admin::edge::{Edge, expect_code};
use crate::admin::frozen::whole;
use crate::support::{Phone, texts};

async fn opens_the_shop(edge: &Edge) -> Phone {
    edge.recon.add_phone(texts::BANK).await;
    edge.recon.add_template(&texts::deposit_template()).await;
    let device = edge.recon.post("/internal/v2/shooter/devices", &json!({"name": "gate", "line": "gate"})).await;
    Phone::of(&edge.recon, &device.expect(201))
}

async fn orders(edge: &Edge, order_id: &str, depositor: &str) {
    let order = json!({
        "order_id": order_id, "user_id": "u1", "amount": "50000", "currency": "KRW", "depositor": depositor,
    });
    edge.wallet.post("/internal/recharges", &order).await.expect(201);
}

#[test]
fn every_change_is_told_within_a_second() {
    whole(async |edge| {
        let browser = edge.browser(Role::Admin).await;
        let phone = opens_the_shop(edge).await;
        let mut socket = Socket::open(&browser).await;
        let counters = socket.next().await;
        assert_eq!(counters["event"], "top_info", "the counters are told at once: {counters}");
        socket.counted("recon_available", json!(true)).await;
        let mut took = Vec::new();
        let posts = async |path: &str, body: Value| expect_code(&browser.posts(path, &body).await, 200, 0).clone();

        posts("/api/admin/shooter/device/trust", json!({"id": phone.id, "trusted": 0})).await;
        took.push(socket.refreshed("device", json!(phone.id)).await);
        socket.counted("shooter_device_untrusted_cnt", json!(1)).await;
        posts("/api/admin/shooter/device/trust", json!({"id": phone.id, "trusted": 1})).await;
        took.push(socket.refreshed("device", json!(phone.id)).await);
        let added = posts("/api/admin/shooter/phone/add", json!({"phone": "15990000"})).await;
        took.push(socket.refreshed("phone", added["id"].clone()).await);
        posts("/api/admin/shooter/phone/delete", json!({"id": added["id"]})).await;
        took.push(socket.refreshed("phone", added["id"].clone()).await);
        let template = json!({"name": "late", "phone": "15990000", "template": "입금 {amount}원 {name}"});
        let added = posts("/api/admin/shooter/template/add", template).await;
        took.push(socket.refreshed("template", added["id"].clone()).await);

        // A deposit that waits for its order, which is then matched, checked and approved.
        let sms_id = phone.sends(&texts::deposit("홍길동", 50_000)).await;
        took.push(socket.refreshed("sms", json!(sms_id)).await);
        orders(edge, "R-1", "홍길동").await;
        took.push(socket.refreshed("order", json!("R-1")).await);
        socket.counted("recharge_pending_cnt", json!(1)).await;
        let matched = async || edge.recon.get(&format!("/internal/v2/sms/{sms_id}")).await.expect(200);
        while matched().await["state"] != "matched" {
            socket.refreshed("sms", json!(sms_id)).await;
        }
        let check = json!({"decision": "confirm", "version": matched().await["version"]});
        edge.recon.post(&format!("/internal/v2/sms/{sms_id}/check"), &check).await.expect(200);
        took.push(socket.refreshed("sms", json!(sms_id)).await);
        posts("/api/admin/recharge/approve", json!({"order_id": "R-1", "version": 1})).await;
        took.push(socket.refreshed("order", json!("R-1")).await);
        socket.counted("recharge_pending_cnt", json!(0)).await;

        // A text that people have to look at.
        let unread = phone.sends("[KB] 50,000원 입금 알림").await;
        socket.counted("sms_need_check_cnt", json!(1)).await;
        let reset = json!({"ids": [unread]});
        edge.recon.post("/internal/v2/sms/reset", &reset).await.expect(200);
        took.push(socket.refreshed("sms", json!(unread)).await);
        eprintln!("told after {took:?}");
        took.sort_unstable();
        // Of the median, since the machine is shared with other tests.
        assert!(took[took.len() / 2] < Duration::from_secs(1), "{took:?}");
    });
}

#[test]
fn an_order_is_named_when_its_deposit_is_taken_away() {
    whole(async |edge| {
        let browser = edge.browser(Role::Viewer).await;
        let phone = opens_the_shop(edge).await;
        orders(edge, "R-2", "김철수").await;
        let sms_id = phone.sends(&texts::deposit("김철수", 50_000)).await;
        let sms = async || edge.recon.get(&format!("/internal/v2/sms/{sms_id}")).await.expect(200);
        let deadline = Instant::now() + super::socket::WITHIN;
        while sms().await["state"] != "matched" {
            assert!(Instant::now() < deadline, "{}", sms().await);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let mut socket = Socket::open(&browser).await;
        let reject = json!({"decision": "reject", "note": "not ours", "version": sms().await["version"]});
        edge.recon.post(&format!("/internal/v2/sms/{sms_id}/check"), &reject).await.expect(200);
        socket.refreshed("order", json!("R-2")).await;
    });
}

#[test]
fn a_loop_that_is_not_fresh_is_told_and_also_when_it_is_back() {
    whole(async |edge| {
        let browser = edge.browser(Role::Admin).await;
        let mut socket = Socket::open(&browser).await;
        socket.counted("recon_available", json!(true)).await;
        let control = async |what: &str| {
            let asked = json!({"id": "compensator", "reason": "a test"});
            let answer = browser.posts(&format!("/api/admin/recon/actors/{what}"), &asked).await;
            expect_code(&answer, 200, 0)["generation"].as_u64().unwrap()
        };
        let first = control("stop").await;
        socket.refreshed("actor", json!("compensator")).await;
        socket.counted("loops_stale_cnt", json!(1)).await;
        let second = control("start").await;
        assert!(second >= first);
        socket.refreshed("actor", json!("compensator")).await;
        socket.counted("loops_stale_cnt", json!(0)).await;
    });
}

#[test]
fn a_burst_is_joined_and_names_every_message() {
    whole(async |edge| {
        let browser = edge.browser(Role::Viewer).await;
        let phone = opens_the_shop(edge).await;
        let mut socket = Socket::open(&browser).await;
        socket.counted("recon_available", json!(true)).await;
        let message = |nth: u64| Phone::message(&format!("b{nth}"), &texts::deposit("홍길동", 10_000 + nth));
        let messages: Vec<Value> = (0..1_000).map(message).collect();
        let mut untold = BTreeSet::new();
        for batch in messages.chunks(100) {
            let taken = phone.posts(&json!({ "messages": batch })).await.expect(200);
            untold.extend(taken["results"].as_array().unwrap().iter().map(|result| result["sms_id"].as_i64().unwrap()));
        }
        assert_eq!(untold.len(), 1_000);
        let (began, mut refreshes) = (Instant::now(), 0_u32);
        while !untold.is_empty() {
            let told = socket.until("the burst", |message| message["event"] == "refresh").await;
            refreshes += 1;
            for id in told["data"]["ids"].as_array().unwrap().iter().filter_map(Value::as_i64) {
                untold.remove(&id);
            }
        }
        // What arrived while the messages were posted is counted with what came after: a little more time than was taken.
        let seconds = began.elapsed().as_secs_f64() + 6.0;
        assert!(f64::from(refreshes) <= 4.0 * seconds, "{refreshes} refreshes in {seconds} s");
        assert!(refreshes < 250, "{refreshes} refreshes for 1,000 messages");
    });
}
