//! What the formats of phone apps have in common: no author sees their errors, so what may hold a message is kept,
//! undecodable as it may be, for a person to read; only what can hold none is refused.

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value};

use super::body::MediaType;
use super::{DecodeError, Entry, FUTURE_MAX, Format, NAME_CHARS_MAX, RawRequest, is_old, unreadable};
use crate::domain::refusal::FieldError;
use crate::domain::source::SourceKey;
use crate::domain::time::UnixMs;
use crate::pipeline::inbox::Delivery;
use crate::registry::device_registry::KnownDevice;

/// 2000-01-01: an earlier time is no time of receipt (a clock that lost its battery, or seconds for milliseconds).
const EARLIEST: UnixMs = UnixMs(946_684_800_000);
/// The longest id that is echoed, in characters.
const ID_CHARS_MAX: usize = 128;

/// What is wrong with a message whose repeats could not be told from a second, equal one: merging them would lose one,
/// and not merging could credit one twice.
pub(super) const NO_IDENTITY: &str = "a second equal deposit could not be told from a repeat";

/// A request of an app, with the device that sent it.
#[derive(Clone, Copy)]
pub(super) struct AppRequest<'a, 'r> {
    pub(super) format: Format,
    pub(super) request: &'a RawRequest<'r>,
    pub(super) device: &'a KnownDevice,
}

/// What an app told of a message.
#[derive(Debug)]
pub(super) struct Told {
    /// What every redelivery repeats.
    pub(super) key: SourceKey,
    /// The app's own id of it.
    pub(super) external_id: Option<String>,
    /// As it was sent; empty where the app does not know it.
    pub(super) sender: String,
    /// As the phone received it.
    pub(super) text: String,
    /// The receiving handset, where the app names it and the device has no line.
    pub(super) line: Option<String>,
    /// When the phone received it; none where that is not known.
    pub(super) at: Option<UnixMs>,
    /// Why the text cannot be read though it is there.
    pub(super) unreadable: Option<String>,
}

impl AppRequest<'_, '_> {
    /// The body as a JSON object, or why it cannot be decoded though a message may be in it.
    pub(super) fn object(&self) -> Result<Result<Map<String, Value>, String>, DecodeError> {
        match MediaType::of(self.request.content_type) {
            MediaType::Json | MediaType::Unsaid => {}
            MediaType::Form | MediaType::Other => return Err(DecodeError::UnsupportedMediaType),
        }
        if self.request.body.trim_ascii().is_empty() {
            return Err(invalid("", "the body is empty"));
        }
        match serde_json::from_slice(self.request.body) {
            Ok(Value::Object(object)) => Ok(Ok(object)),
            Ok(_) => Err(invalid("", "the body is not a JSON object")),
            Err(error) => Ok(Err(format!("the body is not JSON: {error}"))),
        }
    }

    /// The entry of a message.
    pub(super) fn message(&self, told: Told) -> Entry {
        let sender = printable(&told.sender, NAME_CHARS_MAX);
        let quarantine = told
            .unreadable
            .or_else(|| unreadable(&told.text))
            .or_else(|| (sender != told.sender).then(|| "the sender is no name or number".to_owned()));
        let received_at = told.at.unwrap_or(self.request.now);
        let owner = told.line.map(|line| printable(&line, NAME_CHARS_MAX)).filter(|line| !line.trim().is_empty());
        Entry::Message(Delivery {
            external_id: told.external_id.map(|id| printable(&id, ID_CHARS_MAX)).filter(|id| !id.is_empty()),
            text: if quarantine.is_some() { None } else { Some(told.text) },
            sender,
            received_at,
            quarantine,
            line: self.device.line.clone().or(owner),
            old_event: is_old(received_at, self.request.now),
            ..self.bare(told.key)
        })
    }

    /// The entry of a body in which nobody could find its message. Nothing tells a repeat of it from another, so each is kept.
    pub(super) fn undecodable(&self, sender: &str, why: impl Into<String>) -> Entry {
        let key = SourceKey::from_parts(self.request.now, &[&BASE64.encode(self.request.body)]);
        let sender = printable(sender, NAME_CHARS_MAX);
        Entry::Message(Delivery { sender, quarantine: Some(why.into()), ..self.bare(key) })
    }

    /// The time that an app gives, where it can be a time of receipt.
    pub(super) fn plausible(&self, at: UnixMs) -> Option<UnixMs> {
        (EARLIEST <= at && at.since(self.request.now) <= FUTURE_MAX).then_some(at)
    }

    /// What every delivery of an app has.
    fn bare(&self, key: SourceKey) -> Delivery {
        Delivery {
            key,
            external_id: None,
            format: self.format.as_str(),
            sender: String::new(),
            is_sender_provisional: false,
            text: None,
            line: self.device.line.clone(),
            received_at: self.request.now,
            raw: Some(self.request.body.to_vec()),
            quarantine: None,
            old_event: false,
        }
    }
}

/// An event that is no message: answered, counted and left.
pub(super) fn ignored(id: Option<String>) -> Entry {
    Entry::Ignored { external_id: id.map(|id| printable(&id, ID_CHARS_MAX)).filter(|id| !id.is_empty()) }
}

pub(super) fn invalid(field: &str, message: &str) -> DecodeError {
    DecodeError::Invalid(vec![FieldError::new(field, message)])
}

fn printable(text: &str, chars_max: usize) -> String {
    text.chars().filter(|character| !character.is_control()).take(chars_max).collect()
}
