//! How answers leave.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError as _};
use serde_json::Value;

use crate::contract::caller::Answer;

use super::error::{Kind, Problem};

/// Says that an answer is the saved one of an earlier request with the same key.
pub const REPLAYED: &str = "Idempotency-Replayed";

/// Sends a write's answer as the actor gave or saved it; one that was refused is a problem again.
///
/// # Errors
/// Where the actor's status is none.
pub fn send(answer: &Answer) -> Result<HttpResponse, Problem> {
    if let Some(detail) = answer.refused() {
        let mut response = Problem::conflict(detail, answer.current().cloned()).error_response();
        if answer.replayed {
            response
                .headers_mut()
                .insert(HeaderName::from_static("idempotency-replayed"), HeaderValue::from_static("true"));
        }
        return Ok(response);
    }
    let status = StatusCode::from_u16(answer.status).map_err(|_| {
        tracing::error!(status = answer.status, "an actor answered with what is no HTTP status");
        Problem::new(Kind::Internal, "a fault of ours; the log has the details under this request's id")
    })?;
    let mut response = HttpResponse::build(status);
    if answer.replayed {
        response.insert_header((REPLAYED, "true"));
    }
    Ok(match answer.body {
        Value::Null => response.finish(),
        ref body => response.json(body),
    })
}
