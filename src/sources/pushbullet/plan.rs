//! Which message of the history is which message of the stream, and what of the history is not there yet: pure.

use std::collections::HashSet;
use std::hash::BuildHasher;

use sha2::{Digest as _, Sha256};

use crate::domain::phone::comparable_sender;
use crate::domain::source::SourceKey;
use crate::domain::time::UnixMs;
use crate::store::pushbullet::history::{Digest, Note, Read};

use super::decode::Entry;

/// How far the stream's time may be from the history's for one message. Wider than what makes a telling of the stream a
/// repetition: a wrong pair of two equal texts costs nothing, an unpaired one would double.
const PAIRED_WITHIN_MS: u64 = 60_000;

/// Of a text.
#[must_use]
pub fn digest(body: &str) -> Digest {
    let mut cut = Digest::default();
    cut.copy_from_slice(&Sha256::digest(body.as_bytes())[..16]);
    cut
}

/// The key of a message of the history: its identity upstream, behind its id as a number, which grows with time.
#[must_use]
pub fn exact_key(device_iden: &str, thread_id: &str, message_id: &str) -> SourceKey {
    let number = message_id.rsplit('/').next().and_then(|id| id.parse::<u64>().ok()).unwrap_or(u64::MAX);
    let mut key = number.to_be_bytes()[2..].to_vec();
    key.extend_from_slice(&hashed(&["exact", device_iden, thread_id, message_id])[..16]);
    SourceKey(key)
}

/// The key of a message of the stream, until its id is known.
#[must_use]
pub fn streamed_key(device_iden: &str, thread_id: &str, at: UnixMs, digest: &Digest) -> SourceKey {
    SourceKey::from_parts(at, &["stream", device_iden, thread_id, &hex::encode(digest)])
}

/// The key of something that cannot be read: itself.
#[must_use]
pub fn raw_key(device_iden: &str, raw: &[u8]) -> SourceKey {
    SourceKey(hashed(&["raw", device_iden, &hex::encode(Sha256::digest(raw))])[..22].to_vec())
}

fn hashed(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

/// Whether a title is a number; else it is a contact's name, which is provisional.
#[must_use]
pub fn is_number(title: &str) -> bool {
    let comparable = comparable_sender(title);
    !comparable.is_empty() && comparable.chars().all(|c| c.is_ascii_digit())
}

/// The incoming messages of a conversation, oldest first, with their keys.
#[must_use]
pub fn read(device_iden: &str, thread_id: &str, entries: &[Entry]) -> Vec<(Read, String)> {
    let incoming = entries.iter().rev().filter(|entry| entry.incoming);
    let mut seen = HashSet::new();
    incoming
        .filter(|entry| seen.insert(entry.message_id.as_str()))
        .map(|entry| {
            let read = Read {
                thread_id: thread_id.to_owned(),
                message_id: entry.message_id.clone(),
                digest: digest(&entry.body),
                at: entry.at,
                key: exact_key(device_iden, thread_id, &entry.message_id),
            };
            (read, entry.body.clone())
        })
        .collect()
}

/// What is to be done about a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Notes of the stream and the messages that they are: note id, and place among those read.
    pub pairs: Vec<(i64, usize)>,
    /// Places of messages that nobody has told of: to be delivered.
    pub missing: Vec<usize>,
    /// Notes that the history does not have (yet).
    pub unpaired: Vec<i64>,
}

/// Compares what was read of a conversation with what is known. `notes` are those without an id; `known` the exact keys
/// that are stored.
///
/// Each note is at most one message and each message at most one note, the nearest in time first: so `k` equal texts in
/// the history stay `k` messages, however many of them the stream told of (INV-I2).
#[must_use]
pub fn plan(notes: &[Note], read: &[Read], known: &HashSet<SourceKey, impl BuildHasher>) -> Plan {
    let open: Vec<usize> = (0..read.len()).filter(|place| !known.contains(&read[*place].key)).collect();
    let mut near: Vec<(u64, usize, usize)> = Vec::new();
    for place in &open {
        for (nth, note) in notes.iter().enumerate() {
            let apart = note.at.0.abs_diff(read[*place].at.0);
            if note.digest == read[*place].digest && apart <= PAIRED_WITHIN_MS {
                near.push((apart, *place, nth));
            }
        }
    }
    near.sort_unstable();
    let (mut places, mut nths) = (HashSet::new(), HashSet::new());
    let mut plan = Plan::default();
    for (_, place, nth) in near {
        if !places.contains(&place) && nths.insert(nth) {
            places.insert(place);
            plan.pairs.push((notes[nth].id, place));
        }
    }
    plan.missing = open.into_iter().filter(|place| !places.contains(place)).collect();
    plan.unpaired = (0..notes.len()).filter(|nth| !nths.contains(nth)).map(|nth| notes[nth].id).collect();
    plan
}

#[cfg(test)]
mod tests;
