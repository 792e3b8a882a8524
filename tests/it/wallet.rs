//! The wallet over HTTP: the life of an order, the ledger, and what it tells recon (reliability rows 17, 19 and 20).

mod alone;
mod crash;
mod fake_recon;
mod ledger;
mod one_process;
mod orders;
mod outbox;
mod overrides;
mod races;

use recon::domain::time::UnixMs;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::api::Api;
use crate::support::engine::Engine;
use crate::support::texts::START;
use crate::support::{Answer, TestApp};

/// Nobody listens there.
const NO_RECON: (&str, &str) = ("wallet.recon_url", "http://127.0.0.1:9");

/// Tells a story to a wallet by itself, on every engine.
fn story(tell: impl AsyncFn(&TestApp)) {
    story_with(&[NO_RECON], tell);
}

/// The same with these values of the configuration.
fn story_with(values: &[(&str, &str)], tell: impl AsyncFn(&TestApp)) {
    for engine in Engine::all() {
        eprintln!("on {engine:?}:");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let app = TestApp::start_as(engine, "wallet", values).await;
            tell(&app).await;
            app.stops().await;
        });
    }
}

/// An order to be placed.
fn recharge(order_id: &str, amount: &str) -> Value {
    json!({"order_id": order_id, "user_id": "u1", "amount": amount, "currency": "KRW", "depositor": "홍길동"})
}

/// An approval of 50,000 won.
fn approval(deposit_ref: &str) -> Value {
    json!({"deposit_ref": deposit_ref, "amount": "50000", "currency": "KRW", "operator": "operator-1", "version": 1})
}

/// So many seconds after the clock of every app started.
fn seconds(count: i64) -> String {
    let start: UnixMs = START.parse().unwrap();
    UnixMs(start.0 + count * 1_000).to_string()
}

async fn places(api: &Api, order: &Value) -> Value {
    api.post("/internal/recharges", order).await.expect(201)
}

async fn approves(api: &Api, order_id: &str, key: &str, approval: &Value) -> Answer {
    let request = api.request(Method::POST, &format!("/internal/recharges/{order_id}/approve"));
    request.header("idempotency-key", key).json(approval).send().await
}

async fn order(api: &Api, order_id: &str) -> Value {
    api.get(&format!("/internal/recharges/{order_id}")).await.expect(200)
}

/// Holds that the ledger holds.
async fn holds(api: &Api) {
    assert_eq!(api.get("/internal/ledger/verify").await.expect(200), json!({"ok": true, "duplicates": []}));
}
