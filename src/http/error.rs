//! The one map from everything that can go wrong to `application/problem+json` (RFC 9457).

use std::fmt;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, ResponseError};
use serde::{Deserialize, Serialize};

use crate::domain::refusal::{FieldError, Refusal};
use crate::supervision::AskError;

/// How long a caller is asked to wait where nothing better is known.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// How long a caller is asked to wait where a person has to make room.
const ROOM_AFTER: Duration = Duration::from_mins(1);

/// What kind of problem it is; fixes status, title and `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The bytes are no request we can read.
    BadRequest,
    /// The caller is not known.
    Unauthorized,
    /// The caller is known but may not do this.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// The thing is there but cannot be asked that way.
    MethodNotAllowed,
    /// The request did not arrive in time.
    RequestTimeout,
    /// It is there already, or moved on.
    Conflict,
    /// The body is larger than the route takes.
    ContentTooLarge,
    /// The body is of another type than the route takes.
    UnsupportedMediaType,
    /// The request can be read but not taken.
    Invalid,
    /// The caller asks too often.
    TooManyRequests,
    /// A fault of ours.
    Internal,
    /// We cannot answer now.
    Unavailable,
}

impl Kind {
    const fn facts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, "bad-request", "The request cannot be read"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized", "The caller is not known"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "The caller may not do this"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "There is no such thing"),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "The method is not allowed here")
            }
            Self::RequestTimeout => (StatusCode::REQUEST_TIMEOUT, "request-timeout", "The request took too long"),
            Self::Conflict => (StatusCode::CONFLICT, "conflict", "The request conflicts with what is there"),
            Self::ContentTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "content-too-large", "The body is too large"),
            Self::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "The body's type is not taken here")
            }
            Self::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The request is invalid"),
            Self::TooManyRequests => (StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Too many requests"),
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong here"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "The service cannot answer now"),
        }
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        self.facts().0
    }

    /// The `type` of the problem: a name, not an address.
    #[must_use]
    pub fn type_urn(self) -> String {
        format!("urn:recon:problem:{}", self.facts().1)
    }
}

/// A problem as it is sent.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = Problem)]
pub struct ProblemJson {
    /// What kind of problem it is, as a URN: `urn:recon:problem:not-found`.
    #[serde(rename = "type")]
    #[schema(example = "urn:recon:problem:not-found")]
    pub kind: String,
    /// The kind in words.
    #[schema(example = "There is no such thing")]
    pub title: String,
    /// The HTTP status again.
    #[schema(example = 404, minimum = 400, maximum = 599)]
    pub status: u16,
    /// What happened this time.
    #[schema(example = "there is no sms 41")]
    pub detail: String,
    /// With 422: the fields that cannot be taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<Vec<FieldError>>,
    /// With some 409: the thing as it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<serde_json::Value>,
}

/// Why a request is answered with an error.
#[derive(Clone, Debug)]
pub struct Problem {
    kind: Kind,
    detail: String,
    errors: Option<Vec<FieldError>>,
    current: Option<serde_json::Value>,
    headers: Vec<(header::HeaderName, String)>,
}

impl Problem {
    /// A problem of that kind.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), errors: None, current: None, headers: Vec::new() }
    }

    /// 422 with the fields that cannot be taken.
    #[must_use]
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = Refusal::Invalid(errors.clone()).to_string();
        Self { errors: Some(errors), ..Self::new(Kind::Invalid, detail) }
    }

    /// 422 for one field.
    pub fn invalid_field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(field, message)])
    }

    /// 409, with the thing as it is now where that helps the caller.
    pub fn conflict(detail: impl Into<String>, current: Option<serde_json::Value>) -> Self {
        Self { current, ..Self::new(Kind::Conflict, detail) }
    }

    /// 404 for a path that leads nowhere.
    #[must_use]
    pub fn no_such_path() -> Self {
        Self::new(Kind::NotFound, "there is nothing at this path")
    }

    /// 405 with the methods that are allowed, as `Allow` lists them.
    pub fn method_not_allowed(allow: impl Into<String>) -> Self {
        let allow = allow.into();
        Self::new(Kind::MethodNotAllowed, format!("this path takes {allow}")).with_header(header::ALLOW, allow)
    }

    /// 401 that names the scheme to come back with.
    pub fn unauthorized(detail: impl Into<String>, scheme: &str) -> Self {
        Self::new(Kind::Unauthorized, detail).with_header(header::WWW_AUTHENTICATE, scheme)
    }

    /// 429: come back after `wait`.
    #[must_use]
    pub fn too_many_requests(wait: Duration) -> Self {
        Self::new(Kind::TooManyRequests, "too many requests, come back later").with_retry_after(wait)
    }

    /// 503: the same request may be sent again.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, detail).with_retry_after(RETRY_AFTER)
    }

    /// What kind of problem this is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    fn with_header(mut self, name: header::HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// `Retry-After` counts whole seconds: rounded up, so that nobody comes back too early.
    fn with_retry_after(self, wait: Duration) -> Self {
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        self.with_header(header::RETRY_AFTER, seconds.max(1).to_string())
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind.status().as_u16(), self.detail)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound(detail) => Self::new(Kind::NotFound, detail),
            Refusal::Conflict(detail) => Self::new(Kind::Conflict, detail),
            Refusal::There { detail, current } => Self::conflict(detail, Some(current)),
            Refusal::Invalid(errors) => Self::invalid(errors),
            Refusal::Forbidden(detail) => Self::new(Kind::Forbidden, detail),
            Refusal::Unauthorized(detail) => Self::unauthorized(detail, "Bearer"),
            Refusal::TooMany(detail) => Self::new(Kind::TooManyRequests, detail).with_retry_after(ROOM_AFTER),
            Refusal::Unavailable(detail) => Self::unavailable(detail),
            Refusal::Internal(error) => {
                tracing::error!(error, "a request failed by a fault of ours");
                Self::new(Kind::Internal, "a fault of ours; the log has the details under this request's id")
            }
        }
    }
}

impl From<AskError> for Problem {
    fn from(error: AskError) -> Self {
        Self::unavailable(match error {
            AskError::Full => "too much is waiting already; nothing was done",
            AskError::Down => "the part that answers this is restarting; nothing was done",
            AskError::Lost => "the part that answers this restarted meanwhile; the same request may be sent again",
            AskError::Late => "no answer in time; the same request may be sent again",
        })
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.kind.status()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let (status, _, title) = self.kind.facts();
        let mut response = HttpResponse::build(status);
        for (name, value) in &self.headers {
            response.insert_header((name.clone(), value.as_str()));
        }
        let json = ProblemJson {
            kind: self.kind.type_urn(),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: self.detail.clone(),
            errors: self.errors.clone(),
            current: self.current.clone(),
        };
        response.insert_header((header::CONTENT_TYPE, "application/problem+json")).json(json)
    }
}
