//! Format `android-sms-gateway`: webhooks of "SMS Gateway for Android" (capcom6), posted by the phone itself.

use serde_json::Value;

use super::app_event::{AppRequest, NO_IDENTITY, Told, ignored, invalid};
use super::body::Fields;
use super::{DecodeError, Entry, signature};
use crate::domain::source::SourceKey;
use crate::domain::time::UnixMs;

/// The event that brings an SMS.
const RECEIVED: &str = "sms:received";

/// Reads the event of a request.
pub(super) fn decode(app: AppRequest<'_, '_>) -> Result<Vec<Entry>, DecodeError> {
    if let Some(secret) = &app.device.secret {
        signature::check_hex(app.request, secret)?;
    }
    let mut event = match app.object()? {
        Ok(object) => object,
        Err(why) => return Ok(vec![app.undecodable("", why)]),
    };
    let payload = event.remove("payload");
    let event = Fields::of_object(event);
    let text = |name| event.text(name).map(std::borrow::Cow::into_owned);
    match text("event").as_deref() {
        Some(RECEIVED) => {}
        Some(_) => return Ok(vec![ignored(text("id"))]),
        None => return Ok(vec![app.undecodable("", "the event has no name")]),
    }
    let Some(Value::Object(payload)) = payload else {
        return Err(invalid("payload", "payload is required"));
    };
    Ok(vec![message(app, text("id"), &text("deviceId").unwrap_or_default(), &Fields::of_object(payload))])
}

fn message(app: AppRequest<'_, '_>, event_id: Option<String>, device_id: &str, payload: &Fields) -> Entry {
    let text = |name| payload.text(name).unwrap_or_default().into_owned();
    let sender = Some(text("sender")).filter(|sender| !sender.is_empty()).unwrap_or_else(|| text("phoneNumber"));
    let (content, message_id, received) = (text("message"), text("messageId"), text("receivedAt"));
    let parsed = received.parse::<UnixMs>().ok();
    let at = parsed.and_then(|at| app.plausible(at));
    // The message id is a short hash of the content, no identity by itself; the event's id is another one when the app
    // exports its inbox again. The time is compared as an instant: the phone writes it in the zone where it is.
    let instant = parsed.map_or_else(|| received.clone(), |at| at.0.to_string());
    let told_apart = match (instant.is_empty(), &event_id) {
        (false, _) => instant,
        (true, Some(id)) => format!("id {id}"),
        (true, None) => {
            return app.undecodable(&sender, format!("it has neither receivedAt nor id, so that {NO_IDENTITY}"));
        }
    };
    let parts = [device_id, &message_id, &told_apart];
    let key = if message_id.is_empty() {
        SourceKey::from_parts(at.unwrap_or_default(), &[device_id, "", &told_apart, &sender, &content])
    } else {
        SourceKey::from_parts(at.unwrap_or_default(), &parts)
    };
    let unreadable = if payload.is_true("encrypted") {
        Some("the text is encrypted: turn encryption off in the app".to_owned())
    } else {
        content.is_empty().then(|| "the message has no text".to_owned())
    };
    let line = Some(text("recipient"));
    app.message(Told { key, external_id: event_id, sender, text: content, line, at, unreadable })
}

#[cfg(test)]
#[path = "android_sms_gateway_tests.rs"]
mod tests;
