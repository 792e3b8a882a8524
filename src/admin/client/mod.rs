//! The edge's two peers, recon and the wallet: one client each. Every call has a deadline, a place among a bounded number,
//! and the breaker of its peer; only reads and writes that can be repeated are tried again.

mod ask;
pub mod breaker;
mod check;
mod health;
mod stream;
#[cfg(test)]
mod tests;

pub use ask::{Answer, Ask, NoAnswer};
pub use check::PeerCheck;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout, timeout_at};

use self::breaker::{Breaker, State};
use crate::config::BaseUrl;

const CONNECT_WITHIN: Duration = Duration::from_secs(2);
/// One attempt.
const ATTEMPT_WITHIN: Duration = Duration::from_secs(3);
/// A call with all its attempts: below what a route waits for its answer.
const CALL_WITHIN: Duration = Duration::from_secs(8);
const ATTEMPTS: u32 = 3;
/// Before the second attempt; twice that before the third, each less a random half.
const PAUSE: Duration = Duration::from_millis(200);
/// So many calls to one peer at once. More wait for a moment and are then sent away, so that a slow peer does not fill the
/// process.
const AT_ONCE: usize = 32;
const PLACE_WITHIN: Duration = Duration::from_secs(1);
/// A page of 500 messages with their texts.
const BODY_MAX: usize = 16 * 1024 * 1024;

/// Finds a peer's bearer token, anew for each call: it may be made while the edge runs. The error is a sentence with the cure.
pub type FindToken = Arc<dyn Fn() -> Result<SecretString, String> + Send + Sync>;

/// A client of one peer.
pub struct Client {
    name: &'static str,
    http: reqwest::Client,
    base: BaseUrl,
    token: FindToken,
    breaker: Mutex<Breaker>,
    places: Semaphore,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("name", &self.name).field("base", &self.base).finish_non_exhaustive()
    }
}

/// One attempt's end.
enum Attempt {
    Answered(Answer),
    Failed { maybe_done: bool, retry_after: Option<Duration>, words: String },
}

impl Client {
    /// A client of the peer `name` at `base`.
    ///
    /// # Errors
    /// Where no HTTP client can be made.
    pub fn new(name: &'static str, base: BaseUrl, token: FindToken) -> anyhow::Result<Self> {
        crate::tls::use_ring();
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ATTEMPT_WITHIN)
            .user_agent(concat!("recon-admin/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| anyhow::anyhow!("the HTTP client cannot be made: {}", error.without_url()))?;
        let breaker = Mutex::new(Breaker::new(Instant::now()));
        Ok(Self { name, http, base, token, breaker, places: Semaphore::new(AT_ONCE) })
    }

    /// Who is asked.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// How the breaker stands.
    #[must_use]
    pub fn state(&self) -> State {
        self.breaker().state()
    }

    /// For how long it is left alone yet; none where calls go through.
    #[must_use]
    pub fn open_for(&self) -> Option<Duration> {
        self.breaker().open_for(Instant::now())
    }

    /// Asks, within 8 s.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub async fn call(&self, ask: &Ask) -> Result<Answer, NoAnswer> {
        let outcome = self.attempts(ask).await;
        let label = match &outcome {
            Ok(answer) if answer.is_success() => "ok",
            Ok(_) => "refused",
            Err(_) => "no_answer",
        };
        metrics::counter!("recon_admin_calls_total", "peer" => self.name, "outcome" => label).increment(1);
        if let Err(none) = &outcome {
            tracing::warn!(peer = self.name, error = none.words, "a peer did not answer");
        }
        outcome
    }

    async fn attempts(&self, ask: &Ask) -> Result<Answer, NoAnswer> {
        let Ok(Ok(_place)) = timeout(PLACE_WITHIN, self.places.acquire()).await else {
            let words = format!("{AT_ONCE} calls wait for {} already", self.name);
            let retry_after = Duration::from_secs(1);
            return Err(NoAnswer { maybe_done: false, tried: false, retry_after, asked_for: false, words });
        };
        let deadline = Instant::now() + CALL_WITHIN;
        let mut was_maybe_done = false;
        let mut number = 1;
        loop {
            if let Err(retry_after) = self.breaker().admit(Instant::now()) {
                let words = format!("{} is left alone after too many failures", self.name);
                return Err(NoAnswer {
                    maybe_done: was_maybe_done,
                    tried: number > 1,
                    retry_after,
                    asked_for: false,
                    words,
                });
            }
            let guard = Ended { client: self, failed: true };
            let attempt = timeout_at(deadline, self.attempt(ask)).await.unwrap_or_else(|_| Attempt::Failed {
                maybe_done: true,
                retry_after: None,
                words: format!("{} did not answer in time", self.name),
            });
            let (maybe_done, retry_after, words) = match attempt {
                Attempt::Answered(answer) => {
                    guard.well();
                    return Ok(answer);
                }
                Attempt::Failed { maybe_done, retry_after, words } => (maybe_done, retry_after, words),
            };
            drop(guard);
            was_maybe_done |= maybe_done;
            let pause = retry_after.unwrap_or_else(|| pause_before(number));
            let is_time = Instant::now() + pause < deadline;
            if number >= ask.attempts || !ask.is_repeatable() || !is_time || !self.breaker().may_retry() {
                return Err(NoAnswer {
                    maybe_done: was_maybe_done,
                    tried: true,
                    retry_after: retry_after.unwrap_or(Duration::from_secs(1)),
                    asked_for: retry_after.is_some(),
                    words,
                });
            }
            number += 1;
            tokio::time::sleep(pause).await;
        }
    }

    async fn attempt(&self, ask: &Ask) -> Attempt {
        let token = match (self.token)() {
            Ok(token) => token,
            Err(words) => return Attempt::Failed { maybe_done: false, retry_after: None, words },
        };
        let query = serde_urlencoded::to_string(&ask.query).unwrap_or_default();
        let question = if query.is_empty() { "" } else { "?" };
        let url = format!("{}{}{question}{query}", self.base, ask.path);
        let mut request = self.http.request(ask.method.clone(), url).bearer_auth(token.expose_secret());
        if let Some(operator) = &ask.operator {
            let name = percent_encoding::utf8_percent_encode(operator, percent_encoding::NON_ALPHANUMERIC);
            request = request.header("X-Operator", name.to_string());
        }
        if let Some(key) = &ask.key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = &ask.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) => {
                let maybe_done = !error.is_connect();
                return Attempt::Failed { maybe_done, retry_after: None, words: words_of(self.name, error) };
            }
        };
        let (status, retry_after) = (response.status().as_u16(), retry_after(response.headers()));
        match body_of(response).await {
            Ok(body) if !is_failure(status) => Attempt::Answered(Answer { status, body }),
            Ok(_) => Attempt::Failed {
                // Also 503: an actor that answered too late may have done it.
                maybe_done: status >= 500,
                retry_after,
                words: format!("{} answers {status}", self.name),
            },
            Err(words) => Attempt::Failed { maybe_done: true, retry_after, words: format!("{}: {words}", self.name) },
        }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the breaker how an attempt ended, also one that was dropped on its way.
struct Ended<'a> {
    client: &'a Client,
    failed: bool,
}

impl Ended<'_> {
    fn well(mut self) {
        self.failed = false;
    }
}

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        let mut breaker = self.client.breaker();
        breaker.ended(Instant::now(), self.failed);
        let open = u32::from(breaker.state() != State::Closed);
        drop(breaker);
        metrics::gauge!("recon_admin_breaker_open", "peer" => self.client.name).set(open);
    }
}

/// What says nothing of what was asked: the peer is in trouble, or its token or address is wrong.
const fn is_failure(status: u16) -> bool {
    status >= 500 || matches!(status, 401 | 408 | 425 | 429) || (status >= 300 && status < 400)
}

fn pause_before(number: u32) -> Duration {
    let whole = PAUSE.saturating_mul(1 << (number - 1).min(4));
    let half_ms = u64::try_from(whole.as_millis() / 2).unwrap_or(u64::MAX).max(1);
    Duration::from_millis(half_ms + rand::random_range(0..half_ms))
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

async fn body_of(mut response: Response) -> Result<Value, String> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| "the answer broke off".to_owned())? {
        if body.len() + chunk.len() > BODY_MAX {
            return Err(format!("the answer is longer than {BODY_MAX} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    if body.is_empty() {
        Ok(Value::Null)
    } else {
        serde_json::from_slice(&body).map_err(|_| "the answer is no JSON".to_owned())
    }
}

fn words_of(name: &str, error: reqwest::Error) -> String {
    let what = if error.is_timeout() { "does not answer in time" } else { "cannot be reached" };
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    format!("{name} {what}: {cause}")
}
