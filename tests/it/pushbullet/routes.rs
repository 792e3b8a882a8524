//! The routes: secrets go in and never come out.

use reqwest::Method;
use serde_json::json;

use crate::support::pushbullet::{DEVICES, PHONE, TOKEN, pushbullet_story};

#[test]
fn a_phone_is_added_once_listed_without_its_secrets_and_deleted() {
    pushbullet_story(async |app, _sim| {
        let body = json!({
            "name": "shop phone", "access_token": TOKEN, "device_iden": PHONE, "encryption_password": "canary-password",
            "line": "010-1111-2222", "enabled": false,
        });
        let request = app.api.request(Method::POST, DEVICES).header("idempotency-key", "add-1").json(&body);
        let added = request.send().await.expect(201);
        assert_eq!(added["token_hint"], "…shop");
        assert_eq!(
            (&added["state"], &added["enabled"], &added["encrypted"]),
            (&json!("disabled"), &json!(false), &json!(true))
        );
        let again = app.api.request(Method::POST, DEVICES).header("idempotency-key", "add-1").json(&body);
        assert_eq!(again.send().await.expect(201), added, "the saved answer");
        app.post(DEVICES, &body).await.expect_problem(409);
        let list = app.get(DEVICES).await.expect(200);
        assert_eq!(list["items"].as_array().unwrap().len(), 1);
        let audit = app.get("/internal/v2/audit").await.expect(200);
        for shown in [&added, &list, &audit] {
            let shown = shown.to_string();
            assert!(!shown.contains(TOKEN) && !shown.contains("canary"), "{shown}");
        }
        let id = added["id"].as_i64().unwrap();
        app.delete(&format!("{DEVICES}/{id}")).await.expect(204);
        app.delete(&format!("{DEVICES}/{id}")).await.expect_problem(404);
        assert_eq!(app.get(DEVICES).await.expect(200)["items"], json!([]));
        app.post(DEVICES, &body).await.expect(201);
    });
}

#[test]
fn a_token_that_pushbullet_refuses_makes_no_phone_and_one_that_it_cannot_be_asked_about_does() {
    pushbullet_story(async |app, sim| {
        let unknown = json!({"name": "x", "access_token": "o.mistyped", "device_iden": PHONE});
        let problem = app.post(DEVICES, &unknown).await.expect_problem(422).to_string();
        assert!(problem.contains("access_token") && problem.contains("refuses"), "{problem}");
        assert!(!problem.contains("o.mistyped"), "{problem}");
        assert_eq!(app.get(DEVICES).await.expect(200)["items"], json!([]));
        sim.quirks(|quirks| quirks.limited = 1);
        let known = json!({"name": "x", "access_token": TOKEN, "device_iden": PHONE});
        let added = app.post(DEVICES, &known).await.expect(201);
        assert!(added["last_error"].as_str().unwrap().contains("could not be checked"), "{added}");
        app.until("it is listened to", async || sim.open_streams() == 1).await;
    });
}

#[test]
fn what_cannot_be_a_phone_is_refused_by_field() {
    pushbullet_story(async |app, _sim| {
        for (body, field) in [
            (json!({"name": "x"}), "access_token"),
            (json!({"name": "x", "access_token": ""}), "access_token"),
            (json!({"name": "x", "access_token": "a\nb"}), "access_token"),
            (json!({"name": "", "access_token": "o.x"}), "name"),
            (json!({"name": "x", "access_token": "o.x", "device_iden": "../users"}), "device_iden"),
            (json!({"name": "x", "access_token": "o.x", "device": "y"}), "device"),
        ] {
            let answer = app.post(DEVICES, &body).await;
            let problem = answer.expect_problem(422);
            assert!(problem["errors"].to_string().contains(field), "{field}: {problem}");
        }
    });
}
