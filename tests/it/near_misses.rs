//! What nearly fits is shown to whoever looks at a deposit or an order, and never matched on its own.

use serde_json::{Value, json};

use crate::support::texts::{changed, deposit, deposit_at, minutes, order};
use crate::support::{Phone, TestApp, story};

/// Reasons with the orders and the messages they name.
fn told(near_misses: &Value) -> Vec<(&str, Vec<&str>, Vec<i64>)> {
    let of = |miss: &Value, name: &str| miss[name].as_array().unwrap().clone();
    near_misses
        .as_array()
        .unwrap()
        .iter()
        .map(|miss| {
            let orders = miss["order_ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
            let sms = of(miss, "sms_ids").iter().map(|id| id.as_i64().unwrap()).collect();
            (miss["reason"].as_str().unwrap(), orders, sms)
        })
        .collect()
}

async fn hears(app: &TestApp, phone: &Phone, text: &str) -> i64 {
    let id = phone.sends(text).await;
    app.settle().await;
    id
}

#[test]
fn each_kind_is_shown_from_both_sides_with_both_values_and_matches_nothing() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let with = |id: &str, name: &str, values: Value| changed(&order(id, name, 50_000), values);
        let closed = order("CLOSED", "홍길동", 50_000);
        app.put_orders(&[
            with("AMOUNT", "홍길동", json!({"amount": "51000"})),
            with("ACCOUNT", "홍길동", json!({"account": "999-99"})),
            with("LATER", "홍길동", json!({"created_at": minutes(30 * 60), "expires_at": null})),
            order("SOUND", "HONG, Gil Dong", 50_000),
            order("KEYS", "ghdrlfehd", 50_000),
            order("EDIT", "홍길순", 50_000),
            order("PART", "홍길동 3906", 50_000),
            order("OTHER", "김철수", 50_000),
            closed.clone(),
        ])
        .await;
        app.put_orders(&[changed(&closed, json!({"status": "cancelled"}))]).await;
        let id = hears(app, &phone, &deposit("홍길동", 50_000)).await;
        let sms = app.sms(id).await;
        assert_eq!(sms.decided(), ("unmatched", "none", None));
        let near_misses = &sms.all["match"]["near_misses"];
        let expected = [
            ("same_sound", "SOUND"),
            ("keyboard", "KEYS"),
            ("order_closed", "CLOSED"),
            ("account_differs", "ACCOUNT"),
            ("time_differs", "LATER"),
            ("amount_differs", "AMOUNT"),
            ("name_part", "PART"),
            ("name_one_edit", "EDIT"),
        ];
        let expected: Vec<_> = expected.into_iter().map(|(reason, order)| (reason, vec![order], vec![id])).collect();
        assert_eq!(told(near_misses), expected);
        let amount = &near_misses[5];
        assert_eq!(
            (&amount["rank"], &amount["deposit"], &amount["order"]),
            (&json!(6), &json!("50000"), &json!("51000"))
        );
        let summary = amount["summary"].as_str().unwrap();
        assert!(summary.contains("1000 KRW less"), "{summary}");
        for (nth, (reason, orders, _)) in expected.iter().enumerate() {
            let order = app.order(orders[0]).await;
            assert_eq!(order["match"], json!(null), "{reason}");
            assert_eq!(told(&order["near_misses"]), [(*reason, orders.clone(), vec![id])], "{reason}");
            assert_eq!(order["near_misses"][0]["summary"], near_misses[nth]["summary"]);
        }
        assert_eq!(app.order("OTHER").await["near_misses"], json!([]));
    });
}

#[test]
fn sums_are_shown_on_all_that_take_part_and_go_with_the_pair() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let part = |id: &str, amount: u64| changed(&order(id, "홍길동", amount), json!({"user_id": "u1"}));
        app.put_orders(&[part("R-1", 30_000), part("R-2", 20_000), order("R-3", "김철수", 70_000)]).await;
        let whole = hears(app, &phone, &deposit("홍길동", 50_000)).await;
        let halves = [
            hears(app, &phone, &deposit("김철수", 40_000)).await,
            hears(app, &phone, &deposit_at("04/22 09:31", "김 철수", 30_000)).await,
        ];
        let of_orders = ("orders_sum", vec!["R-1", "R-2"], vec![whole]);
        let of_deposits = ("deposits_sum", vec!["R-3"], halves.to_vec());
        assert_eq!(told(&app.sms(whole).await.all["match"]["near_misses"]), std::slice::from_ref(&of_orders));
        for order in ["R-1", "R-2"] {
            assert_eq!(told(&app.order(order).await["near_misses"]), std::slice::from_ref(&of_orders));
        }
        for half in halves {
            assert_eq!(told(&app.sms(half).await.all["match"]["near_misses"]), std::slice::from_ref(&of_deposits));
        }
        assert_eq!(told(&app.order("R-3").await["near_misses"]), [of_deposits]);
        // The true payment comes: nothing is near any more.
        let paid = hears(app, &phone, &deposit_at("04/22 09:32", "김철수", 70_000)).await;
        assert_eq!(app.sms(paid).await.decided(), ("matched", "none", Some("R-3")));
        for id in [halves[0], halves[1], paid] {
            assert_eq!(app.sms(id).await.all["match"]["near_misses"], json!([]));
        }
        assert_eq!(app.order("R-3").await["near_misses"], json!([]));
    });
}
