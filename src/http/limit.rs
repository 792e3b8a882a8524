//! Limits by key: how often one device or one address may ask.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

/// After so many questions the keys that are long quiet are forgotten, so that a scan over many addresses fills no memory.
const FORGET_EVERY: u32 = 1024;

/// Counts by key.
#[derive(Debug)]
pub struct Limiter<K: Clone + Hash + Eq> {
    counts: Option<DefaultKeyedRateLimiter<K>>,
    clock: DefaultClock,
    asked: AtomicU32,
}

impl<K: Clone + Hash + Eq> Limiter<K> {
    /// So many a minute, and so many at once before that counts. Either being 0 is no limit.
    #[must_use]
    pub fn new(rate_per_minute: u32, burst: u32) -> Self {
        let counts = NonZeroU32::new(rate_per_minute)
            .zip(NonZeroU32::new(burst))
            .map(|(rate, burst)| RateLimiter::keyed(Quota::per_minute(rate).allow_burst(burst)));
        Self { counts, clock: DefaultClock::default(), asked: AtomicU32::new(0) }
    }

    /// Counts one for `key`.
    ///
    /// # Errors
    /// How long to wait where it is one too many.
    pub fn count(&self, key: &K) -> Result<(), Duration> {
        let Some(counts) = &self.counts else { return Ok(()) };
        if self.asked.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            counts.retain_recent();
            counts.shrink_to_fit();
        }
        counts.check_key(key).map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_key_s_excess_is_not_another_s() {
        let limiter = Limiter::new(1, 2);
        assert!(limiter.count(&"a").is_ok() && limiter.count(&"a").is_ok());
        let wait = limiter.count(&"a").unwrap_err();
        assert!(wait > Duration::from_secs(30) && wait <= Duration::from_mins(1), "{wait:?}");
        assert!(limiter.count(&"b").is_ok());
    }

    #[test]
    fn a_rate_of_zero_is_no_limit() {
        for limiter in [Limiter::new(0, 0), Limiter::new(0, 1), Limiter::new(1, 0)] {
            assert!((0..10_000).all(|_| limiter.count(&1).is_ok()));
        }
    }
}
