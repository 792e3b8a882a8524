//! What the wallet and the admin edge are asked in the story of planted secrets, and the secrets that come about there.

use std::path::Path;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::api::Api;
use crate::support::daemon::Daemon;

/// The wallet's token.
pub const WALLET: &str = "canary-wallet-token-0123456789";
/// Passwords that somebody gives, right and wrong ones.
const TRIED: &str = "canary-tried-password";
/// A Pushbullet token that comes by the edge.
const BY_THE_EDGE: &str = "o.canary-token-by-the-edge";

/// What came back, and what must not be in it.
pub struct Asked {
    pub answers: Vec<String>,
    pub canaries: Vec<String>,
}

/// Asks the wallet and the edge for all that there is, rightly and wrongly.
pub async fn are_asked(daemon: &Daemon, dir: &Path) -> Asked {
    let (mut answers, canaries) = edge_is_asked(&daemon.admin(), dir).await;
    answers.extend(wallet_is_asked(daemon.wallet()).await);
    Asked { answers, canaries }
}

async fn wallet_is_asked(wallet: &Api) -> Vec<String> {
    let order =
        json!({"order_id": "R-1", "user_id": "u1", "amount": "50000", "currency": "KRW", "depositor": "홍길동"});
    let approval =
        json!({"deposit_ref": "sms:1", "amount": "50000", "currency": "KRW", "operator": "kim", "version": 1});
    let mut answers = Vec::new();
    for body in [&order, &json!({"order": WALLET})] {
        answers.push(wallet.post("/internal/recharges", body).await.text);
    }
    let path = "/internal/recharges/R-1/approve";
    answers.push(wallet.post(path, &approval).await.text);
    let approve = wallet.request(Method::POST, path).header("idempotency-key", "k").json(&approval);
    answers.push(approve.send().await.text);
    for bearer in ["", "Bearer canary-wrong-token", "Basic Y2FuYXJ5"] {
        let request = wallet.anonymous(Method::GET, "/internal/recharges").header("authorization", bearer);
        answers.push(request.send().await.text);
    }
    for path in [
        "/healthz",
        "/metrics",
        "/openapi.json",
        "/internal/recharges",
        "/internal/recharges/R-1",
        "/internal/wallets/u1",
        "/internal/wallets/u1/entries",
        "/internal/outbox",
        "/internal/ledger/verify",
    ] {
        answers.push(wallet.get(path).await.text);
    }
    answers
}

async fn edge_is_asked(edge: &Api, dir: &Path) -> (Vec<String>, Vec<String>) {
    let password = std::fs::read_to_string(dir.join("admin-password")).unwrap().trim().to_owned();
    let logs_in = async |name: &str, password: &str| {
        edge.post("/api/admin/login", &json!({"username": name, "password": password})).await
    };
    let mut answers = Vec::new();
    for (name, password) in [("admin", TRIED), ("nobody", TRIED), (TRIED, TRIED)] {
        answers.push(logs_in(name, password).await.text);
    }
    // The one answer that shows a token, to whom it is given.
    let login = logs_in("admin", &password).await.expect(200);
    let token = login["data"]["token"].as_str().unwrap().to_owned();
    let call = async |path: &str, body: &Value| {
        let request = edge.anonymous(Method::POST, &format!("/api/admin{path}")).header("x-token", &token);
        request.json(body).send().await
    };
    let device = json!({"name": "by the edge", "token": BY_THE_EDGE, "password": TRIED});
    let mut added = None;
    for (path, body) in [
        ("/pushbullet/device/add", device.clone()),
        ("/pushbullet/device/add", device),
        ("/pushbullet/device/add", json!({"token": BY_THE_EDGE})),
    ] {
        let answer = call(path, &body).await;
        added = added.or_else(|| answer.body["data"]["id"].as_i64());
        answers.push(answer.text);
    }
    for path in [
        "/me",
        "/top_info",
        "/pushbullet/device/list",
        "/shooter/device/list",
        "/shooter/phone/list",
        "/shooter/template/list",
        "/shooter/sms/list",
        "/recharge/list",
        "/recon/actors",
        "/recon/audit",
        "/nothing",
    ] {
        answers.push(call(path, &json!({})).await.text);
    }
    answers.push(call("/recon/audit", &json!({"of": "edge"})).await.text);
    answers.push(call("/pushbullet/device/delete", &json!({"id": added})).await.text);
    let ticket = call("/ws/ticket", &json!({})).await.expect(200)["data"]["ticket"].as_str().unwrap().to_owned();
    // No socket comes of it, and the ticket is in a URL.
    let url = format!("/api/admin/ws?ticket={ticket}");
    answers.push(edge.get(&url).await.text);
    answers.push(edge.get(&url).await.text);
    for probe in ["/healthz", "/metrics", "/"] {
        answers.push(edge.get(probe).await.text);
    }
    answers.push(call("/logout", &json!({})).await.text);
    answers.push(call("/me", &json!({})).await.text);
    let canaries = [WALLET, TRIED, BY_THE_EDGE, &password, &token, &ticket].map(str::to_owned);
    (answers, canaries.into())
}
