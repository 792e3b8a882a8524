//! How a fingerprint is stored and found.

use crate::domain::identity::Fingerprint;
use crate::domain::time::UnixMs;

pub(super) const HOUR_MS: i64 = 3_600_000;

/// A stored fingerprint: the hour of receipt before the hash of line and text, so that the index grows at its end and
/// what came within the hour is found in three places.
pub(super) fn stored_fingerprint(hash: &Fingerprint, at: UnixMs) -> Vec<u8> {
    let hour = u32::try_from(at.0.div_euclid(HOUR_MS).clamp(0, i64::from(u32::MAX))).unwrap_or(0);
    let mut key = hour.to_be_bytes().to_vec();
    key.extend_from_slice(&hash[..12]);
    key
}

/// What of a fingerprint is stored: its first 12 bytes, behind the hour.
pub(super) fn cut(mut hash: Fingerprint) -> Fingerprint {
    hash[12..].fill(0);
    hash
}

/// The fingerprints of the same text and line in the hour of `at`, the one before and the one after.
pub(in crate::store) fn fingerprint_hours(stored: &[u8], at: UnixMs) -> Vec<Vec<u8>> {
    let hash = stored.get(4..).unwrap_or_default();
    [-HOUR_MS, 0, HOUR_MS]
        .into_iter()
        .map(|shift| {
            let hour = u32::try_from(at.0.saturating_add(shift).div_euclid(HOUR_MS).clamp(0, i64::from(u32::MAX)))
                .unwrap_or(0);
            [&hour.to_be_bytes()[..], hash].concat()
        })
        .collect()
}
