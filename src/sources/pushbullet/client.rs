//! Calls of Pushbullet's HTTP API. No error names a URL or a token.

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Response, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};

use super::decode::{Undecodable, error_words};
use super::gate::{Closed, Gate};
use crate::clock::Clock;
use crate::config::BaseUrl;
use crate::domain::time::UnixMs;
use crate::tls;

const CONNECT_WITHIN: Duration = Duration::from_secs(5);
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// A history of thousands of messages is a few megabytes.
const BODY_MAX: usize = 16 * 1024 * 1024;

/// Why a call brought nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CallError {
    /// There may be no call now, or this one was refused.
    #[error("{}", words(.0))]
    Closed(Closed),
    /// There is no such thing.
    #[error("Pushbullet knows no such thing")]
    NotFound,
    /// The answer cannot be read.
    #[error("Pushbullet's answer cannot be read: {}", .0.why)]
    Undecodable(Undecodable),
    /// It may work later.
    #[error("{0}")]
    Failed(String),
}

pub(super) fn words(closed: &Closed) -> String {
    match closed {
        Closed::Refused { words, .. } => format!("Pushbullet refuses the access token: {words}"),
        Closed::Limited { retry_in } => format!("Pushbullet's rate limit is used up for {} s more", retry_in.as_secs()),
    }
}

impl From<Closed> for CallError {
    fn from(closed: Closed) -> Self {
        Self::Closed(closed)
    }
}

impl From<Undecodable> for CallError {
    fn from(undecodable: Undecodable) -> Self {
        Self::Undecodable(undecodable)
    }
}

/// A client for one token.
#[derive(Debug)]
pub(super) struct Client {
    http: reqwest::Client,
    base: BaseUrl,
    token: SecretString,
    clock: Clock,
    pub(super) gate: Gate,
}

impl Client {
    pub(super) fn new(base: BaseUrl, token: SecretString, clock: Clock) -> anyhow::Result<Self> {
        tls::use_ring();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .user_agent(concat!("recon/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| anyhow::anyhow!("the HTTP client cannot be made: {}", error.without_url()))?;
        Ok(Self { http, base, token, clock, gate: Gate::new() })
    }

    pub(super) fn token(&self) -> &SecretString {
        &self.token
    }

    /// The body of a successful answer.
    pub(super) async fn get(&self, path: &str) -> Result<Vec<u8>, CallError> {
        let _turn = self.gate.enter().await?;
        let mut token = HeaderValue::try_from(self.token.expose_secret())
            .map_err(|_| CallError::Failed("the access token does not fit a header".to_owned()))?;
        token.set_sensitive(true);
        let request = self.http.get(format!("{}{path}", self.base)).header("Access-Token", token);
        let response = request.send().await.map_err(failed)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = body_of(response).await?;
        self.judge(status, &headers, body)
    }

    fn judge(&self, status: StatusCode, headers: &HeaderMap, body: Vec<u8>) -> Result<Vec<u8>, CallError> {
        let said = error_words(&body);
        let (code, message) = said.clone().unwrap_or_default();
        if message.contains("has not been used") {
            return Err(self.gate.refuse(&shown(&message, status)).into());
        }
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(self.gate.refuse(&shown(&message, status)).into()),
            StatusCode::TOO_MANY_REQUESTS => Err(self.gate.limit(reset_in(headers, self.clock.now())).into()),
            _ if code == "ratelimited" => Err(self.gate.limit(reset_in(headers, self.clock.now())).into()),
            status if status.is_success() => {
                self.gate.accepted();
                // Somebody on the way answered in Pushbullet's place.
                if body.trim_ascii_start().starts_with(b"<") {
                    return Err(CallError::Failed("an HTML page came instead of Pushbullet's answer".to_owned()));
                }
                Ok(body)
            }
            StatusCode::NOT_FOUND if said.is_some() || !body.trim_ascii_start().starts_with(b"<") => {
                self.gate.accepted();
                Err(CallError::NotFound)
            }
            status => Err(CallError::Failed(format!("Pushbullet answers {}", shown(&message, status)))),
        }
    }
}

/// What a server says of its error, cut: it is shown to people.
fn shown(message: &str, status: StatusCode) -> String {
    let message: String = message.chars().filter(|c| !c.is_control()).take(200).collect();
    if message.is_empty() { status.to_string() } else { format!("{} ({message})", status.as_u16()) }
}

/// `X-Ratelimit-Reset` is a moment; `Retry-After` a time.
pub(super) fn reset_in(headers: &HeaderMap, now: UnixMs) -> Option<Duration> {
    let number = |name| headers.get(name)?.to_str().ok()?.trim().parse::<i64>().ok();
    if let Some(reset) = number("x-ratelimit-reset") {
        return Some(UnixMs(reset.checked_mul(1000)?).since(now));
    }
    number("retry-after").and_then(|seconds| u64::try_from(seconds).ok()).map(Duration::from_secs)
}

async fn body_of(mut response: Response) -> Result<Vec<u8>, CallError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > BODY_MAX {
            return Err(CallError::Failed(format!("Pushbullet's answer is longer than {BODY_MAX} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

#[allow(clippy::needless_pass_by_value, reason = "handed to map_err")]
fn failed(error: reqwest::Error) -> CallError {
    let what = if error.is_timeout() { "Pushbullet does not answer in time" } else { "Pushbullet cannot be reached" };
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    CallError::Failed(format!("{what}: {cause}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> Client {
        let base = BaseUrl::parse("http://127.0.0.1:1", &["http"]).unwrap();
        Client::new(base, SecretString::from("canary-token"), Clock::following_tokio(UnixMs(1_000_000))).unwrap()
    }

    fn judged(status: u16, header: Option<(&'static str, &'static str)>, body: &str) -> Result<Vec<u8>, CallError> {
        let headers: HeaderMap = header
            .map(|(name, value)| (reqwest::header::HeaderName::from_static(name), HeaderValue::from_static(value)))
            .into_iter()
            .collect();
        client().judge(StatusCode::from_u16(status).unwrap(), &headers, body.as_bytes().to_vec())
    }

    #[tokio::test(start_paused = true)]
    async fn every_answer_is_judged_by_what_it_means() {
        let unused = r#"{"error":{"type":"invalid_request","message":"Account has not been used for over a month."}}"#;
        for (status, body) in [(401, "{}"), (403, "<html>"), (400, unused)] {
            let refused = judged(status, None, body);
            assert!(matches!(refused, Err(CallError::Closed(Closed::Refused { .. }))), "{status}");
        }
        let limited = judged(429, Some(("x-ratelimit-reset", "1090")), "{}");
        assert_eq!(limited, Err(CallError::Closed(Closed::Limited { retry_in: Duration::from_secs(90) })));
        let limited = judged(429, Some(("retry-after", "7")), "<html>");
        assert_eq!(limited, Err(CallError::Closed(Closed::Limited { retry_in: Duration::from_secs(7) })));
        assert_eq!(
            judged(404, None, r#"{"error":{"type":"invalid_request","message":"Object not found."}}"#),
            Err(CallError::NotFound)
        );
        for (status, body) in [(404, "<html>"), (200, " <!doctype html>"), (502, "<html>"), (500, "{}"), (301, "")] {
            assert!(matches!(judged(status, None, body), Err(CallError::Failed(_))), "{status} {body}");
        }
        assert_eq!(judged(200, None, "{}"), Ok(b"{}".to_vec()));
    }

    #[tokio::test]
    async fn no_error_names_the_token_or_the_address() {
        let error = client().get("/v2/permanents/ujz_threads").await.unwrap_err();
        let shown = format!("{error} {error:?} {:?}", client());
        assert!(!shown.contains("canary") && !error.to_string().contains("127.0.0.1"), "{shown}");
    }
}
