//! Dates and times as banks write them, and the moment they name.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use crate::domain::time::UnixMs;

use super::date::{DateOrder, Day, IN_WORDS, date_grammar, read_date};

/// A regex of times of day.
pub(super) fn time_grammar() -> String {
    let clock = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?";
    format!(
        "(?:(?:오전|오후) ?)?(?:{clock}|[0-9]{{1,2}}[시时時] ?[0-9]{{1,2}}[분分](?: ?[0-9]{{1,2}}[초秒])?)(?: ?(?:AM|PM|am|pm))?"
    )
}

/// A regex of a date and a time in one, also as RFC 3339 writes them.
pub(super) fn datetime_grammar() -> String {
    let zone = r"(?:(?:\.[0-9]{1,9})?(?:Z|[-+][0-9]{2}:?[0-9]{2}))?";
    let time = time_grammar();
    format!("(?:(?:{})(?:[ \\n]{{1,3}}|T|, ?)|{IN_WORDS}){time}{zone}", date_grammar())
}

/// A time of day, and whether it came with seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TimeOfDay {
    time: Time,
    to_the_minute: bool,
}

/// A moment read from a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    /// When.
    pub(super) at: UnixMs,
    /// The text named no seconds (or less).
    pub(super) to_the_minute: bool,
}

/// Reads a time of day.
pub(super) fn read_time(text: &str) -> Option<TimeOfDay> {
    let lower = text.to_lowercase();
    let afternoon = lower.contains("오후") || lower.contains("pm");
    let morning = lower.contains("오전") || lower.contains("am");
    let parts: Vec<i8> = lower
        .split(|c: char| !c.is_ascii_digit())
        .filter(|run| !run.is_empty())
        .map(|run| run.parse().ok())
        .collect::<Option<_>>()?;
    let (hour, minute, second) = match parts.as_slice() {
        [hour, minute] => (*hour, *minute, None),
        [hour, minute, second] => (*hour, *minute, Some(*second)),
        _ => return None,
    };
    let hour = match hour {
        12 if morning => 0,
        1..=11 if afternoon => hour + 12,
        _ => hour,
    };
    let time = Time::new(hour, minute, second.unwrap_or(0), 0).ok()?;
    Some(TimeOfDay { time, to_the_minute: second.is_none() })
}

/// Reads a date and a time that stand in one text.
pub(super) fn read_datetime(text: &str, order: DateOrder) -> Option<(Day, TimeOfDay)> {
    let clock = text.find(':').or_else(|| text.find(['시', '时', '時']))?;
    let hour = text[..clock].trim_end_matches(|c: char| c.is_ascii_digit());
    let date = hour.trim_end().trim_end_matches("오전").trim_end_matches("오후");
    let time = text[date.len()..].trim_start_matches(['T', ',', ' ', '\n']);
    Some((read_date(date.trim_end_matches('T'), order)?, read_time(time)?))
}

/// The moment that a text names, in the template's time zone.
///
/// Without a year or a day it is the one nearest to the receipt. With a day alone it is the moment of that day nearest
/// to the receipt, so that a message of the same day happened when it came.
pub(super) fn moment(
    day: Option<Day>,
    time: Option<TimeOfDay>,
    zone: &TimeZone,
    received_at: UnixMs,
) -> Option<Moment> {
    let received = received_at.to_timestamp().to_zoned_datetime(zone.clone());
    let at = |date: Date, time: Time| {
        date.to_datetime(time).to_zoned_datetime(zone.clone()).ok().map(|zoned| UnixMs::from(zoned.timestamp()))
    };
    match (day, time) {
        (None, None) => None,
        (Some(day), Some(time)) => {
            let date = day.near(received.date())?;
            Some(Moment { at: at(date, time.time)?, to_the_minute: time.to_the_minute })
        }
        (Some(day), None) => {
            let date = day.near(received.date())?;
            let first = at(date, Time::midnight())?;
            let last = at(date, Time::new(23, 59, 0, 0).ok()?)?;
            let nearest = received_at.floor_to_minute().clamp(first, last.max(first));
            Some(Moment { at: nearest, to_the_minute: true })
        }
        (None, Some(time)) => {
            let today = received.date();
            let nearest = [today.yesterday().ok(), Some(today), today.tomorrow().ok()]
                .into_iter()
                .flatten()
                .filter_map(|date| at(date, time.time))
                .min_by_key(|moment| moment.0.abs_diff(received_at.0))?;
            Some(Moment { at: nearest, to_the_minute: time.to_the_minute })
        }
    }
}

/// The time as `09:30` or `09:30:05`, for people.
impl std::fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.time.hour(), self.time.minute())?;
        if self.to_the_minute { Ok(()) } else { write!(f, ":{:02}", self.time.second()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seoul(text: &str) -> UnixMs {
        format!("{text}+09:00").parse().unwrap()
    }

    fn read(date: &str, time: &str, received: &str) -> String {
        let zone = TimeZone::get("Asia/Seoul").unwrap();
        let day = (!date.is_empty()).then(|| read_date(date, DateOrder::Ymd).unwrap());
        let time = (!time.is_empty()).then(|| read_time(time).unwrap());
        let moment = moment(day, time, &zone, seoul(received)).unwrap();
        moment.at.to_timestamp().to_zoned_datetime(zone).strftime("%Y-%m-%dT%H:%M:%S").to_string()
    }

    #[test]
    fn a_missing_year_or_day_is_the_nearest_to_the_receipt() {
        assert_eq!(read("12/31", "23:59", "2026-01-01T00:01:00"), "2025-12-31T23:59:00");
        assert_eq!(read("01/01", "00:01", "2025-12-31T23:59:00"), "2026-01-01T00:01:00");
        assert_eq!(read("02/29", "09:00", "2025-01-10T00:00:00"), "2024-02-29T09:00:00");
        assert_eq!(read("", "23:58", "2026-04-22T00:03:00"), "2026-04-21T23:58:00");
        assert_eq!(read("04/22", "", "2026-04-22T09:30:20"), "2026-04-22T09:30:00");
        assert_eq!(read("04/20", "", "2026-04-22T09:30:20"), "2026-04-20T23:59:00");
        assert_eq!(read("2026.04.22", "오후 3:05", "2026-04-22T09:30:20"), "2026-04-22T15:05:00");
    }

    #[test]
    fn times_and_datetimes() {
        let time = |text| read_time(text).map(|time| time.to_string()).unwrap_or_default();
        assert_eq!(
            [time("9:05"), time("09:05:07"), time("오전 12:10"), time("12:10 PM"), time("3시 5분")],
            ["09:05", "09:05:07", "00:10", "12:10", "03:05"]
        );
        assert_eq!(read_time("24:00"), None);
        assert_eq!(read_time("9:60"), None);
        for text in ["2026/04/22 09:30:00", "2026-04-22T09:30:00", "2026.04.22 오전 9:30:00", "26/04/22, 09:30:00"] {
            let (day, time) = read_datetime(text, DateOrder::Ymd).unwrap();
            assert_eq!((day.to_string(), time.to_string()), ("2026-04-22".into(), "09:30:00".into()), "{text}");
        }
    }
}
