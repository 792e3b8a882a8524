use serde_json::json;

use super::*;
use crate::store::testing::{TestStore, caller, stores};

fn registry(store: &TestStore) -> DeviceRegistry {
    let url = "https://recon.example.com/";
    DeviceRegistry::new((**store).clone(), Nudger::none(), url, TimeZone::UTC, DeviceBook::default())
}

fn input(name: &str) -> DeviceInput {
    DeviceInput { name: name.to_owned(), line: None, secret: None }
}

#[tokio::test]
async fn what_a_phone_is_told_finds_it_again() {
    for store in stores().await {
        let mut devices = registry(&store);
        let answer = devices.add(&caller("a", None), input("counter-1")).await.unwrap();
        let token = answer.body["device_token"].as_str().unwrap();
        let urls = json!({
            "android-sms-gateway": format!("https://recon.example.com/ingest/{token}/android-sms-gateway"),
            "httpsms": format!("https://recon.example.com/ingest/{token}/httpsms"),
            "incoming-sms": format!("https://recon.example.com/ingest/{token}/incoming-sms"),
            "recon": format!("https://recon.example.com/ingest/{token}/recon"),
            "smsforwarder": format!("https://recon.example.com/ingest/{token}/smsforwarder"),
        });
        assert_eq!(answer.body["ingest_urls"], urls);
        let found = devices.find(token).await.unwrap().unwrap();
        assert_eq!(answer.body["id"], found.id);
        assert_eq!(devices.find("no such token").await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_change_counts_from_the_next_request_on() {
    for store in stores().await {
        let mut devices = registry(&store);
        let id = devices.enrol("phone-7").await.unwrap().id;
        assert_eq!(devices.enrol(" phone-7 ").await.unwrap().id, id);
        let trusted = devices.trust(&caller("a", None), id, true).await.unwrap();
        let token = trusted.body["device_token"].as_str().unwrap();
        assert!(devices.find(token).await.unwrap().unwrap().trusted);
        let anew = devices.enrol("phone-7").await.unwrap();
        assert!(anew.id != id && !anew.trusted, "the name alone is nobody");
        devices.delete(&caller("a", None), id).await.unwrap();
        assert_eq!(devices.find(token).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_device_that_another_process_added_is_found_at_once() {
    for store in stores().await {
        let (mut here, mut there) = (registry(&store), registry(&store));
        assert_eq!(here.find("unknown").await.unwrap(), None);
        let added = there.add(&caller("a", None), input("counter-1")).await.unwrap();
        let token = added.body["device_token"].as_str().unwrap();
        assert!(here.find(token).await.unwrap().is_some());
    }
}

#[test]
fn what_cannot_be_a_device_is_refused_by_field() {
    let with = |secret: &str| DeviceInput { secret: Some(secret.to_owned()), ..input("counter-1") };
    let cases = [
        (input(" "), "name"),
        (input(&"x".repeat(101)), "name"),
        (DeviceInput { line: Some("x".repeat(65)), ..input("n") }, "line"),
        (DeviceInput { line: Some(" ".to_owned()), ..input("n") }, "line"),
        (with(""), "secret"),
        (with("whsec_"), "secret"),
        (with("whsec_%%%"), "secret"),
        (with(" padded "), "secret"),
    ];
    for (mut wrong, field) in cases {
        match validate(&mut wrong) {
            Err(Refusal::Invalid(errors)) => assert_eq!(errors[0].field, field),
            other => panic!("{field}: {other:?}"),
        }
    }
    for right in ["SECabc123", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"] {
        assert_eq!(validate(&mut with(right)), Ok(()), "{right}");
    }
}
