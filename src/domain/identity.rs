//! Which sightings are one sms: the same message reaches us through several channels, and two genuinely equal deposits
//! can look identical.
//!
//! A sighting joins an sms of the same line, text and sender within the correlation window *that has no sighting of its
//! source yet*; otherwise it makes a new sms. So `k` copies seen by one channel and `m` by another make `max(k, m)`
//! messages, whatever the order of arrival (INV-I2). The caller chooses under a lock of the fingerprint.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::phone::comparable_sender;
use super::source::SourceRef;
use super::time::UnixMs;

/// How near two equal messages must be to be flagged as twins.
pub const TWIN_WINDOW: Duration = Duration::from_hours(1);

/// The same for two that state one moment: so long a phone may take to send one again.
pub const STATED_TWIN_WINDOW: Duration = Duration::from_hours(7 * 24);

/// What one sms's sightings have in common: line and text. Only sightings with the same one can be one sms.
pub type Fingerprint = [u8; 16];

/// The fingerprint of a text: SHA-256 of the line and the text, cut to 16 bytes.
///
/// `line` is the number or label of the receiving handset, compared as senders are. Without one the source stands in
/// its place, so that the sighting correlates only within its own source, which means with none (INV-I3).
/// `text_for_identity` is the normalised text.
#[must_use]
pub fn fingerprint(line: Option<&str>, source: SourceRef, text_for_identity: &str) -> Fingerprint {
    let line = line.map(comparable_sender).filter(|line| !line.is_empty());
    let (tag, place) = match line {
        Some(line) => (b"line", line),
        None => (b"from", source.to_string()),
    };
    let mut hash = Sha256::new();
    hash.update(tag);
    hash.update(u64::try_from(place.len()).unwrap_or(u64::MAX).to_be_bytes());
    hash.update(place.as_bytes());
    hash.update(text_for_identity.as_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    let mut cut = Fingerprint::default();
    cut.copy_from_slice(&digest[..16]);
    cut
}

/// A sighting that has just been stored and belongs to no sms yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSighting {
    /// The individual device, account-and-phone or bot.
    pub source: SourceRef,
    /// Its [`fingerprint`].
    pub fingerprint: Fingerprint,
    /// The sender in comparable form; empty where the source does not know it, or only a provisional name (a contact's).
    pub sender: String,
    /// When the phone received it.
    pub received_at: UnixMs,
}

/// An sms that is there already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownSms {
    /// Its id. Ids grow in the order in which sms are made.
    pub sms_id: i64,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// The sender in comparable form; empty where no sighting has told it yet.
    pub sender: String,
    /// When its first sighting was received.
    pub received_at: UnixMs,
    /// The sources that have seen it.
    pub sources: BTreeSet<SourceRef>,
}

/// Where a sighting belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Assignment {
    /// It is one more delivery of that sms. An sms without a sender takes that of the sighting (INV-I5).
    Join(SmsAt),
    /// It is an sms of its own.
    New {
        /// Equal messages within [`TWIN_WINDOW`]; both sides are flagged.
        twins: Vec<SmsAt>,
    },
}

/// An sms, perhaps one that is only being made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SmsAt {
    /// One that was there.
    Known(i64),
    /// The one that the sighting at this place of the batch made.
    Made(usize),
}

/// When a deposit was received, and the moment that its text states (when it was received, where it states none).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToldAt {
    /// When the phone received it.
    pub received_at: UnixMs,
    /// The moment in the text.
    pub occurred_at: UnixMs,
}

/// Whether two deposits that are told in equal words are twins, on whatever lines and from whatever sources (INV-I8).
#[must_use]
pub fn are_twins(one: ToldAt, other: ToldAt) -> bool {
    let apart = u128::from(one.received_at.0.abs_diff(other.received_at.0));
    let window = if one.occurred_at == other.occurred_at { STATED_TWIN_WINDOW } else { TWIN_WINDOW };
    apart <= window.as_millis()
}

/// Assigns a batch of sightings, in order: the same as assigning them one by one (INV-I4).
///
/// `known` must hold every sms of these fingerprints within the correlation window and within [`TWIN_WINDOW`] of a
/// sighting; others do no harm. Repeated deliveries (same source and key) must have been left out (INV-I1).
#[must_use]
pub fn assign(known: &[KnownSms], sightings: &[NewSighting], correlation_window: Duration) -> Vec<Assignment> {
    let mut groups: HashMap<Fingerprint, Vec<Entry>> = HashMap::new();
    for sms in known {
        let entry = Entry {
            at: SmsAt::Known(sms.sms_id),
            sender: sms.sender.clone(),
            received_at: sms.received_at,
            sources: sms.sources.clone(),
        };
        groups.entry(sms.fingerprint).or_default().push(entry);
    }
    sightings
        .iter()
        .enumerate()
        .map(|(place, sighting)| {
            let group = groups.entry(sighting.fingerprint).or_default();
            assign_one(group, place, sighting, correlation_window)
        })
        .collect()
}

/// An sms as it stands while a batch is being assigned.
struct Entry {
    at: SmsAt,
    sender: String,
    received_at: UnixMs,
    sources: BTreeSet<SourceRef>,
}

impl Entry {
    fn is_within(&self, window: Duration, at: UnixMs) -> bool {
        u128::from(self.received_at.0.abs_diff(at.0)) <= window.as_millis()
    }

    fn can_take(&self, sighting: &NewSighting, window: Duration) -> bool {
        let same_sender = self.sender == sighting.sender || self.sender.is_empty() || sighting.sender.is_empty();
        same_sender && !self.sources.contains(&sighting.source) && self.is_within(window, sighting.received_at)
    }
}

fn assign_one(group: &mut Vec<Entry>, place: usize, sighting: &NewSighting, window: Duration) -> Assignment {
    // The nearest in time, then the oldest: every process would choose the same.
    let nearest = group
        .iter_mut()
        .filter(|entry| entry.can_take(sighting, window))
        .min_by_key(|entry| (entry.received_at.0.abs_diff(sighting.received_at.0), entry.at));
    if let Some(entry) = nearest {
        entry.sources.insert(sighting.source);
        if entry.sender.is_empty() {
            entry.sender.clone_from(&sighting.sender);
        }
        return Assignment::Join(entry.at);
    }
    let mut twins: Vec<SmsAt> =
        group.iter().filter(|entry| entry.is_within(TWIN_WINDOW, sighting.received_at)).map(|entry| entry.at).collect();
    twins.sort_unstable();
    group.push(Entry {
        at: SmsAt::Made(place),
        sender: sighting.sender.clone(),
        received_at: sighting.received_at,
        sources: BTreeSet::from([sighting.source]),
    });
    Assignment::New { twins }
}

#[cfg(test)]
mod tests;
