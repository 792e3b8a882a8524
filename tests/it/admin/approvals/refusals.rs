//! What is not approved (reliability row 20), and what an override needs.

use recon::admin::permission::Role;
use serde_json::{Value, json};

use super::super::edge::expect_code;
use super::{Shop, approves, story, until};
use crate::support::texts::deposit;

/// Holds that an approval is refused as a conflict with the order as it is, and that nothing was begun.
async fn conflicts(shop: &Shop<'_>, order_id: &str, more: Value, status: &str) {
    let browser = shop.approver().await;
    let answer = approves(&browser, order_id, more).await;
    let current = expect_code(&answer, 200, 7409);
    assert_eq!((&current["order_id"], &current["status"]), (&json!(order_id), &json!(status)), "{current}");
    assert_eq!(current["approval"], Value::Null, "{current}");
    assert_eq!(shop.credits(order_id).await, Vec::<Value>::new());
}

#[test]
fn what_is_not_matched_with_the_order_and_free_of_doubt_is_not_approved() {
    story(async |shop| {
        let other = shop.is_paid("R-2", "김철수", 60_000).await;
        shop.orders("R-1", "홍길동", 50_000).await;
        // No sms, another order's, none at all.
        conflicts(shop, "R-1", json!({}), "open").await;
        conflicts(shop, "R-1", json!({"sms_id": other}), "open").await;
        conflicts(shop, "R-1", json!({"sms_id": 99_999}), "open").await;
        // A deposit that is there and in no pair.
        let unmatched = shop.phone.sends(&deposit("이영희", 50_000)).await;
        shop.until_state(unmatched, "unmatched").await;
        conflicts(shop, "R-1", json!({"sms_id": unmatched}), "open").await;

        // Rejected, and under a check.
        let sms = shop.phone.sends(&deposit("홍길동", 50_000)).await;
        shop.until_state(sms, "matched").await;
        shop.checks(sms, json!({"decision": "reject"})).await;
        conflicts(shop, "R-1", json!({"sms_id": sms}), "open").await;
        let twin =
            [shop.phone.sends(&deposit("박민수", 70_000)).await, shop.phone.sends(&deposit("박민수", 70_000)).await];
        shop.orders("R-3", "박민수", 70_000).await;
        until("people are asked about the twins", async || shop.sms(twin[0]).await["review"] == "need_check").await;
        conflicts(shop, "R-3", json!({"sms_id": twin[0]}), "open").await;
        conflicts(shop, "R-3", json!({}), "open").await;

        let browser = shop.approver().await;
        expect_code(&approves(&browser, "R-9", json!({})).await, 200, 7404);
        for (body, field) in [
            (json!({"version": 1}), "order_id"),
            (json!({"order_id": "R-1"}), "version"),
            (json!({"order_id": "R-1", "version": "x"}), "version"),
            (json!({"order_id": "R-1", "version": 1, "note": "x".repeat(1_001)}), "note"),
        ] {
            let wrong = browser.posts("/api/admin/recharge/approve", &body).await;
            assert_eq!(expect_code(&wrong, 200, 7400)["errors"][0]["field"], field);
        }
        assert_eq!(shop.toll.approvals(), 0, "the wallet was never asked");
    });
}

/// Row 20: the order or the deposit changed after the operator loaded it.
#[test]
fn what_changed_after_the_operator_saw_it_is_refused() {
    story(async |shop| {
        let sms = shop.is_paid("R-1", "홍길동", 50_000).await;
        conflicts(shop, "R-1", json!({"version": 2}), "open").await;
        let closing = json!({"operator": "operator-1", "reason": "the customer withdrew it"});
        shop.edge.wallet.post("/internal/recharges/R-1/cancel", &closing).await.expect(200);
        conflicts(shop, "R-1", json!({"sms_id": sms}), "cancelled").await;

        let sms = shop.is_paid("R-2", "김철수", 60_000).await;
        shop.checks(sms, json!({"decision": "reject"})).await;
        conflicts(shop, "R-2", json!({"sms_id": sms}), "open").await;
        shop.checks(sms, json!({"decision": "reopen"})).await;
        shop.orders("R-3", "김철수 2", 60_000).await;
        shop.checks(sms, json!({"decision": "confirm", "order_id": "R-3"})).await;
        conflicts(shop, "R-2", json!({"sms_id": sms}), "open").await;
        let browser = shop.approver().await;
        expect_code(&approves(&browser, "R-3", json!({"sms_id": sms})).await, 200, 0);
        assert_eq!(shop.credits("R-3").await.len(), 1);
        shop.holds().await;
    });
}

#[test]
fn another_amount_needs_an_admin_and_a_note_and_is_credited_as_it_came() {
    story(async |shop| {
        // Recon was told another amount than the wallet has: a pair whose amounts differ.
        let order = json!({"order_id": "R-1", "user_id": "user-of-R-1", "amount": "50000", "currency": "KRW", "depositor": "홍길동"});
        let placed = shop.edge.wallet.post("/internal/recharges", &order).await.expect(201);
        until("recon knows the order", async || shop.edge.recon.get("/internal/v2/orders/R-1").await.status == 200)
            .await;
        let mut less = placed.clone();
        less["amount"] = json!("49000");
        less["version"] = json!(9);
        shop.edge.recon.put_orders(&[less]).await;
        let sms = shop.phone.sends(&deposit("홍길동", 49_000)).await;
        shop.until_state(sms, "matched").await;

        let approver = shop.approver().await;
        let note = json!({"note": "1,000 less: agreed with the customer"});
        expect_code(&approves(&approver, "R-1", note.clone()).await, 200, 7403);
        let admin = shop.edge.browser(Role::Admin).await;
        let without = approves(&admin, "R-1", json!({"note": "  "})).await;
        assert_eq!(expect_code(&without, 200, 7400)["errors"][0]["field"], "note");
        // Another currency is nobody's to approve.
        assert_eq!(shop.toll.approvals(), 0);
        let approved = approves(&admin, "R-1", note.clone()).await;
        let detail = &expect_code(&approved, 200, 0)["approval_detail"];
        assert_eq!((&detail["override"], &detail["note"]), (&json!(true), &note["note"]));
        assert_eq!((&detail["amount"], &detail["order_amount"]), (&json!(49_000), &json!(50_000)));
        let credits = shop.credits("R-1").await;
        assert_eq!(credits.len(), 1);
        assert_eq!(credits[0]["amount"], json!({"amount": "49000", "currency": "KRW"}), "what came is credited");
        assert_eq!(credits[0]["override_note"], note["note"]);
        shop.holds().await;
    });
}
