//! Lost answers, and a wallet that is away for more than a day (reliability rows 17 and 18).

use std::collections::BTreeSet;
use std::time::Duration;

use recon::admin::approval::intent::NewIntent;
use recon::domain::money::{Currency, Money};
use serde_json::{Value, json};

use super::super::edge::expect_code;
use super::{Shop, approves, story, until};
use crate::support::toll::Fate;

const HOUR: Duration = Duration::from_hours(1);

impl Shop<'_> {
    /// The keys under which approvals were asked for.
    fn keys(&self) -> BTreeSet<Option<String>> {
        self.toll.seen().iter().filter(|seen| seen.approves()).map(|seen| seen.key.clone()).collect()
    }

    /// Waits until one more approval was asked for than that many.
    async fn until_asked_again(&self, before: usize) {
        until("the wallet is asked again", async || self.toll.approvals() > before).await;
    }

    /// What an operator has decided and a crash kept from being sent.
    async fn crashes_before_sending(&self, order_id: &str, sms_id: i64) {
        let new = NewIntent {
            key: format!("key-of-{order_id}"),
            order_id: order_id.to_owned(),
            user_id: format!("user-of-{order_id}"),
            sms_id,
            operator: "operator-1".to_owned(),
            operator_id: 1,
            note: None,
            overriding: false,
            rule: None,
            sms_version: 1,
            order_version: 1,
            money: Money { minor: 50_000, currency: Currency::KRW },
            ordered: 50_000,
        };
        let now = self.edge.store.now();
        assert!(self.edge.store.begin_intent(new, "who is gone", now).await.unwrap().is_some());
    }
}

#[test]
fn an_approval_whose_answer_is_lost_is_resolved_by_its_own_key() {
    story(async |shop| {
        let sms = shop.is_paid("R-1", "홍길동", 50_000).await;
        let mut browser = shop.approver().await;
        shop.toll.does(|seen| if seen.approves() { Fate::AnswerLost } else { Fate::Passes });
        let order = approves(&browser, "R-1", json!({"sms_id": sms})).await;
        let order = expect_code(&order, 200, 0);
        // The wallet has done it; the edge does not know, and does not say that it failed.
        assert_eq!((&order["approval"], &order["status"]), (&json!("unknown"), &json!("approved")));
        assert_eq!(shop.check("approvals").await["ok"], true);
        shop.toll.does(|_| Fate::Passes);
        shop.edge.later(Duration::from_secs(5));
        until("it is resolved", async || {
            let intent = shop.edge.store.intent_of_key(shop.keys().first().unwrap().as_deref().unwrap()).await;
            !intent.unwrap().unwrap().is_live()
        })
        .await;
        let detail = shop.detail(&mut browser, "R-1").await;
        assert_eq!((&detail["approval"], &detail["approval_detail"]["attempts"]), (&json!("approved"), &json!(2)));
        let credits = shop.credits("R-1").await;
        assert_eq!((credits.len(), &credits[0]["id"]), (1, &detail["approval_detail"]["entry_id"]));
        assert_eq!(shop.keys().len(), 1);
        shop.holds().await;
    });
}

/// Row 18. That the wallet commits and cannot say so is worse than that it does nothing: so the first sending does.
#[test]
fn a_wallet_that_is_away_for_26_hours_credits_once_and_the_approval_is_stuck_and_seen() {
    story(async |shop| {
        let sms = shop.is_paid("R-1", "홍길동", 50_000).await;
        let mut browser = shop.approver().await;
        shop.toll.does(|seen| if seen.approves() { Fate::AnswerLost } else { Fate::Passes });
        expect_code(&approves(&browser, "R-1", json!({"sms_id": sms})).await, 200, 0);
        shop.toll.does(|seen| if seen.approves() { Fate::Lost } else { Fate::Passes });
        for hours in [12, 11] {
            // Reads still come through: the breaker stays closed, and each sending is one of its own.
            for _ in 0..4 {
                shop.detail(&mut browser, "R-1").await;
            }
            let before = shop.toll.approvals();
            shop.edge.later(HOUR * hours);
            shop.until_asked_again(before).await;
        }
        let detail = shop.detail(&mut browser, "R-1").await;
        assert_eq!(
            (&detail["approval"], shop.check("approvals").await["ok"].clone()),
            (&json!("unknown"), json!(true))
        );
        let before = shop.toll.approvals();
        shop.edge.later(HOUR);
        let detail = shop.detail(&mut browser, "R-1").await;
        assert_eq!(detail["approval"], "stuck", "24 hours");
        let check = shop.check("approvals").await;
        assert!(check["ok"] == false && check["detail"].as_str().unwrap().contains("1 approvals are stuck"), "{check}");
        let health = shop.edge.request(reqwest::Method::GET, "/healthz").send().await.expect(200);
        assert_eq!(health["status"], "degraded");
        shop.until_asked_again(before).await;
        until("the metric says it", async || {
            let metrics = shop.edge.request(reqwest::Method::GET, "/metrics").send().await.text;
            metrics.contains("recon_admin_approvals{state=\"stuck\"} 1")
        })
        .await;
        let list = browser.posts("/api/admin/recharge/list", &json!({"approval": "stuck"})).await;
        assert_eq!(expect_code(&list, 200, 0)["list"][0]["order_id"], "R-1");

        shop.toll.does(|_| Fate::Passes);
        shop.edge.later(HOUR * 2);
        until("the wallet says what became of it", async || {
            shop.edge.store.intents_of(&["R-1".to_owned()]).await.unwrap()["R-1"].entry_id.is_some()
        })
        .await;
        assert_eq!(shop.detail(&mut browser, "R-1").await["approval"], "approved");
        assert_eq!((shop.credits("R-1").await.len(), shop.keys().len()), (1, 1), "no second credit, one key");
        assert_eq!(shop.check("approvals").await["ok"], true);
        shop.holds().await;
    });
}

/// A crash before the first sending may be hours ago: what was decided then is judged anew.
#[test]
fn what_was_never_sent_is_judged_anew_and_what_no_longer_holds_is_refused_unsent() {
    story(async |shop| {
        let sms = shop.is_paid("R-1", "홍길동", 50_000).await;
        shop.crashes_before_sending("R-1", sms).await;
        until("it is credited", async || shop.credits("R-1").await.len() == 1).await;
        assert_eq!(shop.keys(), BTreeSet::from([Some("key-of-R-1".to_owned())]));

        let sms = shop.is_paid("R-2", "김철수", 50_000).await;
        shop.checks(sms, json!({"decision": "reject"})).await;
        shop.crashes_before_sending("R-2", sms).await;
        let mut browser = shop.approver().await;
        until("it is refused", async || {
            shop.edge.store.intents_of(&["R-2".to_owned()]).await.unwrap()["R-2"].settled_at.is_some()
        })
        .await;
        let detail = shop.detail(&mut browser, "R-2").await;
        assert_eq!((&detail["approval"], &detail["status"]), (&json!("refused"), &json!("open")));
        let why = detail["approval_detail"]["last_error"].as_str().unwrap();
        assert!(why.starts_with("it was never sent, and no longer holds"), "{why}");
        assert_eq!((&detail["approval_detail"]["attempts"], shop.toll.approvals()), (&json!(0), 1), "never sent");
        // What is refused is over: the order can be approved with what holds.
        shop.checks(sms, json!({"decision": "reopen"})).await;
        shop.until_state(sms, "matched").await;
        expect_code(&approves(&browser, "R-2", json!({"sms_id": sms})).await, 200, 0);
        assert_eq!(shop.credits("R-2").await.len(), 1);
        shop.holds().await;
    });
}

/// The wallet's own no, right away and after a lost answer.
#[test]
fn what_the_wallet_refuses_is_refused_and_what_it_credited_is_not() {
    story(async |shop| {
        // Expired between the edge's look and its sending.
        let sms = shop.is_paid("R-1", "홍길동", 50_000).await;
        let browser = shop.approver().await;
        let wallet = shop.edge.wallet.clone();
        let conflict = Fate::Answered(409, "");
        shop.toll.does(move |seen| if seen.approves() { conflict } else { Fate::Passes });
        let refused = approves(&browser, "R-1", json!({"sms_id": sms})).await;
        assert_eq!(expect_code(&refused, 200, 7409)["approval"], "refused");
        assert_eq!(shop.credits("R-1").await, Vec::<Value>::new());

        // A wallet that does not know its own key again, and yet has credited this deposit to this order.
        shop.toll.does(|seen| if seen.approves() { Fate::AnswerLost } else { Fate::Passes });
        expect_code(&approves(&browser, "R-1", json!({"sms_id": sms})).await, 200, 0);
        shop.toll.does(move |seen| if seen.approves() { conflict } else { Fate::Passes });
        shop.edge.later(Duration::from_secs(5));
        until("it is resolved", async || {
            shop.edge.store.intents_of(&["R-1".to_owned()]).await.unwrap()["R-1"].entry_id.is_some()
        })
        .await;
        let entries = wallet.get("/internal/wallets/user-of-R-1/entries").await.expect(200);
        assert_eq!(entries["items"].as_array().unwrap().len(), 1);
        shop.holds().await;
    });
}
