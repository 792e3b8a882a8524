//! Who asks: `X-Operator`, `Idempotency-Key`, the address.

use std::net::{IpAddr, Ipv4Addr};

use actix_web::HttpRequest;
use actix_web::http::header::HeaderValue;
use percent_encoding::percent_decode;

use crate::contract::caller::{Caller, Idempotency};
use crate::http::error::Problem;

const OPERATOR: &str = "X-Operator";
const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
const OPERATOR_MAX: usize = 100;
const KEY_MAX: usize = 255;

/// Reads who asks for a write whose body has that SHA-256.
pub(super) fn of(request: &HttpRequest, body_hash: [u8; 32]) -> Result<Caller, Problem> {
    let operator = single(request, OPERATOR)?.map(operator).transpose()?;
    let key = single(request, IDEMPOTENCY_KEY)?.map(idempotency_key).transpose()?;
    let idempotency =
        key.map(|key| Idempotency { key: format!("{} {} {key}", request.method(), request.path()), body_hash });
    Ok(Caller { operator, idempotency })
}

/// Holds that the caller named an `Idempotency-Key`, for writes that must be repeatable.
///
/// # Errors
/// 422 where there is none.
pub fn required_key(caller: &Caller) -> Result<(), Problem> {
    match caller.idempotency {
        Some(_) => Ok(()),
        None => Err(Problem::invalid_field(IDEMPOTENCY_KEY, "this request needs the header: a key of its own")),
    }
}

/// The address at the other end of the connection. `X-Forwarded-For` is not believed: anybody can write it.
pub fn address_of(request: &HttpRequest) -> IpAddr {
    request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.ip())
}

fn single<'r>(request: &'r HttpRequest, name: &str) -> Result<Option<&'r HeaderValue>, Problem> {
    let mut values = request.headers().get_all(name);
    let first = values.next();
    if values.next().is_some() {
        return Err(Problem::invalid_field(name, "the header may stand only once"));
    }
    Ok(first)
}

/// A name of 1 to 100 printable characters, as it is or percent-encoded: headers carry no Korean by themselves.
fn operator(value: &HeaderValue) -> Result<String, Problem> {
    let refuse = || {
        let message = format!("a name of 1 to {OPERATOR_MAX} printable characters, in UTF-8 or percent-encoded");
        Problem::invalid_field(OPERATOR, message)
    };
    let decoded = percent_decode(value.as_bytes()).decode_utf8().map_err(|_| refuse())?;
    let name = decoded.trim();
    let length = name.chars().count();
    if length == 0 || length > OPERATOR_MAX || !name.chars().all(is_printable) {
        return Err(refuse());
    }
    Ok(name.to_owned())
}

/// Neither a control character nor one that hides or turns around what stands beside it in the audit.
fn is_printable(c: char) -> bool {
    let hidden = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    !c.is_control() && !hidden
}

fn idempotency_key(value: &HeaderValue) -> Result<&str, Problem> {
    value
        .to_str()
        .ok()
        .filter(|key| (1..=KEY_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()))
        .ok_or_else(|| {
            Problem::invalid_field(IDEMPOTENCY_KEY, format!("1 to {KEY_MAX} visible ASCII characters without spaces"))
        })
}
