//! Who asks: tokens, operators, and keys that make a write repeatable (INV-S3).

use reqwest::Method;
use serde_json::{Value, json};

use crate::bad_input::writes;
use crate::support::story;

/// A repetition that was on its way must not go through because something moved meanwhile.
#[test]
fn a_conflict_is_an_answer_too() {
    story(async |app| {
        let add = async |key: &str| {
            let request = app.api.request(Method::POST, "/internal/v2/phones").header("idempotency-key", key);
            request.json(&json!({"phone": "15990001"})).send().await
        };
        let there = app.add_phone("1599-0001").await;
        let first = add("k1").await;
        assert_eq!(first.header("idempotency-replayed"), None);
        let first = first.expect_problem(409).clone();
        app.delete(&format!("/internal/v2/phones/{}", there["id"])).await.expect(204);
        let again = add("k1").await;
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(*again.expect_problem(409), first);
        assert_eq!(
            app.get("/internal/v2/phones").await.expect(200)["items"].as_array().unwrap().len(),
            1,
            "the bank's"
        );
        add("k2").await.expect(201);
    });
}

#[test]
fn a_key_makes_a_write_repeatable() {
    story(async |app| {
        let add = async |key: &str, body: &Value| {
            let request = app.api.request(Method::POST, "/internal/v2/shooter/devices").header("idempotency-key", key);
            request.json(body).send().await
        };
        let body = json!({"name": "counter-1"});
        let first = add("k1", &body).await;
        assert_eq!(first.header("idempotency-replayed"), None);
        let first = first.expect(201);
        let again = add("k1", &body).await;
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.expect(201), first, "the same answer, token and all");
        add("k1", &json!({"name": "counter-2"})).await.expect_invalid("Idempotency-Key");
        assert_eq!(app.get("/internal/v2/shooter/devices").await.expect(200)["items"].as_array().unwrap().len(), 1);
        // A key of one route says nothing on another; a refusal other than 409 is not kept.
        let request = app.api.request(Method::POST, "/internal/v2/phones").header("idempotency-key", "k1");
        request.json(&json!({"phone": "15990001"})).send().await.expect(201);
        for wrong in ["", " ", "a b", "ü", &"x".repeat(256)] {
            let answer = add(wrong, &json!({"name": "x"})).await;
            answer.expect_invalid("Idempotency-Key");
        }
        let twice = app.api.request(Method::POST, "/internal/v2/phones").header("idempotency-key", "a");
        twice
            .header("idempotency-key", "b")
            .json(&json!({"phone": "1"}))
            .send()
            .await
            .expect_invalid("Idempotency-Key");
    });
}

#[test]
fn operators_are_named_and_names_that_hide_are_refused() {
    story(async |app| {
        let add = async |operator: &[u8], phone: &str| {
            let request = app.api.request(Method::POST, "/internal/v2/phones").header("x-operator", operator);
            request.json(&json!({"phone": phone})).send().await
        };
        add("김철수".as_bytes(), "15990001").await.expect(201);
        add(b"%EA%B9%80", "15990002").await.expect(201);
        let entries = app.get("/internal/v2/audit?limit=2").await.expect(200)["items"].clone();
        assert_eq!((&entries[0]["operator"], &entries[1]["operator"]), (&json!("김"), &json!("김철수")));
        for wrong in [&b" "[..], b"%00", b"%0A", b"%E2%80%AE", b"\xff", &[b'x'; 101]] {
            add(wrong, "15990003").await.expect_invalid("X-Operator");
        }
    });
}

#[test]
fn strangers_stay_outside() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        for (method, path, body) in writes(&phone).into_iter().filter(|(_, path, _)| path.starts_with("/internal")) {
            let knock = || app.api.anonymous(method.clone(), &path);
            knock().json(&body).send().await.expect_problem(401);
            knock().header("authorization", "Bearer wrong").json(&body).send().await.expect_problem(403);
            knock().header("authorization", format!("Bearer {}x", app.api.token())).send().await.expect_problem(403);
            let basic = format!("Basic {}", app.api.token());
            knock().header("authorization", basic).json(&body).send().await.expect_problem(401);
            knock().header("authorization", "Bearer ").json(&body).send().await.expect_problem(401);
        }
        for path in [
            "sms",
            "orders",
            "phones",
            "templates",
            "shooter/devices",
            "pushbullet/devices",
            "audit",
            "actors",
            "top-info",
            "events",
            "nothing",
        ] {
            app.api.anonymous(Method::GET, &format!("/internal/v2/{path}")).send().await.expect_problem(401);
        }
        // A phone's token opens nothing but its own door.
        let token = phone.path("recon").split('/').nth(2).unwrap().to_owned();
        let request = app.api.anonymous(Method::GET, "/internal/v2/sms");
        request.header("authorization", format!("Bearer {token}")).send().await.expect_problem(403);
    });
}
