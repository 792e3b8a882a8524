//! When a phone's loops may call Pushbullet: one call at a time, none for five minutes after the token was refused, none
//! before a limit's reset.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{MutexGuard as Turn, watch};
use tokio::time::Instant;

/// How long a refused token is not tried.
pub(super) const REFUSED_FOR: Duration = Duration::from_mins(5);
/// A limit without a word of when it ends.
pub(super) const LIMITED_FOR: Duration = Duration::from_mins(1);
/// No limit of Pushbullet's is longer; a reset that is farther is a clock that is wrong.
const LIMITED_MAX: Duration = Duration::from_hours(1);

/// The gate of one token, shared by its loops.
#[derive(Debug)]
pub(super) struct Gate {
    turn: tokio::sync::Mutex<()>,
    state: Mutex<State>,
    refused: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct State {
    /// When the token was last refused, or tried again since, and in which words.
    refused: Option<(Instant, String)>,
    limited_until: Option<Instant>,
}

/// Why there may be no call now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Closed {
    /// The token was refused.
    Refused {
        /// Pushbullet's words.
        words: String,
        /// When it may be tried.
        retry_in: Duration,
    },
    /// Too many calls.
    Limited {
        /// When it ends.
        retry_in: Duration,
    },
}

impl Gate {
    pub(super) fn new() -> Self {
        Self { turn: tokio::sync::Mutex::default(), state: Mutex::default(), refused: watch::Sender::new(false) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The right to one call, to be held until its outcome is said. After a refusal it is given once each five minutes.
    pub(super) async fn enter(&self) -> Result<Turn<'_, ()>, Closed> {
        let turn = self.turn.lock().await;
        let now = Instant::now();
        let mut state = self.lock();
        if let Some((at, words)) = &mut state.refused {
            let waited = now.duration_since(*at);
            if waited < REFUSED_FOR {
                return Err(Closed::Refused { words: words.clone(), retry_in: REFUSED_FOR.saturating_sub(waited) });
            }
            // This call is the one.
            *at = now;
        }
        if let Some(until) = state.limited_until {
            if now < until {
                return Err(Closed::Limited { retry_in: until.duration_since(now) });
            }
            state.limited_until = None;
        }
        drop(state);
        Ok(turn)
    }

    /// The token was taken.
    pub(super) fn accepted(&self) {
        self.lock().refused = None;
        self.refused.send_if_modified(std::mem::take);
    }

    /// The token was refused.
    pub(super) fn refuse(&self, words: &str) -> Closed {
        self.lock().refused = Some((Instant::now(), words.to_owned()));
        self.refused.send_replace(true);
        Closed::Refused { words: words.to_owned(), retry_in: REFUSED_FOR }
    }

    /// Too many calls.
    pub(super) fn limit(&self, retry_in: Option<Duration>) -> Closed {
        let retry_in = retry_in.unwrap_or(LIMITED_FOR).clamp(Duration::from_secs(1), LIMITED_MAX);
        self.lock().limited_until = Some(Instant::now() + retry_in);
        Closed::Limited { retry_in }
    }

    /// Resolves when the token is refused, by whichever loop's call.
    pub(super) fn refusals(&self) -> watch::Receiver<bool> {
        self.refused.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reliability row 4.
    #[tokio::test(start_paused = true)]
    async fn a_refused_token_is_tried_once_in_five_minutes_however_many_ask() {
        let gate = Gate::new();
        drop(gate.enter().await.unwrap());
        gate.refuse("no such token");
        let mut calls = 0;
        for _ in 0..1_000 {
            tokio::time::advance(Duration::from_secs(3)).await;
            for _loop in 0..3 {
                if let Ok(_turn) = gate.enter().await {
                    calls += 1;
                    gate.refuse("no such token");
                }
            }
        }
        assert_eq!(calls, 10, "3,000 s");
        assert!(*gate.refusals().borrow());
        tokio::time::advance(REFUSED_FOR).await;
        drop(gate.enter().await.unwrap());
        assert!(gate.enter().await.is_err(), "that one call is still on its way");
        gate.accepted();
        drop(gate.enter().await.unwrap());
        assert!(!*gate.refusals().borrow());
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_is_waited_out_and_no_longer_than_an_hour() {
        let gate = Gate::new();
        gate.limit(Some(Duration::from_secs(90)));
        assert_eq!(gate.enter().await.unwrap_err(), Closed::Limited { retry_in: Duration::from_secs(90) });
        tokio::time::advance(Duration::from_secs(90)).await;
        drop(gate.enter().await.unwrap());
        assert_eq!(gate.limit(None), Closed::Limited { retry_in: LIMITED_FOR });
        assert_eq!(gate.limit(Some(Duration::MAX)), Closed::Limited { retry_in: LIMITED_MAX });
    }
}
