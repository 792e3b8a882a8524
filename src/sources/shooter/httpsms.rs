//! Format `httpsms`: events of httpSMS, as CloudEvents in JSON. Its service, not the phone, posts them: twice at most, five
//! seconds each.

use serde_json::Value;

use super::app_event::{AppRequest, NO_IDENTITY, Told, ignored, invalid};
use super::body::Fields;
use super::{DecodeError, Entry, jwt};
use crate::domain::source::SourceKey;
use crate::domain::time::UnixMs;

/// The type of the event that brings an SMS.
const RECEIVED: &str = "message.phone.received";

/// Reads the event of a request.
pub(super) fn decode(app: AppRequest<'_, '_>) -> Result<Vec<Entry>, DecodeError> {
    if let Some(secret) = &app.device.secret {
        jwt::check(app.request, secret)?;
    }
    let mut event = match app.object()? {
        Ok(object) => object,
        Err(why) => return Ok(vec![app.undecodable("", why)]),
    };
    let data = event.remove("data");
    let event = Fields::of_object(event);
    let event_id = event.text("id").map(std::borrow::Cow::into_owned);
    match event.text("type").as_deref() {
        Some(RECEIVED) => {}
        Some(_) => return Ok(vec![ignored(event_id)]),
        None => return Ok(vec![app.undecodable("", "the event has no type")]),
    }
    let Some(Value::Object(data)) = data else {
        return Err(invalid("data", "data is required"));
    };
    Ok(vec![message(app, event_id, &Fields::of_object(data))])
}

fn message(app: AppRequest<'_, '_>, event_id: Option<String>, data: &Fields) -> Entry {
    let text = |name| data.text(name).unwrap_or_default().into_owned();
    let (sender, content, timestamp) = (text("contact"), text("content"), text("timestamp"));
    let at = timestamp.parse::<UnixMs>().ok().and_then(|at| app.plausible(at));
    let id = Some(text("message_id")).filter(|id| !id.is_empty()).or(event_id);
    let key = match &id {
        Some(id) => SourceKey::from_id(id),
        None if timestamp.is_empty() => {
            return app.undecodable(&sender, format!("it has neither message_id nor timestamp, so that {NO_IDENTITY}"));
        }
        None => SourceKey::from_parts(at.unwrap_or_default(), &[&sender, &content, &timestamp]),
    };
    let unreadable = if data.is_true("encrypted") {
        Some("the text is end-to-end encrypted: turn encryption off in the httpSMS app".to_owned())
    } else {
        content.is_empty().then(|| "the message has no text".to_owned())
    };
    let line = Some(text("owner"));
    app.message(Told { key, external_id: id, sender, text: content, line, at, unreadable })
}

#[cfg(test)]
#[path = "httpsms_tests.rs"]
mod tests;
