//! Where messages come from.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

crate::text_enum! {
    /// What kind of source delivered a message.
    pub enum SourceKind {
        /// A phone mirrored by Pushbullet.
        Pushbullet = "pushbullet",
        /// A Telegram bot in the channel that a phone posts to.
        Telegram = "telegram",
        /// A phone that posts its SMS to us (a "shooter device").
        Shooter = "shooter",
        /// Our own heartbeat; its message stands in no list and no count.
        Heartbeat = "heartbeat",
    }
}

/// One source: the individual device, account-and-phone or bot, not its kind. Written `shooter/3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceRef {
    /// What it is.
    pub kind: SourceKind,
    /// The id of its row.
    pub id: i64,
}

impl fmt::Display for SourceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.id)
    }
}

impl Serialize for SourceRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Which sources a caller asks for: all of a kind (`shooter`), or one (`shooter/3`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceChoice {
    /// The kind.
    pub kind: SourceKind,
    /// The one of that kind; none: all of it.
    pub id: Option<i64>,
}

/// A text that chooses no source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no source: give pushbullet, telegram or shooter, or one of a kind with its id, such as shooter/3")]
pub struct NoSource(String);

impl FromStr for SourceChoice {
    type Err = NoSource;

    fn from_str(text: &str) -> Result<Self, NoSource> {
        let (kind, id) = text.split_once('/').map_or((text, None), |(kind, id)| (kind, Some(id)));
        let id = id.map(|id| id.bytes().all(|byte| byte.is_ascii_digit()).then(|| id.parse().ok()).flatten());
        match (kind.parse(), id) {
            // The heartbeat's message stands in no list.
            (Ok(SourceKind::Heartbeat) | Err(_), _) | (_, Some(None)) => Err(NoSource(text.to_owned())),
            (Ok(kind), id) => Ok(Self { kind, id: id.flatten() }),
        }
    }
}

impl fmt::Display for SourceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.id {
            None => write!(f, "{}", self.kind),
            Some(id) => write!(f, "{}/{id}", self.kind),
        }
    }
}

impl Serialize for SourceChoice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SourceChoice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The key of a delivery within its source: UNIQUE(source, key) makes a repeated delivery a no-op (INV-I1).
///
/// The bytes begin with something that grows with time and that every redelivery repeats, so that the unique index is
/// written at its end: with random keys inserts fall to a fifth at a million rows.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceKey(pub Vec<u8>);

impl SourceKey {
    /// For a source that names its messages: identity is that id alone, whatever else a redelivery changes.
    /// Ids that count up or begin with a time keep their order.
    #[must_use]
    pub fn from_id(id: &str) -> Self {
        use sha2::{Digest, Sha256};
        let bytes = id.as_bytes();
        if bytes.len() <= 24 {
            return Self(bytes.to_vec());
        }
        let mut key = bytes[..12].to_vec();
        key.push(0xff); // no UTF-8 text has this byte: a hashed key never equals a short id
        key.extend_from_slice(&Sha256::digest(bytes)[..16]);
        Self(key)
    }

    /// For a source that gives no id: the parts that every redelivery repeats, behind the time among them.
    #[must_use]
    pub fn from_parts(at: super::time::UnixMs, parts: &[&str]) -> Self {
        use sha2::{Digest, Sha256};
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(part.as_bytes());
        }
        let mut key = at.0.to_be_bytes()[2..].to_vec();
        key.extend_from_slice(&hash.finalize()[..16]);
        Self(key)
    }
}

#[cfg(test)]
mod tests {
    use super::super::time::UnixMs;
    use super::*;

    #[test]
    fn a_choice_of_sources_is_a_kind_or_one_of_it_and_nothing_else() {
        for text in ["shooter", "telegram", "pushbullet/12", "shooter/0"] {
            assert_eq!(text.parse::<SourceChoice>().unwrap().to_string(), text);
        }
        for text in ["foo", "", "shooter/", "shooter/x", "shooter/-1", "shooter/1/2", "heartbeat", "Shooter"] {
            let said = text.parse::<SourceChoice>().unwrap_err().to_string();
            assert!(said.contains("pushbullet, telegram or shooter"), "{said}");
        }
    }

    #[test]
    fn keys_tell_messages_apart_and_keep_their_order() {
        assert_ne!(SourceKey::from_id("a"), SourceKey::from_id("b"));
        assert!(SourceKey::from_id("m-0001") < SourceKey::from_id("m-0002"));
        let long = "x".repeat(40);
        assert_eq!(SourceKey::from_id(&long), SourceKey::from_id(&long));
        assert_ne!(SourceKey::from_id(&long), SourceKey::from_id(&format!("{long}y")));
        assert_ne!(SourceKey::from_parts(UnixMs(1), &["ab", "c"]), SourceKey::from_parts(UnixMs(1), &["a", "bc"]));
        assert!(SourceKey::from_parts(UnixMs(1), &["z"]) < SourceKey::from_parts(UnixMs(2), &["a"]));
    }
}
