//! Reads one update: a message to deliver, an edit to note, a chat that moved, or nothing for us.
//!
//! Every field is optional and what is not needed may be of any type: Telegram adds fields and kinds at will, and a
//! message must not be lost over one that nobody asked for.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use super::FORMAT;
use super::sender::{of_chat, unframed};
use super::update::RawUpdate;
use crate::domain::source::SourceKey;
use crate::domain::time::UnixMs;
use crate::pipeline::inbox::Delivery;
use crate::sources::shooter::{FUTURE_MAX, is_old, unreadable};

/// What of a bot decides how its updates are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The chats that are read; empty: every chat.
    pub chat_ids: Vec<i64>,
    /// When the bot was added: what was posted before is old.
    pub added_at: UnixMs,
    /// The time now.
    pub now: UnixMs,
}

/// What an update is for us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// A message, or what may hold one and cannot be read.
    Deliver(Box<Delivery>),
    /// A message that anybody may have written: it is stored, and held.
    Hold(Box<Delivery>),
    /// A message was edited.
    Note(Box<Edit>),
    /// A group became a supergroup.
    Moved {
        /// The id it had.
        from: i64,
        /// The id it has.
        to: i64,
    },
    /// The bot was put out of this chat: nothing more comes from there.
    PutOut {
        /// Which chat.
        chat: i64,
    },
    /// Nothing for us: counted and left.
    Skipped(Skip),
}

crate::text_enum! {
    /// Why an update is nothing for us.
    pub enum Skip {
        /// It came from a chat that is not on the bot's list.
        OtherChat = "other_chat",
        /// It has no text: a picture, somebody who joined.
        NoText = "no_text",
        /// It is of a kind that we do not read.
        OtherKind = "other_kind",
        /// It tells how the bot stands in a chat.
        Membership = "membership",
    }
}

/// An edit of a message. It changes nothing of the sms: it is a note on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The key of the message's own delivery.
    pub of: SourceKey,
    /// The edit's own key.
    pub key: SourceKey,
    /// When it was edited.
    pub at: UnixMs,
    /// The text as it reads now; none where it cannot be stored.
    pub text: Option<String>,
    /// What is stored where the message itself never came: somebody must look at it. None where it is older than the bot,
    /// so that nobody expected it.
    pub orphan: Option<Delivery>,
}

#[derive(Deserialize)]
struct Update {
    #[serde(default, deserialize_with = "lenient")]
    message: Option<Slot>,
    #[serde(default, deserialize_with = "lenient")]
    channel_post: Option<Slot>,
    #[serde(default, deserialize_with = "lenient")]
    edited_message: Option<Slot>,
    #[serde(default, deserialize_with = "lenient")]
    edited_channel_post: Option<Slot>,
    #[serde(default, deserialize_with = "lenient")]
    my_chat_member: Option<Membership>,
}

/// A message, or why it is none.
struct Slot(Result<Message, String>);

impl<'de> Deserialize<'de> for Slot {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        Ok(Self(serde_json::from_value(value).map_err(|error| in_words(&error))))
    }
}

#[derive(Deserialize)]
struct Message {
    message_id: Option<i64>,
    chat: Option<Chat>,
    text: Option<String>,
    caption: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    date: Option<i64>,
    #[serde(default, deserialize_with = "lenient")]
    edit_date: Option<i64>,
    #[serde(default, deserialize_with = "lenient")]
    forward_origin: Option<Origin>,
    #[serde(default, deserialize_with = "lenient")]
    migrate_to_chat_id: Option<i64>,
    #[serde(default, deserialize_with = "lenient")]
    migrate_from_chat_id: Option<i64>,
}

#[derive(Deserialize)]
struct Chat {
    id: i64,
    #[serde(default, deserialize_with = "lenient", rename = "type")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    title: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    username: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    first_name: Option<String>,
}

impl Chat {
    /// A person's own chat with the bot: every user of Telegram who finds the bot can begin one.
    fn is_private(&self) -> bool {
        self.kind.as_deref() == Some("private") || self.id > 0
    }
}

/// Where a forwarded message comes from. A channel's post is named by channel and id, so that its automatic copy in the
/// discussion group is known as the same.
#[derive(Deserialize)]
struct Origin {
    #[serde(default, deserialize_with = "lenient")]
    date: Option<i64>,
    #[serde(default, deserialize_with = "lenient")]
    chat: Option<Chat>,
    #[serde(default, deserialize_with = "lenient")]
    message_id: Option<i64>,
}

#[derive(Deserialize)]
struct Membership {
    chat: Option<Chat>,
    new_chat_member: Option<Member>,
}

#[derive(Deserialize)]
struct Member {
    #[serde(default, deserialize_with = "lenient")]
    status: Option<String>,
}

/// What is of another type than expected is as good as absent.
fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).ok())
}

/// What is wrong, without what was written: the words go to the log.
fn in_words(error: &serde_json::Error) -> String {
    match error.classify() {
        serde_json::error::Category::Data => "a field is missing or of another type than Telegram's".to_owned(),
        _ => format!("it is not JSON: {error}"),
    }
}

/// Reads an update.
#[must_use]
pub fn read(raw: &RawUpdate, reading: &Reading) -> Read {
    if raw.garbled {
        return undecodable("it holds bytes that are no text", raw, reading);
    }
    let update: Update = match serde_json::from_str(&raw.json) {
        Ok(update) => update,
        Err(error) => return undecodable(&in_words(&error), raw, reading),
    };
    let (slot, edited) = match update {
        Update { message: Some(slot), .. } | Update { channel_post: Some(slot), .. } => (slot, false),
        Update { edited_message: Some(slot), .. } | Update { edited_channel_post: Some(slot), .. } => (slot, true),
        Update { my_chat_member: Some(membership), .. } => return membership_of(membership),
        _ if raw.id.is_none() => return undecodable("it has no update_id", raw, reading),
        _ => return Read::Skipped(Skip::OtherKind),
    };
    match slot.0 {
        Ok(message) => of_message(&message, edited, raw, reading),
        Err(error) => undecodable(&error, raw, reading),
    }
}

fn membership_of(membership: Membership) -> Read {
    let status = membership.new_chat_member.and_then(|member| member.status);
    match (membership.chat, status.as_deref()) {
        (Some(chat), Some("left" | "kicked")) => Read::PutOut { chat: chat.id },
        _ => Read::Skipped(Skip::Membership),
    }
}

fn of_message(message: &Message, edited: bool, raw: &RawUpdate, reading: &Reading) -> Read {
    let Some(chat) = &message.chat else { return undecodable("the message has no chat", raw, reading) };
    if let Some(to) = message.migrate_to_chat_id {
        return Read::Moved { from: chat.id, to };
    }
    if let Some(from) = message.migrate_from_chat_id {
        return Read::Moved { from, to: chat.id };
    }
    if !reading.chat_ids.is_empty() && !reading.chat_ids.contains(&chat.id) {
        return Read::Skipped(Skip::OtherChat);
    }
    let Some(message_id) = message.message_id else {
        return undecodable("the message has no message_id", raw, reading);
    };
    let text = [&message.text, &message.caption].into_iter().flatten().find(|text| !text.trim().is_empty());
    let Some(text) = text else { return Read::Skipped(Skip::NoText) };
    // Both of a channel's post and of every copy of it.
    let original =
        message.forward_origin.as_ref().and_then(|origin| Some((origin.chat.as_ref()?.id, origin.message_id?)));
    let place = original.unwrap_or((chat.id, message_id));
    let framed = unframed(text);
    let posted_at = message.forward_origin.as_ref().and_then(|origin| origin.date).or(message.date).and_then(seconds);
    let received_at = sane(framed.sent_at, reading.now).or(sane(posted_at, reading.now)).unwrap_or(reading.now);
    let is_from_before = posted_at.unwrap_or(received_at).0.saturating_add(999) < reading.added_at.0;
    let quarantine = unreadable(framed.text);
    let delivery = Delivery {
        key: key_of(place),
        external_id: Some(format!("{}/{}", place.0, place.1)),
        format: FORMAT,
        sender: framed.sender.map_or_else(|| of_chat(&chat_name(chat)), str::to_owned),
        is_sender_provisional: framed.sender.is_none(),
        text: quarantine.is_none().then(|| framed.text.to_owned()),
        line: None,
        received_at,
        raw: Some(raw.json.clone().into_bytes()),
        quarantine,
        old_event: is_from_before || is_old(received_at, reading.now),
    };
    if edited {
        Read::Note(Box::new(edit(message.edit_date, place, delivery, is_from_before, reading)))
    } else if reading.chat_ids.is_empty() && chat.is_private() {
        Read::Hold(Box::new(delivery))
    } else {
        Read::Deliver(Box::new(delivery))
    }
}

fn edit(edited: Option<i64>, place: (i64, i64), delivery: Delivery, is_from_before: bool, reading: &Reading) -> Edit {
    let at = sane(edited.and_then(seconds), reading.now).unwrap_or(reading.now);
    let stamp = edited.unwrap_or_default().to_string();
    let text = delivery.text.clone();
    let key = SourceKey::from_parts(at, &["edit", &place.0.to_string(), &place.1.to_string(), &stamp]);
    let orphan = Delivery {
        key: key.clone(),
        text: None,
        quarantine: Some("this is an edit of a message that never reached us: read what it says now".to_owned()),
        ..delivery.clone()
    };
    Edit { of: delivery.key, key, at, text, orphan: (!is_from_before).then_some(orphan) }
}

/// A message by its chat and its id: 16 bytes, growing within a chat.
fn key_of((chat, message): (i64, i64)) -> SourceKey {
    SourceKey([chat.to_be_bytes(), message.to_be_bytes()].concat())
}

fn chat_name(chat: &Chat) -> String {
    let names = [&chat.title, &chat.username, &chat.first_name];
    names.into_iter().flatten().find(|name| !name.trim().is_empty()).cloned().unwrap_or_default()
}

fn seconds(at: i64) -> Option<UnixMs> {
    at.checked_mul(1000).map(UnixMs)
}

/// A time that can be one: not before 2000, not more than a day ahead.
fn sane(at: Option<UnixMs>, now: UnixMs) -> Option<UnixMs> {
    const EARLIEST: UnixMs = UnixMs(946_684_800_000);
    at.filter(|at| EARLIEST <= *at && at.since(now) <= FUTURE_MAX)
}

/// What nobody can read may be a deposit: it is stored for people. Telegram repeats it byte for byte.
fn undecodable(why: &str, raw: &RawUpdate, reading: &Reading) -> Read {
    let id = raw.id.map(|id| id.to_string());
    Read::Deliver(Box::new(Delivery {
        key: SourceKey::from_parts(UnixMs(raw.id.unwrap_or_default()), &["update", &raw.json]),
        external_id: id.map(|id| format!("update {id}")),
        format: FORMAT,
        sender: String::new(),
        is_sender_provisional: false,
        text: None,
        line: None,
        received_at: reading.now,
        raw: Some(raw.json.clone().into_bytes()),
        quarantine: Some(format!("the update cannot be read: {why}")),
        old_event: false,
    }))
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
