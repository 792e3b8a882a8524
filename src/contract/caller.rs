//! Who asks for a write, and the answer that is saved for its repetition.

use serde::Serialize;
use serde_json::{Value, json};

use crate::domain::refusal::Refusal;

/// The key that makes a write repeatable: the same key and body get the saved answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// The caller's key behind its method and path, so that one key cannot answer for two routes.
    pub key: String,
    /// SHA-256 of the request's body.
    pub body_hash: [u8; 32],
}

/// Who asks for a write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// `X-Operator`, kept in the audit; none: `service`.
    pub operator: Option<String>,
    /// Present where the request named an `Idempotency-Key`.
    pub idempotency: Option<Idempotency>,
}

impl Caller {
    /// The name that stands in the audit.
    #[must_use]
    pub fn name(&self) -> &str {
        self.operator.as_deref().unwrap_or("service")
    }
}

/// The answer of a write, as it is sent and as it is saved.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// JSON body; `null` is sent as no body.
    pub body: Value,
    /// Whether this is the saved answer of an earlier request.
    pub replayed: bool,
}

impl Answer {
    /// A fresh answer.
    ///
    /// # Errors
    /// [`Refusal::Internal`] where the body cannot be written as JSON.
    pub fn new(status: u16, body: &impl Serialize) -> Result<Self, Refusal> {
        let body = serde_json::to_value(body).map_err(|error| Refusal::Internal(error.to_string()))?;
        Ok(Self { status, body, replayed: false })
    }

    /// 409, as it is saved for repetition: why it was refused.
    #[must_use]
    pub fn conflict(detail: &str) -> Self {
        Self { status: 409, body: json!({ "detail": detail }), replayed: false }
    }

    /// The same with the thing as it is now.
    ///
    /// # Errors
    /// [`Refusal::Internal`] where it cannot be written as JSON.
    pub fn conflict_with(detail: &str, current: &impl Serialize) -> Result<Self, Refusal> {
        let current = serde_json::to_value(current).map_err(|error| Refusal::Internal(error.to_string()))?;
        Ok(Self { status: 409, body: json!({ "detail": detail, "current": current }), replayed: false })
    }

    /// What a conflict says the thing is now.
    #[must_use]
    pub fn current(&self) -> Option<&Value> {
        self.body.get("current")
    }

    /// Why the request was refused, where this is the answer of one that was.
    #[must_use]
    pub fn refused(&self) -> Option<&str> {
        if self.status == 409 { self.body["detail"].as_str() } else { None }
    }

    /// 204: done, nothing to show.
    #[must_use]
    pub fn no_content() -> Self {
        Self { status: 204, body: Value::Null, replayed: false }
    }
}
