//! Everything in one process: the wallet tells recon over HTTP, and an approval settles the deposit.

use serde_json::json;

use super::{approval, approves, holds, seconds};
use crate::support::TestApp;
use crate::support::engine::Engine;
use crate::support::texts::deposit;

#[test]
fn an_order_of_the_wallet_is_matched_approved_and_settled() {
    for engine in Engine::all() {
        eprintln!("on {engine:?}:");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let app = TestApp::start_as(engine, "service,worker,wallet", &[]).await;
            app.opens_the_shop().await;
            let phone = app.phone("counter-1").await;
            let order = json!({
                "order_id": "R-1", "user_id": "u1", "amount": "50000", "currency": "KRW", "depositor": "홍길동",
                "expires_at": seconds(3_600),
            });
            app.wallet().post("/internal/recharges", &order).await.expect(201);
            app.until("recon knows the order", async || app.get("/internal/v2/orders/R-1").await.status == 200).await;
            let id = phone.sends(&deposit("홍길동", 50_000)).await;
            app.until("it is matched", async || app.sms(id).await.state == "matched").await;
            let checked = app.check(id, json!({"decision": "confirm"})).await;
            checked.expect(200);
            let nothing = app.wallet().get("/internal/wallets/u1").await.expect(200);
            assert_eq!(nothing["balances"], json!([]), "a check moves no money");
            let credit = approves(app.wallet(), "R-1", "key-1", &approval(&format!("sms:{id}"))).await;
            assert_eq!(credit.expect(200)["balance"]["amount"], "50000");
            app.until("the sms is settled", async || app.sms(id).await.state == "settled").await;
            assert_eq!(app.order("R-1").await["status"], "approved");
            // Each token opens its own door and no other.
            let crossed = |api: &crate::support::api::Api, token: &str, path: &str| {
                api.anonymous(reqwest::Method::GET, path).header("authorization", format!("Bearer {token}"))
            };
            crossed(app.wallet(), app.api.token(), "/internal/recharges").send().await.expect_problem(403);
            crossed(&app.api, app.wallet().token(), "/internal/v2/orders").send().await.expect_problem(403);
            holds(app.wallet()).await;
            app.stops().await;
        });
    }
}
