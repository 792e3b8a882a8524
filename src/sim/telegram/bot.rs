//! A bot and the updates that were not confirmed yet, with the rules of the real Bot API.

use std::collections::VecDeque;
use std::time::Duration;

use super::webhook::Hook;
use crate::domain::time::UnixMs;

/// How long an update is kept that nobody fetched.
pub const RETENTION: Duration = Duration::from_hours(24);
/// After so long without updates the ids begin anew.
const SILENCE: Duration = Duration::from_hours(7 * 24);

/// A bot.
#[derive(Debug)]
pub(super) struct Bot {
    pub(super) id: i64,
    pub(super) revoked: bool,
    /// Privacy mode is off.
    pub(super) reads_groups: bool,
    pub(super) has_rival: bool,
    pub(super) hook: Option<Hook>,
    pub(super) allowed: Vec<String>,
    pub(super) next_update_id: i64,
    last_update_at: Option<UnixMs>,
    pending: VecDeque<Pending>,
    expired: usize,
    /// Counts its polls: a newer one ends the one before.
    pub(super) polls: u64,
}

/// An update that was not confirmed.
#[derive(Clone, Debug)]
struct Pending {
    id: i64,
    json: String,
    at: UnixMs,
}

impl Bot {
    pub(super) fn new(id: i64, next_update_id: i64) -> Self {
        Self {
            id,
            revoked: false,
            reads_groups: false,
            has_rival: false,
            hook: None,
            allowed: Vec::new(),
            next_update_id,
            last_update_at: None,
            pending: VecDeque::new(),
            expired: 0,
            polls: 0,
        }
    }

    /// How many updates are not confirmed.
    pub(super) fn pending(&self) -> usize {
        self.pending.len()
    }

    /// How many updates nobody fetched in time.
    pub(super) fn expired(&self) -> usize {
        self.expired
    }

    /// Adds an update: `ID` in it becomes its id. After a week of silence the ids go on at `anew`.
    pub(super) fn push(&mut self, json: &str, now: UnixMs, anew: i64) -> i64 {
        self.expire(now);
        let silent = self.last_update_at.is_some_and(|at| now.since(at) >= SILENCE);
        if silent && self.pending.is_empty() {
            // Lower than before: the case that a wrong offset does not survive.
            self.next_update_id = anew;
        }
        let id = self.next_update_id;
        self.next_update_id += 1;
        self.last_update_at = Some(now);
        self.pending.push_back(Pending { id, json: json.replacen("ID", &id.to_string(), 1), at: now });
        id
    }

    pub(super) fn expire(&mut self, now: UnixMs) {
        while self.pending.front().is_some_and(|update| now.since(update.at) > RETENTION) {
            self.pending.pop_front();
            self.expired += 1;
        }
    }

    /// Forgets what a poll with this offset confirms: all below it; a negative one all but the last so many.
    pub(super) fn confirm(&mut self, offset: i64, now: UnixMs) {
        self.expire(now);
        if offset < 0 {
            let keep = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
            while self.pending.len() > keep {
                self.pending.pop_front();
            }
        } else {
            self.pending.retain(|update| update.id >= offset);
        }
    }

    /// The first updates, as the array of an answer.
    pub(super) fn batch(&self, limit: usize) -> Option<String> {
        let updates: Vec<&str> = self.pending.iter().take(limit).map(|update| update.json.as_str()).collect();
        (!updates.is_empty()).then(|| format!("[{}]", updates.join(",")))
    }

    /// The first update, with its id.
    pub(super) fn first(&self) -> Option<(i64, String)> {
        self.pending.front().map(|update| (update.id, update.json.clone()))
    }

    /// Forgets one update, which a webhook took.
    pub(super) fn forget(&mut self, id: i64) {
        self.pending.retain(|update| update.id != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixMs = UnixMs(1_776_800_000_000);
    const HOUR: Duration = Duration::from_hours(1);

    fn bot_with(count: i64) -> Bot {
        let mut bot = Bot::new(1, 1_000_000);
        for _ in 0..count {
            bot.push(r#"{"update_id":ID}"#, NOW, 5);
        }
        bot
    }

    fn batch(bot: &Bot) -> String {
        bot.batch(100).unwrap_or_default()
    }

    #[test]
    fn only_a_higher_offset_confirms() {
        let mut bot = bot_with(3);
        let all = batch(&bot);
        bot.confirm(1_000_000, NOW);
        assert_eq!(batch(&bot), all);
        bot.confirm(1_000_002, NOW);
        assert_eq!(batch(&bot), r#"[{"update_id":1000002}]"#);
        bot.confirm(1_000_003, NOW);
        assert_eq!(bot.batch(100), None);
        let mut bot = bot_with(3);
        bot.confirm(-1, NOW);
        assert_eq!(bot.pending(), 1, "a negative offset keeps the last alone");
    }

    #[test]
    fn what_nobody_fetches_is_gone_after_a_day() {
        let mut bot = bot_with(2);
        bot.expire(NOW.plus(RETENTION));
        assert_eq!((bot.pending(), bot.expired()), (2, 0));
        bot.expire(NOW.plus(RETENTION + HOUR));
        assert_eq!((bot.pending(), bot.expired()), (0, 2));
    }

    #[test]
    fn after_a_week_the_ids_begin_anew_and_an_old_offset_throws_the_new_away() {
        let mut bot = bot_with(1);
        bot.confirm(1_000_001, NOW);
        let later = NOW.plus(SILENCE);
        assert_eq!(bot.push(r#"{"update_id":ID}"#, later, 5), 5);
        bot.confirm(1_000_001, later);
        assert_eq!(bot.pending(), 0);
    }
}
