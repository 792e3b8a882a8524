//! The console at `/`: the page, and its files under `/console/{version}/`. They hold no secret and need no login; what they
//! show comes by the routes.

use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::{self, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, guard};

use crate::admin::console::{Asset, page, version};

/// Only what comes from here, and no text ever becomes markup: browsers that know trusted types refuse it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; \
                      form-action 'none'; base-uri 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";
/// The page is asked for anew each time; it names the version of its files.
const PAGE_CACHING: &str = "no-cache";
/// A version's files never change.
const FILE_CACHING: &str = "public, max-age=31536000, immutable";

/// Registers the page and its files.
pub(super) fn configure(config: &mut ServiceConfig) {
    let reads = || guard::Any(guard::Get()).or(guard::Head());
    config.service(web::resource("/").route(web::route().guard(reads()).to(index)));
    config.service(web::resource("/console/{version}/{file:.*}").route(web::route().guard(reads()).to(file)));
}

async fn index(request: HttpRequest) -> HttpResponse {
    let tag = format!("\"{}\"", version());
    let asked = request.headers().get_all(header::IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    let is_known = asked.flat_map(|tags| tags.split(',')).any(|known| known.trim().trim_start_matches("W/") == tag);
    let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((header::ETAG, tag));
    guarded(&mut response, PAGE_CACHING);
    if is_known { response.finish() } else { response.content_type("text/html; charset=utf-8").body(page()) }
}

async fn file(path: Path<(String, String)>) -> HttpResponse {
    let (asked, file) = path.into_inner();
    let found = Asset::at(&file).filter(|_| asked == version());
    let Some(asset) = found else {
        let mut response = HttpResponse::NotFound();
        guarded(&mut response, "no-store");
        return response.content_type("text/plain; charset=utf-8").body("There is no such file; load the page anew.\n");
    };
    let mut response = HttpResponse::Ok();
    guarded(&mut response, FILE_CACHING);
    response.content_type(asset.content_type()).body(asset.text)
}

fn guarded(response: &mut HttpResponseBuilder, caching: &'static str) {
    let fixed = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (header::CACHE_CONTROL, caching),
    ];
    for (name, value) in fixed {
        response.insert_header((name, HeaderValue::from_static(value)));
    }
}
