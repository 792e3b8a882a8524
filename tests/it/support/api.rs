//! HTTP as callers speak it: one request, its answer as status, headers and JSON.

use std::sync::Once;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

/// No request takes longer.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// A caller of one daemon.
#[derive(Clone, Debug)]
pub struct Api {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Api {
    /// A caller of the daemon at `base` that holds the service token.
    pub fn new(base: impl Into<String>, token: impl Into<String>) -> Self {
        Self { http: client(), base: base.into(), token: token.into() }
    }

    /// The daemon's address.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// The bearer token of `/internal`.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// A request with the token where the path is internal.
    pub fn request(&self, method: Method, path: &str) -> Request {
        let bare = self.anonymous(method, path);
        if path.starts_with("/internal") {
            bare.header("authorization", format!("Bearer {}", self.token))
        } else {
            bare
        }
    }

    /// A request without the token.
    pub fn anonymous(&self, method: Method, path: &str) -> Request {
        Request(self.http.request(method, format!("{}{path}", self.base)))
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.request(Method::GET, path).send().await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.request(Method::DELETE, path).send().await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::POST, path).json(body).send().await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.request(Method::PUT, path).json(body).send().await
    }

    /// Whitelists a sender.
    pub async fn add_phone(&self, phone: &str) -> Value {
        self.post("/internal/v2/phones", &json!({"phone": phone})).await.expect(201)
    }

    /// Adds a template and answers its id.
    pub async fn add_template(&self, template: &Value) -> i64 {
        let added = self.post("/internal/v2/templates", template).await.expect(201);
        added["id"].as_i64().unwrap()
    }

    /// Every message that is listed, page by page.
    pub async fn all_messages(&self) -> Vec<Value> {
        let (mut messages, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("/internal/v2/sms?limit=500{cursor}")).await.expect(200);
            messages.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return messages,
            }
        }
    }

    /// Tells of orders, and holds that they were taken.
    pub async fn put_orders(&self, orders: &[Value]) -> Value {
        self.put("/internal/v2/orders", &json!({"orders": orders})).await.expect(200)
    }

    pub async fn top_info(&self) -> Value {
        self.get("/internal/v2/top-info").await.expect(200)
    }

    /// An actor as it is listed.
    pub async fn actor(&self, id: &str) -> Value {
        let list = self.get("/internal/v2/actors").await.expect(200);
        let found = list["items"].as_array().unwrap().iter().find(|actor| actor["id"] == id);
        found.unwrap_or_else(|| panic!("no actor {id} in {list}")).clone()
    }
}

/// A client that follows no redirect and asks no proxy.
pub fn client() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// A request about to be sent.
#[must_use]
pub struct Request(RequestBuilder);

impl Request {
    pub fn header(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        Self(self.0.header(name, value.as_ref()))
    }

    pub fn json(self, body: &Value) -> Self {
        Self(self.0.json(body))
    }

    pub fn body(self, body: impl Into<reqwest::Body>) -> Self {
        Self(self.0.body(body))
    }

    /// Sends it; a daemon that does not answer fails the test.
    pub async fn send(self) -> Answer {
        self.try_send().await.unwrap_or_else(|error| panic!("no answer: {error:?}"))
    }

    /// Sends it to a daemon that may be gone.
    pub async fn try_send(self) -> Result<Answer, reqwest::Error> {
        let response = self.0.timeout(ANSWER_WITHIN).send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status, headers, text, body })
    }

    /// Sends it and gives the response as it streams in.
    pub async fn stream(self) -> reqwest::Response {
        self.0.send().await.unwrap()
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub body: Value,
}

impl Answer {
    /// The body, where the status is this one.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        self.body
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Holds that this is a problem of that status as RFC 9457 and our contract have it, and answers its body.
    #[track_caller]
    pub fn expect_problem(&self, status: u16) -> &Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text);
        assert_eq!(self.body["status"], status, "{}", self.text);
        for member in ["type", "title", "detail"] {
            assert!(self.body[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {}", self.text);
        }
        let errors = self.body["errors"].as_array();
        assert_eq!(errors.is_some_and(|errors| !errors.is_empty()), status == 422, "{}", self.text);
        for error in errors.into_iter().flatten() {
            assert!(error["field"].is_string() && error["message"].is_string(), "{}", self.text);
        }
        let expected = match status {
            401 => Some("www-authenticate"),
            405 => Some("allow"),
            429 | 503 => Some("retry-after"),
            _ => None,
        };
        if let Some(header) = expected {
            assert!(self.header(header).is_some(), "{header} is missing: {}", self.text);
        }
        &self.body
    }

    /// Holds that this is a 422 that names this field.
    #[track_caller]
    pub fn expect_invalid(&self, field: &str) -> &Value {
        let body = self.expect_problem(422);
        let named = body["errors"].as_array().unwrap().iter().any(|error| error["field"] == field);
        assert!(named, "{field} is not named: {}", self.text);
        body
    }
}
