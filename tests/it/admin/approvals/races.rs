//! Many at once: one winner, the rest 7409 (reliability row 19).

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::super::edge::expect_code;
use super::{approves, story, until};
use crate::support::texts::deposit;
use crate::support::toll::Fate;

#[test]
fn of_fifty_operators_who_approve_one_match_one_wins() {
    story(async |shop| {
        let sms = shop.is_paid("R-1", "홍길동", 50_000).await;
        let browser = shop.approver().await;
        let all = join_all((0..50).map(|_| approves(&browser, "R-1", json!({"sms_id": sms})))).await;
        let with = |code: i64| all.iter().filter(|answer| answer.body["code"] == code).count();
        assert_eq!((with(0), with(7409)), (1, 49), "{:?}", all.iter().map(|answer| &answer.text).collect::<Vec<_>>());
        assert_eq!((shop.toll.approvals(), shop.credits("R-1").await.len()), (1, 1));
        shop.holds().await;
    });
}

/// The first approval's answer is lost, so that nobody knows yet; meanwhile people take its pair apart.
#[test]
fn neither_a_second_deposit_nor_a_second_order_gets_past_an_approval_that_nobody_knows_the_end_of() {
    story(async |shop| {
        let sms = shop.is_paid("R-1", "홍길동", 50_000).await;
        let browser = shop.approver().await;
        // Nothing reaches the wallet, so that the order stays open there.
        shop.toll.does(|seen| if seen.approves() { Fate::Lost } else { Fate::Passes });
        let order = approves(&browser, "R-1", json!({"sms_id": sms})).await;
        let order = expect_code(&order, 200, 0);
        assert_eq!((&order["approval"], &order["status"]), (&json!("unknown"), &json!("open")));

        // Two deposits on one order: another one is linked with it by hand.
        shop.orders("R-2", "홍길동 2", 50_000).await;
        shop.checks(sms, json!({"decision": "confirm", "order_id": "R-2"})).await;
        let second = shop.phone.sends(&deposit("홍길순", 50_000)).await;
        until("it is decided", async || shop.sms(second).await["state"] == "unmatched").await;
        shop.checks(second, json!({"decision": "confirm", "order_id": "R-1"})).await;
        let current = approves(&browser, "R-1", json!({"sms_id": second})).await;
        assert_eq!(expect_code(&current, 200, 7409)["approval"], "unknown");
        // One deposit on two orders: the first one's is linked with another order by now.
        let current = approves(&browser, "R-2", json!({"sms_id": sms})).await;
        assert_eq!(expect_code(&current, 200, 7409)["approval"], Value::Null);
        // Nor is the order ended beside it.
        for how in ["reject", "cancel"] {
            let asked = json!({"order_id": "R-1", "reason": "no deposit came"});
            let current = browser.posts(&format!("/api/admin/recharge/{how}"), &asked).await;
            assert_eq!(expect_code(&current, 200, 7409)["approval"], "unknown");
        }
        shop.toll.does(|_| Fate::Passes);
        shop.edge.later(Duration::from_mins(1));
        until("it is resolved", async || shop.credits("R-1").await.len() == 1).await;
        assert_eq!(shop.credits("R-2").await, Vec::<Value>::new());
        let keys: std::collections::BTreeSet<_> =
            shop.toll.seen().iter().filter(|seen| seen.approves()).map(|seen| seen.key.clone()).collect();
        assert_eq!(keys.len(), 1, "one key throughout");
        shop.holds().await;
    });
}

/// Two deposits for one order are asked for at once; each of them may be the one, so that only one is matched.
#[test]
fn of_two_deposits_for_one_order_the_matched_one_is_approved() {
    story(async |shop| {
        let first = shop.is_paid("R-1", "홍길동", 50_000).await;
        let second = shop.phone.sends(&deposit("김철수", 50_000)).await;
        shop.until_state(second, "unmatched").await;
        let browser = shop.approver().await;
        let asked = [first, second, first, second].map(|sms| json!({ "sms_id": sms }));
        let all = join_all(asked.into_iter().map(|more| approves(&browser, "R-1", more))).await;
        let codes: Vec<&Value> = all.iter().map(|answer| &answer.body["code"]).collect();
        let with = |code: i64| codes.iter().filter(|found| ***found == code).count();
        assert_eq!((with(0), with(7409)), (1, 3), "{codes:?}");
        assert_eq!(shop.credits("R-1").await[0]["deposit_ref"], format!("sms:{first}"));
        shop.holds().await;
    });
}
