//! What the wallet tells recon: in order for each order, for ever, and around those that recon cannot take.

use serde_json::{Value, json};

use super::fake_recon::FakeRecon;
use super::{approval, approves, places, recharge};
use crate::support::TestApp;
use crate::support::api::Api;
use crate::support::engine::Engine;

/// A wallet beside a recon that the story answers for, on every engine.
fn story(tell: impl AsyncFn(&TestApp, &FakeRecon)) {
    for engine in Engine::all() {
        eprintln!("on {engine:?}:");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let recon = FakeRecon::start().await;
            let values = [("wallet.recon_url", recon.url()), ("service.token", "recon-token".to_owned())];
            let values = values.each_ref().map(|(key, value)| (*key, value.as_str()));
            let app = TestApp::start_as(engine, "wallet", &values).await;
            tell(&app, &recon).await;
            app.stops().await;
        });
    }
}

async fn check(api: &Api, name: &str) -> Value {
    let health = api.get("/healthz").await.expect(200);
    health["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap().clone()
}

async fn pending(api: &Api) -> usize {
    let page = api.get("/internal/outbox?state=pending&limit=500").await.expect(200);
    page["items"].as_array().unwrap().len()
}

fn is(order_id: &str) -> impl Fn(&Value) -> bool + use<'_> {
    move |order| order["order_id"] == order_id
}

#[test]
fn every_change_is_told_in_the_order_of_its_versions() {
    story(async |app, recon| {
        let api = app.wallet();
        for nth in 0..5 {
            let id = format!("R-{nth}");
            places(api, &recharge(&id, "50000")).await;
            approves(api, &id, &id, &approval(&format!("sms:{nth}"))).await.expect(200);
        }
        app.until("all is told", async || pending(api).await == 0).await;
        let taken = recon.taken();
        assert_eq!(taken.len(), 10, "{taken:?}");
        for nth in 0..5 {
            let versions: Vec<i64> =
                taken.iter().filter(|(id, _)| *id == format!("R-{nth}")).map(|(_, version)| *version).collect();
            assert_eq!(versions, [1, 2]);
        }
        app.until("recon is well", async || check(api, "recon").await["ok"] == true).await;
        assert_eq!(api.get("/healthz").await.expect(200)["status"], "healthy");
    });
}

#[test]
fn a_recon_that_is_away_is_told_later_and_health_says_so() {
    story(async |app, recon| {
        let api = app.wallet();
        recon.answers(|_| (503, ""));
        places(api, &recharge("R-1", "50000")).await;
        approves(api, "R-1", "k", &approval("sms:1")).await.expect(200);
        app.until("health says it", async || check(api, "recon").await["ok"] == false).await;
        let health = api.get("/healthz").await.expect(200);
        assert_eq!(health["status"], "degraded", "the wallet itself works: {health}");
        assert_eq!(recon.taken(), []);
        let events = api.get("/internal/outbox?state=pending").await.expect(200);
        assert_eq!(events["items"].as_array().unwrap().len(), 2);
        assert!(events["items"][1]["last_error"].as_str().unwrap().contains("503"), "{events}");
        recon.answers(|_| (200, ""));
        app.until("all is told", async || pending(api).await == 0).await;
        assert_eq!(recon.taken(), [("R-1".to_owned(), 1), ("R-1".to_owned(), 2)]);
        app.until("it is well again", async || api.get("/healthz").await.body["status"] == "healthy").await;
    });
}

#[test]
fn an_order_that_recon_cannot_take_keeps_no_other_back() {
    story(async |app, recon| {
        let api = app.wallet();
        recon.answers(|_| (503, "retry-after: 1\r\n"));
        for nth in 0..20 {
            places(api, &recharge(&format!("R-{nth}"), "50000")).await;
        }
        // One is refused, and recon breaks on another one.
        recon.answers(|orders| match orders {
            orders if orders.iter().any(is("R-7")) => (422, ""),
            orders if orders.iter().any(is("R-13")) => (500, ""),
            _ => (200, ""),
        });
        app.until("the others are told", async || recon.taken().len() == 18).await;
        app.until("R-7 is refused", async || {
            let refused = api.get("/internal/outbox?state=refused").await.expect(200);
            !refused["items"].as_array().unwrap().is_empty()
        })
        .await;
        let refused = api.get("/internal/outbox?state=refused").await.expect(200);
        let (event, more) = (&refused["items"][0], refused["items"].as_array().unwrap().len());
        assert_eq!((&event["order_id"], more), (&json!("R-7"), 1), "{refused}");
        app.until("R-13 waits", async || pending(api).await == 1).await;
        let told = check(api, "outbox").await;
        assert!(told["ok"] == false && told["detail"].as_str().unwrap().contains("R-7"), "{told}");
        let metrics = api.get("/metrics").await.text;
        assert!(metrics.contains("recon_wallet_outbox_calls_total"), "{metrics}");
        // Another change of the broken order waits for it; what is refused is not sent again by itself.
        recon.answers(|_| (200, ""));
        app.until("R-13 is told after its wait", async || recon.taken().iter().any(|(id, _)| id == "R-13")).await;
        assert!(!recon.taken().iter().any(|(id, _)| id == "R-7"));
        let path = format!("/internal/outbox/{}/retry", event["id"]);
        assert_eq!(api.post(&path, &json!({})).await.expect(200)["state"], "pending");
        app.until("R-7 is told", async || recon.taken().iter().any(|(id, _)| id == "R-7")).await;
        api.post(&path, &json!({})).await.expect_problem(409);
    });
}

#[test]
fn a_wrong_token_stops_nothing_for_good_and_retry_after_is_kept() {
    story(async |app, recon| {
        let api = app.wallet();
        recon.answers(|_| (403, ""));
        places(api, &recharge("R-1", "50000")).await;
        app.until("health says it", async || {
            check(api, "recon").await["detail"].as_str().unwrap().contains("is service.token the one")
        })
        .await;
        assert_eq!(api.get("/internal/outbox?state=refused").await.expect(200)["items"], json!([]));
        recon.answers(|_| (429, "retry-after: 3600\r\n"));
        app.until("it asked for an hour", async || {
            let page = api.get("/internal/outbox?state=pending").await.expect(200);
            page["items"][0]["last_error"].as_str().unwrap().contains("429")
        })
        .await;
        let requests = recon.requests();
        places(api, &recharge("R-2", "50000")).await;
        places(api, &recharge("R-3", "50000")).await;
        app.until("the outbox has looked again", async || {
            api.get("/metrics").await.text.contains("recon_wallet_outbox_pending 3")
        })
        .await;
        assert_eq!(recon.requests(), requests, "nothing is sent within the hour, new orders neither");
    });
}
