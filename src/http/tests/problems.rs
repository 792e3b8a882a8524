//! Every way of failing is a whole problem.

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::json;

use super::support::{Mode, TestApp, authorized};
use crate::domain::refusal::{FieldError, Refusal};
use crate::http::error::Kind;
use crate::http::request::{BodyLimit, read_bytes};
use crate::supervision::AskError;

#[actix_web::test]
async fn what_actors_refuse_is_answered_as_what_it_is() {
    let app = TestApp::new();
    let words = || "in plain words".to_owned();
    for (refusal, status) in [
        (Refusal::NotFound(words()), 404),
        (Refusal::Conflict(words()), 409),
        (Refusal::Forbidden(words()), 403),
        (Refusal::Unauthorized(words()), 401),
        (Refusal::TooMany(words()), 429),
        (Refusal::Unavailable(words()), 503),
    ] {
        app.mode(Mode::Refuses(refusal));
        let got = app.get("/internal/v2/phones").await;
        assert_eq!(got.problem(status)["detail"], "in plain words");
        assert_eq!(got.header("retry-after").is_some(), matches!(status, 429 | 503));
    }
    app.mode(Mode::Refuses(Refusal::Invalid(vec![FieldError::new("a", "is wrong"), FieldError::new("b", "too")])));
    assert_eq!(app.get("/internal/v2/phones").await.fields(), ["a", "b"]);
}

#[actix_web::test]
async fn our_own_faults_show_nothing_of_their_inside() {
    let app = TestApp::new();
    app.mode(Mode::Refuses(Refusal::Internal("SELECT secret FROM table".to_owned())));
    let got = app.get("/internal/v2/phones").await;
    got.problem(500);
    assert!(!got.body.contains("SELECT"), "{}", got.body);

    app.mode(Mode::Panics);
    let got = app.get("/internal/v2/phones").await;
    got.problem(500);
    assert!(!got.body.contains("panics") && got.header("x-request-id").is_some(), "{got:?}");
}

#[actix_web::test]
async fn an_actor_that_cannot_answer_is_503_and_worth_another_try() {
    let app = TestApp::new();
    for error in [AskError::Full, AskError::Down, AskError::Lost, AskError::Late] {
        app.mode(Mode::Fails(error));
        let got = app.post("/internal/v2/phones", json!({"phone": "1588-1688"})).await;
        got.problem(503);
        assert_eq!(got.header("retry-after"), Some("1"));
    }
}

#[actix_web::test]
async fn paths_that_lead_nowhere_are_404() {
    let app = TestApp::new();
    for uri in [
        "/",
        "/internal/v2/nothing",
        "/internal/v2/sms/abc",
        "/internal/v2/sms/1.5",
        "/internal/v2/sms/+1",
        "/internal/v2/sms/99999999999999999999",
        "/internal/v2/sms/",
        "/docs/nothing.js",
    ] {
        app.get(uri).await.problem(404);
    }
    assert!(app.asked().is_empty());
    app.get("/internal/v2/orders/a%00b").await.problem(404);
    assert!(app.asked().is_empty());
}

#[actix_web::test]
async fn a_method_that_a_path_does_not_take_is_405_and_says_which_it_takes() {
    let app = TestApp::new();
    for (method, uri, allow) in [
        (Method::DELETE, "/internal/v2/phones", "GET, HEAD, POST"),
        (Method::GET, "/internal/v2/phones/1", "DELETE"),
        (Method::POST, "/healthz", "GET, HEAD"),
        (Method::GET, "/ingest/token/recon", "POST"),
        (Method::HEAD, "/internal/v2/events", "GET"),
        (Method::OPTIONS, "/internal/v2/orders", "GET, HEAD, PUT"),
    ] {
        let got = app.send(authorized(TestRequest::default().method(method).uri(uri))).await;
        got.problem(405);
        assert_eq!(got.header("allow"), Some(allow), "{uri}");
    }
}

#[actix_web::test]
async fn bodies_that_are_no_json_are_told_from_json_that_is_not_taken() {
    let app = TestApp::new();
    let post = |body: &'static [u8], kind: &'static str| {
        let request = TestRequest::post().uri("/internal/v2/phones").insert_header(("Content-Type", kind));
        app.send(authorized(request.set_payload(body)))
    };
    let json = "application/json";
    for body in [b"".as_slice(), b"{", b"{\"phone\": \"\xff\"}", b"{\"phone\": \"1\"} {}", b"{\"phone\": \"\\ud800\"}"]
    {
        post(body, json).await.problem(400);
    }
    assert_eq!(post(b"[]", json).await.fields(), [""]);
    assert_eq!(post(b"{}", json).await.fields(), ["phone"]);
    assert_eq!(post(b"{\"phone\": 1}", json).await.fields(), ["phone"]);
    assert_eq!(post(b"{\"phone\": \"1\", \"fone\": \"1\"}", json).await.fields(), ["fone"]);
    assert_eq!(post(b"{\"phone\": \"1\", \"phone\": \"2\"}", json).await.fields(), ["phone"]);
    assert_eq!(post(b"{\"phone\": \"a\\u0000b\"}", json).await.fields(), ["phone"]);
    assert_eq!(post(b"{\"phone\": \"\"}", json).await.fields(), ["phone"]);
    post(b"{\"phone\": \"1\"}", "text/plain").await.problem(415);
    post(b"{\"phone\": \"1\"}", "application/json; charset=euc-kr").await.problem(415);
    assert!(app.asked().is_empty());
    assert_eq!(post(b"{\"phone\": \"1\"}", "application/json; charset=UTF-8").await.status, 201);
}

#[actix_web::test]
async fn a_wrong_field_deep_in_a_body_is_named_by_its_path() {
    let app = TestApp::new();
    let order = json!({"order_id": "R-1", "user_id": "u1", "amount": 50000, "currency": "KRW", "depositor": "홍길동",
        "status": "open", "created_at": "2026-04-22T09:30:00Z", "version": 1});
    let put = TestRequest::put().uri("/internal/v2/orders").set_json(json!({"orders": [order]}));
    assert_eq!(app.send(authorized(put)).await.fields(), ["orders[0].amount"]);
}

#[actix_web::test]
async fn a_body_over_the_limit_is_413() {
    let app = TestApp::new();
    let large = json!({"phone": "1", "label": "x".repeat(1024 * 1024)});
    app.post("/internal/v2/phones", large).await.problem(413);
    let request = TestRequest::post().uri("/internal/v2/phones").insert_header(("Content-Encoding", "gzip"));
    app.send(authorized(request.set_json(json!({"phone": "1"})))).await.problem(415);
    assert!(app.asked().is_empty());
}

#[actix_web::test]
async fn a_body_that_does_not_come_is_given_up_after_ten_seconds() {
    tokio::time::pause();
    let started = tokio::time::Instant::now();
    let never: Payload = Payload::Stream { payload: Box::pin(futures_util::stream::pending()) };
    let request = TestRequest::post().to_http_request();
    let problem = read_bytes(&request, never, BodyLimit(1)).await.unwrap_err();
    assert_eq!((problem.kind(), started.elapsed().as_secs()), (Kind::RequestTimeout, 10));
}

#[actix_web::test]
async fn head_is_answered_where_get_is() {
    let app = TestApp::new();
    for uri in ["/livez", "/internal/v2/phones", "/openapi.json"] {
        assert_eq!(app.send(authorized(TestRequest::default().method(Method::HEAD).uri(uri))).await.status, 200);
    }
}

#[actix_web::test]
async fn every_answer_carries_its_id_and_may_not_be_kept_or_guessed_at() {
    let app = TestApp::new();
    for got in [app.get("/internal/v2/phones").await, app.get("/nothing").await, app.get("/livez").await] {
        assert_eq!(got.header("cache-control"), Some("no-store"));
        assert_eq!(got.header("x-content-type-options"), Some("nosniff"));
        assert!(got.header("x-request-id").is_some_and(|id| id.len() == 32));
        assert!(got.header("access-control-allow-origin").is_none());
    }
    let request = TestRequest::get().uri("/livez").insert_header(("X-Request-Id", "job-7"));
    assert_eq!(app.send(request).await.header("x-request-id"), Some("job-7"));
    let request = TestRequest::get().uri("/livez").insert_header(("X-Request-Id", "job 7 <script>"));
    assert_eq!(app.send(request).await.header("x-request-id").map(str::len), Some(32));
}

#[actix_web::test]
async fn an_array_is_no_object_even_where_its_items_would_fit_by_position() {
    let app = TestApp::new();
    let order = json!(["R-1", "u1", "50000", "KRW", "name", null, null, "open", "2026-04-22T00:00:00Z", null, 1]);
    for (path, body, field) in [
        ("phones", json!(["1588-1688", null, null]), ""),
        ("actors/order_matcher/restart", json!([null, null]), ""),
        ("sms/reset", json!({"filter": ["unparsed"]}), "filter"),
        ("templates/test", json!({"template": [], "texts": ["a"]}), "template"),
    ] {
        let got = app.post(&format!("/internal/v2/{path}"), body).await;
        got.problem(422);
        assert_eq!(got.fields(), [field], "{path}: {}", got.body);
    }
    let put = authorized(TestRequest::put().uri("/internal/v2/orders")).set_json(json!({"orders": [order]}));
    assert_eq!(app.send(put).await.fields(), ["orders[0]"]);
    assert!(app.asked().is_empty(), "{:?}", app.asked());
}

#[actix_web::test]
async fn an_id_has_one_writing() {
    let app = TestApp::new();
    for id in ["01", "-0", "00", "+1", "-", "1.0", "1e0", "9223372036854775808"] {
        let got = app.send(authorized(TestRequest::delete().uri(&format!("/internal/v2/phones/{id}")))).await;
        got.problem(404);
    }
    assert!(app.asked().is_empty(), "{:?}", app.asked());
}

#[actix_web::test]
async fn a_query_that_is_not_percent_encoded_is_not_guessed_at() {
    let app = TestApp::new();
    for query in ["q=%zz", "q=%", "q=50%2", "q=%%"] {
        let got = app.get(&format!("/internal/v2/sms?{query}")).await;
        got.problem(422);
        assert_eq!(got.fields(), ["q"], "{query}");
    }
}
