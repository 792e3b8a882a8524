//! The daemon's HTTP API, as any client of it sees it.

use std::time::Duration;

use anyhow::{Context as _, bail};
use reqwest::{Body, Client, Method, RequestBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::sim::phone::SimPost;

const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// A client of one daemon.
#[derive(Clone, Debug)]
pub struct Api {
    http: Client,
    base: String,
    token: SecretString,
}

impl Api {
    /// A client of the daemon at `base`, without a slash at its end.
    ///
    /// # Errors
    /// Where no HTTP client can be made.
    pub fn new(base: String, token: SecretString) -> anyhow::Result<Self> {
        let http = Client::builder().no_proxy().timeout(ANSWERED_WITHIN).build()?;
        Ok(Self { http, base, token })
    }

    /// The daemon's address.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    pub(super) async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.ask(Method::GET, path, None).await
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.ask(Method::POST, path, Some(body)).await
    }

    pub(super) async fn put(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        self.ask(Method::PUT, path, Some(body)).await
    }

    /// Whatever a probe answers: its status is its message.
    pub(super) async fn probe(&self, path: &str) -> anyhow::Result<Value> {
        let response = self.http.get(format!("{}{path}", self.base)).send().await;
        Ok(response.map_err(reqwest::Error::without_url)?.json().await.map_err(reqwest::Error::without_url)?)
    }

    /// Every item of a list, page by page.
    pub(super) async fn all(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("{path}limit=500{cursor}")).await?;
            items.extend(page.get("items").and_then(Value::as_array).cloned().unwrap_or_default());
            match page.get("next_cursor").and_then(Value::as_str) {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return Ok(items),
            }
        }
    }

    /// How many a list has.
    pub(super) async fn count(&self, path: &str) -> anyhow::Result<u64> {
        let page = self.get(&format!("{path}limit=1&count=true")).await?;
        page.get("total").and_then(Value::as_u64).context("the list has no total")
    }

    async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let mut request = self.http.request(method, format!("{}{path}", self.base));
        request = request.bearer_auth(self.token.expose_secret()).header("x-operator", "demo");
        if let Some(body) = body {
            request = request.json(body);
        }
        // The path is named by the caller's context where it holds no token; the URL of an error might.
        answer(request).await.with_context(|| path.split('?').next().unwrap_or_default().to_owned())
    }

    /// Makes the request of a phone's app.
    pub(super) async fn deliver(&self, post: SimPost) -> anyhow::Result<()> {
        let mut request = self.http.post(&post.url);
        for (name, value) in &post.headers {
            request = request.header(*name, value);
        }
        request = if post.chunked {
            let pieces: Vec<Result<Vec<u8>, std::io::Error>> =
                post.body.chunks(64).map(|piece| Ok(piece.to_vec())).collect();
            request.body(Body::wrap_stream(futures_util::stream::iter(pieces)))
        } else {
            request.body(post.body)
        };
        answer(request).await.map(drop)
    }
}

async fn answer(request: RequestBuilder) -> anyhow::Result<Value> {
    let response = request.send().await.map_err(reqwest::Error::without_url)?;
    let status = response.status();
    let text = response.text().await.map_err(reqwest::Error::without_url)?;
    if !status.is_success() {
        bail!("the daemon answered {status}: {text}");
    }
    if text.is_empty() { Ok(Value::Null) } else { serde_json::from_str(&text).context("the daemon answered no JSON") }
}
