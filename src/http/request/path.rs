//! Ids in the path.

use actix_web::HttpRequest;
use percent_encoding::percent_decode_str;

use crate::http::error::{Kind, Problem};

/// The integer under `name` in the path.
///
/// # Errors
/// 404: what is no integer names nothing.
pub fn int_id(request: &HttpRequest, name: &str) -> Result<i64, Problem> {
    let text = raw(request, name);
    let plain = text.strip_prefix('-').unwrap_or(text);
    // One writing for each id: `01` must not be another name of 1.
    let is_integer = text == "0" || (!plain.starts_with('0') && plain.bytes().all(|byte| byte.is_ascii_digit()));
    is_integer
        .then(|| text.parse().ok())
        .flatten()
        .ok_or_else(|| Problem::new(Kind::NotFound, "the id in the path is not an integer, so it names nothing"))
}

/// The text under `name` in the path, decoded once.
///
/// # Errors
/// 404 where it is not UTF-8 or holds a NUL: nothing has such an id.
pub fn text_id(request: &HttpRequest, name: &str) -> Result<String, Problem> {
    percent_decode_str(raw(request, name))
        .decode_utf8()
        .ok()
        .filter(|text| !text.contains('\0'))
        .map(std::borrow::Cow::into_owned)
        .ok_or_else(|| Problem::new(Kind::NotFound, "the id in the path is not readable, so it names nothing"))
}

/// What the router matched. It has decoded everything but `%2F`, `%25` and `%2B` before.
fn raw<'r>(request: &'r HttpRequest, name: &str) -> &'r str {
    request.match_info().get(name).unwrap_or_default()
}
