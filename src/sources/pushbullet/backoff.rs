//! How long to wait before the next attempt.

use std::time::Duration;

use rand::RngExt as _;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_mins(5);

/// Attempts that failed in a row.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failed: u32,
}

impl Backoff {
    /// Something came: the next failure is the first.
    pub(super) fn reset(&mut self) {
        self.failed = 0;
    }

    /// Another attempt failed: a random time (full jitter) up to 1 s, 2 s, 4 s ... 5 min, so that many who lost the same
    /// server do not come back together. Never less than 100 ms.
    pub(super) fn pause(&mut self) -> Duration {
        self.failed = self.failed.saturating_add(1);
        let most = FIRST.saturating_mul(2_u32.saturating_pow(self.failed - 1)).min(LONGEST);
        let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(rand::rng().random_range(100..=most))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_are_random_and_grow_up_to_five_minutes() {
        let mut longest = Duration::ZERO;
        for _ in 0..50 {
            let mut backoff = Backoff::default();
            for most in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300_u64] {
                let pause = backoff.pause();
                assert!(pause <= Duration::from_secs(most), "{pause:?} > {most} s");
                longest = longest.max(pause);
            }
            backoff.reset();
            assert!(backoff.pause() <= Duration::from_secs(1));
        }
        assert!(longest > Duration::from_mins(4), "{longest:?}");
        let mut backoff = Backoff { failed: u32::MAX };
        assert!(backoff.pause() <= LONGEST);
    }
}
