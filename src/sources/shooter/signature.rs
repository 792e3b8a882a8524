//! Checks of the signatures that phones and scripts send. All comparisons take constant time.

use std::time::Duration;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::percent_decode_str;
use sha2::Sha256;

use super::{DecodeError, RawRequest};
use crate::domain::time::UnixMs;
use crate::registry::device_registry::DeviceSecret;

/// Standard Webhooks and SMS Gateway for Android: how far the time of signing may lie from ours.
const STANDARD_TOLERANCE: Duration = Duration::from_mins(5);
/// SmsForwarder: wider, since a phone's clock is nobody's care.
const SMSFORWARDER_TOLERANCE: Duration = Duration::from_hours(1);

/// Base64 as signers write it, with its padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The key of a Standard Webhooks secret: what `whsec_` is followed by, as base64; of any other text its UTF-8 bytes.
///
/// Refuses an empty key, with which anybody could sign, and `whsec_` before what is no base64.
pub fn key_of(secret: &str) -> Result<Vec<u8>, &'static str> {
    let key = match secret.strip_prefix("whsec_") {
        Some(encoded) => BASE64.decode(encoded).map_err(|_| "the secret has no base64 behind its whsec_")?,
        None => secret.as_bytes().to_vec(),
    };
    if key.is_empty() { Err("the secret is empty") } else { Ok(key) }
}

/// Standard Webhooks: `webhook-signature` has, among others, `v1,` + base64 of HMAC-SHA256(`id.timestamp.body`).
pub(super) fn check_standard(request: &RawRequest<'_>, secret: &DeviceSecret) -> Result<(), DecodeError> {
    let header = |name| (request.header)(name).filter(|value| !value.is_empty()).ok_or(DecodeError::MissingSignature);
    let (id, timestamp, signatures) =
        (header("webhook-id")?, header("webhook-timestamp")?, header("webhook-signature")?);
    let seconds: i64 = timestamp.parse().map_err(|_| bad("webhook-timestamp is not a number of Unix seconds"))?;
    check_time(UnixMs(seconds.saturating_mul(1000)), request.now, STANDARD_TOLERANCE)?;

    let mut mac = mac_of(&key_of(&secret.0).map_err(bad)?)?;
    mac.update(id.as_bytes());
    mac.update(b".");
    mac.update(timestamp.as_bytes());
    mac.update(b".");
    mac.update(request.body);
    // Several stand there while a secret is changed, and versions that we do not know among them.
    let candidates = signatures.split_ascii_whitespace().filter_map(|signature| signature.strip_prefix("v1,"));
    check_any(&mac, candidates.filter_map(|encoded| BASE64.decode(encoded).ok()))
}

/// SmsForwarder: `sign` is base64 of HMAC-SHA256(key = secret, `timestamp` + newline + secret), percent-encoded by the app.
///
/// It proves that the phone knows the secret, and when; the body is not signed. The app takes the secret as it was typed,
/// so that `whsec_` has no meaning here.
pub(super) fn check_smsforwarder(
    timestamp: Option<&str>,
    sign: Option<&str>,
    now: UnixMs,
    secret: &DeviceSecret,
) -> Result<(), DecodeError> {
    let (Some(timestamp), Some(sign)) = (timestamp, sign) else { return Err(DecodeError::MissingSignature) };
    let at = timestamp.parse().map_err(|_| bad("timestamp is not a number of Unix milliseconds"))?;
    check_time(UnixMs(at), now, SMSFORWARDER_TOLERANCE)?;
    if secret.0.is_empty() {
        return Err(bad("the secret is empty"));
    }
    let mut mac = mac_of(secret.0.as_bytes())?;
    mac.update(timestamp.as_bytes());
    mac.update(b"\n");
    mac.update(secret.0.as_bytes());
    check_any(&mac, decodings(sign).filter_map(|encoded| BASE64.decode(encoded).ok()))
}

/// SMS Gateway for Android: `X-Signature` is hex of HMAC-SHA256 over the body followed by `X-Timestamp` (Unix seconds). The app
/// takes the key as it was typed.
pub(super) fn check_hex(request: &RawRequest<'_>, secret: &DeviceSecret) -> Result<(), DecodeError> {
    let header = |name| (request.header)(name).map(str::trim).filter(|value| !value.is_empty());
    let (Some(timestamp), Some(signature)) = (header("x-timestamp"), header("x-signature")) else {
        return Err(DecodeError::MissingSignature);
    };
    let seconds: i64 = timestamp.parse().map_err(|_| bad("X-Timestamp is not a number of Unix seconds"))?;
    check_time(UnixMs(seconds.saturating_mul(1000)), request.now, STANDARD_TOLERANCE)?;
    if secret.0.is_empty() {
        return Err(bad("the secret is empty"));
    }
    let mut mac = mac_of(secret.0.as_bytes())?;
    mac.update(request.body);
    mac.update(timestamp.as_bytes());
    check_any(&mac, hex::decode(signature).into_iter())
}

/// What the signer may have meant: modes of the app differ in how often they percent-encode, and where one does not at
/// all the form has turned its plus signs into spaces. Base64 has neither percent signs nor spaces, so nothing is confused.
fn decodings(sign: &str) -> impl Iterator<Item = String> {
    let spaced = |text: &str| text.trim().replace(' ', "+");
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let once = decoded(sign);
    let twice = decoded(&once);
    [spaced(sign), spaced(&once), spaced(&twice)].into_iter()
}

pub(super) fn mac_of(key: &[u8]) -> Result<Hmac<Sha256>, DecodeError> {
    Hmac::new_from_slice(key).map_err(|_| bad("the secret cannot be used as a key"))
}

/// Whether any of `signatures` is the right one. Goes through all of them, so that the time taken tells nothing.
pub(super) fn check_any(mac: &Hmac<Sha256>, signatures: impl Iterator<Item = Vec<u8>>) -> Result<(), DecodeError> {
    let good = signatures.fold(false, |good, signature| mac.clone().verify_slice(&signature).is_ok() | good);
    if good { Ok(()) } else { Err(bad("the signature is not the one of this device's secret and this request")) }
}

fn check_time(at: UnixMs, now: UnixMs, tolerance: Duration) -> Result<(), DecodeError> {
    if at.since(now).max(now.since(at)) <= tolerance {
        return Ok(());
    }
    Err(bad(format!(
        "it was signed at {at}, more than {} minutes from now: set the sender's clock",
        tolerance.as_secs() / 60
    )))
}

pub(super) fn bad(why: impl Into<String>) -> DecodeError {
    DecodeError::BadSignature(why.into())
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;
