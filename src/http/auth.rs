//! Who may enter `/internal`: 401 without a bearer token, 403 with a wrong one, 429 with too many wrong ones.

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, ResponseError};

use super::error::{Kind, Problem};
use super::request::address_of;
use super::server::Service;

/// Failures of one address before it is slowed down. A caller with the right token is never slowed: several share an
/// address behind a proxy, and a stranger there must not be able to lock them out.
pub(super) const FAILURES_PER_MINUTE: u32 = 600;

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
    let problem = match bearer(request.headers()) {
        None => Problem::unauthorized("this path needs Authorization: Bearer <service token>", "Bearer"),
        Some(token) if service.state.service_token.is(token) => return Ok(()),
        Some(_) => Problem::new(Kind::Forbidden, "the bearer token is not this service's"),
    };
    count_failure(service, request.request())?;
    Err(problem)
}

/// Counts a failed attempt of the request's address.
///
/// # Errors
/// 429 where there were too many.
pub(super) fn count_failure(service: &Service, request: &actix_web::HttpRequest) -> Result<(), Problem> {
    service.failures.count(&address_of(request)).map_err(Problem::too_many_requests)
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii()).filter(|token| !token.is_empty())
}
