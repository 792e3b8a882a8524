//! What the wallet's answer to an approval means, and when it is asked again: pure.

use std::time::Duration;

use crate::admin::client::{Answer, NoAnswer};
use crate::domain::retry::delay;
use crate::domain::time::UnixMs;

/// A peer's `Retry-After` is believed up to this.
const ASKED_FOR_MAX: Duration = Duration::from_hours(24);

/// What an answer means for the intent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is credited.
    Approved {
        /// The entry in the wallet's ledger.
        entry_id: Option<i64>,
    },
    /// The wallet will never do it under this key; why.
    Refused(String),
    /// It says nothing of what was asked: the same key is sent again.
    Again(String),
}

/// Judges the wallet's answer to the approval of that order. `was_sent`: it may have been carried out before.
///
/// 409 and 422 are for good: the wallet keeps a 409 under the key for ever, and what it finds wrong with the same bytes it
/// finds wrong each time. 401, 403, 404 and 405 are not: they say that the token or the address is wrong. Any other 4xx ends
/// it only where nothing can have been done before.
#[must_use]
pub fn judge(answer: &Answer, order_id: &str, was_sent: bool) -> Verdict {
    let said = || {
        let problem = &answer.body;
        let text = problem.pointer("/errors/0/message").or_else(|| problem.get("detail"));
        let text = text.and_then(serde_json::Value::as_str).unwrap_or_default();
        format!("the wallet answers {}: {text}", answer.status)
    };
    match answer.status {
        200..300 => {
            let is_ours = answer.body["order_id"] == order_id && answer.body["status"] == "approved";
            if is_ours {
                Verdict::Approved { entry_id: answer.body["entry_id"].as_i64() }
            } else {
                Verdict::Again("the answer is not about this order's approval".to_owned())
            }
        }
        401 | 403 | 404 | 405 | 408 | 425 | 429 => Verdict::Again(said()),
        409 | 422 => Verdict::Refused(said()),
        400..500 if !was_sent => Verdict::Refused(said()),
        _ => Verdict::Again(said()),
    }
}

/// How a failed sending is noted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    /// Whether it counts as an attempt.
    pub counts: bool,
    /// Whether the wallet may have done it.
    pub maybe_done: bool,
    /// When it is sent next.
    pub next_at: UnixMs,
    /// The wallet asked to be left alone until then.
    pub not_before: UnixMs,
    /// What was wrong.
    pub words: String,
}

impl Waits {
    /// After an answer that says nothing; it was sent `attempts` times before this one.
    #[must_use]
    pub fn after_answer(now: UnixMs, attempts: i64, permille: u32, words: String) -> Self {
        let next_at = now.plus(delay(nth(attempts), permille));
        Self { counts: true, maybe_done: true, next_at, not_before: now, words }
    }

    /// After no answer. What an open breaker did not let through is no attempt.
    #[must_use]
    pub fn after_none(now: UnixMs, attempts: i64, permille: u32, none: &NoAnswer) -> Self {
        let asked = none.retry_after.min(ASKED_FOR_MAX);
        let not_before = if none.asked_for { now.plus(asked) } else { now };
        let next_at = if none.tried { now.plus(delay(nth(attempts), permille)) } else { now.plus(asked) };
        Self {
            counts: none.tried,
            maybe_done: none.maybe_done,
            next_at: next_at.max(not_before),
            not_before,
            words: none.words.clone(),
        }
    }
}

fn nth(attempts: i64) -> u32 {
    u32::try_from(attempts + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn judged(status: u16, body: Value) -> Verdict {
        judge(&Answer { status, body }, "R-1", false)
    }

    #[test]
    fn only_what_speaks_of_this_order_ends_it() {
        let credit = json!({"order_id": "R-1", "status": "approved", "entry_id": 7});
        assert_eq!(judged(200, credit), Verdict::Approved { entry_id: Some(7) });
        for strange in [json!({"order_id": "R-2", "status": "approved"}), json!({"order_id": "R-1"}), Value::Null] {
            assert!(matches!(judged(200, strange), Verdict::Again(_)));
        }
        for status in [400, 409, 410, 413, 415, 422] {
            assert!(matches!(judged(status, json!({"detail": "no"})), Verdict::Refused(_)), "{status}");
        }
        let again = |status| judge(&Answer { status, body: json!({}) }, "R-1", true);
        assert!(matches!(again(400), Verdict::Again(_)) && matches!(again(422), Verdict::Refused(_)));
        for status in [401, 403, 404, 405, 408, 425, 429] {
            assert!(matches!(judged(status, json!({"detail": "no"})), Verdict::Again(_)), "{status}");
        }
        assert_eq!(judged(409, json!({"detail": "over"})), Verdict::Refused("the wallet answers 409: over".to_owned()));
    }

    #[test]
    fn waits_double_and_an_open_breaker_uses_up_nothing() {
        let none = |tried, asked_for, seconds| NoAnswer {
            maybe_done: tried,
            tried,
            retry_after: Duration::from_secs(seconds),
            asked_for,
            words: String::new(),
        };
        let after = |attempts, none: &NoAnswer| Waits::after_none(UnixMs(0), attempts, 1_000, none);
        assert_eq!(after(0, &none(true, false, 1)).next_at, UnixMs(2_000));
        assert_eq!(after(3, &none(true, false, 1)).next_at, UnixMs(16_000));
        assert_eq!(after(50, &none(true, false, 1)).next_at, UnixMs(900_000));
        let asked = after(0, &none(true, true, 60));
        assert_eq!((asked.next_at, asked.not_before), (UnixMs(60_000), UnixMs(60_000)));
        assert_eq!(after(9, &none(true, true, 60)).next_at, UnixMs(900_000));
        let open = after(9, &none(false, false, 17));
        assert_eq!((open.counts, open.next_at, open.not_before), (false, UnixMs(17_000), UnixMs(0)));
        assert_eq!(after(0, &none(true, true, u64::MAX)).next_at, UnixMs(86_400_000));
    }
}
