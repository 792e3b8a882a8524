//! A stop in good order: what is in hand is finished, new work is sent away, and the probes say so until the end.

use recon::domain::time::UnixMs;
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::engine::Engine;
use crate::support::texts::{BANK, START};
use crate::support::{Answer, TestApp};

/// Reliability row 22.
#[test]
fn while_it_stops_it_finishes_what_is_in_hand_and_the_probes_answer() {
    for engine in Engine::all() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(stops_with_a_request_in_hand(engine));
    }
}

async fn stops_with_a_request_in_hand(engine: Engine) {
    let app = TestApp::start(engine, &[]).await;
    let added = app.post("/internal/v2/shooter/devices", &json!({"name": "counter-1"})).await.expect(201);
    let path = format!("/ingest/{}/recon", added["device_token"].as_str().unwrap());
    let api = app.api.clone();
    let received_at: UnixMs = START.parse().unwrap();
    let message = json!({"id": "m1", "sender": BANK, "text": "입금 50,000원", "received_at": received_at.to_string()});
    let body = message.to_string();
    let (first, second) = body.as_bytes().split_at(10);
    let mut socket = TcpStream::connect(api.base().strip_prefix("http://").unwrap()).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: recon\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(first).await.unwrap();
    app.until("the request is in hand", async || app.asks(|app| Box::pin(async { app.requests_in_hand() })).await == 1)
        .await;
    let while_it_stops = async {
        while api.get("/readyz").await.status == 200 {
            tokio::task::yield_now().await;
        }
        api.get("/readyz").await.expect_problem(503);
        assert_eq!(api.get("/livez").await.status, 200);
        assert!(api.get("/healthz").await.body["loops"].is_array());
        let sent_away: Answer = api.request(Method::POST, &path).json(&message).send().await;
        sent_away.expect_problem(503);
        api.get("/internal/v2/phones").await.expect_problem(503);
        socket.write_all(second).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"stored\""), "{answer}");
    };
    tokio::join!(app.stops(), while_it_stops);
    assert!(api.request(Method::GET, "/livez").try_send().await.is_err(), "nothing serves any more");
}
