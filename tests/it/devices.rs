//! Shooter devices: tokens, trust, enrolment and signatures.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::app::story_with;
use crate::support::texts::{START, deposit, order, start};
use crate::support::{Answer, BANK, Phone, TestApp, story};

const PATH: &str = "/internal/v2/shooter/devices";

fn mac(key: &[u8], text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    BASE64.encode(mac.finalize().into_bytes())
}

async fn add(app: &TestApp, device: Value) -> (Value, Phone) {
    let added = app.post(PATH, &device).await.expect(201);
    let phone = Phone::of(&app.api, &added);
    (added, phone)
}

async fn trust(app: &TestApp, id: i64, trusted: bool) -> Value {
    app.post(&format!("{PATH}/{id}/trust"), &json!({"trusted": trusted})).await.expect(200)
}

#[test]
fn a_device_s_token_and_addresses_are_shown_once() {
    story(async |app| {
        let (added, phone) = add(app, json!({"name": "counter-1", "line": "line-1"})).await;
        let token = added["device_token"].as_str().unwrap();
        assert!(token.len() >= 32, "{added}");
        let urls = added["ingest_urls"].as_object().unwrap();
        assert_eq!(urls["recon"], format!("{}{}", app.api.base(), phone.path("recon")));
        assert!(urls.contains_key("smsforwarder"));
        assert_eq!(
            (&added["trusted"], &added["enrolled"], &added["signed"]),
            (&json!(true), &json!(false), &json!(false))
        );
        let list = app.get(PATH).await;
        assert!(!list.text.contains(token) && !list.text.contains("device_token"), "{}", list.text);
        assert!(!app.get("/internal/v2/audit").await.text.contains(token));
        // The address that it was told works.
        let url = urls["recon"].as_str().unwrap().replace(app.api.base(), "");
        let message = Phone::message("m1", "x");
        app.api.anonymous(Method::POST, &url).json(&message).send().await.expect(200);
    });
}

#[test]
fn an_unknown_or_revoked_token_is_refused() {
    story(async |app| {
        let (added, phone) = add(app, json!({"name": "counter-1"})).await;
        let message = Phone::message("m1", &deposit("홍길동", 50_000));
        let id = phone.sends_as(&message, "stored").await;
        assert_eq!(app.delete(&format!("{PATH}/{}", added["id"])).await.status, 204);
        phone.posts(&Phone::message("m2", "x")).await.expect_problem(401);
        app.api.anonymous(Method::POST, "/ingest/nobody/recon").json(&message).send().await.expect_problem(401);
        app.delete(&format!("{PATH}/{}", added["id"])).await.expect_problem(404);
        app.settle().await;
        assert_eq!(app.sms(id).await.state, "unmatched", "its messages stay and go on");
    });
}

#[test]
fn what_an_untrusted_device_sends_is_held_until_it_is_trusted() {
    story(async |app| {
        let (added, phone) = add(app, json!({"name": "counter-1", "line": "line-1"})).await;
        let device = added["id"].as_i64().unwrap();
        app.put_orders(&[order("R-1", "홍길동", 50_000)]).await;
        assert_eq!(trust(app, device, false).await["trusted"], false);
        let message = Phone::message("m1", &deposit("홍길동", 50_000));
        let id = phone.sends_as(&message, "held").await;
        app.settle().await;
        assert_eq!(app.sms(id).await.decided(), ("held", "none", None));
        assert_eq!(phone.sends_as(&message, "duplicate").await, id);
        app.until("it is counted", async || app.top_info().await["shooter_device_untrusted_cnt"] == 1).await;

        trust(app, device, true).await;
        app.settle().await;
        assert_eq!(app.sms(id).await.decided(), ("matched", "none", Some("R-1")));
        // Trust that is taken back takes what is not final with it, pairs too.
        trust(app, device, false).await;
        app.settle().await;
        assert_eq!(app.sms(id).await.decided(), ("held", "none", None));
        assert_eq!(app.order("R-1").await["match"], json!(null));
        app.post(&format!("{PATH}/999/trust"), &json!({"trusted": true})).await.expect_problem(404);
    });
}

#[test]
fn what_a_trusted_phone_heard_too_is_not_held() {
    story(async |app| {
        let (untrusted, doubtful) = add(app, json!({"name": "doubtful", "line": "line-1"})).await;
        trust(app, untrusted["id"].as_i64().unwrap(), false).await;
        let trusted = app.phone_on("trusted", "line-1").await;
        let id = doubtful.sends_as(&Phone::message("a", &deposit("홍길동", 50_000)), "held").await;
        assert_eq!(trusted.sends(&deposit("홍길동", 50_000)).await, id);
        app.settle().await;
        assert_eq!(app.sms(id).await.state, "unmatched");
    });
}

#[test]
fn a_phone_registers_itself_and_waits_for_trust() {
    story_with(&[("shooter.enrolment_token", "let-phones-in")], async |app| {
        app.opens_the_shop().await;
        let post = async |path: &str, id: &str| -> Answer {
            let body = Phone::message(id, &deposit("홍길동", 50_000));
            app.api.anonymous(Method::POST, path).json(&body).send().await
        };
        let path = "/ingest/enrol/let-phones-in/recon?device=%EC%B9%B4%EC%9A%B4%ED%84%B0";
        let first = post(path, "m1").await.expect(200);
        assert_eq!(first["results"][0]["status"], "held");
        let second = post(path, "m2").await.expect(200);
        assert_eq!(second["results"][0]["status"], "held");
        let devices = app.get(PATH).await.expect(200)["items"].clone();
        assert_eq!(devices.as_array().unwrap().len(), 1, "one phone, however often it posts");
        assert_eq!(devices[0]["name"], "카운터");
        assert_eq!((&devices[0]["trusted"], &devices[0]["enrolled"]), (&json!(false), &json!(true)));
        let trusted = trust(app, devices[0]["id"].as_i64().unwrap(), true).await;
        app.settle().await;
        assert_eq!(app.sms(first["results"][0]["sms_id"].as_i64().unwrap()).await.state, "unmatched");
        // From now on it has a token of its own; its name and the token that all phones share prove nothing.
        let own = format!("/ingest/{}/recon", trusted["device_token"].as_str().unwrap());
        assert_eq!(post(&own, "m3").await.expect(200)["results"][0]["status"], "stored");
        assert_eq!(post(path, "m3").await.expect(200)["results"][0]["status"], "held");
        let untrusted = app.get(PATH).await.expect(200)["items"][0].clone();
        assert_eq!((&untrusted["name"], &untrusted["trusted"]), (&json!("카운터"), &json!(false)));

        post("/ingest/enrol/wrong/recon?device=x", "m4").await.expect_problem(401);
        for wrong in ["", "?device=", "?device=%20", "?device=a%00b", "?device=x&more=1", "?device=%FF"] {
            post(&format!("/ingest/enrol/let-phones-in/recon{wrong}"), "m5").await.expect_problem(422);
        }
    });
}

#[test]
fn phones_that_register_themselves_are_bounded() {
    let values = [("shooter.enrolment_token", "let-phones-in"), ("shooter.enrolled_max", "1")];
    story_with(&values, async |app| {
        let post = async |name: &str| -> Answer {
            let path = format!("/ingest/enrol/let-phones-in/recon?device={name}");
            app.api.anonymous(Method::POST, &path).json(&Phone::message("m1", "입금 50,000원")).send().await
        };
        post("a").await.expect(200);
        post("b").await.expect_problem(429);
        post("a").await.expect(200);
    });
}

#[test]
fn nobody_registers_where_there_is_no_enrolment_token() {
    story(async |app| {
        for token in ["", "%20", "null"] {
            let path = format!("/ingest/enrol/{token}/recon?device=x");
            let answer = app.api.anonymous(Method::POST, &path).json(&Phone::message("m", "x")).send().await;
            assert!(matches!(answer.status, 401 | 404), "{token:?}: {}", answer.text);
        }
    });
}

/// Standard Webhooks.
#[test]
fn a_device_with_a_secret_must_sign() {
    story(async |app| {
        let key = b"a key of thirty-two bytes length";
        let secret = format!("whsec_{}", BASE64.encode(key));
        let (added, phone) = add(app, json!({"name": "script", "secret": secret})).await;
        assert_eq!(added["signed"], true);
        assert!(
            !app.get(PATH).await.text.contains(&secret) && !app.get("/internal/v2/audit").await.text.contains(&secret)
        );
        let seconds = start().0 / 1000;
        let body = Phone::message("m1", &deposit("홍길동", 50_000)).to_string();
        let send = async |timestamp: i64, signature: &str, body: &str| {
            let request = app.api.anonymous(Method::POST, &phone.path("recon")).body(body.to_owned());
            let request = request.header("content-type", "application/json").header("webhook-id", "w1");
            let request = request.header("webhook-timestamp", timestamp.to_string());
            request.header("webhook-signature", signature).send().await
        };
        let signature = |timestamp: i64| format!("v1,{}", mac(key, &format!("w1.{timestamp}.{body}")));
        let good = signature(seconds);
        assert_eq!(send(seconds, &good, &body).await.expect(200)["results"][0]["status"], "stored");
        send(seconds, &format!("v1,{} {good}", BASE64.encode("old")), &body).await.expect(200);
        for (why, timestamp, signature, sent) in [
            ("another body", seconds, good.clone(), body.replace("50,000", "90,000")),
            ("another time than was signed", seconds + 1, good.clone(), body.clone()),
            ("signed an hour ago", seconds - 3_600, signature(seconds - 3_600), body.clone()),
            ("signed in an hour", seconds + 3_600, signature(seconds + 3_600), body.clone()),
            ("another key", seconds, format!("v1,{}", mac(b"other", &format!("w1.{seconds}.{body}"))), body.clone()),
            ("no version", seconds, good[3..].to_owned(), body.clone()),
        ] {
            let answer = send(timestamp, &signature, &sent).await;
            assert_eq!(answer.status, 403, "{why}: {}", answer.text);
            answer.expect_problem(403);
        }
        phone.posts(&Phone::message("m2", "x")).await.expect_problem(401);
        assert_eq!(app.list("").await.len(), 1);
    });
}

#[test]
fn smsforwarder_posts_forms_and_signs_its_own_way() {
    story(async |app| {
        let (_, phone) = add(app, json!({"name": "app", "line": "line-1"})).await;
        app.put_orders(&[order("R-1", "홍길동", 50_000)]).await;
        let millis = start().0;
        let form = |text: &str, timestamp: i64| {
            let pairs =
                [("from", BANK), ("org_content", text), ("timestamp", &timestamp.to_string()), ("receive_time", START)];
            serde_urlencoded::to_string(pairs).unwrap()
        };
        let send = async |phone: &Phone, body: String| {
            let request = app.api.anonymous(Method::POST, &phone.path("smsforwarder")).body(body);
            request.header("content-type", "application/x-www-form-urlencoded").send().await
        };
        let body = form(&deposit("홍길동", 50_000), millis);
        let stored = send(&phone, body.clone()).await.expect(200);
        assert_eq!(stored["results"][0]["status"], "stored", "{stored}");
        assert_eq!(send(&phone, body).await.expect(200)["results"][0]["status"], "duplicate");
        app.settle().await;
        let id = stored["results"][0]["sms_id"].as_i64().unwrap();
        assert_eq!(app.sms(id).await.decided(), ("matched", "none", Some("R-1")));
        // What cannot be read is kept for people, since the app sends it only once.
        let unreadable = send(&phone, "from=15881688&org_content=%FF%FE&timestamp=1".to_owned()).await.expect(200);
        app.settle().await;
        let id = unreadable["results"][0]["sms_id"].as_i64().unwrap();
        assert_eq!(app.sms(id).await.decided(), ("quarantined", "need_check", None));

        let (_, signed) = add(app, json!({"name": "signing app", "secret": "SEC-1"})).await;
        let sign = mac(b"SEC-1", &format!("{millis}\nSEC-1"));
        let signature = serde_urlencoded::to_string([("sign", &sign)]).unwrap();
        let body = form("x", millis);
        send(&signed, format!("{body}&{signature}")).await.expect(200);
        send(&signed, body.clone()).await.expect_problem(401);
        send(&signed, format!("{body}&sign=AAAA")).await.expect_problem(403);
    });
}

#[test]
fn a_phone_that_posts_too_often_is_asked_to_wait() {
    let limits = [("shooter.rate_per_minute", "60"), ("shooter.rate_burst", "3")];
    story_with(&limits, async |app| {
        let phone = app.phone("counter-1").await;
        let mut statuses = Vec::new();
        for number in 0..5 {
            let answer = phone.posts(&Phone::message(&format!("m{number}"), "x")).await;
            if answer.status == 429 {
                answer.expect_problem(429);
            }
            statuses.push(answer.status);
        }
        assert_eq!(statuses[..3], [200, 200, 200]);
        assert!(statuses[3..].contains(&429), "{statuses:?}");
        let stored = statuses.iter().filter(|status| **status == 200).count();
        assert_eq!(app.list("").await.len(), stored, "what is refused is not stored");
    });
}
