//! Tells recon of orders: `PUT /internal/v2/orders`. No error names the token.

use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{RequestBuilder, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::domain::delivery::{Verdict, judge};
use crate::config::BaseUrl;
use crate::contract::order::OrdersInput;
use crate::domain::order::OrderInput;

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// Recon counts what it took in a line; its problems are short.
const BODY_MAX: usize = 256 * 1024;

/// Finds the bearer token of recon's `/internal`, anew for each call: it may be made while the wallet runs. The error is
/// a sentence with the cure.
pub type FindToken = Arc<dyn Fn() -> Result<SecretString, String> + Send + Sync>;

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What it means for what was sent.
    pub verdict: Verdict,
    /// What went wrong, for people; empty where nothing did.
    pub words: String,
    /// How long recon asks to be left alone.
    pub retry_after: Option<Duration>,
}

impl Told {
    fn away(words: String) -> Self {
        Self { verdict: Verdict::Away, words, retry_after: None }
    }
}

/// The client.
#[derive(Clone)]
pub struct ReconClient {
    http: reqwest::Client,
    base: BaseUrl,
    token: FindToken,
}

impl std::fmt::Debug for ReconClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReconClient").field("base", &self.base).finish_non_exhaustive()
    }
}

impl ReconClient {
    /// A client of the recon at `base`.
    ///
    /// # Errors
    /// Where no HTTP client can be made.
    pub fn new(base: BaseUrl, token: FindToken) -> anyhow::Result<Self> {
        crate::tls::use_ring();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            // Orders name customers: they go to recon and to nobody on the way.
            .no_proxy()
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .user_agent(concat!("recon-wallet/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| anyhow::anyhow!("the HTTP client cannot be made: {}", error.without_url()))?;
        Ok(Self { http, base, token })
    }

    /// Tells recon of these orders, 1 to 1,000.
    pub async fn tell(&self, orders: Vec<OrderInput>) -> Told {
        let count = orders.len();
        let request = self.http.put(format!("{}/internal/v2/orders", self.base)).json(&OrdersInput { orders });
        let (status, headers, body) = match self.ask(request).await {
            Ok(answer) => answer,
            Err(words) => return Told::away(words),
        };
        let verdict = judge(status, serde_json::from_slice(&body).ok(), count);
        let words = if verdict == Verdict::Delivered { String::new() } else { words_of(status, &body) };
        Told { verdict, words, retry_after: retry_after(&headers) }
    }

    /// Whether recon answers and knows our token. The error is for people.
    ///
    /// # Errors
    /// What is wrong.
    pub async fn reach(&self) -> Result<(), String> {
        let request = self.http.get(format!("{}/internal/v2/orders?limit=1", self.base));
        match self.ask(request).await? {
            (200, _, _) => Ok(()),
            (status, _, body) => Err(words_of(status, &body)),
        }
    }

    async fn ask(&self, request: RequestBuilder) -> Result<(u16, HeaderMap, Vec<u8>), String> {
        let token = (self.token)()?;
        let response = request.bearer_auth(token.expose_secret()).send().await.map_err(failed)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Ok((status, headers, body_of(response).await?))
    }
}

async fn body_of(mut response: Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > BODY_MAX {
            return Err(format!("recon's answer is longer than {BODY_MAX} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What recon's answer says, with the cure where we know it.
fn words_of(status: u16, body: &[u8]) -> String {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    let said = |pointer: &str| problem.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let cure = match status {
        401 | 403 => "; is service.token the one of the recon at wallet.recon_url?",
        301..=308 | 404 | 405 => "; is wallet.recon_url the address of recon's service role?",
        _ => "",
    };
    match (said("/errors/0/field"), said("/detail")) {
        ("", "") => format!("recon answers {status}{cure}"),
        ("", detail) => format!("recon answers {status}: {detail}{cure}"),
        (field, detail) => format!("recon answers {status}: {field}: {detail}{cure}"),
    }
}

/// `Retry-After` in seconds; the form with a date is not used by recon.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    text.trim().parse().ok().map(Duration::from_secs)
}

#[allow(clippy::needless_pass_by_value, reason = "handed to map_err")]
fn failed(error: reqwest::Error) -> String {
    let what = if error.is_timeout() { "recon does not answer in time" } else { "recon cannot be reached" };
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    format!("{what}: {cause}")
}
