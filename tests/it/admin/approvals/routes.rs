//! The routes as programs call them.

use recon::admin::audit_log::AuditFilter;
use recon::admin::permission::Role;
use serde_json::{Value, json};

use super::super::edge::expect_code;
use super::{Shop, approves, story};

const KEYS: [&str; 12] = [
    "account",
    "amount",
    "approval",
    "create_time",
    "currency",
    "depositor",
    "order_id",
    "sms_id",
    "status",
    "update_time",
    "user_id",
    "version",
];

fn keys(thing: &Value) -> Vec<&str> {
    thing.as_object().unwrap().keys().map(String::as_str).collect()
}

/// What the edge's own audit says of an order, newest first: every entry by an approver.
async fn audited(shop: &Shop<'_>, order_id: &str) -> Vec<String> {
    let filter = AuditFilter { subject: Some(format!("order/{order_id}")), ..AuditFilter::default() };
    let (entries, _) = shop.edge.store.audit_page(&filter, 0, 10).await.unwrap();
    assert!(entries.iter().all(|entry| entry.row.operator.starts_with("approver-")));
    entries.into_iter().map(|entry| entry.row.action).collect()
}

#[test]
fn an_order_is_approved_credited_and_settled() {
    story(async |shop| {
        let sms = shop.is_paid("R-1", "홍길동", 50_000).await;
        let browser = shop.approver().await;
        let before = browser.posts("/api/admin/recharge/get", &json!({"order_id": "R-1"})).await;
        let before = expect_code(&before, 200, 0);
        assert_eq!(
            (&before["sms_id"], &before["approval"], &before["approval_detail"]),
            (&json!(sms), &Value::Null, &Value::Null)
        );
        assert_eq!(before["account"], "12345600789");
        // A check is no approval: no money moves by it.
        shop.checks(sms, json!({"decision": "confirm"})).await;
        assert_eq!(shop.toll.approvals(), 0);

        let approved = approves(&browser, "R-1", json!({"sms_id": sms})).await;
        let order = expect_code(&approved, 200, 0);
        assert_eq!(
            (&order["status"], &order["version"], &order["approval"]),
            (&json!("approved"), &json!(2), &json!("approved"))
        );
        let detail = &order["approval_detail"];
        assert_eq!(
            (&detail["operator"], &detail["deposit_ref"]),
            (&json!(browser.username), &json!(format!("sms:{sms}")))
        );
        assert_eq!(
            (&detail["attempts"], &detail["override"], &detail["note"]),
            (&json!(1), &json!(false), &Value::Null)
        );
        assert!(detail["rule"].as_str().is_some_and(|rule| !rule.is_empty()), "{detail}");
        assert!(!approved.text.contains(shop.edge.wallet.token()), "no token comes out");
        let credits = shop.credits("R-1").await;
        assert_eq!((credits.len(), &credits[0]["id"]), (1, &detail["entry_id"]));
        assert_eq!(
            (&credits[0]["operator"], &credits[0]["deposit_ref"]),
            (&json!(browser.username), &detail["deposit_ref"])
        );
        shop.until_state(sms, "settled").await;
        let again = approves(&browser, "R-1", json!({})).await;
        let current = expect_code(&again, 200, 7409);
        assert_eq!((&current["status"], &current["approval"]), (&json!("approved"), &json!("approved")));
        assert_eq!(shop.toll.approvals(), 1);
        assert_eq!(audited(shop, "R-1").await, ["recharge.approved", "recharge.approve"]);
        shop.holds().await;
    });
}

#[test]
fn a_list_shows_money_exactly_and_is_narrowed() {
    story(async |shop| {
        let first = shop.is_paid("R-1", "홍길동", 50_000).await;
        shop.orders("R-2", "김철수", 60_000).await;
        let dollars =
            json!({"order_id": "D,1", "user_id": "u9", "amount": "12.50", "currency": "USD", "depositor": "HONG"});
        shop.edge.wallet.post("/internal/recharges", &dollars).await.expect(201);
        let browser = shop.approver().await;
        expect_code(&approves(&browser, "R-1", json!({})).await, 200, 0);
        let list = async |asked: Value| {
            let answer = browser.posts("/api/admin/recharge/list", &asked).await;
            let page = expect_code(&answer, 200, 0).clone();
            let ids = |order: &Value| order["order_id"].as_str().unwrap().to_owned();
            let listed: Vec<String> = page["list"].as_array().unwrap().iter().map(ids).collect();
            assert_eq!(page["total"], listed.len(), "{page}");
            (listed, page, answer.text)
        };
        let (all, page, text) = list(json!({})).await;
        assert_eq!(all, ["D,1", "R-2", "R-1"]);
        assert!(text.contains(r#""amount":12.50,"#) && text.contains(r#""amount":50000,"#), "{text}");
        assert_eq!(keys(&page["list"][2]), KEYS);
        let shown = |nth: usize| (page["list"][nth]["sms_id"].clone(), page["list"][nth]["approval"].clone());
        assert_eq!((shown(2), shown(1)), ((json!(first), json!("approved")), (Value::Null, Value::Null)));
        let now = shop.edge.now_s();
        for (asked, expected) in [
            (json!({"status": "open"}), vec!["D,1", "R-2"]),
            (json!({"user_id": "user-of-R-2"}), vec!["R-2"]),
            (json!({"order_id": "D,1"}), vec!["D,1"]),
            (json!({"order_id": "R-9"}), vec![]),
            (json!({"order_id": "R-1", "status": "open"}), vec![]),
            (json!({"approval": "approved"}), vec!["R-1"]),
            (json!({"approval": "approved", "order_id": "R-2"}), vec![]),
            (json!({"approval": "stuck"}), vec![]),
            (json!({"start_time": now, "end_time": now}), vec!["D,1", "R-2", "R-1"]),
            (json!({"end_time": now - 1}), vec![]),
            (json!({"start_time": now + 1}), vec![]),
        ] {
            assert_eq!(list(asked.clone()).await.0, expected, "{asked}");
        }
        for (asked, field) in [(json!({"status": "paid"}), "status"), (json!({"approval": "maybe"}), "approval")] {
            let wrong = browser.posts("/api/admin/recharge/list", &asked).await;
            assert_eq!(expect_code(&wrong, 200, 7400)["errors"][0]["field"], field);
        }
        let page = browser.with(&browser.token, "/api/admin/recharge/list?page=2&pageSize=2").await;
        let page = expect_code(&page, 200, 0);
        assert_eq!((&page["list"][0]["order_id"], &page["total"]), (&json!("R-1"), &json!(3)));
        expect_code(&browser.posts("/api/admin/recharge/get", &json!({"order_id": "R-9"})).await, 200, 7404);
    });
}

#[test]
fn an_order_is_rejected_or_cancelled_once_with_a_reason() {
    story(async |shop| {
        let browser = shop.approver().await;
        for (order, how, status) in [("R-1", "reject", "rejected"), ("R-2", "cancel", "cancelled")] {
            shop.orders(order, "홍길동", 50_000).await;
            let path = format!("/api/admin/recharge/{how}");
            let without = browser.posts(&path, &json!({"order_id": order})).await;
            assert_eq!(expect_code(&without, 200, 7400)["errors"][0]["field"], "reason");
            let moved =
                browser.posts(&path, &json!({"order_id": order, "reason": "no deposit came", "version": 2})).await;
            assert_eq!(expect_code(&moved, 200, 7409)["status"], "open");
            let ended = browser.posts(&path, &json!({"order_id": order, "reason": "no deposit\ncame"})).await;
            let ended = expect_code(&ended, 200, 0);
            assert_eq!((&ended["status"], &ended["version"], keys(ended)), (&json!(status), &json!(2), KEYS.to_vec()));
            let again = browser.posts(&path, &json!({"order_id": order, "reason": "no deposit came"})).await;
            assert_eq!(expect_code(&again, 200, 7409)["status"], status);
            assert_eq!(audited(shop, order).await, [format!("recharge.{how}")]);
            let told = shop.edge.wallet.get(&format!("/internal/recharges/{order}")).await.expect(200);
            assert_eq!(
                (&told["closed"]["by"], &told["closed"]["reason"]),
                (&json!(browser.username), &json!("no deposit came"))
            );
        }
        let unknown = browser.posts("/api/admin/recharge/reject", &json!({"order_id": "R-9", "reason": "x"})).await;
        expect_code(&unknown, 200, 7404);
        let operator = shop.edge.browser(Role::Operator).await;
        for how in ["approve", "reject", "cancel"] {
            let asked = json!({"order_id": "R-1", "version": 1, "reason": "x"});
            expect_code(&operator.posts(&format!("/api/admin/recharge/{how}"), &asked).await, 200, 7403);
        }
    });
}
