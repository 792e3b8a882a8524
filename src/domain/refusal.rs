//! Why a request was not carried out: the one error that actors answer with and the edges translate.

use serde::{Deserialize, Serialize};

/// One field of a request that cannot be taken, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FieldError {
    /// Where: `orders[3].amount`; empty for the body as a whole.
    pub field: String,
    /// What is wrong, as one plain sentence.
    pub message: String,
}

impl FieldError {
    /// A field and what is wrong with it.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// A request that was not carried out. Nothing of it has been stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// It has moved on since the caller read it, or another one stands in its way.
    #[error("{0}")]
    Conflict(String),
    /// It is there already; as it is now.
    #[error("{detail}")]
    There {
        /// Why that is the same.
        detail: String,
        /// The thing, as it is answered.
        current: serde_json::Value,
    },
    /// The request's own fields are wrong.
    #[error("{}", .0.first().map_or("the request is invalid", |error| error.message.as_str()))]
    Invalid(Vec<FieldError>),
    /// The caller is known but may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// The caller is not known.
    #[error("{0}")]
    Unauthorized(String),
    /// There are too many already; it may be asked again once somebody has made room.
    #[error("{0}")]
    TooMany(String),
    /// The store or an actor cannot answer now; the same request may be sent again.
    #[error("{0}")]
    Unavailable(String),
    /// A fault of ours; the details are in the log.
    #[error("{0}")]
    Internal(String),
}

impl Refusal {
    /// A thing that is there already.
    pub fn there(detail: String, current: &impl Serialize) -> Self {
        match serde_json::to_value(current) {
            Ok(current) => Self::There { detail, current },
            Err(error) => Self::Internal(error.to_string()),
        }
    }

    /// One wrong field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![FieldError::new(field, message)])
    }
}
