//! When a peer is left alone, and how much is tried again: pure, with the time given.
//!
//! A breaker looks at the last 20 calls of the last 30 s. Half of at least five having failed opens it for 30 s; then one
//! call probes, and decides. A retry budget lets a fifth of the calls be repeated, so that a peer in trouble is not given
//! several times its load.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// So many calls are looked at, at most.
const CALLS: usize = 20;
/// None older than this.
const WITHIN: Duration = Duration::from_secs(30);
/// Fewer say nothing.
const CALLS_MIN: usize = 5;
/// How long it stays open.
const OPEN_FOR: Duration = Duration::from_secs(30);
/// How soon it is known what a probe found.
const PROBING_WAIT: Duration = Duration::from_secs(1);
/// A call is worth so much, and a repetition costs five of it: a fifth.
const RETRY_COSTS: u32 = 5;
/// What can be saved up, and what there is at first.
const SAVED_MAX: u32 = 10 * RETRY_COSTS;
const SAVED_AT_FIRST: u32 = 2 * RETRY_COSTS;

/// How a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Calls go through.
    Closed,
    /// Calls are refused.
    Open,
    /// One call is on its way to find out; all others are refused.
    Probing,
}

impl State {
    /// The word for health and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::Probing => "probing",
        }
    }
}

/// The breaker of one peer.
#[derive(Debug)]
pub struct Breaker {
    /// When each call ended, and whether it failed.
    calls: VecDeque<(Instant, bool)>,
    state: State,
    /// Until when it is open.
    until: Instant,
    saved: u32,
}

impl Breaker {
    /// A closed one.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self { calls: VecDeque::new(), state: State::Closed, until: now, saved: SAVED_AT_FIRST }
    }

    /// How it stands.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// For how long no call goes out yet: zero where the next one probes; none where it is closed.
    #[must_use]
    pub fn open_for(&self, now: Instant) -> Option<Duration> {
        match self.state {
            State::Closed => None,
            State::Open => Some(self.until.saturating_duration_since(now)),
            State::Probing => Some(PROBING_WAIT),
        }
    }

    /// Whether a call may go out now. Each that may is answered by [`Self::ended`] exactly once.
    ///
    /// # Errors
    /// How long to leave the peer alone.
    pub fn admit(&mut self, now: Instant) -> Result<(), Duration> {
        match self.state {
            State::Closed => {
                self.saved = (self.saved + 1).min(SAVED_MAX);
                Ok(())
            }
            State::Open if now >= self.until => {
                self.state = State::Probing;
                Ok(())
            }
            State::Open => Err(self.until.duration_since(now)),
            State::Probing => Err(PROBING_WAIT),
        }
    }

    /// A call that was admitted has ended. One that was given up counts as failed.
    pub fn ended(&mut self, now: Instant, failed: bool) {
        match (self.state, failed) {
            (State::Probing, false) => {
                self.calls.clear();
                self.state = State::Closed;
            }
            (State::Probing, true) => self.open(now),
            // Of a call that was under way when it opened: nothing new.
            (State::Open, _) => {}
            (State::Closed, failed) => {
                self.calls.push_back((now, failed));
                while self.calls.len() > CALLS || self.calls.front().is_some_and(|(at, _)| *at + WITHIN < now) {
                    self.calls.pop_front();
                }
                let failures = self.calls.iter().filter(|(_, failed)| *failed).count();
                if failed && self.calls.len() >= CALLS_MIN && failures * 2 >= self.calls.len() {
                    self.open(now);
                }
            }
        }
    }

    /// Whether one more attempt may be made; it is paid for by that.
    pub fn may_retry(&mut self) -> bool {
        if self.state != State::Closed || self.saved < RETRY_COSTS {
            return false;
        }
        self.saved -= RETRY_COSTS;
        true
    }

    fn open(&mut self, now: Instant) {
        self.state = State::Open;
        self.until = now + OPEN_FOR;
        self.calls.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::advance;

    const SECOND: Duration = Duration::from_secs(1);

    fn call(breaker: &mut Breaker, failed: bool) -> bool {
        let admitted = breaker.admit(Instant::now()).is_ok();
        if admitted {
            breaker.ended(Instant::now(), failed);
        }
        admitted
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_only_fails_is_left_alone_after_five_calls_and_probed_each_half_minute() {
        let mut breaker = Breaker::new(Instant::now());
        let mut reached = 0;
        for _ in 0..10 {
            reached += usize::from(call(&mut breaker, true));
        }
        assert_eq!((reached, breaker.state()), (5, State::Open));
        for _ in 0..4 {
            advance(29 * SECOND).await;
            assert!(!call(&mut breaker, true));
            advance(SECOND).await;
            assert_eq!(breaker.admit(Instant::now()), Ok(()));
            assert!(breaker.admit(Instant::now()).is_err(), "one probe at a time");
            breaker.ended(Instant::now(), true);
            assert!(!call(&mut breaker, true), "at most one in 30 s");
        }
        advance(30 * SECOND).await;
        assert!(call(&mut breaker, false));
        assert_eq!(breaker.state(), State::Closed);
        assert!(call(&mut breaker, true), "what was before is forgotten");
    }

    #[tokio::test(start_paused = true)]
    async fn half_of_the_last_twenty_opens_it_and_less_does_not() {
        let mut breaker = Breaker::new(Instant::now());
        for number in 0..60 {
            assert!(call(&mut breaker, number % 5 > 2), "never half of them: {number}");
        }
        for number in 0.. {
            if !call(&mut breaker, true) {
                assert!(number <= 6, "{number}");
                break;
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn failures_of_long_ago_count_no_more() {
        let mut breaker = Breaker::new(Instant::now());
        for _ in 0..20 {
            assert!(call(&mut breaker, true));
            advance(10 * SECOND).await;
        }
        assert_eq!(breaker.state(), State::Closed, "never five within 30 s");
    }

    #[test]
    fn a_fifth_of_the_calls_may_be_repeated() {
        let mut breaker = Breaker::new(Instant::now());
        while breaker.may_retry() {}
        let mut retries = 0;
        for _ in 0..100 {
            assert!(call(&mut breaker, false));
            retries += usize::from(breaker.may_retry());
        }
        assert_eq!(retries, 20);
    }
}
