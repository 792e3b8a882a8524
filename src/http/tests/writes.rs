//! Who asks for a write, its repetition, and ids in the path.

use actix_web::test::TestRequest;
use serde_json::json;

use super::support::{TestApp, authorized};

fn add(headers: &[(&'static str, &str)]) -> TestRequest {
    let request = TestRequest::post().uri("/internal/v2/phones").set_json(json!({"phone": "1588-1688"}));
    authorized(headers.iter().fold(request, |request, (name, value)| request.append_header((*name, *value))))
}

#[actix_web::test]
async fn the_operator_s_name_reaches_the_actor_in_any_writing() {
    let app = TestApp::new();
    for (written, name) in
        [("kim", "kim"), ("%ED%99%8D%EA%B8%B8%EB%8F%99", "홍길동"), ("100%", "100%"), (" kim ", "kim")]
    {
        assert_eq!(app.send(add(&[("X-Operator", written)])).await.status, 201);
        let asked = app.asked().remove(0);
        assert!(asked.contains(&format!("operator: Some({name:?})")), "{asked}");
    }
    let raw = authorized(TestRequest::post().uri("/internal/v2/phones").set_json(json!({"phone": "1"})));
    let utf8 = actix_web::http::header::HeaderValue::from_bytes("홍길동".as_bytes()).unwrap();
    assert_eq!(app.send(raw.insert_header(("X-Operator", utf8))).await.status, 201);
    assert!(app.asked().remove(0).contains("operator: Some(\"홍길동\")"));
    assert_eq!(app.send(add(&[])).await.status, 201);
    assert!(app.asked().remove(0).contains("operator: None"));
}

#[actix_web::test]
async fn a_name_or_a_key_that_could_deceive_is_422() {
    let app = TestApp::new();
    let long = "a".repeat(101);
    for name in ["", " ", "%00", "a%0Ab", "%E2%80%AEgnik", "%ff", &long] {
        assert_eq!(app.send(add(&[("X-Operator", name)])).await.fields(), ["X-Operator"], "{name:?}");
    }
    let long = "k".repeat(256);
    for key in ["", "a b", "a\tb", &long] {
        assert_eq!(app.send(add(&[("Idempotency-Key", key)])).await.fields(), ["Idempotency-Key"], "{key:?}");
    }
    assert_eq!(
        app.send(add(&[("Idempotency-Key", "a"), ("Idempotency-Key", "b")])).await.fields(),
        ["Idempotency-Key"]
    );
    assert!(app.asked().is_empty());
    assert_eq!(app.send(add(&[("Idempotency-Key", &"k".repeat(255))])).await.status, 201);
}

#[actix_web::test]
async fn one_key_does_not_answer_for_two_routes_and_a_replay_says_that_it_is_one() {
    let app = TestApp::new();
    let first = app.send(add(&[("Idempotency-Key", "k-1")])).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (201, None));
    assert!(app.asked().remove(0).contains("key: \"POST /internal/v2/phones k-1\""));
    let replayed = app.send(add(&[("Idempotency-Key", "again")])).await;
    assert_eq!((replayed.status, replayed.header("idempotency-replayed")), (201, Some("true")));
    assert_eq!(first.body, replayed.body);
    app.asked();

    let delete = TestRequest::delete().uri("/internal/v2/phones/3").insert_header(("Idempotency-Key", "k-1"));
    let got = app.send(authorized(delete)).await;
    assert_eq!((got.status, got.body.as_str()), (204, ""));
    let asked = app.asked().remove(0);
    assert!(asked.contains("key: \"DELETE /internal/v2/phones/3 k-1\"") && asked.contains("id: 3"), "{asked}");
}

#[actix_web::test]
async fn an_actor_s_id_may_hold_its_slash_plainly_or_encoded() {
    let app = TestApp::new();
    for id in ["pushbullet-listener/3", "pushbullet-listener%2F3", "pushbullet-listener%2f3"] {
        for verb in ["restart", "stop", "start"] {
            let got = app.send(authorized(TestRequest::post().uri(&format!("/internal/v2/actors/{id}/{verb}")))).await;
            assert_eq!(got.status, 202, "{got:?}");
            assert_eq!(got.json()["id"], "pushbullet-listener/3");
        }
    }
    let got = app.post("/internal/v2/actors/order-matcher/restart", json!({"reason": "it looks stuck"})).await;
    assert_eq!(got.status, 202);
    assert!(app.asked().pop().unwrap().contains("reason: Some(\"it looks stuck\")"));
    app.post("/internal/v2/actors/nobody/restart", json!({})).await.problem(404);
    assert_eq!(app.post("/internal/v2/actors/order-matcher/stop", json!({"why": "x"})).await.fields(), ["why"]);
    app.post("/internal/v2/actors/restart", json!({})).await.problem(404);
}

#[actix_web::test]
async fn counts_that_the_contract_limits_are_held_before_anybody_is_asked() {
    let app = TestApp::new();
    let both = json!({"ids": [1], "filter": {}});
    assert_eq!(app.post("/internal/v2/sms/reset", both).await.fields(), [""]);
    assert_eq!(app.post("/internal/v2/sms/reset", json!({})).await.fields(), [""]);
    let many = json!({"ids": (0..1001).collect::<Vec<_>>()});
    assert_eq!(app.post("/internal/v2/sms/reset", many).await.fields(), ["ids"]);
    let filter = json!({"filter": {"stat": "unparsed"}});
    assert_eq!(app.post("/internal/v2/sms/reset", filter).await.fields(), ["filter.stat"]);
    let put = TestRequest::put().uri("/internal/v2/orders").set_json(json!({"orders": []}));
    assert_eq!(app.send(authorized(put)).await.fields(), ["orders"]);
    assert!(app.asked().is_empty());
    app.post("/internal/v2/sms/1/check", json!({"decision": "confirm", "version": 1})).await.problem(409);
}
