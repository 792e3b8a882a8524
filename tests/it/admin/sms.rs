//! `/shooter/sms/*` against a whole daemon.

use std::time::Duration;

use recon::admin::permission::Role;
use serde_json::{Value, json};

use super::edge::{Browser, Edge, expect_code};
use crate::support::Phone;
use crate::support::engine::Engine;
use crate::support::texts::{BANK, deposit, deposit_template, minutes};

const LIST: &str = "/api/admin/shooter/sms/list";
pub(super) const GET: &str = "/api/admin/shooter/sms/get";
const RESET: &str = "/api/admin/shooter/sms/reset";

pub(super) fn keys() -> Vec<&'static str> {
    let all = "account balance check_note check_status check_time check_user content create_time currency depositor \
        device_iden id money name order_id phone sms_id sms_time source status template_id thread_id update_time";
    all.split(' ').collect()
}

/// A shop with one bank and one phone, in a whole daemon.
pub(super) fn shop(tell: impl AsyncFn(&Edge, &Phone)) {
    shop_with(&[], tell);
}

/// The same with these values of the configuration.
pub(super) fn shop_with(values: &[(&str, &str)], tell: impl AsyncFn(&Edge, &Phone)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let edge = Edge::start_whole(Engine::Sqlite, values).await;
        edge.recon.add_phone(BANK).await;
        edge.recon.add_template(&deposit_template()).await;
        let device = edge.recon.post("/internal/v2/shooter/devices", &json!({"name": "counter-1"})).await.expect(201);
        let phone = Phone::of(&edge.recon, &device);
        tell(&edge, &phone).await;
    });
}

/// Waits until recon has brought a message so far.
pub(super) async fn comes_to(edge: &Edge, id: i64, state: &str) {
    let path = format!("/internal/v2/sms/{id}");
    tokio::time::timeout(Duration::from_secs(20), async {
        while edge.recon.get(&path).await.expect(200)["state"] != state {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .unwrap_or_else(|_| panic!("sms {id} did not become {state}"));
}

pub(super) async fn posts(browser: &Browser<'_>, path: &str, body: Value) -> Value {
    expect_code(&browser.posts(path, &body).await, 200, 0).clone()
}

pub(super) async fn ids(browser: &Browser<'_>, filter: Value) -> Vec<i64> {
    let page = posts(browser, LIST, filter).await;
    let ids: Vec<i64> = page["list"].as_array().unwrap().iter().map(|sms| sms["id"].as_i64().unwrap()).collect();
    assert_eq!(page["total"], ids.len(), "{page}");
    ids
}

pub(super) async fn refused(browser: &Browser<'_>, path: &str, body: Value) -> Vec<String> {
    let answer = browser.posts(path, &body).await;
    let errors = expect_code(&answer, 200, 7400)["errors"].as_array().unwrap().clone();
    errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_message_has_every_field_of_old_and_filters_find_what_they_name() {
    shop(async |edge, phone| {
        let browser = edge.browser(Role::Viewer).await;
        let first = phone.sends(&deposit("홍길동", 50_000)).await;
        let later =
            json!({"id": "later", "sender": BANK, "text": deposit("김철수", 70_000), "received_at": minutes(2)});
        let second = phone.sends_as(&later, "stored").await;
        let strange = json!({"id": "x", "sender": "15991699", "text": "입금 9원 이영희", "received_at": minutes(3)});
        let rejected = phone.sends_as(&strange, "stored").await;
        for (id, state) in [(first, "unmatched"), (second, "unmatched"), (rejected, "rejected")] {
            comes_to(edge, id, state).await;
        }
        let sms = posts(&browser, GET, json!({"id": first.to_string()})).await;
        let mut known = keys();
        known.insert(3, "candidates");
        known.sort_unstable();
        assert_eq!(sms.as_object().unwrap().keys().collect::<Vec<_>>(), known);
        let start = edge.now_s();
        for (name, value) in [
            ("id", json!(first)),
            ("phone", json!(BANK)),
            ("content", json!(deposit("홍길동", 50_000))),
            ("money", json!(50_000)),
            ("currency", json!("KRW")),
            ("balance", Value::Null),
            ("depositor", json!("홍길동")),
            ("account", json!("123456**789")),
            ("sms_time", json!(start)),
            ("status", json!(3)),
            ("check_status", json!(0)),
            ("check_user", Value::Null),
            ("check_time", Value::Null),
            ("order_id", Value::Null),
            ("source", json!("shooter")),
            ("device_iden", Value::Null),
            ("sms_id", json!("m0")),
            ("create_time", json!(start)),
            ("candidates", json!([])),
        ] {
            assert_eq!(sms[name], value, "{name}");
        }
        let all = vec![rejected, second, first];
        assert_eq!(ids(&browser, json!({})).await, all);
        let list = browser.with(&browser.token, &format!("{LIST}?pageSize=1&page=2&junk=1")).await;
        let page = expect_code(&list, 200, 0);
        assert_eq!((&page["list"][0]["id"], &page["total"]), (&json!(second), &json!(3)));
        assert_eq!(page["list"][0].as_object().unwrap().keys().collect::<Vec<_>>(), keys());
        for (filter, found) in [
            (json!({"status": 3}), vec![second, first]),
            (json!({"status": "7"}), vec![rejected]),
            (json!({"check_status": 0}), all.clone()),
            (json!({"check_status": 2}), vec![]),
            (json!({"phone": "1588-1688"}), vec![second, first]),
            (json!({"phone": 15_991_699}), vec![rejected]),
            (json!({"keyword": "김철수"}), vec![second]),
            (json!({"keyword": "철수 "}), vec![second]),
            (json!({"keyword": "%"}), vec![]),
            (json!({"order_id": "R-1"}), vec![]),
            // Both ends are meant, to the second.
            (json!({"start_time": start, "end_time": start}), vec![first]),
            (json!({"start_time": start + 1, "end_time": (start + 120).to_string()}), vec![second]),
            (json!({"start_time": start + 1, "end_time": start + 119}), vec![]),
            (json!({"start_time": -1, "end_time": 9_999_999_999_999_i64}), all.clone()),
            (json!({"start_time": 9_999_999_999_999_i64}), vec![]),
            (json!({"status": "", "check_status": null, "phone": " ", "keyword": ""}), all.clone()),
        ] {
            assert_eq!(ids(&browser, filter.clone()).await, found, "{filter}");
        }
    });
}

#[test]
fn every_status_number_is_a_filter_and_what_is_none_is_named() {
    shop(async |edge, phone| {
        let browser = edge.browser(Role::Viewer).await;
        let id = phone.sends(&deposit("홍길동", 50_000)).await;
        comes_to(edge, id, "unmatched").await;
        for status in 0..=10 {
            let expected = if status == 3 { vec![id] } else { Vec::new() };
            assert_eq!(ids(&browser, json!({"status": status})).await, expected, "{status}");
        }
        for (filter, field) in [
            (json!({"status": 11}), "status"),
            (json!({"status": -1}), "status"),
            (json!({"status": "x"}), "status"),
            (json!({"check_status": 4}), "check_status"),
            (json!({"start_time": "yesterday"}), "start_time"),
            (json!({"end_time": 1.5}), "end_time"),
            (json!({"phone": []}), "phone"),
            (json!({"keyword": "가".repeat(201)}), "keyword"),
        ] {
            assert_eq!(refused(&browser, LIST, filter.clone()).await, [field], "{filter}");
        }
        for (body, field) in [(json!({}), "id"), (json!({"id": "x"}), "id")] {
            assert_eq!(refused(&browser, GET, body).await, [field]);
        }
        for id in [0, -1, 9_999] {
            expect_code(&browser.posts(GET, &json!({"id": id})).await, 200, 7404);
        }
    });
}

#[test]
fn money_is_a_number_with_the_decimals_of_its_currency() {
    shop(async |edge, phone| {
        let browser = edge.browser(Role::Viewer).await;
        let usd = json!({
            "name": "USD", "kind": "typed", "senders": [BANK], "direction": "deposit", "currency": "USD",
            "timezone": "Asia/Seoul", "pattern": "Deposit {amount} {name} balance {balance}",
        });
        edge.recon.add_template(&usd).await;
        let id = phone.sends("Deposit 12.50 HONG balance 90071992547409.93").await;
        comes_to(edge, id, "unmatched").await;
        for path in [format!("{GET}?id={id}"), LIST.to_owned()] {
            let answer = browser.with(&browser.token, &path).await;
            expect_code(&answer, 200, 0);
            assert!(answer.text.contains(r#""money":12.50,"#), "{}", answer.text);
            assert!(answer.text.contains(r#""balance":90071992547409.93,"#), "{}", answer.text);
            assert!(answer.text.contains(r#""currency":"USD""#), "{}", answer.text);
        }
        let id = phone.sends(&deposit("홍길동", 50_000)).await;
        comes_to(edge, id, "unmatched").await;
        let won = browser.with(&browser.token, &format!("{GET}?id={id}")).await;
        assert!(won.text.contains(r#""money":50000,"#), "{}", won.text);
    });
}

#[test]
fn messages_are_sent_back_by_their_ids_in_any_writing() {
    shop(async |edge, phone| {
        let browser = edge.browser(Role::Operator).await;
        let mut sent = Vec::new();
        for amount in [50_000, 60_000, 70_000] {
            sent.push(phone.sends(&deposit("홍길동", amount)).await);
        }
        let [a, b, c] = sent[..] else { unreachable!() };
        for (body, reset, skipped) in [
            (json!({"id": a}), 1, vec![]),
            (json!({"id": a.to_string()}), 1, vec![]),
            (json!({"ids": [a, b.to_string()], "id": c}), 3, vec![]),
            (json!({"ids": format!("{a}, {b},9999")}), 2, vec![9_999]),
            (json!({"ids": [8_888, 9_999]}), 0, vec![8_888, 9_999]),
            (json!({"ids": [a, a]}), 1, vec![]),
        ] {
            let done = posts(&browser, RESET, body.clone()).await;
            assert_eq!(done["reset"], reset, "{body}");
            let told = done["skipped"].as_array().unwrap();
            assert_eq!(told.iter().map(|one| one["id"].as_i64().unwrap()).collect::<Vec<_>>(), skipped, "{body}");
            assert!(told.iter().all(|one| one["reason"].as_str().is_some_and(|why| !why.is_empty())), "{done}");
        }
        for body in [json!({}), json!({"ids": []}), json!({"ids": "a,b"}), json!({"ids": {"a": 1}}), json!({"ids": ""})]
        {
            assert_eq!(refused(&browser, RESET, body.clone()).await, ["ids"], "{body}");
        }
        let many: Vec<i64> = (1..=1_001).collect();
        assert_eq!(refused(&browser, RESET, json!({"ids": many})).await, ["ids"]);
        assert_eq!(refused(&browser, RESET, json!({"id": "x"})).await, ["id"]);
        let audit = edge.recon.get("/internal/v2/audit?limit=1").await.expect(200);
        assert_eq!(
            (&audit["items"][0]["operator"], &audit["items"][0]["action"]),
            (&json!(browser.username), &json!("sms.reset"))
        );
    });
}
