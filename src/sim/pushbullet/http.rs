//! The HTTP API.

use actix_web::http::header::AUTHORIZATION;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::state::{Call, State};
use super::{Shared, error};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/v2/users/me", web::get().to(me))
        .route("/v2/devices", web::get().to(devices))
        .route("/v2/permanents/{name}", web::get().to(permanent))
        // What other clients ask at their start.
        .route("/v2/{list:pushes|chats|subscriptions|channels|contacts|grants}", web::get().to(empty));
}

async fn me(shared: Data<Shared>, request: HttpRequest) -> HttpResponse {
    answer(&shared, &request, |state, token| {
        let iden = state.user(token).unwrap_or_default();
        let user = json!({
            "iden": iden, "email": "shop@example.com", "name": "Shop", "created": 1.441e9, "modified": 1.441e9,
            "max_upload_size": 26_214_400,
        });
        HttpResponse::Ok().json(user)
    })
}

async fn devices(shared: Data<Shared>, request: HttpRequest) -> HttpResponse {
    answer(&shared, &request, |state, token| HttpResponse::Ok().json(state.devices(token)))
}

async fn empty(shared: Data<Shared>, request: HttpRequest) -> HttpResponse {
    let list = request.match_info().get("list").unwrap_or_default().to_owned();
    answer(&shared, &request, |_, _| HttpResponse::Ok().json(json!({ list: [] })))
}

async fn permanent(shared: Data<Shared>, request: HttpRequest) -> HttpResponse {
    let name = request.match_info().get("name").unwrap_or_default().to_owned();
    answer(&shared, &request, |state, token| {
        if let Some(broken) = &state.quirks.broken_history {
            return HttpResponse::Ok().content_type("application/json").body(broken.clone());
        }
        match state.permanent(token, &name) {
            Some(value) => HttpResponse::Ok().json(value),
            None => HttpResponse::NotFound().json(error("invalid_request", "Object not found.")),
        }
    })
}

/// Answers a call as its token and the quirks will have it, and notes it.
fn answer(shared: &Shared, request: &HttpRequest, good: impl FnOnce(&mut State, &str) -> HttpResponse) -> HttpResponse {
    let mut state = shared.lock();
    let token = token_of(request).filter(|token| state.user(token).is_some());
    let answer = if state.quirks.html_answers > 0 {
        state.quirks.html_answers -= 1;
        HttpResponse::BadGateway().content_type("text/html").body("<html><h1>502 Bad Gateway</h1></html>")
    } else if state.quirks.limited > 0 {
        state.quirks.limited -= 1;
        let mut body = error("invalid_request", "You have been ratelimited.");
        body["error"]["code"] = json!("ratelimited");
        HttpResponse::TooManyRequests()
            .insert_header(("X-Ratelimit-Limit", "16384"))
            .insert_header(("X-Ratelimit-Remaining", "0"))
            .insert_header(("X-Ratelimit-Reset", state.quirks.limit_reset.to_string()))
            .json(body)
    } else {
        match token {
            Some(token) => good(&mut state, &token),
            None => {
                HttpResponse::Unauthorized().json(error("invalid_access_token", "Access token is missing or invalid."))
            }
        }
    };
    state.calls.push(Call { path: request.path().to_owned(), status: answer.status().as_u16() });
    answer
}

/// All three forms: the header of their own, Basic with the token as user, Bearer.
fn token_of(request: &HttpRequest) -> Option<String> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    if let Some(token) = header("Access-Token") {
        return Some(token.to_owned());
    }
    let given = header(AUTHORIZATION.as_str())?;
    if let Some(token) = given.strip_prefix("Bearer ") {
        return Some(token.to_owned());
    }
    let pair = String::from_utf8(STANDARD.decode(given.strip_prefix("Basic ")?).ok()?).ok()?;
    pair.split(':').next().map(str::to_owned)
}
