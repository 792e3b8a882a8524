//! What operators change is told by the event stream, with the change and resumable like any other event.

use serde_json::json;

use crate::support::app::story_with;
use crate::support::events::Listener;
use crate::support::{Phone, story, texts};

#[test]
fn changed_phones_templates_and_devices_are_told() {
    story(async |app| {
        let mut listener = Listener::start(&app.api, None).await;
        let phone = app.add_phone("15990000").await["id"].clone();
        let added = listener.hears(|event| event.kind == "phone.changed" && event.data["id"] == phone).await;
        assert_eq!(added.data, json!({"id": phone, "action": "add"}));
        app.delete(&format!("/internal/v2/phones/{phone}")).await.expect(204);
        let deleted = listener.hears(|event| event.kind == "phone.changed").await;
        assert_eq!(deleted.data, json!({"id": phone, "action": "delete"}));

        let template = app.add_template(&texts::withdrawal_template()).await;
        let is_it = |data: &serde_json::Value| data["id"] == template;
        let added = listener.hears(|event| event.kind == "template.changed" && is_it(&event.data)).await;
        assert_eq!(added.data, json!({"id": template, "action": "add"}));

        let device = app.phone("gate").await.id;
        listener.hears(|event| event.kind == "device.changed").await;
        app.post(&format!("/internal/v2/shooter/devices/{device}/trust"), &json!({"trusted": false})).await.expect(200);
        let distrusted = listener.hears(|event| event.kind == "device.changed").await;
        assert_eq!(distrusted.data, json!({"id": device, "source": "shooter", "action": "distrust"}));
        // What is refused did not happen, and is not told.
        app.post("/internal/v2/phones", &json!({"phone": texts::BANK})).await.expect_problem(409);
        app.delete("/internal/v2/phones/999").await.expect_problem(404);

        // Who comes back gets what was missed.
        let mut again = Listener::start(&app.api, added.id).await;
        let heard = again.hears(|event| event.kind.ends_with(".changed") && event.id.is_some()).await;
        assert_eq!((heard.kind.as_str(), &heard.data["action"]), ("device.changed", &json!("add")));
        let heard = again.hears(|event| event.kind.ends_with(".changed") && event.id.is_some()).await;
        assert_eq!(heard, distrusted);
    });
}

#[test]
fn a_phone_that_registers_itself_is_told() {
    story_with(&[("shooter.enrolment_token", "enrolment-token-of-a-test")], async |app| {
        let mut listener = Listener::start(&app.api, None).await;
        let path = "/ingest/enrol/enrolment-token-of-a-test/recon?device=window";
        let message = Phone::message("m1", &texts::deposit("홍길동", 50_000));
        app.anonymous(reqwest::Method::POST, path).json(&message).send().await.expect(200);
        let enrolled = listener.hears(|event| event.kind == "device.changed").await;
        assert_eq!((&enrolled.data["action"], &enrolled.data["source"]), (&json!("enrol"), &json!("shooter")));
    });
}

#[test]
fn an_order_that_loses_its_deposit_is_named() {
    story(async |app| {
        app.put_orders(&[texts::order("R-1", "홍길동", 50_000)]).await;
        let id = app.phone("gate").await.sends(&texts::deposit("홍길동", 50_000)).await;
        app.settle().await;
        let mut listener = Listener::start(&app.api, None).await;
        app.check(id, json!({"decision": "reject", "note": "not ours"})).await.expect(200);
        let freed = listener.hears(|event| event.data["former_order_id"].is_string()).await;
        assert_eq!((&freed.data["id"], &freed.data["former_order_id"]), (&json!(id), &json!("R-1")));
        assert_eq!((freed.kind.as_str(), &freed.data["order_id"]), ("sms.updated", &json!(null)));
    });
}
