//! The rules of a Telegram bot's offset, as a state that is stored with the bot.
//!
//! `getUpdates` confirms an update only when a later call carries a higher offset. So the offset is assigned after the
//! updates are stored, from the last of them and never as a maximum: after a week without updates Telegram goes on
//! with a random id, which may be lower. A call with the old, higher offset would then throw the new updates away; so after
//! six days of silence the offset is left out. It is never negative: that would drop all but the last updates.

use std::time::Duration;

use super::time::UnixMs;

/// After so long without an update the ids may begin anew: the next poll names no offset.
pub const SILENCE: Duration = Duration::from_hours(6 * 24);

/// How long Telegram keeps an update that nobody fetched.
pub const RETENTION: Duration = Duration::from_hours(24);

/// How far a bot was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cursor {
    /// The offset that confirms all that is stored.
    pub next: Option<i64>,
    /// When an update last came.
    pub last_update_at: Option<UnixMs>,
    /// When Telegram last answered a poll.
    pub polled_at: Option<UnixMs>,
    /// When nothing was fetched for longer than Telegram keeps updates; until somebody says that it was seen.
    pub loss: Option<LossWindow>,
}

/// A time in which nothing was fetched, longer than Telegram keeps updates: some are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LossWindow {
    /// Since when.
    pub from: UnixMs,
    /// Until when; none: it goes on.
    pub until: Option<UnixMs>,
}

/// What a poll brought, as far as the offset goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Polled<'a> {
    /// The offset that it was asked with.
    pub asked: Option<i64>,
    /// The ids of the updates in their order; none for one without an id.
    pub ids: &'a [Option<i64>],
    /// When the answer came.
    pub at: UnixMs,
}

impl Cursor {
    /// The offset for a poll at `now`; none: the poll names none, and gets all that was not confirmed.
    #[must_use]
    pub fn offset(&self, now: UnixMs) -> Option<i64> {
        let quiet = self.last_update_at.is_none_or(|at| now.since(at) >= SILENCE);
        self.next.filter(|next| !quiet && *next >= 0)
    }

    /// The cursor after what a poll brought was stored.
    #[must_use]
    pub fn advanced(&self, polled: &Polled<'_>) -> Self {
        let mut after = Self { loss: self.loss_at(polled.at), polled_at: Some(polled.at), ..self.clone() };
        if let Some(loss) = &mut after.loss {
            loss.until = loss.until.or(Some(polled.at));
        }
        if polled.ids.is_empty() {
            return after;
        }
        after.last_update_at = Some(polled.at);
        let last = polled.ids.iter().rev().find_map(|id| *id);
        after.next = match (last, polled.asked) {
            (Some(last), _) => Some(last.saturating_add(1)),
            // What came has no id. It is stored; asking for more than before leaves it behind.
            (None, Some(asked)) => Some(asked.saturating_add(1)),
            (None, None) => self.next,
        };
        after
    }

    /// The loss window at `now`, with no answer of Telegram since [`Self::polled_at`].
    #[must_use]
    pub fn loss_at(&self, now: UnixMs) -> Option<LossWindow> {
        let exceeded = self.polled_at.filter(|at| now.since(*at) > RETENTION);
        match (self.loss, exceeded) {
            // Two windows that nobody has seen yet are told as one.
            (Some(before), Some(_)) => Some(LossWindow { until: None, ..before }),
            (None, Some(from)) => Some(LossWindow { from, until: None }),
            (before, None) => before,
        }
    }

    /// Whether `after` must be stored: a quiet poll is worth a write a minute.
    #[must_use]
    pub fn is_worth_storing(&self, after: &Self) -> bool {
        const EVERY: Duration = Duration::from_mins(1);
        let moved = (self.next, self.last_update_at, self.loss) != (after.next, after.last_update_at, after.loss);
        let aged = match (self.polled_at, after.polled_at) {
            (Some(before), Some(now)) => now.since(before) >= EVERY || now < before,
            (before, now) => before != now,
        };
        moved || aged
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: UnixMs = UnixMs(1_776_800_000_000);
    const DAY: Duration = Duration::from_hours(24);

    fn polled(asked: Option<i64>, ids: &[i64], at: UnixMs) -> impl FnOnce(&Cursor) -> Cursor {
        let ids: Vec<_> = ids.iter().copied().map(Some).collect();
        move |cursor| cursor.advanced(&Polled { asked, ids: &ids, at })
    }

    fn after(ids: &[i64]) -> Cursor {
        polled(None, ids, START)(&Cursor::default())
    }

    #[test]
    fn the_offset_is_one_past_the_last_update() {
        assert_eq!(Cursor::default().offset(START), None);
        assert_eq!(after(&[7, 8, 9]).offset(START), Some(10));
        assert_eq!(polled(Some(10), &[], START.plus(DAY))(&after(&[9])).offset(START.plus(DAY)), Some(10));
    }

    #[test]
    fn a_lower_id_is_assigned() {
        let cursor = polled(None, &[500], START.plus(DAY))(&after(&[1_000_000]));
        assert_eq!(cursor.offset(START.plus(DAY)), Some(501));
        assert_eq!(after(&[10, 9]).next, Some(10), "confirms nothing that was not stored");
    }

    #[test]
    fn six_days_of_silence_leave_the_offset_out() {
        let mut cursor = after(&[9]);
        let quiet = START.plus(DAY * 6);
        assert_eq!(cursor.offset(quiet.minus(Duration::from_millis(1))), Some(10));
        assert_eq!(cursor.offset(quiet), None);
        cursor = polled(None, &[], quiet)(&cursor);
        assert_eq!(cursor.offset(START.plus(DAY * 8)), None, "an empty poll is silence too");
        cursor = polled(None, &[3], START.plus(DAY * 8))(&cursor);
        assert_eq!(cursor.offset(START.plus(DAY * 8)), Some(4));
    }

    #[test]
    fn a_clock_set_back_is_no_silence() {
        assert_eq!(after(&[9]).offset(START.minus(DAY * 30)), Some(10));
    }

    #[test]
    fn it_is_never_negative() {
        let stored = Cursor { next: Some(-5), last_update_at: Some(START), ..Cursor::default() };
        assert_eq!(stored.offset(START), None);
    }

    #[test]
    fn an_update_without_an_id_is_left_behind() {
        let polled = |ids: &[Option<i64>], asked| Cursor::default().advanced(&Polled { asked, ids, at: START }).next;
        assert_eq!(polled(&[None], Some(10)), Some(11));
        assert_eq!(polled(&[Some(12), None], Some(10)), Some(13));
        assert_eq!(polled(&[None], None), None);
    }

    #[test]
    fn more_than_a_day_without_an_answer_is_a_loss_window() {
        let cursor = after(&[9]);
        let at = START.plus(DAY);
        assert_eq!(polled(Some(10), &[], at)(&cursor).loss, None);
        let late = at.plus(Duration::from_millis(1));
        assert_eq!(cursor.loss_at(late), Some(LossWindow { from: START, until: None }), "seen before it ends");
        let back = polled(Some(10), &[], late)(&cursor);
        assert_eq!(back.loss, Some(LossWindow { from: START, until: Some(late) }));
        let later = polled(Some(10), &[], late.plus(DAY))(&back);
        assert_eq!(later.loss, back.loss, "it stays until it was seen");
        let again = polled(Some(10), &[], late.plus(DAY * 2))(&back);
        assert_eq!(again.loss, Some(LossWindow { from: START, until: Some(late.plus(DAY * 2)) }));
    }

    #[test]
    fn a_bot_that_was_never_polled_has_lost_nothing() {
        assert_eq!(Cursor::default().loss_at(START), None);
    }

    #[test]
    fn quiet_polls_are_stored_once_a_minute() {
        let cursor = after(&[9]);
        let poll = |after: Duration| polled(Some(10), &[], START.plus(after))(&cursor);
        assert!(!cursor.is_worth_storing(&poll(Duration::from_secs(59))));
        assert!(cursor.is_worth_storing(&poll(Duration::from_mins(1))));
        assert!(cursor.is_worth_storing(&polled(Some(10), &[10], START)(&cursor)));
        assert!(Cursor::default().is_worth_storing(&polled(None, &[], START)(&Cursor::default())));
    }

    proptest! {
        /// Against a server that keeps what was not confirmed: whatever the batches, crashes before the offset was stored
        /// and weeks of silence, every update is seen, and none is confirmed before it was seen.
        #[test]
        fn nothing_is_confirmed_that_was_not_seen(
            steps in prop::collection::vec((0_usize..4, 1_usize..4, any::<bool>(), 0_u8..10), 1..60),
        ) {
            let (mut now, mut next_id, mut sent) = (START, 1_000_000_i64, 0_usize);
            let mut server: Vec<(i64, usize)> = Vec::new();
            let mut seen = std::collections::BTreeSet::new();
            let mut cursor = Cursor::default();
            for (new, limit, crash, quiet) in steps {
                if quiet == 0 && server.is_empty() {
                    now = now.plus(DAY * 8);
                    next_id = (next_id * 7919) % 1_000_003;
                    cursor = polled(cursor.offset(now), &[], now)(&cursor);
                }
                for _ in 0..new {
                    server.push((next_id, sent));
                    (next_id, sent) = (next_id + 1, sent + 1);
                }
                now = now.plus(Duration::from_secs(1));
                let asked = cursor.offset(now);
                if let Some(offset) = asked {
                    prop_assert!(offset >= 0);
                    let (confirmed, left): (Vec<_>, Vec<_>) = server.into_iter().partition(|(id, _)| *id < offset);
                    prop_assert!(confirmed.iter().all(|(_, message)| seen.contains(message)), "{confirmed:?}");
                    server = left;
                }
                let batch: Vec<_> = server.iter().take(limit).copied().collect();
                seen.extend(batch.iter().map(|(_, message)| *message));
                if !crash {
                    let ids: Vec<_> = batch.iter().map(|(id, _)| *id).collect();
                    cursor = polled(asked, &ids, now)(&cursor);
                }
            }
            for _ in 0..=sent {
                let asked = cursor.offset(now);
                server.retain(|(id, _)| asked.is_none_or(|offset| *id >= offset));
                let batch: Vec<_> = server.iter().take(3).copied().collect();
                seen.extend(batch.iter().map(|(_, message)| *message));
                let ids: Vec<_> = batch.iter().map(|(id, _)| *id).collect();
                cursor = polled(asked, &ids, now)(&cursor);
            }
            prop_assert_eq!(seen.len(), sent);
        }
    }
}
