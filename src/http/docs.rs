//! The OpenAPI document, and a page that shows it. The page's files are in the binary: no CDN.

use std::sync::{Arc, LazyLock};

use actix_web::http::header;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use utoipa_swagger_ui::Config;

use super::error::{Kind, Problem};
use super::request::{no_query, text_id};
use super::resource::Path;

/// The page runs only what comes from here; Swagger UI sets styles on its elements and draws icons from `data:`.
const PAGE_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                           frame-ancestors 'none'; base-uri 'self'";

static DOCUMENT: LazyLock<String> = LazyLock::new(|| super::openapi().to_json().unwrap_or_default());
static CONFIG: LazyLock<Arc<Config<'static>>> =
    LazyLock::new(|| Arc::new(Config::from("/openapi.json").validator_url("none")));

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .service(Path::new("/openapi.json").get(web::route().to(document)).service())
        .service(Path::new("/docs").get(web::route().to(page)).service())
        .service(Path::new("/docs/{file:.*}").get(web::route().to(file)).service());
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "documentation",
    responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
pub(super) async fn document(request: HttpRequest) -> Result<HttpResponse, Problem> {
    no_query(&request)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(DOCUMENT.as_str()))
}

/// A page that shows this document and works without any CDN.
#[utoipa::path(get, path = "/docs", tag = "documentation",
    responses((status = 200, description = "The page", body = String, content_type = "text/html")))]
pub(super) async fn page(request: HttpRequest) -> Result<HttpResponse, Problem> {
    no_query(&request)?;
    served("index.html", Some("<base href=\"/docs/\">"))
}

async fn file(request: HttpRequest) -> Result<HttpResponse, Problem> {
    served(&text_id(&request, "file")?, None)
}

fn served(name: &str, into_head: Option<&str>) -> Result<HttpResponse, Problem> {
    let file = utoipa_swagger_ui::serve(name, CONFIG.clone()).map_err(|error| {
        tracing::error!(error = %error, "the documentation page cannot be served");
        Problem::new(Kind::Internal, "a fault of ours; the log has the details under this request's id")
    })?;
    let file = file.ok_or_else(Problem::no_such_path)?;
    let mut response = HttpResponse::Ok();
    response.content_type(file.content_type).insert_header((header::CONTENT_SECURITY_POLICY, PAGE_POLICY));
    Ok(match into_head {
        // The page names its files relative to its own folder, which `/docs` without a slash is not.
        Some(tag) => response.body(String::from_utf8_lossy(&file.bytes).replacen("<head>", &format!("<head>{tag}"), 1)),
        None => response.body(file.bytes.into_owned()),
    })
}
