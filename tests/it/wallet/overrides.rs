//! A credit of another amount than was ordered: only with a reason, which stays with the entry. Lists by ids and by time.

use serde_json::{Value, json};

use super::{approval, approves, holds, order, places, recharge, seconds, story};

#[test]
fn another_amount_is_credited_with_a_reason_and_never_without() {
    story(async |app| {
        let api = app.wallet();
        places(api, &recharge("R-1", "50000")).await;
        let with = |amount: &str, more: Value| {
            let mut approval = approval("sms:1");
            approval["amount"] = json!(amount);
            for (name, value) in more.as_object().unwrap() {
                approval[name] = value.clone();
            }
            approval
        };
        let note = json!({"override_note": "the customer paid 1,000 less"});
        approves(api, "R-1", "k1", &with("49000", json!({}))).await.expect_invalid("amount");
        approves(api, "R-1", "k2", &with("49000", json!({"override_note": " "}))).await.expect_invalid("override_note");
        let long = json!({"override_note": "x".repeat(1_001)});
        approves(api, "R-1", "k3", &with("49000", long)).await.expect_invalid("override_note");
        approves(api, "R-1", "k4", &with("0", note.clone())).await.expect_invalid("amount");
        let mut dollars = with("49000", note.clone());
        dollars["currency"] = json!("USD");
        approves(api, "R-1", "k5", &dollars).await.expect_invalid("currency");
        let mut moved = with("49000", note.clone());
        moved["version"] = json!(2);
        approves(api, "R-1", "k6", &moved).await.expect_problem(409);
        assert_eq!(api.get("/internal/wallets/u1").await.expect(200)["balances"], json!([]));

        let credit = approves(api, "R-1", "k7", &with("49000", note.clone())).await.expect(200);
        assert_eq!(credit["balance"], json!({"amount": "49000", "currency": "KRW"}));
        let closed = order(api, "R-1").await;
        assert_eq!((&closed["amount"], &closed["status"]), (&json!("50000"), &json!("approved")));
        let how = &closed["closed"];
        assert_eq!(how["credited"], json!({"amount": "49000", "currency": "KRW"}));
        assert_eq!(how["override_note"], note["override_note"]);
        let entries = api.get("/internal/wallets/u1/entries").await.expect(200);
        assert_eq!(entries["items"][0]["override_note"], note["override_note"]);
        // A reason where none is needed is kept, too, and an ordinary entry has none.
        places(api, &recharge("R-2", "50000")).await;
        approves(api, "R-2", "k8", &approval("sms:2")).await.expect(200);
        assert!(order(api, "R-2").await["closed"].get("override_note").is_none());
        holds(api).await;
    });
}

#[test]
fn orders_are_listed_by_their_ids_and_by_when_they_were_placed() {
    story(async |app| {
        let api = app.wallet();
        for id in ["R-1", "R-2", "a,b", "50%", "R+3"] {
            places(api, &recharge(id, "50000")).await;
        }
        let ids = async |query: &str| {
            let page = api.get(&format!("/internal/recharges?{query}")).await.expect(200);
            let items = page["items"].as_array().unwrap().clone();
            items.into_iter().map(|item| item["order_id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(ids("ids=R-1,R-9,R-2").await, ["R-2", "R-1"]);
        assert_eq!(ids("ids=a%252Cb,50%2525,R%252B3").await, ["R+3", "50%", "a,b"]);
        assert_eq!(ids(&format!("from={}", seconds(0))).await.len(), 5);
        assert_eq!(ids(&format!("to={}", seconds(0))).await.len(), 0);
        assert_eq!(ids(&format!("from={}&to={}&ids=R-1", seconds(0), seconds(3_600))).await, ["R-1"]);
        for wrong in ["", "R-1,,R-2", "R-1,", "%25zz"] {
            api.get(&format!("/internal/recharges?ids={wrong}")).await.expect_invalid("ids");
        }
        let listed = api.get("/internal/recharges?ids=R-1").await.expect(200);
        assert_eq!(listed["items"][0]["updated_at"], listed["items"][0]["created_at"]);
    });
}
