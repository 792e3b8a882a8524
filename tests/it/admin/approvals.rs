//! The money boundary: approvals through the admin edge, with the real wallet behind a way on which answers get lost
//! (reliability rows 17 to 21).

mod crash;
mod lost;
mod races;
mod refusals;
mod routes;
mod trouble;

use std::time::Duration;

use recon::admin::permission::Role;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::edge::{Browser, Edge, PASSWORD, expect_code};
use crate::support::engine::Engine;
use crate::support::texts::{self, deposit};
use crate::support::toll::Toll;
use crate::support::{Answer, Phone};

/// Nothing that a story waits for takes longer.
const SOON: Duration = Duration::from_secs(15);

/// Tells a story on every engine to a whole daemon whose edge reaches its wallet through a toll.
fn story(tell: impl AsyncFn(&Shop<'_>)) {
    for engine in Engine::all() {
        eprintln!("on {engine:?}:");
        told(engine, &tell);
    }
}

fn told(engine: Engine, tell: &impl AsyncFn(&Shop<'_>)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let toll = Toll::start();
        let url = toll.url();
        let edge = Edge::start_whole(engine, &[("admin.wallet_url", &url), ("shooter.rate_per_minute", "0")]).await;
        toll.leads_to(edge.wallet.base());
        edge.recon.add_phone(texts::BANK).await;
        edge.recon.add_template(&texts::deposit_template()).await;
        let device = edge.recon.post("/internal/v2/shooter/devices", &json!({"name": "counter-1"})).await;
        let phone = Phone::of(&edge.recon, &device.expect(201));
        tell(&Shop { edge: &edge, toll: &toll, phone }).await;
    });
}

/// A shop: its daemon, its phone, and the way to its wallet.
struct Shop<'a> {
    edge: &'a Edge,
    toll: &'a Toll,
    phone: Phone,
}

impl Shop<'_> {
    /// Places an order in the wallet, and waits until recon knows it.
    async fn orders(&self, order_id: &str, depositor: &str, amount: u64) {
        let order = json!({
            "order_id": order_id, "user_id": format!("user-of-{order_id}"), "amount": amount.to_string(),
            "currency": "KRW", "depositor": depositor, "account": "12345600789",
        });
        self.edge.wallet.post("/internal/recharges", &order).await.expect(201);
        until("recon knows the order", async || {
            self.edge.recon.get(&format!("/internal/v2/orders/{order_id}")).await.status == 200
        })
        .await;
    }

    /// An order and its deposit, which are matched. Answers the sms.
    async fn is_paid(&self, order_id: &str, depositor: &str, amount: u64) -> i64 {
        self.orders(order_id, depositor, amount).await;
        let id = self.phone.sends(&deposit(depositor, amount)).await;
        self.until_state(id, "matched").await;
        id
    }

    async fn until_state(&self, id: i64, state: &str) {
        let is_so = async || self.sms(id).await["state"] == state;
        let in_time = tokio::time::timeout(SOON, until("the sms is in that state", is_so)).await.is_ok();
        assert!(in_time, "sms {id} is not {state}: {}", self.sms(id).await);
    }

    async fn sms(&self, id: i64) -> Value {
        self.edge.recon.get(&format!("/internal/v2/sms/{id}")).await.expect(200)
    }

    /// An operator's check of an sms as it stands now.
    async fn checks(&self, id: i64, mut check: Value) {
        check["version"] = self.sms(id).await["version"].clone();
        self.edge.recon.post(&format!("/internal/v2/sms/{id}/check"), &check).await.expect(200);
    }

    /// The credits of an order's user, in the wallet's own ledger.
    async fn credits(&self, order_id: &str) -> Vec<Value> {
        let entries = self.edge.wallet.get(&format!("/internal/wallets/user-of-{order_id}/entries")).await.expect(200);
        entries["items"].as_array().unwrap().clone()
    }

    /// Holds that the ledger holds.
    async fn holds(&self) {
        let verdict = self.edge.wallet.get("/internal/ledger/verify").await.expect(200);
        assert_eq!(verdict, json!({"ok": true, "duplicates": []}));
    }

    async fn approver(&self) -> Browser<'_> {
        self.edge.browser(Role::Approver).await
    }

    /// How an order's approval stands, as an operator of that name sees it, who logs in for it.
    async fn detail(&self, browser: &mut Browser<'_>, order_id: &str) -> Value {
        let answer = browser.posts("/api/admin/recharge/get", &json!({"order_id": order_id})).await;
        if answer.status == 401 {
            let login = self.edge.login(&browser.username, PASSWORD).await.expect(200);
            login["data"]["token"].as_str().unwrap().clone_into(&mut browser.token);
            let answer = browser.posts("/api/admin/recharge/get", &json!({"order_id": order_id})).await;
            return expect_code(&answer, 200, 0).clone();
        }
        expect_code(&answer, 200, 0).clone()
    }

    /// A check of the edge's health.
    async fn check(&self, name: &str) -> Value {
        let health = self.edge.request(reqwest::Method::GET, "/healthz").send().await;
        let checks = health.body["checks"].as_array().unwrap().clone();
        checks.into_iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("{}", health.text))
    }
}

/// Approves as an operator does: with the version that is shown.
async fn approves(browser: &Browser<'_>, order_id: &str, more: Value) -> Answer {
    let mut body = json!({"order_id": order_id, "version": 1});
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    browser.posts("/api/admin/recharge/approve", &body).await
}

/// Waits for a state.
async fn until(state: &str, is_so: impl AsyncFn() -> bool) {
    until_within(SOON + Duration::from_secs(1), state, is_so).await;
}

async fn until_within(within: Duration, state: &str, is_so: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + within;
    while !is_so().await {
        assert!(Instant::now() < deadline, "it did not come to this within {within:?}: {state}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
