//! Around every request: an id, a span, two metrics and the headers that every answer carries. Nothing here reads the raw
//! path: paths of phones carry their tokens.

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use tokio::time::Instant;
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const REQUEST_ID_MAX: usize = 64;
const UNMATCHED: &str = "unmatched";

/// The outermost middleware.
pub(super) async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let method = method_name(request.method());
    let route = request.match_pattern().unwrap_or_else(|| UNMATCHED.to_owned());
    let id = request_id(request.headers());
    let span = tracing::info_span!("request", request.id = %id, http.method = method, http.route = %route);
    async move {
        let mut response = next.call(request).await?.map_into_boxed_body();
        let status = response.status();
        let elapsed = started.elapsed();
        note(&route, method, status, elapsed);
        add_headers(response.headers_mut(), &id);
        Ok(response)
    }
    .instrument(span)
    .await
}

fn note(route: &str, method: &'static str, status: StatusCode, elapsed: std::time::Duration) {
    let labels = [("route", route.to_owned()), ("method", method.to_owned()), ("status", status.as_str().to_owned())];
    metrics::counter!("recon_http_requests_total", &labels).increment(1);
    metrics::histogram!("recon_http_request_duration_seconds", "route" => route.to_owned())
        .record(elapsed.as_secs_f64());
    let http_status = status.as_u16();
    let duration_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
    if status.is_server_error() {
        tracing::warn!(http.status = http_status, duration_us, "request answered with an error of ours");
    } else {
        tracing::debug!(http.status = http_status, duration_us, "request answered");
    }
}

/// The caller's id where it is a plain one, else a fresh one.
fn request_id(headers: &HeaderMap) -> String {
    let plain = |text: &&str| {
        (1..=REQUEST_ID_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    headers
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(plain)
        .map_or_else(|| hex::encode(rand::random::<[u8; 16]>()), str::to_owned)
}

/// One of the methods that exist here, so that strangers cannot make labels up.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

fn add_headers(headers: &mut HeaderMap, id: &str) {
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, id);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        let nothing = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
        headers.insert(header::CONTENT_SECURITY_POLICY, nothing);
    }
    // Answers are private; only what says itself that it may be kept, the console's files, is.
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
