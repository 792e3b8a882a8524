//! Who may enter `/internal`: 401 without a bearer token, 403 with a wrong one, 429 with too many wrong ones.

use std::net::IpAddr;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpRequest, ResponseError};

use super::error::{Kind, Problem};
use super::limit::Limiter;
use super::request::address_of;
use super::server::Service;
use super::state::HashedToken;

/// Failures of one address before it is slowed down. A caller with the right token is never slowed: several share an
/// address behind a proxy, and a stranger there must not be able to lock them out.
pub const FAILURES_PER_MINUTE: u32 = 600;

/// The middleware around `/internal`.
pub(super) async fn require_service_token(
    service: Data<Service>,
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match check(&service, &request) {
        Ok(()) => next.call(request).await,
        Err(problem) => Ok(request.into_response(problem.error_response())),
    }
}

fn check(service: &Service, request: &ServiceRequest) -> Result<(), Problem> {
    check_bearer("service", &service.state.service_token, &service.failures, request.request())
}

/// Whether the request carries the bearer token of the role `whose`.
///
/// # Errors
/// 401 without a token, 403 with a wrong one, 429 where an address sent too many of either.
pub fn check_bearer(
    whose: &str,
    token: &HashedToken,
    failures: &Limiter<IpAddr>,
    request: &HttpRequest,
) -> Result<(), Problem> {
    let problem = match bearer(request.headers()) {
        None => Problem::unauthorized(format!("this path needs Authorization: Bearer <{whose} token>"), "Bearer"),
        Some(presented) if token.is(presented) => return Ok(()),
        Some(_) => Problem::new(Kind::Forbidden, format!("the bearer token is not this {whose}'s")),
    };
    failures.count(&address_of(request)).map_err(Problem::too_many_requests)?;
    Err(problem)
}

/// Counts a failed attempt of the request's address.
///
/// # Errors
/// 429 where there were too many.
pub(super) fn count_failure(service: &Service, request: &HttpRequest) -> Result<(), Problem> {
    service.failures.count(&address_of(request)).map_err(Problem::too_many_requests)
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii()).filter(|token| !token.is_empty())
}
