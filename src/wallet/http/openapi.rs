//! The wallet's own OpenAPI document.

use std::sync::LazyLock;

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use utoipa::OpenApi as _;

use super::{ledger, outbox, recharges, wallets};
use crate::domain::money::Currency;
use crate::http::completed;
use crate::http::error::{Problem, ProblemJson};
use crate::http::request::no_query;
use crate::http::resource::Path;

#[derive(utoipa::OpenApi)]
#[openapi(
    info(title = "recon wallet", description = "The reference wallet: recharge orders and a double-entry ledger."),
    components(schemas(ProblemJson, Currency)),
    paths(
        document,
        recharges::list,
        recharges::place,
        recharges::get,
        recharges::approve,
        recharges::reject,
        recharges::cancel,
        wallets::get,
        wallets::entries,
        ledger::verify,
        outbox::list,
        outbox::retry,
    )
)]
struct Document;

static DOCUMENT: LazyLock<String> = LazyLock::new(|| openapi().to_json().unwrap_or_default());

/// The document, as `/openapi.json` shows it. The probes are those of every role and stand in the service's.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    completed(Document::openapi(), "wallet_token", "`wallet.token` of the configuration")
}

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(Path::new("/openapi.json").get(web::route().to(document)).service());
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "documentation",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
async fn document(request: HttpRequest) -> Result<HttpResponse, Problem> {
    no_query(&request)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(DOCUMENT.as_str()))
}
