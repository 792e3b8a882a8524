//! A wallet that is away or answers only errors (reliability row 21).

use std::time::Duration;

use recon::admin::permission::Role;
use serde_json::json;
use tokio::time::Instant;

use super::super::edge::expect_code;
use super::{approves, story, told, until, until_within};
use crate::support::engine::Engine;
use crate::support::toll::Fate;

#[test]
fn while_the_wallet_is_away_the_top_bar_answers_and_the_rest_says_so_in_time_and_then_at_once() {
    story(async |shop| {
        shop.is_paid("R-1", "홍길동", 50_000).await;
        let browser = shop.edge.browser(Role::Admin).await;
        let top = async || {
            let top = browser.with(&browser.token, "/api/admin/top_info").await;
            expect_code(&top, 200, 0).clone()
        };
        until("the order is counted", async || top().await["recharge_pending_cnt"] == 1).await;
        shop.toll.does(|_| Fate::Lost);
        let mut times = Vec::new();
        for _ in 0..8 {
            for (path, body) in [
                ("list", json!({})),
                ("get", json!({"order_id": "R-1"})),
                ("approve", json!({"order_id": "R-1", "version": 1})),
                ("reject", json!({"order_id": "R-1", "reason": "x"})),
            ] {
                let began = Instant::now();
                let answer = browser.posts(&format!("/api/admin/recharge/{path}"), &body).await;
                let data = expect_code(&answer, 200, 7503);
                assert!(data["retry_after"].as_u64().is_some_and(|seconds| seconds >= 1), "{path}: {}", answer.text);
                times.push(began.elapsed());
            }
        }
        assert!(times.iter().all(|time| *time < Duration::from_secs(10)), "{times:?}");
        assert!(times[8..].iter().all(|time| *time < Duration::from_secs(1)), "the breaker is open: {times:?}");
        let reached = shop.toll.seen().len();
        let top = top().await;
        let known = (&top["recon_available"], &top["recharge_pending_cnt"]);
        assert_eq!(known, (&json!(true), &json!(1)), "what was last known stays");
        assert_eq!(shop.toll.seen().len(), reached, "nothing goes out while it is open");
        let check = shop.check("wallet").await;
        assert!(check["ok"] == false && check["detail"].as_str().unwrap().contains("breaker open"), "{check}");
        let detail = shop.edge.store.intents_of(&["R-1".to_owned()]).await.unwrap();
        assert!(detail.is_empty(), "7503: nothing was begun");
    });
}

/// Row 21, with the times of production.
#[test]
fn a_wallet_that_answers_only_errors_is_left_alone_and_all_is_drained_once_it_heals() {
    told(Engine::Sqlite, &async |shop: &super::Shop<'_>| {
        const ORDERS: u64 = 20;
        let browser = shop.approver().await;
        for nth in 0..ORDERS {
            let sms = shop.is_paid(&format!("R-{nth}"), "홍길동", 10_000 + nth).await;
            assert!(sms > 0);
        }
        // Every approval is begun; of none the wallet has said anything yet.
        shop.toll.does(|seen| if seen.approves() { Fate::Answered(500, "") } else { Fate::Passes });
        let mut begun = 0;
        for nth in 0..ORDERS {
            let answer = approves(&browser, &format!("R-{nth}"), json!({})).await;
            if answer.body["code"] == 0 {
                begun += 1;
            }
        }
        assert!(begun >= 5, "{begun}");
        shop.toll.does(|_| Fate::Answered(500, ""));
        let (from, began) = (shop.toll.seen().len(), Instant::now());
        until("the breaker opens", async || {
            approves(&browser, "R-0", json!({})).await;
            shop.check("wallet").await["ok"] == false
        })
        .await;
        assert!(shop.toll.seen().len() - from <= 10, "within 10 calls");
        let open = shop.toll.seen().len();
        // Whoever asks, for more than 30 s: one probe.
        while began.elapsed() < Duration::from_secs(33) {
            browser.posts("/api/admin/recharge/list", &json!({})).await;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        let probes = shop.toll.seen().len() - open;
        assert!(probes <= 2, "{probes} probes in 33 s, one each 30 s");

        shop.toll.does(|_| Fate::Passes);
        let healed = Instant::now();
        until_within(Duration::from_secs(40), "operators are served again", async || {
            browser.posts("/api/admin/recharge/list", &json!({})).await.body["code"] == 0
        })
        .await;
        let live = async || {
            shop.edge.later(Duration::from_secs(1));
            shop.edge.store.intent_tally().await.unwrap().live()
        };
        until_within(Duration::from_mins(2), "all is drained", async || live().await == 0).await;
        assert!(healed.elapsed() < Duration::from_mins(2));
        let mut credited = 0;
        for nth in 0..ORDERS {
            credited += shop.credits(&format!("R-{nth}")).await.len();
        }
        assert_eq!(credited, begun, "each approval that was begun is credited once, and no other");
        shop.holds().await;
    });
}
