//! What Pushbullet sends, read leniently: unknown fields and types are left, a bad entry spoils only itself.

use serde_json::Value;

use super::crypto::E2eKey;
use super::value::{flag, id, list, text, time};
use crate::domain::time::UnixMs;

/// Something that cannot be read, and what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undecodable {
    /// Why, for people; without any of its content.
    pub why: String,
    /// What came.
    pub raw: Vec<u8>,
}

impl Undecodable {
    fn new(why: impl Into<String>, raw: impl Into<Vec<u8>>) -> Self {
        Self { why: why.into(), raw: raw.into() }
    }

    fn of_value(why: impl Into<String>, value: &Value) -> Self {
        Self::new(why, value.to_string())
    }
}

/// A frame of the stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A sign of life.
    Nop,
    /// The server asks for a new connection.
    Reconnect,
    /// SMS came, or something about them changed.
    SmsChanged(SmsChanged),
    /// Something that has nothing to do with SMS; its type.
    Other(String),
}

/// SMS came, or something about them changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmsChanged {
    /// The phone; none where it is not said.
    pub device_iden: Option<String>,
    /// What it says of each, which may be nothing.
    pub notifications: Vec<Notification>,
    /// Entries that cannot be read.
    pub bad: Vec<Undecodable>,
}

/// What the stream says of one SMS: it has no id there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// The conversation.
    pub thread_id: String,
    /// A number, or the name that the phone's owner gave it.
    pub title: String,
    /// The text.
    pub body: String,
    /// When the phone received it.
    pub at: UnixMs,
}

/// Reads a frame. `key` opens what is encrypted.
///
/// # Errors
/// What is no JSON object, or is encrypted and does not open.
pub fn frame(raw: &str, key: Option<&E2eKey>) -> Result<Frame, Undecodable> {
    let value = json(raw.as_bytes())?;
    match text(&value, "type") {
        Some("nop") => Ok(Frame::Nop),
        Some("reconnect") => Ok(Frame::Reconnect),
        Some("push") => {
            let push = value.get("push").cloned().unwrap_or(Value::Null);
            let push = opened(push, key).map_err(|why| Undecodable::new(why, raw))?;
            Ok(ephemeral(&push))
        }
        Some(other) => Ok(Frame::Other(word(other))),
        None if value.is_object() => Ok(Frame::Other("none".to_owned())),
        None => Err(Undecodable::new("the frame is no object", raw)),
    }
}

fn ephemeral(push: &Value) -> Frame {
    match text(push, "type") {
        Some("sms_changed") => Frame::SmsChanged(sms_changed(push)),
        Some(other) => Frame::Other(format!("push_{}", word(other))),
        None => Frame::Other("push".to_owned()),
    }
}

fn sms_changed(push: &Value) -> SmsChanged {
    let mut changed =
        SmsChanged { device_iden: id(push, "source_device_iden"), notifications: Vec::new(), bad: Vec::new() };
    let Some(entries) = list(push, "notifications") else {
        changed.bad.push(Undecodable::of_value("its notifications are no list", push));
        return changed;
    };
    for entry in entries {
        match notification(entry) {
            Ok(notification) => changed.notifications.push(notification),
            Err(why) => changed.bad.push(Undecodable::of_value(why, entry)),
        }
    }
    changed
}

fn notification(entry: &Value) -> Result<Notification, &'static str> {
    Ok(Notification {
        thread_id: id(entry, "thread_id").ok_or("a notification without thread_id")?,
        title: text(entry, "title").unwrap_or_default().to_owned(),
        body: text(entry, "body").unwrap_or_default().to_owned(),
        at: time(entry, "timestamp").ok_or("a notification without a timestamp that can be read")?,
    })
}

/// A conversation in the list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadHead {
    /// Its id.
    pub id: String,
    /// The number of who writes in it; empty where there is none or are several.
    pub sender: String,
    /// Its newest message, where that is said.
    pub latest: Option<String>,
}

/// What was read of a list, and what of it could not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed<T> {
    /// In the order of the list.
    pub items: Vec<T>,
    /// Entries that cannot be read.
    pub bad: Vec<Undecodable>,
}

/// Reads `{device_iden}_threads`.
///
/// # Errors
/// What is no list of conversations, or is encrypted and does not open.
pub fn threads(raw: &[u8], key: Option<&E2eKey>) -> Result<Listed<ThreadHead>, Undecodable> {
    listed(raw, key, "threads", |entry| {
        let id = id(entry, "id").ok_or("a conversation without an id")?;
        Ok(Some(ThreadHead { id, sender: sender_of(entry), latest: entry.get("latest").and_then(message_id) }))
    })
}

fn sender_of(thread: &Value) -> String {
    match list(thread, "recipients") {
        Some([one]) => ["address", "number"].iter().find_map(|name| id(one, name)).unwrap_or_default(),
        _ => String::new(),
    }
}

/// `sms/652`: the ids of SMS and MMS are two sequences.
fn message_id(message: &Value) -> Option<String> {
    let id = id(message, "id")?;
    Some(format!("{}/{id}", text(message, "type").unwrap_or("sms")))
}

/// A message of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its type and id: `sms/652`.
    pub message_id: String,
    /// Whether the phone received it; else it sent it.
    pub incoming: bool,
    /// The text.
    pub body: String,
    /// When the phone received it.
    pub at: UnixMs,
}

/// Reads `{device_iden}_thread_{id}`, newest first.
///
/// # Errors
/// What is no list of messages, or is encrypted and does not open.
pub fn thread(raw: &[u8], key: Option<&E2eKey>) -> Result<Listed<Entry>, Undecodable> {
    listed(raw, key, "thread", |entry| {
        let incoming = match text(entry, "direction") {
            Some("incoming") => true,
            Some("outgoing") => false,
            _ => return Err("a message without a direction that is known"),
        };
        Ok(Some(Entry {
            message_id: message_id(entry).ok_or("a message without an id")?,
            incoming,
            body: text(entry, "body").unwrap_or_default().to_owned(),
            at: time(entry, "timestamp").ok_or("a message without a timestamp that can be read")?,
        }))
    })
}

/// A phone of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Pushbullet's name of it.
    pub iden: String,
    /// Whether it is there and shows its SMS.
    pub has_sms: bool,
}

/// Reads `/v2/devices`.
///
/// # Errors
/// What is no list of devices.
pub fn devices(raw: &[u8]) -> Result<Vec<Device>, Undecodable> {
    let listed = listed(raw, None, "devices", |entry| {
        let Some(iden) = id(entry, "iden") else { return Ok(None) };
        Ok(Some(Device { iden, has_sms: flag(entry, "active") && flag(entry, "has_sms") }))
    })?;
    Ok(listed.items)
}

/// Reads the account's iden from `/v2/users/me`.
///
/// # Errors
/// What has none.
pub fn user_iden(raw: &[u8]) -> Result<String, Undecodable> {
    let value = json(raw)?;
    id(&value, "iden").ok_or_else(|| Undecodable::new("the account has no iden", raw))
}

/// What an error says of itself: its code and message.
#[must_use]
pub fn error_words(raw: &[u8]) -> Option<(String, String)> {
    let value: Value = serde_json::from_slice(raw).ok()?;
    let error = value.get("error")?;
    let part = |name| text(error, name).unwrap_or_default().to_owned();
    Some((part("code"), part("message")))
}

fn listed<T>(
    raw: &[u8],
    key: Option<&E2eKey>,
    name: &str,
    read: impl Fn(&Value) -> Result<Option<T>, &'static str>,
) -> Result<Listed<T>, Undecodable> {
    let value = opened(json(raw)?, key).map_err(|why| Undecodable::new(why, raw))?;
    // What is encrypted may stand in `data`, and so may what is not.
    let inner = value.get("data").filter(|data| data.is_object() && value.get(name).is_none()).cloned();
    let value = match inner {
        Some(data) => opened(data, key).map_err(|why| Undecodable::new(why, raw))?,
        None => value,
    };
    let entries = match &value {
        Value::Array(entries) => Some(entries.as_slice()),
        Value::Object(_) => list(&value, name),
        _ => None,
    };
    let entries = entries.ok_or_else(|| Undecodable::new(format!("the answer has no list {name:?}"), raw))?;
    let mut listed = Listed { items: Vec::new(), bad: Vec::new() };
    for entry in entries {
        match read(entry) {
            Ok(Some(item)) => listed.items.push(item),
            Ok(None) => {}
            Err(why) => listed.bad.push(Undecodable::of_value(why, entry)),
        }
    }
    Ok(listed)
}

fn json(raw: &[u8]) -> Result<Value, Undecodable> {
    serde_json::from_slice(raw).map_err(|_| Undecodable::new("no JSON", raw))
}

/// `value`, or what it encrypts.
fn opened(value: Value, key: Option<&E2eKey>) -> Result<Value, String> {
    if !flag(&value, "encrypted") {
        return Ok(value);
    }
    let key = key.ok_or("it is encrypted, and this phone was added without its encryption password")?;
    let ciphertext = text(&value, "ciphertext").ok_or("it says that it is encrypted and has no ciphertext")?;
    let plain = key.open(ciphertext).map_err(|error| error.to_string())?;
    serde_json::from_slice(&plain).map_err(|_| "what it encrypts is no JSON".to_owned())
}

/// A type as a label of metrics: short, and nothing that a stranger could fill.
fn word(kind: &str) -> String {
    kind.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(24).collect()
}

#[cfg(test)]
mod tests;
