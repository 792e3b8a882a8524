//! Bodies: read whole within a size and a time, then as JSON.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::contract::caller::Caller;
use crate::domain::json_object::{JsonObject, plain_words};
use crate::domain::refusal::FieldError;
use crate::http::error::{Kind, Problem};

use super::caller;
use super::query::no_query;

/// A body that has not arrived whole by then is given up.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// The largest body of a resource, in bytes; where none is set, 1 MiB.
#[derive(Clone, Copy, Debug)]
pub struct BodyLimit(pub usize);

impl BodyLimit {
    const DEFAULT: Self = Self(1024 * 1024);
}

/// A body that a route takes.
pub trait RequestBody: DeserializeOwned + 'static {
    /// What an empty body means; none: a body is needed.
    fn when_empty() -> Option<Self> {
        None
    }

    /// What the shape alone does not say: lengths and counts.
    fn check(&self, errors: &mut Vec<FieldError>) {
        let _ = errors;
    }
}

/// The body of a request that changes nothing.
#[derive(Debug)]
pub struct Input<T>(pub T);

/// The body of a write, with who asks for it.
#[derive(Debug)]
pub struct Write<T> {
    /// Who asks.
    pub caller: Caller,
    /// What for.
    pub input: T,
}

/// No body: what stands in a body all the same is not looked at.
#[derive(Clone, Copy, Debug)]
pub struct NoBody;

impl<T: RequestBody> FromRequest for Input<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let bytes = read(&request, payload).await?;
            Ok(Self(from_json(&request, &bytes)?))
        })
    }
}

impl<T: RequestBody> FromRequest for Write<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let bytes = read(&request, payload).await?;
            let caller = caller::of(&request, Sha256::digest(&bytes).into())?;
            Ok(Self { caller, input: from_json(&request, &bytes)? })
        })
    }
}

impl FromRequest for Write<NoBody> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let bytes = read(&request, payload).await?;
            Ok(Self { caller: caller::of(&request, Sha256::digest(&bytes).into())?, input: NoBody })
        })
    }
}

async fn read(request: &HttpRequest, payload: Payload) -> Result<Bytes, Problem> {
    no_query(request)?;
    let limit = request.app_data::<BodyLimit>().copied().unwrap_or(BodyLimit::DEFAULT);
    read_bytes(request, payload, limit).await
}

/// Reads a body whole.
///
/// # Errors
/// 413 over the limit, 415 where it is compressed, 408 where it does not arrive in time, 400 where it breaks off.
pub async fn read_bytes(request: &HttpRequest, payload: Payload, limit: BodyLimit) -> Result<Bytes, Problem> {
    let encoded = request
        .headers()
        .get(header::CONTENT_ENCODING)
        .is_some_and(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"));
    if encoded {
        return Err(Problem::new(Kind::UnsupportedMediaType, "bodies are taken as they are, without Content-Encoding"));
    }
    let too_large = || Problem::new(Kind::ContentTooLarge, format!("the body may have {} bytes at most", limit.0));
    let announced = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > limit.0) {
        return Err(too_large());
    }
    let whole = async {
        let mut payload = payload;
        let mut body = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| broken(&error))?;
            if body.len().saturating_add(chunk.len()) > limit.0 {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    let late = || {
        let detail = format!("the body did not arrive whole within {} s", BODY_WITHIN.as_secs());
        Problem::new(Kind::RequestTimeout, detail)
    };
    tokio::time::timeout(BODY_WITHIN, whole).await.map_err(|_| late())?
}

fn broken(error: &PayloadError) -> Problem {
    match error {
        PayloadError::Overflow => Problem::new(Kind::ContentTooLarge, "the body is too large"),
        _ => Problem::new(Kind::BadRequest, "the body broke off or is framed wrongly"),
    }
}

fn from_json<T: RequestBody>(request: &HttpRequest, bytes: &Bytes) -> Result<T, Problem> {
    if bytes.is_empty()
        && let Some(value) = T::when_empty()
    {
        return Ok(value);
    }
    must_be_json(request)?;
    let value: T = parse(bytes)?;
    let mut errors = Vec::new();
    value.check(&mut errors);
    if errors.is_empty() { Ok(value) } else { Err(Problem::invalid(errors)) }
}

fn must_be_json(request: &HttpRequest) -> Result<(), Problem> {
    let refuse = |detail: &str| Err(Problem::new(Kind::UnsupportedMediaType, detail));
    let Some(value) = request.headers().get(header::CONTENT_TYPE) else {
        return refuse("the body needs Content-Type: application/json");
    };
    let value = value.to_str().unwrap_or_default().to_ascii_lowercase();
    let mut parts = value.split(';').map(str::trim);
    if parts.next() != Some("application/json") {
        return refuse("the body must be application/json");
    }
    let charset = parts.find_map(|part| part.strip_prefix("charset="));
    if charset.is_some_and(|charset| charset.trim_matches('"') != "utf-8") {
        return refuse("JSON is taken in UTF-8 only");
    }
    Ok(())
}

/// First whether it is JSON at all (400), then whether it is what the route takes (422 with the field).
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let no_json = |detail: String| Problem::new(Kind::BadRequest, detail);
    let text = std::str::from_utf8(bytes).map_err(|_| no_json("the body is not UTF-8".to_owned()))?;
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|error| no_json(format!("the body is not JSON: {error}")))?;
    if let Some(field) = nul_in(&value) {
        return Err(Problem::invalid_field(field, "text may not hold the character NUL"));
    }
    // An array would be read as the fields of a struct in their order, which nobody means.
    if !value.is_object() {
        return Err(Problem::invalid_field("", "the body must be a JSON object"));
    }
    // From the text again and not from the value: the value has forgotten fields that stood there twice.
    let mut json = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut json).map(|JsonObject(value)| value).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { String::new() } else { path };
        let words = plain_words(&error.into_inner());
        Problem::invalid_field(with_named_field(path, &words), words)
    })
}

/// A field that is missing or stands there twice is not in the path, which ends at the object; it is in the words.
fn with_named_field(path: String, words: &str) -> String {
    let rest = words.strip_prefix("missing field `").or_else(|| words.strip_prefix("duplicate field `"));
    match rest.and_then(|rest| rest.strip_suffix('`')) {
        Some(name) if path.is_empty() => name.to_owned(),
        Some(name) if path != name && !path.ends_with(&format!(".{name}")) => format!("{path}.{name}"),
        _ => path,
    }
}

/// Where a text with NUL stands: PostgreSQL cannot keep one, so it is refused before anybody tries.
fn nul_in(value: &serde_json::Value) -> Option<String> {
    use serde_json::Value;
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| nul_in(item).map(|rest| format!("[{index}]{}", dotted(&rest)))),
        Value::Object(fields) => fields.iter().find_map(|(name, item)| {
            if name.contains('\0') {
                return Some(name.replace('\0', "\u{fffd}"));
            }
            nul_in(item).map(|rest| format!("{name}{}", dotted(&rest)))
        }),
        _ => None,
    }
}

fn dotted(rest: &str) -> String {
    if rest.is_empty() || rest.starts_with('[') { rest.to_owned() } else { format!(".{rest}") }
}
