//! Secrets at rest: the key is changed without losing one, and none of them comes out anywhere (reliability row 29).

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use recon::domain::time::UnixMs;
use recon::sim::phone::{ReceivedSms, SimPhone};
use recon::sources::shooter::Format;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::daemon::{Daemon, recon};
use crate::support::sim::send;

const DEVICES: &str = "/internal/v2/shooter/devices";

fn tell(story: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(story);
}

fn now() -> UnixMs {
    recon::clock::Clock::system().now()
}

fn sms(number: u64) -> ReceivedSms {
    let text = format!("[Web발신]\n[KB]입금\n{number}원");
    ReceivedSms { number, sender: "15881688".to_owned(), text, at: now() }
}

fn keys_in(data_dir: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(data_dir.join("secrets.key")).unwrap();
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

/// A signed phone, and the answer of its adding as it is saved under an `Idempotency-Key`.
async fn adds_phone(daemon: &Daemon, secret: &str) -> (SimPhone, Value) {
    let device = json!({"name": "counter-1", "line": "line-1", "secret": secret});
    let request = daemon.api.request(Method::POST, DEVICES).header("Idempotency-Key", "k1").json(&device);
    let added = request.send().await.expect(201);
    let url = added["ingest_urls"]["android-sms-gateway"].as_str().unwrap().to_owned();
    let (format, number) = (Format::AndroidSmsGateway, "01011112222".to_owned());
    (SimPhone { format, url, secret: Some(secret.to_owned()), number }, added)
}

/// The phone's URL on a daemon that was started again, on another port.
fn moved(phone: &SimPhone, daemon: &Daemon) -> SimPhone {
    let path = phone.url.splitn(4, '/').nth(3).unwrap();
    SimPhone { url: format!("{}/{path}", daemon.api.base()), ..phone.clone() }
}

#[test]
fn a_rotation_that_is_killed_again_and_again_loses_nothing() {
    tell(async {
        let dir = tempfile::tempdir().unwrap();
        let daemon = Daemon::start(dir.path()).await;
        let (phone, added) = adds_phone(&daemon, "a-long-random-word").await;
        let first = keys_in(dir.path());
        // While a daemon runs there is no rotation: it would go on sealing with the old key.
        let refused = recon(dir.path()).args(["secrets", "rotate"]).output().unwrap();
        assert_eq!(refused.status.code(), Some(1), "{refused:?}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains("another daemon works on"), "{refused:?}");
        assert_eq!(keys_in(dir.path()), first);
        daemon.kill();

        for millis in [2_u64, 5, 8, 12, 16, 20, 30, 45, 60, 90] {
            let mut rotation = recon(dir.path());
            let rotation = rotation.args(["secrets", "rotate"]).stdout(Stdio::null()).stderr(Stdio::null());
            let mut rotation = rotation.spawn().unwrap();
            tokio::time::sleep(Duration::from_millis(millis)).await;
            rotation.kill().unwrap();
            rotation.wait().unwrap();
            assert!((1..=2).contains(&keys_in(dir.path()).len()), "after {millis} ms");
        }
        // A daemon starts in between as usual.
        let daemon = Daemon::start(dir.path()).await;
        send(&daemon.api, moved(&phone, &daemon).post(&sms(1), now())).await.expect(200);
        daemon.kill();

        let done = recon(dir.path()).args(["secrets", "rotate"]).output().unwrap();
        assert!(done.status.success(), "{done:?}");
        let last = keys_in(dir.path());
        assert_eq!(last.len(), 1);
        assert!(!first.contains(&last[0]));
        let daemon = Daemon::start(dir.path()).await;
        send(&daemon.api, moved(&phone, &daemon).post(&sms(2), now())).await.expect(200);
        let device = json!({"name": "counter-1", "line": "line-1", "secret": "a-long-random-word"});
        let again = daemon.api.request(Method::POST, DEVICES).header("Idempotency-Key", "k1").json(&device);
        assert_eq!(again.send().await.expect(201)["device_token"], added["device_token"], "the saved answer opens");
        let audit = daemon.api.get("/internal/v2/audit").await.text;
        assert!(audit.contains("secrets.rotate") && !audit.contains("a-long-random-word"), "{audit}");
        drop(daemon);
        let verified = recon(dir.path()).args(["audit", "verify"]).output().unwrap();
        assert!(verified.status.success(), "{verified:?}");
    });
}

/// Reliability row 29: `tests/it/secrets/canary.rs`.
mod canary;
mod money;

/// Asks for all that there is, rightly and wrongly, and answers what came back.
async fn everything_is_asked(daemon: &Daemon, phone: &SimPhone, token: &str) -> Vec<String> {
    let api = &daemon.api;
    let mut answers = Vec::new();
    for attempt in [phone.clone(), SimPhone { secret: Some("wrong".to_owned()), ..phone.clone() }] {
        answers.push(send(api, attempt.post(&sms(1), now())).await.text);
    }
    let mut broken = phone.post(&sms(2), now());
    broken.body = b"{".to_vec();
    answers.push(send(api, broken).await.text);
    let body = json!({"id": "m1", "sender": "1", "text": "x", "received_at": now()});
    for path in [
        format!("/ingest/{token}/recon"),
        format!("/ingest/{token}/incoming-sms"),
        format!("/ingest/{token}/nothing"),
        format!("/ingest/{token}x/recon"),
        "/ingest/enrol/canary-enrolment-token/recon?device=counter-9".to_owned(),
        "/ingest/enrol/canary-enrolment-token/recon?device=".to_owned(),
        "/ingest/enrol/canary-enrolment-tokenx/recon?device=a".to_owned(),
    ] {
        answers.push(api.anonymous(Method::POST, &path).json(&body).send().await.text);
        answers.push(api.anonymous(Method::PUT, &path).json(&body).send().await.text);
    }
    daemon.settle().await;
    for path in [
        "/livez",
        "/readyz",
        "/healthz",
        "/metrics",
        "/openapi.json",
        "/internal/v2/shooter/devices",
        "/internal/v2/audit",
        "/internal/v2/sms",
        "/internal/v2/sms/1",
        "/internal/v2/actors",
        "/internal/v2/pushbullet/devices",
        "/internal/v2/telegram/bots",
        "/internal/v2/phones",
        "/internal/v2/orders",
        "/internal/v2/templates",
        "/internal/v2/top-info",
        "/internal/v2/nothing",
    ] {
        answers.push(api.get(path).await.text);
        let wrong = api.anonymous(Method::GET, path).header("Authorization", "Bearer canary-wrong-token");
        answers.push(wrong.send().await.text);
    }
    let wrong = json!({"name": "", "secret": "whsec_canary-device-secret!", "more": 1});
    answers.push(api.post(DEVICES, &wrong).await.text);
    let wrong = json!({"name": "x", "secret": "whsec_canary-device-secret!"});
    answers.push(api.post(DEVICES, &wrong).await.text);
    answers.push(api.post(&format!("{DEVICES}/1/trust"), &json!({"trusted": true})).await.text);
    answers
}
