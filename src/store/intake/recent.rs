//! Which texts came in which hour, in memory: what SQLite's intake asks instead of an index of hashes, which land all over
//! it. An hour is read from the store when it is first asked for, and kept up to date from then on by the one writer.

use std::collections::BTreeSet;
use std::collections::HashMap;

use super::fingerprint::HOUR_MS;
use crate::domain::identity::Fingerprint;
use crate::domain::time::UnixMs;

/// Texts in memory at which hours that were not asked for lately are forgotten: some 40 bytes each.
const TEXTS_MAX: usize = 1_000_000;

/// Hours since 1970 of receipt.
pub(super) type Hour = i64;

/// The hour of a moment.
pub(super) fn hour_of(at: UnixMs) -> Hour {
    at.0.div_euclid(HOUR_MS)
}

/// The moments of an hour: from the first, before the second.
pub(super) fn span_of(hour: Hour) -> (i64, i64) {
    let from = hour.saturating_mul(HOUR_MS);
    (from, from.saturating_add(HOUR_MS))
}

/// The hours in which an equal text of `at` may stand.
pub(super) fn hours_around(at: UnixMs) -> [Hour; 3] {
    let hour = hour_of(at);
    [hour - 1, hour, hour + 1]
}

/// The first bytes of a hash: enough to find by, since what is found is compared in full.
type Key = u64;

fn key_of(hash: &Fingerprint) -> Key {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash[..8]);
    Key::from_be_bytes(bytes)
}

#[derive(Debug, Default)]
struct Texts {
    first: HashMap<Key, i64>,
    /// Of those that came more than once, the others.
    more: HashMap<Key, Vec<i64>>,
    asked: u64,
}

impl Texts {
    fn add(&mut self, hash: &Fingerprint, id: i64) {
        let key = key_of(hash);
        if *self.first.entry(key).or_insert(id) != id {
            self.more.entry(key).or_default().push(id);
        }
    }
}

/// The texts of some hours.
#[derive(Debug, Default)]
pub(super) struct RecentTexts {
    hours: HashMap<Hour, Texts>,
    asks: u64,
}

impl RecentTexts {
    /// Those of `wanted` that are not in memory; hours that nobody asks for any more make room for them.
    pub(super) fn missing(&mut self, wanted: &BTreeSet<Hour>) -> Vec<Hour> {
        self.asks += 1;
        for (hour, texts) in &mut self.hours {
            if wanted.contains(hour) {
                texts.asked = self.asks;
            }
        }
        while self.len() > TEXTS_MAX {
            let idle = self.hours.iter().filter(|(_, texts)| texts.asked < self.asks);
            let Some(hour) = idle.min_by_key(|(_, texts)| texts.asked).map(|(hour, _)| *hour) else { break };
            self.hours.remove(&hour);
        }
        wanted.iter().filter(|hour| !self.hours.contains_key(hour)).copied().collect()
    }

    /// Takes in an hour with all that is stored of it.
    pub(super) fn fill(&mut self, hour: Hour, stored: impl IntoIterator<Item = (Fingerprint, i64)>) {
        let mut texts = Texts { asked: self.asks, ..Texts::default() };
        for (hash, id) in stored {
            texts.add(&hash, id);
        }
        self.hours.insert(hour, texts);
    }

    /// Notes a message that was stored.
    pub(super) fn add(&mut self, at: UnixMs, hash: &Fingerprint, id: i64) {
        // An hour that is not in memory is read with this message in it.
        if let Some(texts) = self.hours.get_mut(&hour_of(at)) {
            texts.add(hash, id);
        }
    }

    /// The messages that may have this hash in the hours around `at`, all of which must be in memory.
    pub(super) fn find(&self, at: UnixMs, hash: &Fingerprint) -> impl Iterator<Item = i64> {
        let key = key_of(hash);
        hours_around(at).into_iter().filter_map(|hour| self.hours.get(&hour)).flat_map(move |texts| {
            texts.first.get(&key).into_iter().chain(texts.more.get(&key).into_iter().flatten()).copied()
        })
    }

    fn len(&self) -> usize {
        self.hours.values().map(|texts| texts.first.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: Fingerprint = [7; 16];

    fn at(hour: Hour) -> UnixMs {
        UnixMs(hour * HOUR_MS + 1)
    }

    fn found(texts: &RecentTexts, at: UnixMs) -> Vec<i64> {
        let mut ids: Vec<i64> = texts.find(at, &HASH).collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn an_equal_text_is_found_in_its_hour_and_those_beside_it() {
        let mut texts = RecentTexts::default();
        assert_eq!(texts.missing(&(4..=8).collect()), [4, 5, 6, 7, 8]);
        texts.fill(4, [(HASH, 1)]);
        texts.fill(5, [(HASH, 2), (HASH, 3), ([8; 16], 4)]);
        for hour in [6, 7, 8] {
            texts.fill(hour, []);
        }
        texts.add(at(7), &HASH, 5);
        texts.add(at(9), &HASH, 6);
        assert_eq!(found(&texts, at(4)), [1, 2, 3]);
        assert_eq!(found(&texts, at(6)), [2, 3, 5]);
        assert_eq!(found(&texts, at(8)), [5]);
        assert_eq!(texts.missing(&BTreeSet::from([9])), [9], "it is to be read with what was stored meanwhile");
    }

    #[test]
    fn hours_that_nobody_asks_for_make_room() {
        let mut texts = RecentTexts::default();
        let many = |seed: u64| {
            (0..=TEXTS_MAX as u64 / 2).map(move |nth| {
                let mut hash = Fingerprint::default();
                hash[..8].copy_from_slice(&(seed << 32 | nth).to_be_bytes());
                (hash, 1)
            })
        };
        for (hour, seed) in [(1, 1), (2, 2)] {
            texts.missing(&BTreeSet::from([hour]));
            texts.fill(hour, many(seed));
        }
        assert_eq!(texts.missing(&BTreeSet::from([2, 3])), [3]);
        assert_eq!(texts.missing(&BTreeSet::from([1, 2])), [1]);
    }
}
