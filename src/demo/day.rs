//! What is to happen, and when: days of the bank one after the other, each with a handset that falls silent half-way, and on the
//! first a token that is revoked.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::tz::TimeZone;

use super::DemoPlan;
use crate::domain::time::UnixMs;
use crate::sim::bank_day::{self, Counts, DayPlan, Event, Line, SimOrder, SimSms};

/// A day of the endless demo.
const DAY: Duration = Duration::from_mins(3);
/// So few deposits still have everything in them that can happen.
const DEPOSITS_MIN: u64 = 12;

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// The wallet tells of an order.
    Order(SimOrder),
    /// Somebody texts a handset.
    Sms(SimSms),
    /// A handset hears nothing from now on.
    FallsSilent(Line),
    /// Every handset is charged and on again.
    NewDay,
    /// The Telegram bot's token is revoked.
    Revoke,
}

/// What is to happen, as far as it is known: the next day is made when this one is over.
#[derive(Debug)]
pub(super) struct Days {
    plan: DemoPlan,
    time_zone: TimeZone,
    day: u64,
    so_far: Counts,
    next_start: UnixMs,
    ahead: VecDeque<(UnixMs, Action)>,
}

impl Days {
    pub(super) fn from(plan: &DemoPlan, start: UnixMs, time_zone: TimeZone) -> Self {
        let (plan, so_far) = (plan.clone(), Counts::default());
        Self { plan, time_zone, day: 0, so_far, next_start: start, ahead: VecDeque::new() }
    }

    /// When the next thing happens; none once all is over.
    pub(super) fn next_at(&mut self) -> Option<UnixMs> {
        if self.ahead.is_empty() && (self.day == 0 || self.plan.length.is_none()) {
            self.begin_day();
        }
        self.ahead.front().map(|(at, _)| *at)
    }

    /// Takes the next thing.
    pub(super) fn pop(&mut self) -> Option<(UnixMs, Action)> {
        self.next_at()?;
        self.ahead.pop_front()
    }

    fn begin_day(&mut self) {
        let length = self.plan.length.unwrap_or(DAY);
        let deposits = length.as_secs().saturating_mul(u64::from(self.plan.rate)).max(DEPOSITS_MIN);
        let plan = DayPlan {
            seed: self.plan.seed.wrapping_add(self.day),
            start: self.next_start,
            length,
            deposits: usize::try_from(deposits).unwrap_or(usize::MAX),
            time_zone: self.time_zone.clone(),
            before: self.so_far,
        };
        let steps = bank_day::script(&plan);
        self.so_far = self.so_far.after(&steps);
        if self.day > 0 {
            self.ahead.push_back((plan.start, Action::NewDay));
        }
        let mut revoked_at = (self.day == 0).then(|| plan.start.plus(length / 5 * 3));
        for step in steps {
            if let Some(at) = revoked_at.take_if(|at| *at <= step.at) {
                self.ahead.push_back((at, Action::Revoke));
            }
            let action = match step.what {
                Event::Order(order) => Action::Order(order),
                Event::Sms(sms) => Action::Sms(sms),
                Event::FallsSilent(line) => Action::FallsSilent(line),
            };
            self.ahead.push_back((step.at, action));
        }
        self.day += 1;
        self.next_start = self.next_start.plus(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(seed: u64, length: Option<Duration>) -> Days {
        let plan = DemoPlan { seed, length, rate: 5 };
        Days::from(&plan, UnixMs(1_776_850_200_000), TimeZone::UTC)
    }

    fn all(mut days: Days) -> Vec<(UnixMs, Action)> {
        std::iter::from_fn(|| days.pop()).collect()
    }

    #[test]
    fn a_seed_is_a_script_and_a_length_its_end() {
        let once = all(days(7, Some(Duration::from_secs(8))));
        assert_eq!(once, all(days(7, Some(Duration::from_secs(8)))));
        assert_ne!(once, all(days(8, Some(Duration::from_secs(8)))));
        assert!(once.is_sorted_by_key(|(at, _)| *at));
        let (first, last) = (once.first().unwrap().0, once.last().unwrap().0);
        assert!(last.since(first) <= Duration::from_secs(8));
        assert_eq!(once.iter().filter(|(_, action)| *action == Action::Revoke).count(), 1);
    }

    #[test]
    fn without_an_end_day_follows_day() {
        let mut days = days(7, None);
        let (mut silent, mut woken, mut revoked, mut last) = (0, 0, 0, UnixMs(0));
        while woken < 3 {
            let (at, action) = days.pop().unwrap();
            assert!(at >= last);
            last = at;
            match action {
                Action::FallsSilent(_) => silent += 1,
                Action::NewDay => woken += 1,
                Action::Revoke => revoked += 1,
                Action::Order(_) | Action::Sms(_) => {}
            }
        }
        assert_eq!((silent, revoked), (3, 1));
    }
}
