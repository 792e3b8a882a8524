//! The life of an order.

use std::time::Duration;

use recon::domain::time::UnixMs;
use reqwest::Method;
use serde_json::{Value, json};

use super::{NO_RECON, approval, approves, holds, order, places, recharge, seconds, story, story_with};
use crate::support::api::Api;
use crate::support::texts::START;

/// So many seconds from now, by the wallet's clock.
async fn in_seconds(api: &Api, count: u64) -> String {
    let placed =
        api.post("/internal/recharges", &json!({"user_id": "u0", "amount": "1", "currency": "USD", "depositor": ""}));
    at(&placed.await.expect(201)).plus(Duration::from_secs(count)).to_string()
}

fn at(order: &Value) -> UnixMs {
    order["created_at"].as_str().unwrap().parse().unwrap()
}

#[test]
fn an_order_is_placed_approved_and_credited_once() {
    story(async |app| {
        let api = app.wallet();
        let placed = places(api, &recharge("R-1", "50000")).await;
        assert_eq!(placed["status"], "open");
        assert_eq!(
            (&placed["version"], &placed["amount"], &placed["order_id"]),
            (&json!(1), &json!("50000"), &json!("R-1"))
        );
        assert!(at(&placed) >= at(&json!({"created_at": START})) && placed.get("expires_at").is_none(), "{placed}");

        let first = approves(api, "R-1", "key-1", &approval("sms:41")).await;
        assert_eq!(first.status, 200, "{}", first.text);
        let credit = &first.body;
        assert_eq!((&credit["order_id"], &credit["status"]), (&json!("R-1"), &json!("approved")));
        assert_eq!(credit["balance"], json!({"amount": "50000", "currency": "KRW"}));
        let again = approves(api, "R-1", "key-1", &approval("sms:41")).await;
        assert_eq!((again.status, &again.text), (200, &first.text), "byte for byte");
        assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), (None, Some("true")));
        approves(api, "R-1", "key-1", &approval("sms:42")).await.expect_invalid("Idempotency-Key");
        let other_key = approves(api, "R-1", "key-2", &approval("sms:41")).await;
        assert_eq!(other_key.expect_problem(409)["current"]["status"], "approved");
        let refused_again = approves(api, "R-1", "key-2", &approval("sms:41")).await;
        assert_eq!((refused_again.status, &refused_again.text), (409, &other_key.text));

        let closed = order(api, "R-1").await;
        assert_eq!((&closed["status"], &closed["version"]), (&json!("approved"), &json!(2)));
        let how = &closed["closed"];
        assert_eq!((&how["by"], &how["deposit_ref"]), (&json!("operator-1"), &json!("sms:41")), "{closed}");
        assert_eq!(how["entry_id"], credit["entry_id"]);
        let wallet = api.get("/internal/wallets/u1").await.expect(200);
        assert_eq!(wallet, json!({"user_id": "u1", "balances": [{"amount": "50000", "currency": "KRW"}]}));
        let entries = api.get("/internal/wallets/u1/entries").await.expect(200);
        let entry = &entries["items"][0];
        assert_eq!((&entry["id"], &entry["order_id"]), (&credit["entry_id"], &json!("R-1")));
        assert_eq!(entry["amount"], json!({"amount": "50000", "currency": "KRW"}));
        assert_eq!((entries["items"].as_array().unwrap().len(), &entries["next_cursor"]), (1, &json!(null)));
        holds(api).await;
    });
}

#[test]
fn what_does_not_fit_the_order_credits_nothing() {
    story(async |app| {
        let api = app.wallet();
        places(api, &recharge("R-1", "50000")).await;
        let with = |name: &str, value: Value| {
            let mut approval = approval("sms:1");
            approval[name] = value;
            approval
        };
        let bare = api.post("/internal/recharges/R-1/approve", &approval("sms:1")).await;
        bare.expect_invalid("Idempotency-Key");
        approves(api, "R-1", "k1", &with("amount", json!("49999"))).await.expect_invalid("amount");
        approves(api, "R-1", "k2", &with("amount", json!("50000.5"))).await.expect_invalid("amount");
        approves(api, "R-1", "k3", &with("currency", json!("USD"))).await.expect_invalid("currency");
        approves(api, "R-1", "k4", &with("deposit_ref", json!(""))).await.expect_invalid("deposit_ref");
        approves(api, "R-1", "k5", &with("surprise", json!(1))).await.expect_invalid("surprise");
        let moved = approves(api, "R-1", "k6", &with("version", json!(2))).await;
        assert_eq!(moved.expect_problem(409)["current"]["version"], 1);
        approves(api, "R-2", "k7", &approval("sms:1")).await.expect_problem(404);
        assert_eq!(order(api, "R-1").await["status"], "open");
        assert_eq!(api.get("/internal/wallets/u1").await.expect(200)["balances"], json!([]));
        holds(api).await;
    });
}

#[test]
fn a_deposit_and_an_order_id_are_used_once_for_ever() {
    story(async |app| {
        let api = app.wallet();
        places(api, &recharge("R-1", "50000")).await;
        places(api, &recharge("R-2", "50000")).await;
        let there = api.post("/internal/recharges", &recharge("R-1", "70000")).await;
        assert_eq!(there.expect_problem(409)["current"]["amount"], "50000");
        approves(api, "R-1", "k1", &approval("sms:1")).await.expect(200);
        let taken = approves(api, "R-2", "k2", &approval("sms:1")).await;
        assert!(taken.expect_problem(409)["detail"].as_str().unwrap().contains("R-1"), "{}", taken.text);
        assert_eq!(order(api, "R-2").await["status"], "open");
        approves(api, "R-2", "k3", &approval("sms:2")).await.expect(200);
        let cancel = json!({"operator": "operator-1", "reason": "withdrawn"});
        let late = api.post("/internal/recharges/R-1/cancel", &cancel).await;
        assert_eq!(late.expect_problem(409)["current"]["status"], "approved");
        assert_eq!(api.get("/internal/wallets/u1").await.expect(200)["balances"][0]["amount"], "100000");
        holds(api).await;
    });
}

#[test]
fn orders_end_without_a_credit_too_and_lists_find_them() {
    story(async |app| {
        let api = app.wallet();
        for id in ["R-1", "R-2", "R-3"] {
            places(api, &recharge(id, "50000")).await;
        }
        let why = json!({"operator": "operator-1", "reason": "no such customer"});
        let rejected = api.request(Method::POST, "/internal/recharges/R-1/reject").header("idempotency-key", "k");
        let rejected = rejected.json(&why).send().await;
        assert_eq!((rejected.status, &rejected.body["status"]), (200, &json!("rejected")), "{}", rejected.text);
        assert_eq!(rejected.body["version"], 2);
        let again = api.request(Method::POST, "/internal/recharges/R-1/reject").header("idempotency-key", "k");
        assert_eq!(again.json(&why).send().await.text, rejected.text);
        api.post("/internal/recharges/R-1/reject", &why).await.expect_problem(409);
        api.post("/internal/recharges/R-2/cancel", &why).await.expect(200);
        api.post("/internal/recharges/R-3/cancel", &json!({"operator": "operator-1"})).await.expect_invalid("reason");
        approves(api, "R-2", "k2", &approval("sms:1")).await.expect_problem(409);
        assert_eq!(order(api, "R-1").await["closed"]["reason"], "no such customer");

        let ids = async |query: &str| {
            let page = api.get(&format!("/internal/recharges?{query}")).await.expect(200);
            let ids: Vec<String> = page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|order| order["order_id"].as_str().unwrap().to_owned())
                .collect();
            (ids, page["next_cursor"].as_str().map(str::to_owned), page["total"].clone())
        };
        assert_eq!(ids("status=rejected").await.0, ["R-1"]);
        assert_eq!(ids("status=open&user_id=u1").await.0, ["R-3"]);
        assert_eq!(ids("user_id=u2").await.0, [""; 0]);
        let (first, cursor, total) = ids("limit=2&count=true").await;
        assert_eq!((first, total), (vec!["R-3".to_owned(), "R-2".to_owned()], json!(3)));
        let (second, end, _) = ids(&format!("limit=2&cursor={}", cursor.unwrap())).await;
        assert_eq!((second, end), (vec!["R-1".to_owned()], None));
        api.get("/internal/recharges?status=won").await.expect_invalid("status");
        api.get("/internal/recharges?colour=red").await.expect_invalid("colour");
        holds(api).await;
    });
}

#[test]
fn an_order_whose_time_is_over_expires_and_is_not_approved() {
    story(async |app| {
        let api = app.wallet();
        let mut short = recharge("R-1", "50000");
        short["expires_at"] = json!(in_seconds(api, 3).await);
        let past = json!({"order_id": "R-0", "user_id": "u1", "amount": "1", "currency": "KRW", "depositor": "", "expires_at": seconds(-60)});
        api.post("/internal/recharges", &past).await.expect_invalid("expires_at");
        places(api, &short).await;
        app.until("it expires", async || order(api, "R-1").await["status"] == "expired").await;
        let late = approves(api, "R-1", "k", &approval("sms:1")).await;
        assert_eq!(late.expect_problem(409)["current"]["status"], "expired");
        assert_eq!(order(api, "R-1").await["closed"]["by"], "wallet");
        let events = api.get("/internal/outbox").await.expect(200);
        assert_eq!(events["items"][0]["version"], 2, "recon is to be told: {events}");
        holds(api).await;
    });
}

#[test]
fn an_expired_order_may_be_given_time() {
    story_with(&[NO_RECON, ("wallet.expiry_grace", "1h")], async |app| {
        let api = app.wallet();
        let mut short = recharge("R-1", "50000");
        let ends = in_seconds(api, 3).await;
        short["expires_at"] = json!(ends);
        places(api, &short).await;
        app.until("its time is over", async || {
            let placed = api
                .post(
                    "/internal/recharges",
                    &json!({"user_id": "u3", "amount": "1", "currency": "USD", "depositor": ""}),
                )
                .await;
            at(&placed.expect(201)) > at(&json!({"created_at": ends})).plus(Duration::from_secs(2))
        })
        .await;
        approves(api, "R-1", "k", &approval("sms:1")).await.expect(200);
    });
}

#[test]
fn only_who_holds_the_wallet_s_token_enters_and_only_known_things_are_taken() {
    story(async |app| {
        let api = app.wallet();
        api.anonymous(Method::GET, "/internal/recharges").send().await.expect_problem(401);
        let wrong = api.anonymous(Method::GET, "/internal/ledger/verify").header("authorization", "Bearer nobody");
        wrong.send().await.expect_problem(403);
        let mut strange = recharge("R-1", "50000");
        strange["status"] = json!("approved");
        api.post("/internal/recharges", &strange).await.expect_invalid("status");
        for (field, value) in
            [("amount", "0"), ("amount", "-5"), ("currency", "krw"), ("user_id", ""), ("order_id", "")]
        {
            let mut wrong = recharge("R-1", "50000");
            wrong[field] = json!(value);
            api.post("/internal/recharges", &wrong).await.expect_invalid(field);
        }
        api.get("/internal/recharges/R-1").await.expect_problem(404);
        api.get("/internal/wallets/nobody").await.expect_problem(404);
        api.get("/internal/wallets/nobody/entries").await.expect_problem(404);
        api.get("/internal/nothing").await.expect_problem(404);
        let made = places(api, &json!({"user_id": "u1", "amount": "12.50", "currency": "USD", "depositor": ""})).await;
        assert!(made["order_id"].as_str().unwrap().starts_with("R-"), "{made}");
        assert_eq!(made["amount"], "12.50");
        for path in ["/livez", "/readyz", "/healthz", "/metrics", "/openapi.json"] {
            assert_eq!(api.anonymous(Method::GET, path).send().await.status, 200, "{path}");
        }
    });
}
