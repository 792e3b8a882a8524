//! `/shooter/sms/check`: review state, and nothing that moves money.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use recon::admin::permission::Role;
use serde_json::{Value, json};

use super::edge::expect_code;
use super::sms::{GET, comes_to, ids, keys, posts, refused, shop, shop_with};
use crate::support::texts::{START, deposit, minutes};

const CHECK: &str = "/api/admin/shooter/sms/check";

/// Section 6.1 of the inventory: what the wallet holds is the same before and after, whatever is checked.
#[test]
fn a_check_is_review_state_and_moves_no_money() {
    shop(async |edge, phone| {
        let browser = edge.browser(Role::Operator).await;
        let order = json!({
            "order_id": "R-1", "user_id": "u1", "amount": "50000", "currency": "KRW", "depositor": "홍길동",
            "expires_at": minutes(60),
        });
        edge.wallet.post("/internal/recharges", &order).await.expect(201);
        let id = phone.sends(&deposit("홍길동", 50_000)).await;
        comes_to(edge, id, "matched").await;
        let wallet = async || {
            let of = async |path: &str| edge.wallet.get(path).await.expect(200);
            [
                of("/internal/recharges/R-1").await,
                of("/internal/wallets/u1/entries").await,
                of("/internal/wallets/u1").await,
            ]
        };
        let before = wallet().await;
        let candidates = posts(&browser, GET, json!({"id": id})).await["candidates"].clone();
        assert_eq!((&candidates[0]["order_id"], &candidates[0]["verdict"]), (&json!("R-1"), &json!("chosen")));
        assert!(candidates[0]["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{candidates}");
        edge.later(Duration::from_mins(1));
        let confirmed = posts(&browser, CHECK, json!({"id": id, "check_status": 2, "note": "looks right"})).await;
        assert_eq!(confirmed.as_object().unwrap().keys().collect::<Vec<_>>(), keys());
        for (name, value) in [
            ("status", json!(2)),
            ("check_status", json!(2)),
            ("check_user", json!(browser.username)),
            ("check_time", json!(edge.now_s())),
            ("check_note", json!("looks right")),
            ("order_id", json!("R-1")),
            ("update_time", json!(edge.now_s())),
        ] {
            assert_eq!(confirmed[name], value, "{name}");
        }
        assert_eq!(ids(&browser, json!({"check_status": "2", "order_id": "R-1"})).await, [id]);
        let reopened = posts(&browser, CHECK, json!({"id": id, "check_status": "0"})).await;
        assert_eq!((&reopened["check_status"], &reopened["check_user"]), (&json!(0), &Value::Null));
        comes_to(edge, id, "matched").await;
        let rejected = posts(&browser, CHECK, json!({"id": id, "check_status": 3})).await;
        assert_eq!((&rejected["check_status"], &rejected["order_id"]), (&json!(3), &Value::Null));
        let linked = posts(&browser, CHECK, json!({"id": id, "check_status": 2, "order_id": "R-1"})).await;
        assert_eq!((&linked["status"], &linked["order_id"]), (&json!(2), &json!("R-1")));
        assert_eq!(wallet().await, before, "the wallet's order, entries and balances");
        let audit = edge.recon.get(&format!("/internal/v2/audit?subject=sms/{id}&limit=1")).await.expect(200);
        assert_eq!(
            (&audit["items"][0]["operator"], &audit["items"][0]["action"]),
            (&json!(browser.username), &json!("sms.check"))
        );
    });
}

#[test]
fn a_check_that_no_longer_holds_says_how_the_message_stands() {
    shop(async |edge, phone| {
        let browser = edge.browser(Role::Operator).await;
        let [id, other] =
            [phone.sends(&deposit("홍길동", 50_000)).await, phone.sends(&deposit("김철수", 50_000)).await];
        comes_to(edge, other, "unmatched").await;
        let version = edge.recon.get(&format!("/internal/v2/sms/{id}")).await.expect(200)["version"].as_i64().unwrap();
        let checked = posts(&browser, CHECK, json!({"id": id, "check_status": 3, "version": version})).await;
        assert_eq!(checked["check_status"], 3);
        let stale = browser.posts(CHECK, &json!({"id": id, "check_status": 2, "version": version})).await;
        let current = expect_code(&stale, 200, 7409);
        assert_eq!((&current["id"], &current["check_status"]), (&json!(id), &json!(3)), "{current}");
        assert_eq!(current.as_object().unwrap().keys().collect::<Vec<_>>(), keys());
        assert!(stale.text.contains(r#""money":50000,"#), "{}", stale.text);

        let order = json!({
            "order_id": "R-1", "user_id": "u1", "amount": "50000", "currency": "KRW", "depositor": "이영희",
            "status": "open", "created_at": START, "expires_at": minutes(60), "version": 1,
        });
        edge.recon.put_orders(&[order]).await;
        posts(&browser, CHECK, json!({"id": id, "check_status": 2, "order_id": "R-1"})).await;
        let taken = browser.posts(CHECK, &json!({"id": other, "check_status": 2, "order_id": "R-1"})).await;
        assert_eq!(expect_code(&taken, 200, 7409)["id"], other, "{}", taken.text);
        for (body, field) in [
            (json!({"id": id}), "check_status"),
            (json!({"id": id, "check_status": 1}), "check_status"),
            (json!({"id": id, "check_status": 2, "order_id": "R-2"}), "order_id"),
            (json!({"id": id, "check_status": 2, "note": "x".repeat(1001)}), "note"),
            (json!({"check_status": 2}), "id"),
        ] {
            assert_eq!(refused(&browser, CHECK, body.clone()).await, [field], "{body}");
        }
        expect_code(&browser.posts(CHECK, &json!({"id": 9_999, "check_status": 2})).await, 200, 7404);
    });
}

/// A wallet that answers nothing and remembers what it was asked.
fn fake_wallet() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, asked) = (format!("http://{}", listener.local_addr().unwrap()), Arc::<Mutex<Vec<String>>>::default());
    let log = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut line = String::new();
            let _ = BufReader::new(&stream).read_line(&mut line);
            log.lock().unwrap().push(line.trim().to_owned());
            let _ = stream.write_all(b"HTTP/1.1 503 X\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        }
    });
    (url, asked)
}

#[test]
fn a_check_asks_the_wallet_nothing() {
    let (url, asked) = fake_wallet();
    shop_with(&[("admin.wallet_url", &url)], async |edge, phone| {
        let browser = edge.browser(Role::Admin).await;
        let id = phone.sends(&deposit("홍길동", 50_000)).await;
        comes_to(edge, id, "unmatched").await;
        // What the top bar counts is all that anybody asks the wallet of by themselves.
        let is_counting = |line: &String| line.starts_with("GET /internal/recharges?status=open&count=true&limit=1 ");
        let others = || asked.lock().unwrap().iter().filter(|line| !is_counting(line)).cloned().collect::<Vec<_>>();
        browser.with(&browser.token, "/api/admin/top_info").await;
        assert!(asked.lock().unwrap().iter().any(is_counting), "it is the edge's wallet: {asked:?}");
        for check_status in [2, 0, 3, 2, 0] {
            posts(&browser, CHECK, json!({"id": id, "check_status": check_status})).await;
        }
        expect_code(&browser.posts(CHECK, &json!({"id": id, "check_status": 2, "order_id": "R-1"})).await, 200, 7400);
        posts(&browser, "/api/admin/shooter/sms/reset", json!({"id": id})).await;
        assert_eq!(others(), Vec::<String>::new());
    });
}
