//! When something that failed is tried again, and when people are asked (parsing and matching, section 7; reliability, row 23).
//!
//! Two kinds of trouble, one clock. **Poison** is a fault in the text itself: a stage panics on it, or says that it cannot be
//! read. Trying again will hardly help, so it gets [`POISON_TRIES`] and then goes out of the way. **Outside trouble** is a
//! message that stands still though nothing is wrong with it: it is tried [`TRIES`] times before people are asked.

use std::time::Duration;

/// How often a text is tried that fails a stage by itself; after the last it is quarantined and asks for a check.
pub const POISON_TRIES: i64 = 3;

/// How often what stands still is tried before it asks for a check. It is never given up.
pub const TRIES: u32 = 12;

const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_mins(15);

/// How long after the attempt `nth` (from 1) the next one comes: U(0.5, 1) x min(15 min, 2 s x 2^(n-1)). `permille` is the
/// chance in it, drawn by the caller from 500 to 1,000.
#[must_use]
pub fn delay(nth: u32, permille: u32) -> Duration {
    let doubled = FIRST.saturating_mul(2_u32.saturating_pow(nth.saturating_sub(1)));
    doubled.min(LONGEST) * permille.clamp(500, 1_000) / 1_000
}

/// The bounds between which `permille` is drawn.
pub const PERMILLE: std::ops::RangeInclusive<u32> = 500..=1_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_from_two_seconds_to_a_quarter_of_an_hour() {
        let longest: Vec<u64> = (1..=12).map(|nth| delay(nth, 1_000).as_secs()).collect();
        assert_eq!(longest, [2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
        assert_eq!(delay(1, 500), Duration::from_secs(1));
        assert_eq!(delay(1, 0), Duration::from_secs(1), "never less than half");
        assert_eq!(delay(u32::MAX, 9_999), LONGEST);
        assert_eq!(delay(0, 1_000), Duration::from_secs(2));
    }
}
