//! Many at once: one winner (reliability row 19).

use futures_util::future::join_all;

use super::{approval, approves, holds, order, places, recharge, story};

#[test]
fn of_fifty_operators_who_approve_one_order_one_wins() {
    story(async |app| {
        let api = app.wallet();
        places(api, &recharge("R-1", "50000")).await;
        let all = join_all((0..50).map(|nth| async move {
            approves(api, "R-1", &format!("key-{nth}"), &approval(&format!("sms:{nth}"))).await
        }))
        .await;
        let count = |status| all.iter().filter(|answer| answer.status == status).count();
        assert_eq!((count(200), count(409)), (1, 49), "{all:?}");
        assert_eq!(api.get("/internal/wallets/u1").await.expect(200)["balances"][0]["amount"], "50000");
        holds(api).await;
    });
}

#[test]
fn fifty_requests_with_one_key_are_one_approval_with_one_answer() {
    story(async |app| {
        let api = app.wallet();
        places(api, &recharge("R-1", "50000")).await;
        let approval = approval("sms:1");
        let all = join_all((0..50).map(|_| approves(api, "R-1", "key-1", &approval))).await;
        assert!(all.iter().all(|answer| answer.status == 200 && answer.text == all[0].text), "{all:?}");
        let first = all.iter().filter(|answer| answer.header("idempotency-replayed").is_none()).count();
        assert_eq!(first, 1);
        holds(api).await;
    });
}

#[test]
fn one_deposit_pays_one_of_many_orders() {
    story(async |app| {
        let api = app.wallet();
        let ids: Vec<String> = (0..20).map(|nth| format!("R-{nth}")).collect();
        for id in &ids {
            places(api, &recharge(id, "50000")).await;
        }
        let all = join_all(ids.iter().map(|id| async move { approves(api, id, id, &approval("sms:1")).await })).await;
        let count = |status| all.iter().filter(|answer| answer.status == status).count();
        assert_eq!((count(200), count(409)), (1, 19), "{all:?}");
        let mut approved = 0;
        for id in &ids {
            approved += usize::from(order(api, id).await["status"] == "approved");
        }
        assert_eq!(approved, 1);
        holds(api).await;
    });
}
