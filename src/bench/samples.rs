//! Durations that were measured, and what is told of them.

use std::time::Duration;

use tokio::time::Instant;

/// Durations of one thing done many times.
#[derive(Debug, Default)]
pub(super) struct Samples(Vec<Duration>);

impl Samples {
    /// Adds one.
    pub(super) fn push(&mut self, sample: Duration) {
        self.0.push(sample);
    }

    /// Runs `work` so many times, each on its own clock.
    pub(super) fn of(times: u32, mut work: impl FnMut()) -> Self {
        let mut samples = Self::default();
        for _ in 0..times {
            let began = Instant::now();
            work();
            samples.push(began.elapsed());
        }
        samples
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The value below which `percent` of them lie (nearest rank); zero where there is none.
    pub(super) fn percentile(&self, percent: usize) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (sorted.len() * percent).div_ceil(100).max(1);
        sorted.get(rank - 1).copied().unwrap_or_default()
    }

    /// The middle one.
    pub(super) fn median(&self) -> Duration {
        self.percentile(50)
    }
}

/// In milliseconds.
pub(super) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// In microseconds.
pub(super) fn us(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

/// How many a second.
pub(super) fn rate(count: u64, within: Duration) -> f64 {
    count as f64 / within.as_secs_f64().max(f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_values_that_were_measured() {
        let samples = Samples((1..=100).rev().map(Duration::from_millis).collect());
        assert_eq!([50, 99, 100].map(|percent| samples.percentile(percent).as_millis()), [50, 99, 100]);
        assert_eq!(Samples::default().median(), Duration::ZERO);
        assert_eq!(Samples(vec![Duration::from_millis(7)]).percentile(99).as_millis(), 7);
    }
}
