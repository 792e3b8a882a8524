//! Format `smsforwarder`: the SmsForwarder app (pppscn), whose user lays the body out as a form or as JSON.
//!
//! The app sends a message once. So what may hold a message is kept, undecodable as it may be, for a person to read; only
//! what can hold none is refused.

use super::app_event::{AppRequest, NO_IDENTITY, Told, invalid};
use super::body::{Fields, MediaType, html_unescaped};
use super::{DecodeError, Entry, RawRequest, signature};
use crate::domain::source::SourceKey;
use crate::domain::time::UnixMs;

/// Reads the message of a request.
pub(super) fn decode(app: AppRequest<'_, '_>) -> Result<Vec<Entry>, DecodeError> {
    let request = app.request;
    let fields = fields_of(request)?;
    if let Some(secret) = &app.device.secret {
        let in_query = Fields::of_form(request.query.as_bytes());
        let field = |name| fields.as_ref().ok().and_then(|fields| fields.text(name)).or_else(|| in_query.text(name));
        signature::check_smsforwarder(field("timestamp").as_deref(), field("sign").as_deref(), request.now, secret)?;
    }
    if request.body.trim_ascii().is_empty() {
        return Err(invalid("", "the body is empty"));
    }
    Ok(vec![match fields {
        Ok(fields) => readable(&fields, app)?,
        Err(why) => app.undecodable("", why),
    }])
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
        Ok(None) => Err(invalid("", "the body is not a JSON object")),
        Err(error) => Ok(Err(format!("the body is not JSON: {error}"))),
    }
}

fn readable(fields: &Fields, app: AppRequest<'_, '_>) -> Result<Entry, DecodeError> {
    // `content` is the app's own rendering of several lines; `org_content` is the SMS alone.
    let Some(bytes) = fields.bytes("org_content").or_else(|| fields.bytes("content")) else {
        let cure = "org_content is required: add org_content=[org_content] to the parameters in the app";
        return Err(invalid("org_content", cure));
    };
    let sender = html_unescaped(&fields.text("from").unwrap_or_default());
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Ok(app.undecodable(&sender, "the text is not UTF-8"));
    };
    let text = html_unescaped(text);
    let receive_time = fields.text("receive_time").unwrap_or_default();
    let timestamp = fields.text("timestamp").unwrap_or_default();
    if receive_time.is_empty() && timestamp.is_empty() {
        let why = format!(
            "it has neither timestamp nor receive_time, so that {NO_IDENTITY}: add timestamp=[timestamp] to the parameters \
             in the app"
        );
        return Ok(app.undecodable(&sender, why));
    }
    let at = timestamp.parse().ok().and_then(|at| app.plausible(UnixMs(at)));
    // Only what the phone says: a repeat arrives at another time.
    let key = SourceKey::from_parts(at.unwrap_or_default(), &[&sender, &text, &receive_time, &timestamp]);
    Ok(app.message(Told { key, external_id: None, sender, text, line: None, at, unreadable: None }))
}

#[cfg(test)]
#[path = "smsforwarder_tests.rs"]
mod tests;
