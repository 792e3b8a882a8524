//! Days of phones in a shop in Seoul.

use jiff::ToSpan as _;
use jiff::civil::date;

use super::*;

fn seoul() -> TimeZone {
    TimeZone::get("Asia/Seoul").unwrap()
}

/// Monday 2026-03-02 and so many days, at that local time.
fn at(day: i32, hour: i8, minute: i8) -> UnixMs {
    let day = date(2026, 3, 2).checked_add(day.days()).unwrap();
    UnixMs::from(seoul().to_timestamp(day.at(hour, minute, 0, 0)).unwrap())
}

/// A phone while it is being listened to.
#[derive(Default)]
struct Phone {
    rhythm: Rhythm,
    last: Option<UnixMs>,
}

impl Phone {
    fn delivers(&mut self, at: UnixMs) {
        self.rhythm.note(self.last, at, &seoul());
        self.last = Some(at);
    }

    /// Delivers each of those hours on each day for which `works`.
    fn lives(days: i32, hours: &[i8], works: impl Fn(i32) -> bool) -> Self {
        let mut phone = Self::default();
        for day in (0..days).filter(|day| works(*day)) {
            for hour in hours {
                phone.delivers(at(day, *hour, 20));
            }
        }
        phone
    }

    fn silent(&self, now: UnixMs) -> bool {
        silent_since(&self.rhythm, at(0, 0, 0), self.last, now, &seoul()).is_some()
    }

    /// After how many hours without a delivery it is missed.
    fn missed_after(&self) -> Option<u64> {
        let hour = std::time::Duration::from_hours(1);
        let last = self.last.unwrap();
        (0..24 * 60).find(|hours| self.silent(last.plus(hour * u32::try_from(*hours).unwrap())))
    }
}

const OPEN: [i8; 12] = [9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20];

fn every_day(_: i32) -> bool {
    true
}

fn not_on_sundays(day: i32) -> bool {
    day % 7 != 6
}

#[test]
fn a_busy_phone_is_missed_after_three_busy_hours() {
    let mut phone = Phone::lives(21, &OPEN, every_day);
    phone.delivers(at(21, 9, 20));
    phone.delivers(at(21, 10, 20));
    assert!(!phone.silent(at(21, 13, 59)), "11 and 12 have passed without one");
    assert!(phone.silent(at(21, 14, 0)), "and now 13");
    assert_eq!(silent_since(&phone.rhythm, at(0, 0, 0), phone.last, at(21, 14, 0), &seoul()), Some(at(21, 10, 20)));
    phone.delivers(at(21, 14, 5));
    assert!(!phone.silent(at(21, 14, 6)));
}

#[test]
fn nights_are_no_silence() {
    let phone = Phone::lives(21, &OPEN, every_day);
    assert!(!phone.silent(at(21, 8, 59)) && !phone.silent(at(21, 11, 59)));
    assert!(phone.silent(at(21, 12, 0)), "9, 10 and 11 have passed");
}

#[test]
fn closed_days_are_learnt() {
    let phone = Phone::lives(20, &OPEN, not_on_sundays);
    assert!(!phone.silent(at(20, 23, 59)), "the third Sunday: two were quiet before");
    assert!(!phone.silent(at(21, 11, 59)) && phone.silent(at(21, 12, 0)), "Monday");
    let first_week = Phone::lives(6, &OPEN, every_day);
    assert!(!first_week.silent(at(6, 23, 59)), "nothing is known of Sundays yet");
    assert!(first_week.silent(at(7, 13, 0)));
}

#[test]
fn a_new_phone_is_given_longer_and_is_not_forgotten() {
    let after = |days: i32| Phone::lives(days, &OPEN, every_day).missed_after().unwrap();
    // From 20:20: the first busy hour is 9 the next day, 13 hours later.
    assert_eq!((after(1), after(2), after(4), after(11)), (23, 20, 18, 16));
    assert_eq!(after(5), 65, "a first Friday: nothing is known of weekends");
}

#[test]
fn too_little_is_no_rhythm() {
    let import = Phone::lives(1, &[9, 10, 11, 12, 13], every_day);
    assert!(!import.rhythm.is_known());
    assert_eq!(import.missed_after(), None, "five hours, once");
    assert!(Phone::lives(1, &[9, 10, 11, 12, 13, 14], every_day).rhythm.is_known());
}

#[test]
fn a_phone_that_never_delivered_is_silent_after_a_day() {
    let phone = Phone::default();
    assert!(!phone.silent(at(1, 0, 0)) && phone.silent(at(1, 0, 1)));
}

/// One message on a working day at some hour: days pass before that is strange.
#[test]
fn a_quiet_phone_is_given_days() {
    let mut phone = Phone::default();
    for day in (0..26).filter(|day| day % 7 < 5) {
        phone.delivers(at(day, 9 + i8::try_from(day * 5 % 9).unwrap(), 20));
    }
    let days = phone.missed_after().unwrap() / 24;
    assert!((4..=14).contains(&days), "{days}");
}

/// Else a dead phone would be well again by being dead for long enough, and the next fault be noticed later.
#[test]
fn a_silence_does_not_become_usual_by_lasting() {
    let mut phone = Phone::lives(14, &OPEN, every_day);
    let before = phone.missed_after().unwrap();
    for day in 14..60 {
        assert!(phone.silent(at(day, 23, 0)), "day {day}");
    }
    phone.delivers(at(24, 9, 20));
    for hour in 10..21 {
        phone.delivers(at(24, hour, 20));
    }
    assert!(phone.missed_after().unwrap() <= before + 1, "ten dead days later it is missed as fast");
    // And a pause that was not shown does count: it is how the phone is.
    let mut rare = Phone::lives(10, &[9, 12], every_day);
    rare.delivers(at(11, 9, 20));
    assert!(rare.rhythm.days.contains(&(rare.rhythm.days.last().unwrap().0 - 1, 0)), "{:?}", rare.rhythm);
}

#[test]
fn a_rhythm_that_changes_for_good_is_learnt_anew() {
    let mut phone = Phone::lives(28, &OPEN, every_day);
    // From now on Sundays are closed: shown as a silence at first, forgotten with the days that told otherwise.
    let mut shown = Vec::new();
    for day in 28..80 {
        if day % 7 == 6 {
            if phone.silent(at(day, 23, 0)) {
                shown.push(day);
            }
            continue;
        }
        for hour in OPEN {
            phone.delivers(at(day, hour, 20));
        }
    }
    assert_eq!(shown, [34, 41, 48, 55], "four Sundays, and then never again");
}

#[test]
fn what_is_kept_does_not_grow() {
    let mut phone = Phone::lives(200, &OPEN, every_day);
    assert_eq!(phone.rhythm.days.len(), 28);
    let text = serde_json::to_string(&phone.rhythm).unwrap();
    assert!(text.len() < 600, "{text}");
    assert_eq!(serde_json::from_str::<Rhythm>(&text).unwrap(), phone.rhythm);
    let before = phone.rhythm.clone();
    phone.delivers(at(199, 20, 20));
    phone.rhythm.note(phone.last, at(199, 15, 0), &seoul());
    assert_eq!(phone.rhythm, before, "told again, or late, it is the same");
}

/// Fixed times of a changing clock: the night that has an hour twice or not at all is a night like others.
#[test]
fn clocks_that_are_put_forward_and_back_change_nothing() {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let berlin = |day: i32, hour: i8| {
        let day = date(2026, 3, 2).checked_add(day.days()).unwrap();
        UnixMs::from(zone.to_timestamp(day.at(hour, 20, 0, 0)).unwrap())
    };
    let (mut rhythm, mut last) = (Rhythm::default(), None);
    for day in 0..40 {
        for hour in OPEN {
            assert!(last.is_none_or(|last| !rhythm.is_silent(last, berlin(day, hour), &zone)), "day {day}, {hour}");
            rhythm.note(last, berlin(day, hour), &zone);
            last = Some(berlin(day, hour));
        }
    }
}

proptest::proptest! {
    /// A silence that is shown stays shown until a delivery ends it.
    #[test]
    fn silence_only_grows(
        hours in proptest::collection::btree_set(0_i32..24 * 40, 0..300),
        step in 1_i32..48,
    ) {
        let mut phone = Phone::default();
        for hour in &hours {
            phone.delivers(at(hour / 24, i8::try_from(hour % 24).unwrap(), 0));
        }
        if let Some(last) = hours.last() {
            let now = |hour: i32| at(hour / 24, i8::try_from(hour % 24).unwrap(), 0);
            let shown: Vec<bool> = (0..50).map(|count| phone.silent(now(last + count * step))).collect();
            proptest::prop_assert!(shown.is_sorted(), "{shown:?}");
        }
    }
}
