//! Pairing over the API: waiting, ambiguity, early and late, what releases a pair, and what people decide
//! (INV-M1 to INV-M10; reliability rows 19 and 20).

use futures_util::future::join_all;
use serde_json::json;

use crate::support::texts::{changed, deposit, deposit_at, minutes, order};
use crate::support::{Answer, Phone, TestApp, story};

/// The one phone's deposit of 홍길동 over 50,000 won at 09:30, settled.
async fn hears(app: &TestApp, phone: &Phone, name: &str, amount: u64) -> i64 {
    let id = phone.sends(&deposit(name, amount)).await;
    app.settle().await;
    id
}

async fn tells(app: &TestApp, orders: &[serde_json::Value]) {
    app.put_orders(orders).await;
    app.settle().await;
}

async fn checks(app: &TestApp, id: i64, check: serde_json::Value) -> Answer {
    let answer = app.check(id, check).await;
    app.settle().await;
    answer
}

#[test]
fn a_deposit_that_comes_first_waits_for_its_order() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let id = hears(app, &phone, "홍길동", 50_000).await;
        assert_eq!(app.sms(id).await.decided(), ("unmatched", "none", None), "waiting is nothing to look at");
        tells(app, &[order("R-1", "홍길동", 50_000)]).await;
        assert_eq!(app.sms(id).await.decided(), ("matched", "none", Some("R-1")));
    });
}

#[test]
fn two_orders_that_fit_are_both_shown_and_neither_is_taken() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let [first, second] = ["R-1", "R-2"].map(|id| order(id, "홍길동", 50_000));
        tells(app, &[first.clone(), second]).await;
        let id = hears(app, &phone, "홍길동", 50_000).await;
        let sms = app.sms(id).await;
        assert_eq!(sms.decided(), ("ambiguous", "need_check", None));
        let candidates = sms.all["match"]["candidates"].as_array().unwrap();
        assert_eq!(candidates.len(), 2, "all candidates are kept: {candidates:?}");
        // One of them leaves: now it is clear, and the system's own request for a check goes with its cause.
        tells(app, &[changed(&first, json!({"status": "cancelled"}))]).await;
        assert_eq!(app.sms(id).await.decided(), ("matched", "none", Some("R-2")));
    });
}

/// INV-M4: a second deposit makes a pair unclear that was clear before.
#[test]
fn a_pair_is_taken_back_when_a_rival_comes() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        tells(app, &[order("R-1", "홍길동", 50_000)]).await;
        let first = hears(app, &phone, "홍길동", 50_000).await;
        assert_eq!(app.sms(first).await.state, "matched");
        let second = phone.sends(&deposit_at("04/22 09:29", "홍길동", 50_000)).await;
        app.settle().await;
        for id in [first, second] {
            assert_eq!(app.sms(id).await.decided(), ("ambiguous", "need_check", None));
        }
        assert_eq!(app.order("R-1").await["match"], json!(null));
    });
}

#[test]
fn an_early_or_late_pair_is_made_and_looked_at() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let at = |id: &str, name: &str, from: i64, to: i64| {
            changed(&order(id, name, 50_000), json!({"created_at": minutes(from), "expires_at": minutes(to)}))
        };
        let orders = [
            at("EARLY", "홍길동", 10, 60),
            at("LATE", "김철수", -60, -10),
            at("TOO-EARLY", "이영희", 25 * 60, 26 * 60),
            at("TOO-LATE", "박민수", -27 * 60, -25 * 60),
        ];
        tells(app, &orders).await;
        let early = hears(app, &phone, "홍길동", 50_000).await;
        let late = hears(app, &phone, "김철수", 50_000).await;
        for (id, flag, order_id) in [(early, "early", "EARLY"), (late, "late", "LATE")] {
            let sms = app.sms(id).await;
            assert_eq!(sms.decided(), ("matched", "need_check", Some(order_id)), "INV-M5");
            assert!(sms.has(flag), "{:?}", sms.flags);
            assert_eq!(app.order(order_id).await["match"]["timing"], flag);
        }
        for name in ["이영희", "박민수"] {
            let id = hears(app, &phone, name, 50_000).await;
            assert_eq!(app.sms(id).await.state, "unmatched", "{name}");
        }
    });
}

#[test]
fn an_order_that_is_cancelled_or_changed_gives_its_deposit_free() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let changes = [
            json!({"status": "cancelled"}),
            json!({"status": "rejected"}),
            json!({"status": "expired"}),
            json!({"amount": "60000"}),
            json!({"currency": "USD"}),
            json!({"depositor": "김철수"}),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let (order_id, amount) = (format!("R-{number}"), 50_000 + number as u64);
            let open = order(&order_id, "홍길동", amount);
            tells(app, std::slice::from_ref(&open)).await;
            let id = hears(app, &phone, "홍길동", amount).await;
            assert_eq!(app.sms(id).await.state, "matched");
            tells(app, &[changed(&open, change.clone())]).await;
            assert_eq!(app.sms(id).await.decided(), ("unmatched", "none", None), "{change}");
            assert_eq!(app.order(&order_id).await["match"], json!(null), "{change}");
            // The deposit was not used up.
            tells(app, &[order(&format!("S-{number}"), "홍길동", amount)]).await;
            assert_eq!(app.sms(id).await.state, "matched", "{change}");
        }
    });
}

/// INV-M8: a second payment for an order that somebody has paid for certain.
#[test]
fn a_double_payment_is_told_and_not_matched() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let orders = [order("CONFIRMED", "홍길동", 50_000), order("APPROVED", "김철수", 60_000)];
        tells(app, &orders).await;
        let first = hears(app, &phone, "홍길동", 50_000).await;
        checks(app, first, json!({"decision": "confirm"})).await.expect(200);
        let settled = hears(app, &phone, "김철수", 60_000).await;
        tells(app, &[changed(&orders[1], json!({"status": "approved"}))]).await;
        for (name, amount) in [("홍길동", 50_000), ("김철수", 60_000)] {
            let id = phone.sends(&deposit_at("04/22 09:31", name, amount)).await;
            app.settle().await;
            let sms = app.sms(id).await;
            assert_eq!(sms.decided(), ("unmatched", "need_check", None), "{name}");
            assert!(sms.has("order_taken"), "{name}: {:?}", sms.flags);
        }
        assert_eq!(app.sms(first).await.decided(), ("matched", "confirmed", Some("CONFIRMED")));
        assert_eq!(app.sms(settled).await.decided(), ("settled", "none", Some("APPROVED")));
    });
}

#[test]
fn a_check_links_by_hand_and_moves_no_money() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        tells(app, &[order("R-1", "홍길동", 50_000)]).await;
        let id = hears(app, &phone, "길동이", 50_000).await;
        assert_eq!(app.sms(id).await.state, "unmatched");
        let check = json!({"decision": "confirm", "order_id": "R-1", "note": "the customer called"});
        let answer = checks(app, id, check).await.expect(200);
        assert_eq!((&answer["state"], &answer["review"]), (&json!("matched"), &json!("confirmed")));
        let order = app.order("R-1").await;
        assert_eq!(order["status"], "open", "only the wallet approves");
        assert_eq!((&order["match"]["sms_id"], &order["match"]["timing"]), (&json!(id), &json!("manual")));
        let sms = app.sms(id).await.all;
        let decision = &sms["match"];
        assert_eq!((&decision["decision"], &decision["rule"]), (&json!("manual"), &json!("by-hand/1")));
        assert_eq!(decision["template_version"], sms["parse"]["template_version"]);
        assert_eq!((&sms["check"]["by"], &sms["check"]["note"]), (&json!("service"), &json!("the customer called")));
    });
}

#[test]
fn a_rejected_deposit_leaves_its_order_and_a_reopened_one_comes_back() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        tells(app, &[order("R-1", "홍길동", 50_000)]).await;
        let id = hears(app, &phone, "홍길동", 50_000).await;
        checks(app, id, json!({"decision": "reject"})).await.expect(200);
        assert_eq!(app.sms(id).await.decided(), ("unmatched", "rejected", None));
        assert_eq!(app.sms(id).await.all["match"], json!(null), "what was decided before says nothing now");
        let other = phone.sends(&deposit_at("04/22 09:31", "홍길동", 50_000)).await;
        app.settle().await;
        assert_eq!(app.sms(other).await.order_id.as_deref(), Some("R-1"), "what is rejected is no rival");
        checks(app, id, json!({"decision": "reopen"})).await.expect(200);
        assert_eq!(app.sms(id).await.decided(), ("ambiguous", "need_check", None));
        assert_eq!(app.sms(other).await.decided(), ("ambiguous", "need_check", None));
    });
}

/// Reliability row 20.
#[test]
fn a_check_of_what_has_changed_since_is_refused() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let id = hears(app, &phone, "홍길동", 50_000).await;
        let seen = app.sms(id).await.version;
        tells(app, &[order("R-1", "홍길동", 50_000)]).await;
        let before = app.sms(id).await.all;
        let path = format!("/internal/v2/sms/{id}/check");
        app.post(&path, &json!({"decision": "reject", "version": seen})).await.expect_problem(409);
        assert_eq!(app.sms(id).await.all, before);
    });
}

#[test]
fn an_order_that_is_taken_closed_or_unknown_cannot_be_linked() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let closed = changed(&order("CLOSED", "아무개", 10_000), json!({"status": "cancelled"}));
        tells(app, &[order("TAKEN", "홍길동", 50_000), closed]).await;
        let holder = hears(app, &phone, "홍길동", 50_000).await;
        let id = hears(app, &phone, "김철수", 50_000).await;
        for order_id in ["TAKEN", "CLOSED"] {
            checks(app, id, json!({"decision": "confirm", "order_id": order_id})).await.expect_problem(409);
        }
        checks(app, id, json!({"decision": "confirm", "order_id": "NONE"})).await.expect_invalid("order_id");
        checks(app, id, json!({"decision": "reject", "order_id": "TAKEN"})).await.expect_invalid("order_id");
        assert_eq!(app.sms(holder).await.order_id.as_deref(), Some("TAKEN"));
        assert_eq!(app.sms(id).await.decided(), ("unmatched", "none", None), "a refused check changes nothing");
    });
}

/// Reliability row 19: INV-M1 and INV-M2 where many press at once.
#[test]
fn many_links_at_once_have_one_winner() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        tells(app, &[order("R-1", "아무개", 50_000), order("R-2", "아무개", 50_000)]).await;
        let mut ids = Vec::new();
        for name in ["홍길동", "김철수", "이영희", "박민수"] {
            ids.push(hears(app, &phone, name, 50_000).await);
        }
        // Several deposits on one order.
        let links =
            ids.iter().map(async |id| app.check(*id, json!({"decision": "confirm", "order_id": "R-1"})).await.status);
        let mut statuses = join_all(links).await;
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409, 409, 409]);
        app.settle().await;
        // Many operators on one deposit and two orders.
        let held = app.order("R-1").await["match"]["sms_id"].as_i64().unwrap();
        let free = *ids.iter().find(|id| **id != held).unwrap();
        let version = app.sms(free).await.version;
        let path = format!("/internal/v2/sms/{free}/check");
        let body = json!({"decision": "confirm", "order_id": "R-2", "version": version});
        let mut statuses = join_all((0..20).map(async |_| app.post(&path, &body).await.status)).await;
        statuses.sort_unstable();
        assert_eq!((statuses[0], statuses[1]), (200, 409), "{statuses:?}");
        app.settle().await;
        assert_eq!(app.sms(free).await.decided(), ("matched", "confirmed", Some("R-2")));
    });
}

/// INV-M6: the payer must be named, by the name or by the code that the customer was given.
#[test]
fn names_are_compared_as_people_write_them() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let cases = [
            ("홍 길동", "홍길동", "matched"),
            ("주식회사 한빛", "(주)한빛", "matched"),
            ("HONG GILDONG", "hong gildong", "matched"),
            ("홍*동", "홍길동", "matched"),
            ("088-홍길동(", "홍길동", "matched"),
            ("농협주식회사", "농협", "matched"),
            ("김신한", "신한", "unmatched"),
            ("홍길", "홍길동", "unmatched"),
            ("홍길순", "홍길동", "unmatched"),
        ];
        for (number, (paid_by, announced, state)) in cases.into_iter().enumerate() {
            let amount = 50_000 + number as u64;
            tells(app, &[order(&format!("R-{number}"), announced, amount)]).await;
            let id = hears(app, &phone, paid_by, amount).await;
            assert_eq!(app.sms(id).await.state, state, "{paid_by} paid what {announced} announced");
        }
        let by_code = changed(&order("R-CODE", "아무개", 70_000), json!({"reference": "A7KQ"}));
        tells(app, &[by_code]).await;
        let id = hears(app, &phone, "홍길동 A7KQ", 70_000).await;
        assert_eq!(app.sms(id).await.order_id.as_deref(), Some("R-CODE"));
    });
}

#[test]
fn orders_are_found_by_status_user_and_match() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let orders = [order("R-1", "홍길동", 50_000), order("R-2", "김철수", 60_000), order("R-3", "이영희", 70_000)];
        tells(app, &orders).await;
        tells(app, &[changed(&orders[2], json!({"status": "cancelled"}))]).await;
        hears(app, &phone, "홍길동", 50_000).await;
        for (query, expected) in [
            ("matched=true", vec!["R-1"]),
            ("matched=false", vec!["R-3", "R-2"]),
            ("status=open", vec!["R-2", "R-1"]),
            ("status=cancelled", vec!["R-3"]),
            ("user_id=user-of-R-2", vec!["R-2"]),
            ("status=open&matched=false", vec!["R-2"]),
            ("ids=R-3,R-9,R-1", vec!["R-3", "R-1"]),
            ("ids=R-3,R-1&status=open", vec!["R-1"]),
        ] {
            let page = app.get(&format!("/internal/v2/orders?{query}")).await.expect(200);
            let ids: Vec<_> = page["items"].as_array().unwrap().iter().map(|order| order["order_id"].clone()).collect();
            assert_eq!(ids, expected, "{query}");
        }
        app.get("/internal/v2/orders/R-9").await.expect_problem(404);
    });
}
