//! Format `incoming-sms`: the app "Incoming SMS to URL forwarder" (android_income_sms_gateway_webhook), with its own JSON
//! template. It cannot sign in a way that a replay would not repeat, so a device with a secret does not take it.

use super::app_event::{AppRequest, NO_IDENTITY, Told, invalid};
use super::body::Fields;
use super::{DecodeError, Entry};
use crate::domain::source::SourceKey;
use crate::domain::time::UnixMs;

/// Reads the message of a request.
pub(super) fn decode(app: AppRequest<'_, '_>) -> Result<Vec<Entry>, DecodeError> {
    let fields = match app.object()? {
        Ok(object) => Fields::of_object(object),
        Err(why) => return Ok(vec![app.undecodable("", why)]),
    };
    let text = |name| fields.text(name).unwrap_or_default().into_owned();
    let (sender, message) = (text("from"), text("text"));
    if message.is_empty() {
        return Err(invalid("text", "text is required: put \"text\":\"%text%\" into the app's Json Payload Template"));
    }
    let (sent, received) = (text("sentStamp"), text("receivedStamp"));
    if sent.is_empty() && received.is_empty() {
        let why = format!(
            "it has neither sentStamp nor receivedStamp, so that {NO_IDENTITY}: put \"receivedStamp\":%receivedStamp% into \
             the app's Json Payload Template"
        );
        return Ok(vec![app.undecodable(&sender, why)]);
    }
    let time = |stamp: &str| stamp.parse().ok().and_then(|at| app.plausible(UnixMs(at)));
    let at = time(&received).or_else(|| time(&sent));
    // The app makes the body once and repeats it, both stamps included.
    let key = SourceKey::from_parts(at.unwrap_or_default(), &[&sender, &message, &sent, &received]);
    Ok(vec![app.message(Told { key, external_id: None, sender, text: message, line: None, at, unreadable: None })])
}

#[cfg(test)]
#[path = "incoming_sms_tests.rs"]
mod tests;
