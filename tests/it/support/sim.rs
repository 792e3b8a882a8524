//! Simulated phones that post to a daemon as their apps do.

use recon::domain::time::UnixMs;
use recon::sim::phone::{ReceivedSms, SimPhone, SimPost};
use recon::sources::shooter::Format;
use reqwest::Method;
use serde_json::{Value, json};

use super::api::{Answer, Api};
use super::app::TestApp;

/// Adds a trusted device for a phone with that app, and types what was answered into it.
pub async fn sim_phone(app: &TestApp, name: &str, line: &str, format: Format, secret: Option<&str>) -> SimPhone {
    let device = json!({"name": name, "line": line, "secret": secret});
    let added: Value = app.post("/internal/v2/shooter/devices", &device).await.expect(201);
    let url = added["ingest_urls"][format.as_str()].as_str().unwrap().to_owned();
    SimPhone { format, url, secret: secret.map(str::to_owned), number: line.to_owned() }
}

/// Makes the request of an app.
pub async fn send(api: &Api, post: SimPost) -> Answer {
    let path = post.url.strip_prefix(api.base()).unwrap_or_else(|| panic!("the URL is another daemon's"));
    let mut request = api.anonymous(Method::POST, path);
    for (name, value) in &post.headers {
        request = request.header(name, value);
    }
    if !post.chunked {
        return request.body(post.body).send().await;
    }
    // Small pieces, so that characters are cut in the middle.
    let pieces: Vec<Result<Vec<u8>, std::io::Error>> = post.body.chunks(7).map(|piece| Ok(piece.to_vec())).collect();
    request.body(reqwest::Body::wrap_stream(futures_util::stream::iter(pieces))).send().await
}

/// Posts an SMS, holds how it was taken, and answers the id of its sms.
pub async fn posts(api: &Api, phone: &SimPhone, sms: &ReceivedSms, now: UnixMs, taken_as: &str) -> i64 {
    let body = send(api, phone.post(sms, now)).await.expect(200);
    assert_eq!(body["results"][0]["status"], taken_as, "{:?}: {body}", phone.format);
    body["results"][0]["sms_id"].as_i64().unwrap()
}
