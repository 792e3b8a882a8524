//! How a fingerprint is stored and found.

use crate::domain::identity::Fingerprint;
use crate::domain::time::UnixMs;

pub(super) const HOUR_MS: i64 = 3_600_000;

/// A stored fingerprint: the hour of receipt before the hash of line and text, so that what came within the hour is found
/// in three places.
pub(super) fn stored_fingerprint(hash: &Fingerprint, at: UnixMs) -> [u8; 16] {
    let mut stored = [0; 16];
    stored[..4].copy_from_slice(&hour_bytes(at.0));
    stored[4..].copy_from_slice(&hash[..12]);
    stored
}

fn hour_bytes(at: i64) -> [u8; 4] {
    u32::try_from(at.div_euclid(HOUR_MS).clamp(0, i64::from(u32::MAX))).unwrap_or(0).to_be_bytes()
}

/// What of a fingerprint is stored: its first 12 bytes, behind the hour.
pub(super) fn cut(mut hash: Fingerprint) -> Fingerprint {
    hash[12..].fill(0);
    hash
}

/// The fingerprint of a stored one, as [`cut`] leaves it.
pub(super) fn hash_of(stored: &[u8]) -> Fingerprint {
    let mut hash = Fingerprint::default();
    for (to, from) in hash[..12].iter_mut().zip(stored.iter().skip(4)) {
        *to = *from;
    }
    hash
}

/// The fingerprints of the same text and line in the hour of `at`, the one before and the one after.
pub(in crate::store) fn fingerprint_hours(stored: &[u8], at: UnixMs) -> Vec<Vec<u8>> {
    let hash = stored.get(4..).unwrap_or_default();
    let hour = |shift: i64| [&hour_bytes(at.0.saturating_add(shift))[..], hash].concat();
    [-HOUR_MS, 0, HOUR_MS].into_iter().map(hour).collect()
}
