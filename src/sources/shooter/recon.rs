//! Format `recon`: our own JSON, strict. One message, or up to 1,000 of which all are stored or none.
//!
//! What the sending program gets wrong is refused, so that its author sees it; the program still has the message. What the
//! SMS itself brings along (a NUL, an endless text) is quarantined, so that it does not block the messages behind it.

use serde::{Deserialize, Serialize};

use super::body::MediaType;
use super::{DecodeError, Entry, FUTURE_MAX, Format, NAME_CHARS_MAX, RawRequest, is_old, signature, unreadable};
use crate::domain::json_object::{self, JsonObject};
use crate::domain::refusal::FieldError;
use crate::domain::source::SourceKey;
use crate::domain::time::UnixMs;
use crate::pipeline::inbox::Delivery;
use crate::registry::device_registry::KnownDevice;

/// The most messages of one request.
const MESSAGES_MAX: usize = 1000;
/// The longest id, in characters.
const ID_CHARS_MAX: usize = 128;
/// After so many errors the rest is not worth its bytes.
const ERRORS_MAX: usize = 50;

/// A message as it is posted.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MessageInput {
    /// The sender's own id of it: a message with an id that came before is a duplicate, whatever else it says.
    #[schema(value_type = String, required = true, min_length = 1, max_length = 128, example = "phone1-000123")]
    pub id: Option<String>,
    /// The number or name that sent the SMS.
    #[schema(value_type = String, required = true, min_length = 1, max_length = 64, example = "15881688")]
    pub sender: Option<String>,
    /// The text as it was received.
    #[schema(value_type = String, required = true, min_length = 1, example = "[KB]04/22 09:30\n입금 50,000\n홍길동")]
    pub text: Option<String>,
    /// When the phone received it.
    #[schema(value_type = UnixMs, required = true)]
    pub received_at: Option<String>,
    /// The number or label of the receiving handset, where it is not the device's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(min_length = 1, max_length = 64)]
    pub line: Option<String>,
}

/// A body of format `recon`: the fields of one message, or `messages` alone.
#[derive(Clone, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PostInput {
    /// 1 to 1,000 messages: all of them are stored, or none.
    #[serde(deserialize_with = "json_object::optional_many", skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 1000)]
    pub messages: Option<Vec<MessageInput>>,
    /// As in a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// As in a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<String>,
    /// As in a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// As in a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_at: Option<String>,
    /// As in a message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<String>,
}

/// Reads the messages of a request.
pub(super) fn decode(request: &RawRequest<'_>, device: &KnownDevice) -> Result<Vec<Entry>, DecodeError> {
    if let Some(secret) = &device.secret {
        signature::check_standard(request, secret)?;
    }
    match MediaType::of(request.content_type) {
        MediaType::Json | MediaType::Unsaid => {}
        MediaType::Form | MediaType::Other => return Err(DecodeError::UnsupportedMediaType),
    }
    let (messages, batch) = messages_of(parse(request.body)?)?;
    let mut errors = Vec::new();
    let mut entries = Vec::with_capacity(messages.len());
    for (index, message) in messages.into_iter().enumerate() {
        let path = if batch { format!("messages[{index}].") } else { String::new() };
        let mut check = Check { path, errors: &mut errors };
        entries.extend(check.delivery(message, device, request.now).map(Entry::Message));
        if errors.len() >= ERRORS_MAX {
            break;
        }
    }
    if errors.is_empty() { Ok(entries) } else { Err(DecodeError::Invalid(errors)) }
}

fn parse(body: &[u8]) -> Result<PostInput, DecodeError> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let malformed = |error: &serde_json::Error| DecodeError::Malformed(format!("the body is not JSON: {error}"));
    let JsonObject(input) = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let inner = error.into_inner();
        match inner.classify() {
            serde_json::error::Category::Data => {
                let field = if path == "." { String::new() } else { path };
                DecodeError::Invalid(vec![FieldError::new(field, json_object::plain_words(&inner))])
            }
            _ => malformed(&inner),
        }
    })?;
    json.end().map_err(|error| malformed(&error))?;
    Ok(input)
}

/// The messages, and whether they came as a batch.
fn messages_of(input: PostInput) -> Result<(Vec<MessageInput>, bool), DecodeError> {
    let PostInput { messages, id, sender, text, received_at, line } = input;
    let Some(messages) = messages else {
        return Ok((vec![MessageInput { id, sender, text, received_at, line }], false));
    };
    if [&id, &sender, &text, &received_at, &line].iter().any(|field| field.is_some()) {
        return Err(invalid("messages", "give either one message's fields or messages, not both"));
    }
    if messages.is_empty() || messages.len() > MESSAGES_MAX {
        return Err(invalid("messages", "1 to 1,000 messages are taken at once"));
    }
    Ok((messages, true))
}

fn invalid(field: &str, message: &str) -> DecodeError {
    DecodeError::Invalid(vec![FieldError::new(field, message)])
}

/// Checks one message, noting all that is wrong with it.
struct Check<'a> {
    path: String,
    errors: &'a mut Vec<FieldError>,
}

impl Check<'_> {
    fn delivery(&mut self, message: MessageInput, device: &KnownDevice, now: UnixMs) -> Option<Delivery> {
        let quarantine = message.text.as_deref().and_then(unreadable);
        let raw = if quarantine.is_some() { serde_json::to_vec(&message).ok() } else { None };
        let id = self.name("id", message.id, ID_CHARS_MAX);
        let sender = self.name("sender", message.sender, NAME_CHARS_MAX);
        let text = self.given("text", message.text);
        let received_at = self.time(message.received_at, now);
        let line = match message.line {
            Some(line) => Some(self.name("line", Some(line), NAME_CHARS_MAX)?),
            None => device.line.clone(),
        };
        let (id, text, received_at) = (id?, text?, received_at?);
        Some(Delivery {
            key: SourceKey::from_id(&id),
            external_id: Some(id),
            format: Format::Recon.as_str(),
            sender: sender?,
            is_sender_provisional: false,
            text: if quarantine.is_some() { None } else { Some(text) },
            line,
            received_at,
            raw,
            quarantine,
            old_event: is_old(received_at, now),
        })
    }

    fn wrong<T>(&mut self, field: &str, message: impl Into<String>) -> Option<T> {
        self.errors.push(FieldError::new(format!("{}{field}", self.path), message));
        None
    }

    fn given(&mut self, field: &str, value: Option<String>) -> Option<String> {
        match value {
            None => self.wrong(field, format!("{field} is required")),
            Some(value) if value.is_empty() => self.wrong(field, format!("{field} is empty")),
            Some(value) => Some(value),
        }
    }

    /// A short text that people read in lists: neither blank nor with control characters.
    fn name(&mut self, field: &str, value: Option<String>, chars_max: usize) -> Option<String> {
        let value = self.given(field, value)?;
        if value.trim().is_empty() {
            return self.wrong(field, format!("{field} is blank"));
        }
        if value.chars().count() > chars_max {
            return self.wrong(field, format!("{field} has more than {chars_max} characters"));
        }
        if value.chars().any(char::is_control) {
            return self.wrong(field, format!("{field} has a control character"));
        }
        Some(value)
    }

    fn time(&mut self, value: Option<String>, now: UnixMs) -> Option<UnixMs> {
        const FIELD: &str = "received_at";
        match self.given(FIELD, value)?.parse::<UnixMs>() {
            Err(message) => self.wrong(FIELD, message),
            Ok(at) if at.since(now) > FUTURE_MAX => {
                self.wrong(FIELD, format!("{at} is more than a day ahead of now, {now}: set the sender's clock"))
            }
            Ok(at) => Some(at),
        }
    }
}

#[cfg(test)]
#[path = "recon_tests.rs"]
mod tests;
