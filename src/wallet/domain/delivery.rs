//! What recon's answer means for the order events that were sent to it, and when they are sent again (reliability, the
//! rule of retries).

use std::time::Duration;

use crate::contract::order::OrdersTaken;
use crate::domain::retry::delay;
use crate::domain::time::UnixMs;

/// Orders in one request at most, by recon's contract.
pub const BATCH_MAX: usize = 1_000;

/// An event that has not been delivered for so long is *stuck*: shown and counted, and still tried.
pub const STUCK_AFTER: Duration = Duration::from_hours(24);

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Recon has them.
    Delivered,
    /// Recon will never take what was sent. Where it was more than one, one of them may be the reason.
    Refused,
    /// It failed, perhaps over one of them.
    Failed,
    /// It has nothing to do with what was sent: recon is away, busy, not to be found or does not know our token.
    Away,
}

/// Judges the answer to `count` events. `taken` is its body where that could be read: a page of somebody on the way with
/// status 200 delivers nothing.
#[must_use]
pub fn judge(status: u16, taken: Option<OrdersTaken>, count: usize) -> Verdict {
    match status {
        200 => match taken {
            Some(taken) if u64::try_from(count) == Ok(all(taken)) => Verdict::Delivered,
            _ => Verdict::Away,
        },
        // Of these a broken order is never the reason, and all orders would be refused with it.
        401 | 403 | 404 | 405 | 429 | 502 | 503 | 504 => Verdict::Away,
        408 | 409 | 425 | 500.. => Verdict::Failed,
        400..500 => Verdict::Refused,
        _ => Verdict::Away,
    }
}

fn all(taken: OrdersTaken) -> u64 {
    u64::from(taken.upserted) + u64::from(taken.unchanged) + u64::from(taken.stale)
}

/// When an event is sent again that has failed `attempts` times by now: not before recon asked for.
#[must_use]
pub fn again_at(now: UnixMs, attempts: u32, permille: u32, retry_after: Option<Duration>) -> UnixMs {
    now.plus(delay(attempts, permille).max(retry_after.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(upserted: u32, unchanged: u32, stale: u32) -> Option<OrdersTaken> {
        Some(OrdersTaken { upserted, unchanged, conflicting: 0, stale })
    }

    #[test]
    fn only_an_answer_that_accounts_for_every_event_delivers() {
        assert_eq!(judge(200, taken(1, 1, 1), 3), Verdict::Delivered);
        for wrong in [None, taken(1, 1, 0), taken(3, 1, 0), taken(0, 0, 0)] {
            assert_eq!(judge(200, wrong, 3), Verdict::Away, "{wrong:?}");
        }
    }

    #[test]
    fn refusals_stop_and_all_else_is_tried_again() {
        for status in [400, 413, 415, 422, 418] {
            assert_eq!(judge(status, None, 1), Verdict::Refused, "{status}");
        }
        for status in [408, 409, 425, 500, 501] {
            assert_eq!(judge(status, None, 1), Verdict::Failed, "{status}");
        }
        for status in [204, 301, 308, 401, 403, 404, 405, 429, 502, 503, 504] {
            assert_eq!(judge(status, None, 1), Verdict::Away, "{status}");
        }
    }

    #[test]
    fn nothing_is_sent_before_recon_asked_for() {
        let now = UnixMs(1_000);
        assert_eq!(again_at(now, 1, 1_000, None), UnixMs(3_000));
        assert_eq!(again_at(now, 1, 1_000, Some(Duration::from_secs(60))), UnixMs(61_000));
        assert_eq!(again_at(now, 12, 1_000, Some(Duration::from_secs(60))), UnixMs(901_000));
    }
}
