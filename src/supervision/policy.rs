//! When a crashed child is made again, and when it is given up for a while.

use std::collections::VecDeque;
use std::time::Duration;

use rand::RngExt;
use tokio::time::Instant;

use super::spec::LONGEST;

/// When a crashed child is made again, and when it is given up for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Restarts within the window before a child is given up.
    pub max_restarts: u32,
    /// The window in which restarts are counted.
    pub window: Duration,
    /// The shortest pause before a restart.
    pub backoff_min: Duration,
    /// The longest pause before a restart.
    pub backoff_max: Duration,
    /// How long an instance runs before its predecessors' crashes are forgotten.
    pub healthy_after: Duration,
    /// How often a parked child is tried again.
    pub parked_retry: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            max_restarts: 5,
            window: Duration::from_secs(30),
            backoff_min: Duration::from_secs(1),
            backoff_max: Duration::from_secs(30),
            healthy_after: Duration::from_mins(1),
            parked_retry: Duration::from_mins(5),
        }
    }
}

impl Policy {
    /// With times that can be added to any moment.
    pub(super) fn bounded(mut self) -> Self {
        for time in [&mut self.backoff_min, &mut self.backoff_max, &mut self.parked_retry] {
            *time = (*time).min(LONGEST);
        }
        self
    }

    /// The pause after the `streak`th crash in a row (from 1): half as long again each time, so that the fifth restart still
    /// falls into the default window and a child that cannot start is given up there; up to half of it is jitter.
    fn pause(&self, streak: u32) -> Duration {
        let mut pause = self.backoff_min;
        for _ in 1..streak {
            if pause >= self.backoff_max {
                break;
            }
            pause += pause / 2;
        }
        let spread = u64::try_from((pause / 2).as_millis()).unwrap_or(u64::MAX);
        let jitter = Duration::from_millis(rand::rng().random_range(0..=spread));
        (pause + jitter).min(self.backoff_max).max(self.backoff_min)
    }
}

/// What is done about a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// A new instance after this pause.
    Again(Duration),
    /// Too many restarts in the window.
    GiveUp,
}

/// One child's crashes, as far as they still count.
#[derive(Debug, Default)]
pub(super) struct History {
    restarts: VecDeque<Instant>,
    streak: u32,
}

impl History {
    /// A crash of an instance that had run for `ran`. A frozen one has spent its deadline already: its pause does not grow.
    pub(super) fn crashed(&mut self, policy: &Policy, now: Instant, ran: Duration, frozen: bool) -> Verdict {
        while self.restarts.front().is_some_and(|at| now.duration_since(*at) >= policy.window) {
            self.restarts.pop_front();
        }
        if self.restarts.len() >= usize::try_from(policy.max_restarts).unwrap_or(usize::MAX) {
            return Verdict::GiveUp;
        }
        if frozen {
            return Verdict::Again(policy.backoff_min);
        }
        if ran >= policy.healthy_after {
            self.streak = 0;
        }
        self.streak = self.streak.saturating_add(1);
        Verdict::Again(policy.pause(self.streak))
    }

    /// The supervisor restarted the child of its own accord. An operator's restart is not told here: it does not count.
    pub(super) fn restarted(&mut self, now: Instant) {
        self.restarts.push_back(now);
    }

    /// Nothing that was counts any longer.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_from_the_shortest_to_the_longest() {
        let policy = Policy::default();
        for _ in 0..100 {
            assert!((1000..=1500).contains(&policy.pause(1).as_millis()));
            assert!((1500..=2250).contains(&policy.pause(2).as_millis()));
            assert_eq!(policy.pause(50), policy.backoff_max);
        }
    }

    #[test]
    fn five_restarts_with_the_longest_jitter_fall_into_the_window() {
        let policy = Policy::default();
        let longest: Duration = (1..=5u32).map(|n| Duration::from_secs(1) * 3u32.pow(n) / 2u32.pow(n)).sum();
        assert!(longest < policy.window, "{longest:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_healthy_minute_resets_the_pause_and_the_window_forgets() {
        let policy = Policy::default();
        let mut history = History::default();
        for _ in 0..5 {
            let verdict = history.crashed(&policy, Instant::now(), Duration::ZERO, false);
            assert!(matches!(verdict, Verdict::Again(_)));
            history.restarted(Instant::now());
        }
        assert_eq!(history.crashed(&policy, Instant::now(), Duration::ZERO, false), Verdict::GiveUp);
        tokio::time::advance(policy.healthy_after).await;
        match history.crashed(&policy, Instant::now(), policy.healthy_after, false) {
            Verdict::Again(pause) => assert!(pause <= Duration::from_millis(1500), "{pause:?}"),
            Verdict::GiveUp => panic!("the window is over"),
        }
    }
}
