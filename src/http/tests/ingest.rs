//! Where phones post.

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use super::support::{DEVICE_TOKEN, ENROLMENT_TOKEN, Mode, SIGNED_DEVICE_TOKEN, TestApp};
use crate::domain::refusal::Refusal;
use crate::http::state::IngestLimits;

fn message(id: &str) -> Value {
    json!({"id": id, "sender": "15881688", "text": "입금 50,000원 홍길동", "received_at": "2026-04-22T09:30:00Z"})
}

fn post(token: &str, body: &Value) -> TestRequest {
    TestRequest::post().uri(&format!("/ingest/{token}/recon")).set_json(body)
}

#[actix_web::test]
async fn results_stand_in_the_order_of_the_messages_and_echo_their_ids() {
    let app = TestApp::new();
    let got = app.send(post(DEVICE_TOKEN, &json!({"messages": [message("m-1"), message("m-2")]}))).await;
    assert_eq!(got.status, 200, "{got:?}");
    assert_eq!(
        got.json(),
        json!({"results": [
            {"id": "m-1", "sms_id": 1, "status": "stored"},
            {"id": "m-2", "sms_id": 2, "status": "stored"},
        ]})
    );
}

#[actix_web::test]
async fn nothing_is_acknowledged_that_the_inbox_has_not_committed() {
    let app = TestApp::new();
    app.mode(Mode::Refuses(Refusal::Unavailable("the disk is full".to_owned())));
    let got = app.send(post(DEVICE_TOKEN, &message("m-1"))).await;
    got.problem(503);
    assert!(got.header("retry-after").is_some());
}

#[actix_web::test]
async fn strangers_unknown_formats_and_unsigned_messages_are_turned_away() {
    let app = TestApp::new();
    let got = app.send(post("nobody", &message("m-1"))).await;
    got.problem(401);
    assert!(got.header("www-authenticate").is_some());
    assert!(!got.body.contains("nobody"));
    let uri = format!("/ingest/{DEVICE_TOKEN}/morse");
    app.send(TestRequest::post().uri(&uri).set_json(message("m-1"))).await.problem(404);
    app.send(post(SIGNED_DEVICE_TOKEN, &message("m-1"))).await.problem(401);
    assert!(!app.asked().iter().any(|asked| asked.contains("Deliver")));
}

#[actix_web::test]
async fn a_batch_with_one_bad_message_stores_nothing() {
    let app = TestApp::new();
    let bad = json!({"id": "m-2", "sender": "15881688", "text": 7, "received_at": "2026-04-22T09:30:00Z"});
    let got = app.send(post(DEVICE_TOKEN, &json!({"messages": [message("m-1"), bad]}))).await;
    got.problem(422);
    let garbage = TestRequest::post().uri(&format!("/ingest/{DEVICE_TOKEN}/recon"));
    let garbage = garbage.insert_header(("Content-Type", "application/json")).set_payload("{");
    app.send(garbage).await.problem(400);
    assert!(!app.asked().iter().any(|asked| asked.contains("Deliver")));
}

#[actix_web::test]
async fn a_body_may_be_as_large_as_its_format_allows() {
    let app = TestApp::new();
    for (format, limit) in [("recon", 1024 * 1024), ("smsforwarder", 64 * 1024)] {
        let sized = |size: usize| {
            let uri = format!("/ingest/{DEVICE_TOKEN}/{format}");
            TestRequest::post()
                .uri(&uri)
                .insert_header(("Content-Type", "application/json"))
                .set_payload("x".repeat(size))
        };
        app.send(sized(limit + 1)).await.problem(413);
        assert_ne!(app.send(sized(limit)).await.status, 413);
    }
}

#[actix_web::test]
async fn a_phone_that_registers_itself_is_held() {
    let app = TestApp::new();
    let enrol = |token: &str, query: &str| {
        TestRequest::post().uri(&format!("/ingest/enrol/{token}/recon{query}")).set_json(message("m-1"))
    };
    let got = app.send(enrol(ENROLMENT_TOKEN, "?device=counter-1")).await;
    assert_eq!(got.json()["results"][0]["status"], "held");
    app.send(enrol("wrong", "?device=counter-1")).await.problem(401);
    for query in ["", "?device=", "?device=%00", "?device=%07", "?name=x&device=y"] {
        app.send(enrol(ENROLMENT_TOKEN, query)).await.problem(422);
    }
    let closed = TestApp::new().without_enrolment();
    closed.send(enrol(ENROLMENT_TOKEN, "?device=counter-1")).await.problem(401);
}

#[actix_web::test]
async fn a_device_and_an_address_may_send_only_so_much() {
    let app = TestApp::with_limits(IngestLimits { rate_per_minute: 1, rate_burst: 2 });
    let from = |token: &str, address: &str| post(token, &message("m-1")).peer_addr(address.parse().unwrap());
    for _ in 0..2 {
        assert_eq!(app.send(from(DEVICE_TOKEN, "192.0.2.1:1")).await.status, 200);
    }
    let by_address = app.send(from(SIGNED_DEVICE_TOKEN, "192.0.2.1:2")).await;
    by_address.problem(429);
    let wait: u64 = by_address.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    app.send(from(DEVICE_TOKEN, "192.0.2.2:1")).await.problem(429);
    app.send(from("nobody", "192.0.2.3:1")).await.problem(401);
}
