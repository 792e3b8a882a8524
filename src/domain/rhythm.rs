//! When a phone is silent for longer than it usually is.
//!
//! A phone's rhythm is the hours of the last four weeks in which it delivered, by kind of day: working days, Saturdays and
//! Sundays each have hours of their own, so that nights, weekends and opening times are learnt rather than told. From it
//! follows how likely a silence is while the phone works: each whole hour that passes without a delivery multiplies the
//! likelihood by the share of the known days of that kind that had nothing in that hour (one more quiet day than there
//! were is reckoned in, since no phone is perfect). Below one in a thousand the phone is silent.
//!
//! So a busy phone is missed after three busy hours, one with a message every few hours after about a day, nights count for
//! nothing, and a new phone is given the longer the less is known of it. What is not known is never reckoned as rhythm:
//! - a phone that delivered in fewer than [`HOURS_MIN`] hours so far has none (a one-off import never gets one);
//! - the days of a silence that was shown are left out once it ends: they tell of the fault, not of the rhythm. A silence
//!   therefore does not become usual by lasting, and the next one is noticed as fast.
//!
//! A phone that never delivered is silent a day after it was added: something in it is not set up. A phone with a rhythm
//! that has been silent for four weeks is silent whatever its rhythm was.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::time::UnixMs;

/// How many days are remembered: four of each weekday.
pub const DAYS_MAX: i32 = 28;
/// In so many different hours a phone must have delivered before it has a rhythm.
pub const HOURS_MIN: u32 = 6;
/// A phone that has not delivered anything this long after it was added is silent.
const FIRST_WITHIN: std::time::Duration = std::time::Duration::from_hours(24);

/// Certainty, and what is too unlikely to be chance: one in a thousand.
const CERTAIN: u64 = 1_000_000_000_000;
const UNLIKELY: u64 = CERTAIN / 1_000;

/// The days that are known of a phone, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rhythm {
    /// Days since 1970-01-01 in the operators' zone, each with a bit for every hour in which it delivered; 0: none that day.
    days: Vec<(i32, u32)>,
}

/// An hour of the operators' clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Hour {
    day: i32,
    hour: u32,
}

impl Hour {
    fn of(at: UnixMs, zone: &TimeZone) -> Self {
        let local = at.to_timestamp().to_zoned_datetime(zone.clone()).datetime();
        let day = local.date().since(EPOCH).map_or(0, |span| span.get_days());
        Self { day, hour: u32::try_from(local.hour()).unwrap_or(0) }
    }

    const fn next(self) -> Self {
        if self.hour < 23 { Self { hour: self.hour + 1, ..self } } else { Self { day: self.day + 1, hour: 0 } }
    }
}

const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// Days whose hours are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DayKind {
    Working,
    Saturday,
    Sunday,
}

impl DayKind {
    fn of(day: i32) -> Self {
        // 1970-01-01 was a Thursday.
        match EPOCH.weekday().wrapping_add(i64::from(day)) {
            Weekday::Saturday => Self::Saturday,
            Weekday::Sunday => Self::Sunday,
            _ => Self::Working,
        }
    }
}

impl Rhythm {
    /// Notes a delivery; `last_seen` is the one before it. Deliveries come in the order of their times; one that does not
    /// changes little.
    pub fn note(&mut self, last_seen: Option<UnixMs>, at: UnixMs, zone: &TimeZone) {
        let now = Hour::of(at, zone);
        let quiet = last_seen.filter(|last| !self.is_silent(*last, at, zone)).map(|last| Hour::of(last, zone).day);
        for day in quiet.map_or(now.day, |last| last + 1).max(now.day - DAYS_MAX)..now.day {
            self.set(day, 0);
        }
        self.set(now.day, 1 << now.hour);
        self.days.retain(|(day, _)| *day > now.day - DAYS_MAX);
    }

    fn set(&mut self, day: i32, hours: u32) {
        match self.days.binary_search_by_key(&day, |(known, _)| *known) {
            Ok(place) => {
                if let Some((_, known)) = self.days.get_mut(place) {
                    *known |= hours;
                }
            }
            Err(place) => self.days.insert(place, (day, hours)),
        }
    }

    /// Whether enough is known to tell a silence from a pause.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.days.iter().map(|(_, hours)| hours.count_ones()).sum::<u32>() >= HOURS_MIN
    }

    /// Whether a phone that last delivered at `last_seen` has been silent at `now` for longer than it usually is. Only whole
    /// hours count.
    #[must_use]
    pub fn is_silent(&self, last_seen: UnixMs, now: UnixMs, zone: &TimeZone) -> bool {
        if !self.is_known() {
            return false;
        }
        let (last, end) = (Hour::of(last_seen, zone), Hour::of(now, zone));
        if end.day - last.day > DAYS_MAX {
            return true;
        }
        let mut likelihood = CERTAIN;
        let mut hour = last.next();
        while hour < end && likelihood > UNLIKELY {
            let (quiet, known) = self.quiet_days(hour, last);
            if quiet < known {
                likelihood = likelihood * (quiet + 1) / (known + 1);
            }
            hour = hour.next();
        }
        likelihood <= UNLIKELY
    }

    /// On how many known days of the same kind nothing came in that hour, and how many known days there are. The day of the
    /// last delivery tells nothing of its later hours: those are in question.
    fn quiet_days(&self, hour: Hour, last: Hour) -> (u64, u64) {
        let kind = DayKind::of(hour.day);
        let told = |day: i32| day < last.day || (day == last.day && hour.hour <= last.hour);
        let same = self.days.iter().filter(|(day, _)| told(*day) && DayKind::of(*day) == kind);
        same.fold((0, 0), |(quiet, known), (_, hours)| (quiet + u64::from(hours >> hour.hour & 1 == 0), known + 1))
    }
}

/// Since when a phone has been silent for longer than it usually is; none while all is as usual, or nothing is known yet.
#[must_use]
pub fn silent_since(
    rhythm: &Rhythm,
    added_at: UnixMs,
    last_seen: Option<UnixMs>,
    now: UnixMs,
    zone: &TimeZone,
) -> Option<UnixMs> {
    match last_seen {
        None => (now.since(added_at) > FIRST_WITHIN).then_some(added_at),
        Some(last) => rhythm.is_silent(last, now, zone).then_some(last),
    }
}

#[cfg(test)]
mod tests;
