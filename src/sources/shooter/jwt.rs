//! The token that httpSMS signs its requests with: a JWT (HS256) whose `aud` is the URL that it posts to.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::signature::{bad, check_any, mac_of};
use super::{DecodeError, RawRequest};
use crate::domain::time::UnixMs;
use crate::registry::device_registry::DeviceSecret;

/// How far the signer's clock may be ahead of ours. Its `exp` stands ten minutes ahead, so that no other leeway is needed.
const AHEAD_MAX: Duration = Duration::from_mins(5);

#[derive(Deserialize)]
struct Header {
    alg: String,
}

/// What is looked at; the token has more.
#[derive(Deserialize)]
struct Claims {
    aud: Audience,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
}

/// One URL or several: versions of httpSMS differ.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn has(&self, url: &str) -> bool {
        let same = |audience: &String| audience.trim_end_matches('/') == url;
        match self {
            Self::One(audience) => same(audience),
            Self::Many(audiences) => audiences.iter().any(same),
        }
    }
}

/// `Authorization: Bearer` + a token signed with the secret, for this device's URL, that has not expired.
///
/// It proves that the sender knows the secret, and when; the body is not signed. httpSMS takes the key as it was typed, so
/// that `whsec_` has no meaning here.
pub(super) fn check(request: &RawRequest<'_>, secret: &DeviceSecret) -> Result<(), DecodeError> {
    let header = (request.header)("authorization").unwrap_or_default();
    let scheme = header.get(..7).filter(|scheme| scheme.eq_ignore_ascii_case("bearer "));
    let token = scheme.and_then(|_| header.get(7..)).map(str::trim).filter(|token| !token.is_empty());
    let token = token.ok_or(DecodeError::MissingSignature)?;
    let (signed, signature) = token.rsplit_once('.').ok_or_else(|| bad(SHAPE))?;
    let (head, claims) = signed.split_once('.').ok_or_else(|| bad(SHAPE))?;
    let head: Header = part(head)?;
    // Else the sender could choose an algorithm that needs no key.
    if head.alg != "HS256" {
        return Err(bad("the token is not signed with HS256"));
    }
    if secret.0.is_empty() {
        return Err(bad("the secret is empty"));
    }
    let mut mac = mac_of(secret.0.as_bytes())?;
    hmac::Mac::update(&mut mac, signed.as_bytes());
    check_any(&mac, URL_SAFE_NO_PAD.decode(signature.trim_end_matches('=')).into_iter())?;
    // Only a token of somebody who has the key is told what is wrong with it.
    valid_now(&part(claims)?, request)
}

const SHAPE: &str = "the token in Authorization is no JWT";

fn part<T: for<'de> Deserialize<'de>>(encoded: &str) -> Result<T, DecodeError> {
    let json = URL_SAFE_NO_PAD.decode(encoded.trim_end_matches('=')).map_err(|_| bad(SHAPE))?;
    serde_json::from_slice(&json).map_err(|_| bad("the token lacks what it must say: alg, and aud and exp"))
}

fn valid_now(claims: &Claims, request: &RawRequest<'_>) -> Result<(), DecodeError> {
    let at = |seconds: i64| UnixMs(seconds.saturating_mul(1000));
    if at(claims.exp) <= request.now {
        return Err(bad("the token has expired: set the clock of this machine or of httpSMS"));
    }
    let early = |seconds: Option<i64>| seconds.is_some_and(|seconds| at(seconds).since(request.now) > AHEAD_MAX);
    if early(claims.nbf) || early(claims.iat) {
        return Err(bad("the token is of a time that is still to come: set the clock of this machine or of httpSMS"));
    }
    if !claims.aud.has(request.url) {
        return Err(bad(
            "the token is for another URL: enter the device's httpsms URL as the Callback URL, exactly as it was given, \
             and set service.public_url where that URL differs from what phones use",
        ));
    }
    Ok(())
}

#[cfg(test)]
#[path = "jwt_tests.rs"]
mod tests;
