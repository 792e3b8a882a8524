//! Every malformed body, id, cursor, header, encoding, oversize or unknown field gets the right 4xx as problem+json, and
//! never a 5xx (RFC 9457; surface 3).

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::texts::{deposit, deposit_template, order};
use crate::support::{Answer, Phone, TestApp, story};

/// Every route that takes a JSON body, with one that it takes.
pub fn writes(phone: &Phone) -> Vec<(Method, String, Value)> {
    vec![
        (Method::POST, "/internal/v2/phones".into(), json!({"phone": "15990001"})),
        (Method::POST, "/internal/v2/templates".into(), deposit_template()),
        (Method::PUT, "/internal/v2/templates/1".into(), deposit_template()),
        (Method::POST, "/internal/v2/templates/test".into(), json!({"template": deposit_template(), "texts": ["x"]})),
        (
            Method::POST,
            "/internal/v2/templates/suggest".into(),
            json!({"examples": [{"text": "입금 5,000 홍길동", "fields": {"amount": "5,000"}}]}),
        ),
        (Method::POST, "/internal/v2/templates/1/backtest".into(), json!({"limit": 10})),
        (Method::POST, "/internal/v2/sms/reset".into(), json!({"ids": [1]})),
        (Method::POST, "/internal/v2/sms/1/check".into(), json!({"decision": "confirm", "version": 1})),
        (Method::POST, "/internal/v2/shooter/devices".into(), json!({"name": "another"})),
        (Method::POST, "/internal/v2/shooter/devices/1/trust".into(), json!({"trusted": true})),
        (
            Method::POST,
            "/internal/v2/pushbullet/devices".into(),
            json!({"name": "another", "access_token": "o.token", "enabled": false}),
        ),
        (Method::PUT, "/internal/v2/orders".into(), json!({"orders": [order("R-1", "홍길동", 50_000)]})),
        (Method::POST, "/internal/v2/actors/retention/restart".into(), json!({"reason": "x"})),
        (Method::POST, phone.path("recon"), Phone::message("m1", "x")),
    ]
}

async fn send(app: &TestApp, method: &Method, path: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
    let request = app.api.request(method.clone(), path).header("content-type", content_type);
    request.body(body.into()).send().await
}

#[test]
fn what_is_no_json_is_a_bad_request_on_every_route() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for (method, path, _) in writes(&phone) {
            for body in ["{", "{\"a\":1,}", "{'a':1}", "{} {}", "nul", "\u{feff}{}", "{\"a\": \"\\ud800\"}", &deep] {
                let answer = send(app, &method, &path, "application/json", body).await;
                let shown: String = body.chars().take(20).collect();
                assert!(matches!(answer.status, 400 | 422), "{method} {path} {shown}: {}", answer.text);
                answer.expect_problem(answer.status);
            }
            for bytes in [b"{\"a\": \"\xff\"}".to_vec(), vec![0xc3, 0x28], vec![0; 10]] {
                let answer = send(app, &method, &path, "application/json", bytes).await;
                // A phone's body is refused by its first fault, be it an unknown field before the bytes that are no text.
                assert!(answer.status == 400 || path.starts_with("/ingest"), "{method} {path}: {}", answer.text);
                answer.expect_problem(answer.status);
            }
        }
    });
}

#[test]
fn a_body_of_another_shape_is_told_what_it_lacks() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        for (method, path, body) in writes(&phone) {
            for shape in ["[]", "\"text\"", "7", "null", "true"] {
                let answer = send(app, &method, &path, "application/json", shape).await;
                assert_eq!(answer.status, 422, "{method} {path} {shape}: {}", answer.text);
                answer.expect_problem(422);
            }
            let mut unknown = body.clone();
            unknown["surprise"] = json!(1);
            let answer = app.api.request(method.clone(), &path).json(&unknown).send().await;
            let problem = answer.expect_problem(422);
            assert!(problem["errors"].to_string().contains("surprise"), "{method} {path}: {problem}");
            // Each field with a value of another kind, and each without itself.
            for field in body.as_object().unwrap().keys() {
                for value in [json!({"x": 1}), json!([[]]), json!(-1.5)] {
                    let mut wrong = body.clone();
                    wrong[field] = value.clone();
                    let answer = app.api.request(method.clone(), &path).json(&wrong).send().await;
                    assert_eq!(answer.status, 422, "{method} {path} {field}={value}: {}", answer.text);
                    let named = answer.expect_problem(422)["errors"][0]["field"].as_str().unwrap().to_owned();
                    assert!(named.starts_with(field.as_str()), "{method} {path} {field}={value}: {named}");
                }
            }
            let twice = body.to_string().replacen('{', &format!("{{{},", body.to_string().trim_matches(['{', '}'])), 1);
            let answer = send(app, &method, &path, "application/json", twice).await;
            assert!(matches!(answer.status, 400 | 422), "{method} {path}, every field twice: {}", answer.text);
        }
    });
}

#[test]
fn other_types_encodings_and_sizes_are_not_read() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        for (method, path, body) in writes(&phone) {
            for content_type in
                ["text/plain", "application/x-www-form-urlencoded", "application/xml", "multipart/form-data"]
            {
                if content_type == "text/plain" && path.starts_with("/ingest") {
                    continue; // what phones' apps say where nobody told them better
                }
                let answer = send(app, &method, &path, content_type, body.to_string()).await;
                assert_eq!(answer.status, 415, "{method} {path} {content_type}: {}", answer.text);
                answer.expect_problem(415);
            }
            for encoding in ["gzip", "br", "x"] {
                let request = app.api.request(method.clone(), &path).header("content-encoding", encoding);
                let answer = request.header("content-type", "application/json").body(body.to_string()).send().await;
                assert_eq!(answer.status, 415, "{method} {path} {encoding}: {}", answer.text);
            }
            let large = format!("{{\"a\": \"{}\"}}", "x".repeat(5 * 1024 * 1024));
            let answer = app.api.request(method.clone(), &path).header("content-type", "application/json");
            // A refusal before the end of the body may also cut the connection.
            if let Ok(answer) = answer.body(large).try_send().await {
                answer.expect_problem(413);
            }
        }
        assert_eq!(app.list("").await.len(), 0);
    });
}

#[test]
fn a_nul_is_refused_or_kept_aside() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let mut with_nul = order("R-1", "홍\u{0}동", 50_000);
        let answer = app.put("/internal/v2/orders", &json!({"orders": [with_nul]})).await;
        answer.expect_invalid("orders[0].depositor");
        with_nul = order("R\u{0}1", "홍길동", 50_000);
        app.put("/internal/v2/orders", &json!({"orders": [with_nul]})).await.expect_problem(422);
        app.post("/internal/v2/phones", &json!({"phone": "1588\u{0}"})).await.expect_invalid("phone");
        app.get("/internal/v2/sms?q=a%00b").await.expect_problem(422);
        app.get("/internal/v2/orders/a%00b").await.expect_problem(404);
        for field in ["id", "sender", "line"] {
            let mut message = Phone::message("m1", "x");
            message[field] = json!("a\u{0}b");
            phone.posts(&message).await.expect_invalid(field);
        }
        // The sender of an SMS has no say in what it reads: it is kept for people and blocks nobody (reliability row 23).
        let poison = phone.sends(&format!("{}\u{0}", deposit("홍길동", 50_000))).await;
        let long = phone.sends(&"입금 ".repeat(10_000)).await;
        let good = phone.sends(&deposit("홍길동", 50_000)).await;
        app.settle().await;
        for id in [poison, long] {
            assert_eq!(app.sms(id).await.decided(), ("quarantined", "need_check", None));
        }
        assert_eq!(app.sms(good).await.state, "unmatched");
    });
}

#[test]
fn ids_and_paths_that_name_nothing_are_not_found() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let nothing = ["0", "-1", "999999", "x", "1.0", "0x1", "9223372036854775808", "%20", "1%00", "%FF", "+1", "١"];
        for id in nothing {
            app.get(&format!("/internal/v2/sms/{id}")).await.expect_problem(404);
            let check = json!({"decision": "confirm", "version": 1});
            app.post(&format!("/internal/v2/sms/{id}/check"), &check).await.expect_problem(404);
            let trust = json!({"trusted": true});
            app.post(&format!("/internal/v2/shooter/devices/{id}/trust"), &trust).await.expect_problem(404);
            app.put(&format!("/internal/v2/templates/{id}"), &deposit_template()).await.expect_problem(404);
            for list in ["phones", "templates", "shooter/devices", "pushbullet/devices"] {
                app.delete(&format!("/internal/v2/{list}/{id}")).await.expect_problem(404);
            }
        }
        for path in [
            "/",
            "/internal",
            "/internal/",
            "/internal/v2",
            "/internal/v1/sms",
            "/internal/v2/sms/1/2",
            "/ingest",
            "/x",
        ] {
            app.get(path).await.expect_problem(404);
        }
        let message = Phone::message("m1", "x");
        app.api.anonymous(Method::POST, &phone.path("carrier-pigeon")).json(&message).send().await.expect_problem(404);
    });
}

#[test]
fn other_methods_are_refused_with_those_that_are_taken() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        for (path, wrong) in [
            ("/internal/v2/phones".to_owned(), Method::PUT),
            ("/internal/v2/phones/1".to_owned(), Method::GET),
            ("/internal/v2/sms".to_owned(), Method::POST),
            ("/internal/v2/sms/1".to_owned(), Method::DELETE),
            ("/internal/v2/sms/reset".to_owned(), Method::PUT),
            ("/internal/v2/orders".to_owned(), Method::DELETE),
            ("/internal/v2/top-info".to_owned(), Method::PATCH),
            ("/internal/v2/events".to_owned(), Method::POST),
            ("/livez".to_owned(), Method::POST),
            (phone.path("recon"), Method::GET),
        ] {
            let answer = app.api.request(wrong.clone(), &path).send().await;
            assert_eq!(answer.status, 405, "{wrong} {path}: {}", answer.text);
            answer.expect_problem(405);
        }
    });
}

#[test]
fn queries_that_are_misspelt_never_show_everything() {
    story(async |app| {
        for (path, field) in [
            ("sms?stat=matched", "stat"),
            ("sms?state=mached", "state"),
            ("sms?review=maybe", "review"),
            ("sms?from=yesterday", "from"),
            ("sms?from=2026-04-22", "from"),
            ("sms?template_id=x", "template_id"),
            ("sms?state=matched&state=parsed", "state"),
            ("orders?status=paid", "status"),
            ("orders?matched=perhaps", "matched"),
            ("orders?ids=R-1,,R-2", "ids"),
            ("audit?to=99999999999", "to"),
            ("top-info?x=1", "x"),
            ("actors?x=1", "x"),
            ("sms/1?x=1", "x"),
            ("events?last_event_id=x", "last_event_id"),
        ] {
            app.get(&format!("/internal/v2/{path}")).await.expect_invalid(field);
        }
        app.get("/internal/v2/sms?q=%FF").await.expect_problem(422);
        app.get(&format!("/internal/v2/sms?q={}", "x".repeat(5_000))).await.expect_invalid("q");
        let request = app.api.request(Method::GET, "/internal/v2/events").header("last-event-id", "seven");
        request.send().await.expect_invalid("Last-Event-ID");
        app.post("/internal/v2/phones?x=1", &json!({"phone": "15990001"})).await.expect_invalid("x");
    });
}

#[test]
fn fields_that_cannot_be_taken_are_named_one_by_one() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        for (field, value) in [
            ("amount", json!("0")),
            ("amount", json!("-5")),
            ("amount", json!("1e3")),
            ("amount", json!("50,000")),
            ("amount", json!("50000.5")),
            ("amount", json!("99999999999999999999")),
            ("amount", json!(50_000)),
            ("currency", json!("WO")),
            ("currency", json!("XTS")),
            ("currency", json!("XXQ")),
            ("status", json!("paid")),
            ("created_at", json!("yesterday")),
            ("created_at", json!("2026-04-22T09:00:00")),
            ("expires_at", json!("2020-01-01T00:00:00Z")),
            ("version", json!(0)),
            ("order_id", json!("")),
            ("order_id", json!("x".repeat(129))),
            ("user_id", json!("")),
            ("depositor", json!("x".repeat(201))),
        ] {
            let mut wrong = order("R-1", "홍길동", 50_000);
            wrong[field] = value.clone();
            let answer = app.put("/internal/v2/orders", &json!({"orders": [order("R-0", "홍길동", 1), wrong]})).await;
            assert_eq!(answer.status, 422, "{field}={value}: {}", answer.text);
            answer.expect_invalid(&format!("orders[1].{field}"));
        }
        app.get("/internal/v2/orders/R-0").await.expect_problem(404);
        app.put("/internal/v2/orders", &json!({"orders": []})).await.expect_invalid("orders");
        let many: Vec<Value> = (0..1_001).map(|number| order(&format!("R-{number}"), "홍길동", 1)).collect();
        app.put("/internal/v2/orders", &json!({"orders": many})).await.expect_invalid("orders");

        // A batch with one bad message is refused as a whole.
        for (field, value) in [
            ("id", json!("")),
            ("id", json!("x".repeat(129))),
            ("sender", json!(" ")),
            ("text", json!("")),
            ("received_at", json!("now")),
            ("received_at", json!("2026-04-24T00:30:00Z")),
            ("line", json!("")),
        ] {
            let mut wrong = Phone::message("m2", "x");
            wrong[field] = value.clone();
            let answer = phone.posts(&json!({"messages": [Phone::message("m1", "x"), wrong]})).await;
            assert_eq!(answer.status, 422, "{field}={value}: {}", answer.text);
            answer.expect_invalid(&format!("messages[1].{field}"));
        }
        phone.posts(&json!({"messages": []})).await.expect_invalid("messages");
        phone.posts(&json!({"messages": [Phone::message("a", "x")], "id": "b"})).await.expect_invalid("messages");
        assert_eq!(app.list("").await.len(), 0, "nothing of a refused batch is stored");
    });
}
