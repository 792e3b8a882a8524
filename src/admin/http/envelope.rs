//! What handlers answer, and the one place that puts it into the profile's form.

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use serde_json::{Map, Value, json};

use super::params::PageAsked;
use super::words::{Lang, Say};
use crate::admin::frozen::money::Exact;
use crate::admin::session_desk::Denied;
use crate::config::LegacyConfig;
use crate::supervision::AskError;

/// What a route answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// An object.
    Object(Value),
    /// A page of a list.
    Page {
        /// Its items.
        list: Vec<Value>,
        /// How many there are in all.
        total: u64,
        /// Which page it is.
        asked: PageAsked,
    },
}

/// A field that cannot be taken, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Which; empty for the request as a whole.
    pub field: String,
    /// Why.
    pub say: Words,
}

/// Why a field cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Words {
    /// One of our own sentences, in the caller's language.
    Key(Say),
    /// A peer's sentence.
    Text(String),
}

impl Words {
    fn text(&self, lang: Lang) -> &str {
        match self {
            Self::Key(say) => say.text(lang),
            Self::Text(text) => text,
        }
    }
}

/// Why a route does not answer what it was asked.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// No token, or an unknown one.
    NoToken,
    /// A token that was good once.
    Expired,
    /// A session that was ended from elsewhere.
    Ended,
    /// A login that failed.
    WrongPassword,
    /// Fields that cannot be taken.
    Invalid(Vec<Wrong>),
    /// Too few rights.
    Forbidden,
    /// Nothing there.
    NotFound,
    /// What was asked for no longer holds; the thing as it is now.
    Conflict(Value),
    /// Too many tries.
    TooMany {
        /// When to come back.
        retry_after_s: u64,
    },
    /// Recon, the wallet or the edge's own store cannot answer now.
    Unavailable {
        /// When to come back.
        retry_after_s: u64,
    },
    /// A fault of ours.
    Failed,
}

impl Failure {
    /// A conflict with the thing as old programs read it.
    #[must_use]
    pub fn current_as(self, old: impl Fn(&Value) -> Value) -> Self {
        match self {
            Self::Conflict(current) if current.get("id").is_some() => Self::Conflict(old(&current)),
            other => other,
        }
    }

    /// A body that is no JSON object.
    #[must_use]
    pub fn unreadable() -> Self {
        Self::Invalid(vec![Wrong { field: String::new(), say: Words::Key(Say::GiveJson) }])
    }
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::NoToken | Denied::Unknown => Self::NoToken,
            Denied::Expired => Self::Expired,
            Denied::Ended => Self::Ended,
            Denied::WrongPassword => Self::WrongPassword,
            Denied::TooMany(wait) => Self::TooMany { retry_after_s: wait.as_secs() + 1 },
            Denied::Unavailable => Self::Unavailable { retry_after_s: 1 },
        }
    }
}

impl From<AskError> for Failure {
    fn from(_error: AskError) -> Self {
        Self::Unavailable { retry_after_s: 1 }
    }
}

/// Writes an outcome in the profile's form and the caller's language.
#[must_use]
pub fn answer(legacy: &LegacyConfig, lang: Lang, outcome: Result<Reply, Failure>) -> HttpResponse {
    match outcome {
        Ok(Reply::Object(data)) => success(legacy, data).finish_with(),
        Ok(Reply::Page { list, total, asked }) => page(legacy, list, total, asked).finish_with(),
        Err(failure) => refused(legacy, lang, &failure).finish_with(),
    }
}

/// An answer in parts.
struct Sent {
    status: u16,
    envelope: Map<String, Value>,
    headers: Vec<(header::HeaderName, String)>,
}

impl Sent {
    fn new(legacy: &LegacyConfig, code: i64, data: Value, message: &str) -> Self {
        let mut envelope = Map::new();
        envelope.insert(legacy.envelope.code.clone(), json!(code));
        envelope.insert(legacy.envelope.data.clone(), data);
        envelope.insert(legacy.envelope.message.clone(), json!(message));
        Self { status: 200, envelope, headers: Vec::new() }
    }

    fn finish_with(self) -> HttpResponse {
        let mut response = HttpResponse::build(StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK));
        for (name, value) in self.headers {
            response.append_header((name, value));
        }
        response.json(Exact(&Value::Object(self.envelope)))
    }
}

fn success(legacy: &LegacyConfig, data: Value) -> Sent {
    Sent::new(legacy, legacy.codes.ok, data, "ok")
}

fn page(legacy: &LegacyConfig, list: Vec<Value>, total: u64, asked: PageAsked) -> Sent {
    let paging = &legacy.paging;
    let mut found = Map::new();
    found.insert(paging.list.clone(), Value::Array(list));
    found.insert(paging.total.clone(), json!(total));
    if paging.repeats_page {
        found.insert(paging.page.clone(), json!(asked.page));
        found.insert(paging.page_size.clone(), json!(asked.page_size));
    }
    if !paging.in_envelope {
        return success(legacy, Value::Object(found));
    }
    let mut sent = success(legacy, Value::Null);
    sent.envelope.remove(&legacy.envelope.data);
    sent.envelope.append(&mut found);
    sent
}

fn refused(legacy: &LegacyConfig, lang: Lang, failure: &Failure) -> Sent {
    let codes = &legacy.codes;
    let say = |code, data, say: Say| Sent::new(legacy, code, data, say.text(lang));
    let unauthenticated = |code, words| Sent { status: legacy.auth_status, ..say(code, Value::Null, words) };
    match failure {
        Failure::NoToken => unauthenticated(codes.no_token, Say::NotLoggedIn),
        Failure::Expired => unauthenticated(codes.expired, Say::SessionOver),
        Failure::Ended => unauthenticated(codes.ended, Say::SessionEnded),
        Failure::WrongPassword => say(codes.wrong_password, json!({}), Say::WrongPassword),
        Failure::Invalid(wrong) => {
            let errors: Vec<Value> =
                wrong.iter().map(|wrong| json!({"field": wrong.field, "message": wrong.say.text(lang)})).collect();
            say(codes.invalid, json!({ "errors": errors }), Say::Invalid)
        }
        Failure::Forbidden => {
            Sent { status: legacy.forbidden_status, ..say(codes.forbidden, json!({}), Say::Forbidden) }
        }
        Failure::NotFound => say(codes.not_found, json!({}), Say::NotFound),
        Failure::Conflict(current) => say(codes.conflict, current.clone(), Say::Conflict),
        Failure::TooMany { retry_after_s } => {
            let mut sent = say(codes.too_many, json!({}), Say::TooMany);
            sent.headers.push((header::RETRY_AFTER, retry_after_s.to_string()));
            sent
        }
        Failure::Unavailable { retry_after_s } => {
            let mut sent = say(codes.unavailable, json!({ "retry_after": retry_after_s }), Say::Unavailable);
            sent.headers.push((header::RETRY_AFTER, retry_after_s.to_string()));
            sent
        }
        Failure::Failed => say(codes.failed, json!({}), Say::Failed),
    }
}
