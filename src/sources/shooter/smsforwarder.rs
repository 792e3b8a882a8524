//! Format `smsforwarder`: the SmsForwarder app (pppscn), whose user lays the body out as a form or as JSON.
//!
//! The app sends a message once. So what may hold a message is kept, undecodable as it may be, for a person to read; only
//! what can hold none is refused.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::body::{Fields, MediaType, html_unescaped};
use super::{DecodeError, Entry, FUTURE_MAX, Format, NAME_CHARS_MAX, RawRequest, is_old, signature, unreadable};
use crate::domain::refusal::FieldError;
use crate::domain::source::SourceKey;
use crate::domain::time::UnixMs;
use crate::pipeline::inbox::Delivery;
use crate::registry::device_registry::KnownDevice;

/// 2000-01-01: an earlier time is no time of receipt (a clock that lost its battery, or seconds for milliseconds).
const EARLIEST: UnixMs = UnixMs(946_684_800_000);

/// Reads the message of a request.
pub(super) fn decode(request: &RawRequest<'_>, device: &KnownDevice) -> Result<Vec<Entry>, DecodeError> {
    let fields = fields_of(request)?;
    if let Some(secret) = &device.secret {
        let in_query = Fields::of_form(request.query.as_bytes());
        let field = |name| fields.as_ref().ok().and_then(|fields| fields.text(name)).or_else(|| in_query.text(name));
        signature::check_smsforwarder(field("timestamp").as_deref(), field("sign").as_deref(), request.now, secret)?;
    }
    if request.body.trim_ascii().is_empty() {
        return Err(DecodeError::Invalid(vec![FieldError::new("", "the body is empty")]));
    }
    let delivery = match fields {
        Ok(fields) => readable(&fields, request, device)?,
        Err(why) => undecodable(String::new(), why, request, device),
    };
    Ok(vec![Entry::Message(delivery)])
}

/// The fields, or why the body cannot be decoded though a message may be in it.
fn fields_of(request: &RawRequest<'_>) -> Result<Result<Fields, String>, DecodeError> {
    let json = match MediaType::of(request.content_type) {
        MediaType::Json => true,
        MediaType::Form => false,
        MediaType::Unsaid => request.body.trim_ascii_start().starts_with(b"{"),
        MediaType::Other => return Err(DecodeError::UnsupportedMediaType),
    };
    if !json {
        return Ok(Ok(Fields::of_form(request.body)));
    }
    match Fields::of_json(request.body) {
        Ok(Some(fields)) => Ok(Ok(fields)),
        Ok(None) => Err(DecodeError::Invalid(vec![FieldError::new("", "the body is not a JSON object")])),
        Err(error) => Ok(Err(format!("the body is not JSON: {error}"))),
    }
}

fn readable(fields: &Fields, request: &RawRequest<'_>, device: &KnownDevice) -> Result<Delivery, DecodeError> {
    // `content` is the app's own rendering of several lines; `org_content` is the SMS alone.
    let Some(bytes) = fields.bytes("org_content").or_else(|| fields.bytes("content")) else {
        let cure = "org_content is required: add org_content=[org_content] to the parameters in the app";
        return Err(DecodeError::Invalid(vec![FieldError::new("org_content", cure)]));
    };
    let from = html_unescaped(&fields.text("from").unwrap_or_default());
    let sender: String = from.chars().filter(|character| !character.is_control()).take(NAME_CHARS_MAX).collect();
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Ok(undecodable(sender, "the text is not UTF-8".to_owned(), request, device));
    };
    let text = html_unescaped(text);
    let receive_time = fields.text("receive_time").unwrap_or_default();
    let timestamp = fields.text("timestamp").unwrap_or_default();
    if receive_time.is_empty() && timestamp.is_empty() {
        let why = "it has neither timestamp nor receive_time, so that a second equal deposit could not be told from a \
                   repeat: add timestamp=[timestamp] to the parameters in the app";
        return Ok(undecodable(sender, why.to_owned(), request, device));
    }
    let at = timestamp.parse().ok().map(UnixMs).filter(|&at| EARLIEST <= at && at.since(request.now) <= FUTURE_MAX);
    let received_at = at.unwrap_or(request.now);
    // Only what the phone says: a repeat arrives at another time.
    let key = SourceKey::from_parts(at.unwrap_or_default(), &[&from, &text, &receive_time, &timestamp]);
    let quarantine =
        if from == sender { unreadable(&text) } else { Some("the sender is no name or number".to_owned()) };
    Ok(Delivery {
        text: if quarantine.is_some() { None } else { Some(text) },
        sender,
        received_at,
        quarantine,
        old_event: is_old(received_at, request.now),
        ..bare(key, request, device)
    })
}

/// A delivery whose message nobody could read. Nothing tells a repeat of it from another, so each is kept.
fn undecodable(sender: String, why: String, request: &RawRequest<'_>, device: &KnownDevice) -> Delivery {
    let key = SourceKey::from_parts(request.now, &[&BASE64.encode(request.body)]);
    Delivery { sender, quarantine: Some(why), ..bare(key, request, device) }
}

/// What every delivery of this format has.
fn bare(key: SourceKey, request: &RawRequest<'_>, device: &KnownDevice) -> Delivery {
    Delivery {
        key,
        external_id: None,
        format: Format::SmsForwarder.as_str(),
        sender: String::new(),
        text: None,
        line: device.line.clone(),
        received_at: request.now,
        raw: Some(request.body.to_vec()),
        quarantine: None,
        old_event: false,
    }
}

#[cfg(test)]
#[path = "smsforwarder_tests.rs"]
mod tests;
