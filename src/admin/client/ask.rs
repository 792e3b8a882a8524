//! What a peer is asked, and what it answers.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;

use super::ATTEMPTS;

/// A request to a peer.
#[derive(Clone, Debug)]
pub struct Ask {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Option<String>,
    pub(super) operator: Option<String>,
    pub(super) key: Option<String>,
    pub(super) attempts: u32,
}

impl Ask {
    /// Reads.
    #[must_use]
    pub fn get(path: impl Into<String>) -> Self {
        Self::of(Method::GET, path)
    }

    /// Writes.
    #[must_use]
    #[allow(clippy::needless_pass_by_value, reason = "callers make it for this")]
    pub fn post(path: impl Into<String>, body: Value) -> Self {
        Self::post_text(path, body.to_string())
    }

    /// Writes a body that is JSON already, byte for byte: a key stands for a body, too.
    #[must_use]
    pub fn post_text(path: impl Into<String>, body: impl Into<String>) -> Self {
        Self { body: Some(body.into()), ..Self::of(Method::POST, path) }
    }

    /// Deletes.
    #[must_use]
    pub fn delete(path: impl Into<String>) -> Self {
        Self::of(Method::DELETE, path)
    }

    fn of(method: Method, path: impl Into<String>) -> Self {
        let path = path.into();
        Self { method, path, query: Vec::new(), body: None, operator: None, key: None, attempts: ATTEMPTS }
    }

    /// With a query parameter.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl std::fmt::Display) -> Self {
        self.query.push((name.to_owned(), format!("{value}")));
        self
    }

    /// On behalf of an operator, whom the peer's audit names.
    #[must_use]
    pub fn by(mut self, operator: &str) -> Self {
        self.operator = Some(operator.to_owned());
        self
    }

    /// Under an idempotency key: sent again, it is done once.
    #[must_use]
    pub fn once(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Sent at most once: the caller has retries of its own.
    #[must_use]
    pub fn single(mut self) -> Self {
        self.attempts = 1;
        self
    }

    /// Whether sending it twice does no more than sending it once.
    pub(super) fn is_repeatable(&self) -> bool {
        self.method == Method::GET || self.key.is_some()
    }
}

/// What a peer answered: 2xx, or a 4xx that says no.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body; null where there is none.
    pub body: Value,
}

impl Answer {
    /// Whether the peer did what it was asked.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status / 100 == 2
    }
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoAnswer {
    /// Whether the peer may have done it all the same.
    pub maybe_done: bool,
    /// Whether it was sent at all. An open breaker and a full bulkhead send nothing.
    pub tried: bool,
    /// How long to leave the peer alone.
    pub retry_after: Duration,
    /// Whether the peer itself asked for that.
    pub asked_for: bool,
    /// What was wrong, for the log.
    pub words: String,
}
