//! Dates and times as banks write them, and the moment they name.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use crate::domain::money::Currency;
use crate::domain::time::UnixMs;

use super::field::FieldType;

/// Which of the parts of a date comes first where the digits do not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateOrder {
    /// `26/04/22`, `04/22`; with the year last `22/04/2026`.
    YearFirst,
    /// `22/04/26`, `22/04`.
    DayFirst,
    /// `04/22/26`, `04/22`, `04/22/2026`.
    MonthFirst,
}

impl DateOrder {
    /// The order of a date field. Where none is asked for, texts about US dollars put the month first.
    pub(super) fn of(kind: FieldType, currency: Currency) -> Self {
        match kind {
            FieldType::DateDmy => Self::DayFirst,
            FieldType::DateMdy => Self::MonthFirst,
            _ if currency.as_str() == "USD" => Self::MonthFirst,
            _ => Self::YearFirst,
        }
    }
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// A regex of dates, longest first.
pub(super) fn date_grammar() -> String {
    let month = "(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}";
    [
        r"[0-9]{4}[-/.] ?[0-9]{1,2}[-/.] ?[0-9]{1,2}",
        r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}",
        r"[0-9]{2}[-/.] ?[0-9]{1,2}[-/.] ?[0-9]{1,2}",
        r"(?:(?:[0-9]{4}|[0-9]{2})년 ?)?[0-9]{1,2}월 ?[0-9]{1,2}일",
        r"[0-9]{8}",
        r"[0-9]{6}",
        r"[0-9]{1,2}[-/.][0-9]{1,2}",
        &format!("[0-9]{{1,2}}[- /]?{month}(?:[-, /]{{0,2}}(?:[0-9]{{4}}|[0-9]{{2}}))?"),
        &format!("{month} [0-9]{{1,2}}(?:, ?[0-9]{{4}})?"),
    ]
    .join("|")
}

/// A regex of times of day.
pub(super) fn time_grammar() -> String {
    let clock = r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?";
    format!("(?:(?:오전|오후) ?)?(?:{clock}|[0-9]{{1,2}}시 ?[0-9]{{1,2}}분(?: ?[0-9]{{1,2}}초)?)(?: ?(?:AM|PM|am|pm))?")
}

/// A regex of a date and a time in one, also as RFC 3339 writes them.
pub(super) fn datetime_grammar() -> String {
    let zone = r"(?:(?:\.[0-9]{1,9})?(?:Z|[-+][0-9]{2}:?[0-9]{2}))?";
    format!("(?:{})(?:[ \\n]{{1,3}}|T|, ?){}{zone}", date_grammar(), time_grammar())
}

/// A day whose year may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Day {
    year: Option<i16>,
    month: i8,
    day: i8,
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

/// Reads a date. `None` where the parts are no day of any year.
pub(super) fn read_date(text: &str, order: DateOrder) -> Option<Day> {
    let runs: Vec<&str> = text.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).collect();
    let word: String = text.chars().filter(char::is_ascii_alphabetic).take(3).collect::<String>().to_lowercase();
    if !word.is_empty() {
        let month = (MONTHS.iter().position(|month| *month == word)? + 1).to_string();
        return match runs.as_slice() {
            [day] => Day::new(None, &month, day),
            [day, year] => Day::new(Some(year), &month, day),
            _ => None,
        };
    }
    let korean = text.contains('월');
    match runs.as_slice() {
        [only] if only.is_ascii() => match (only.len(), order) {
            (8, DateOrder::YearFirst) => Day::new(Some(&only[..4]), &only[4..6], &only[6..]),
            (8, DateOrder::DayFirst) => Day::new(Some(&only[4..]), &only[2..4], &only[..2]),
            (8, DateOrder::MonthFirst) if only.starts_with("20") => Day::new(Some(&only[..4]), &only[4..6], &only[6..]),
            (8, DateOrder::MonthFirst) => Day::new(Some(&only[4..]), &only[..2], &only[2..4]),
            (6, DateOrder::YearFirst) => Day::new(Some(&only[..2]), &only[2..4], &only[4..]),
            (6, DateOrder::DayFirst) => Day::new(Some(&only[4..]), &only[2..4], &only[..2]),
            (6, DateOrder::MonthFirst) => Day::new(Some(&only[4..]), &only[..2], &only[2..4]),
            _ => None,
        },
        [first, second] if korean || order != DateOrder::DayFirst => Day::new(None, first, second),
        [first, second] => Day::new(None, second, first),
        [year, month, day] if korean || year.len() == 4 => Day::new(Some(year), month, day),
        [first, second, year] if year.len() == 4 && order != DateOrder::MonthFirst => {
            Day::new(Some(year), second, first)
        }
        [first, second, third] => match order {
            DateOrder::YearFirst => Day::new(Some(first), second, third),
            DateOrder::DayFirst => Day::new(Some(third), second, first),
            DateOrder::MonthFirst => Day::new(Some(third), first, second),
        },
        _ => None,
    }
}

impl Day {
    fn new(year: Option<&str>, month: &str, day: &str) -> Option<Self> {
        let year = match year {
            None => None,
            Some(year) if year.len() == 2 => Some(2000 + year.parse::<i16>().ok()?),
            Some(year) if year.len() == 4 => Some(year.parse().ok()?),
            Some(_) => return None,
        };
        let this = Self { year, month: month.parse().ok()?, day: day.parse().ok()? };
        // Without a year, the 29th of February is a day of some year.
        Date::new(year.unwrap_or(2024), this.month, this.day).ok().map(|_| this)
    }

    /// The day of the calendar: without a year the one nearest to `today`.
    fn near(self, today: Date) -> Option<Date> {
        let years = match self.year {
            Some(year) => year..=year,
            None => today.year().saturating_sub(1)..=today.year().saturating_add(1),
        };
        years
            .filter_map(|year| Date::new(year, self.month, self.day).ok())
            .min_by_key(|date| (*date - today).get_days().unsigned_abs())
    }
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
    let clock = text.find(':').or_else(|| text.find('시'))?;
    let hour = text[..clock].trim_end_matches(|c: char| c.is_ascii_digit());
    let head = hour.trim_end();
    let date = head.trim_end_matches("오전").trim_end_matches("오후");
    Some((read_date(date, order)?, read_time(text[date.len()..].trim_start_matches(['T', ',', ' ', '\n']))?))
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

/// The day as `2026-04-22` (`04-22` without a year), for people.
impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(year) = self.year {
            write!(f, "{year:04}-")?;
        }
        write!(f, "{:02}-{:02}", self.month, self.day)
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
        let day = (!date.is_empty()).then(|| read_date(date, DateOrder::YearFirst).unwrap());
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
    fn dates_in_the_orders_that_banks_use() {
        let day = |text, order| read_date(text, order).map(|day| day.to_string()).unwrap_or_default();
        for (text, order, expected) in [
            ("04/22", DateOrder::YearFirst, "04-22"),
            ("22/04", DateOrder::DayFirst, "04-22"),
            ("26/04/22", DateOrder::YearFirst, "2026-04-22"),
            ("21-11-2025", DateOrder::YearFirst, "2025-11-21"),
            ("11/21/2025", DateOrder::MonthFirst, "2025-11-21"),
            ("20251121", DateOrder::YearFirst, "2025-11-21"),
            ("2025년 11월 21일", DateOrder::DayFirst, "2025-11-21"),
            ("11월 21일", DateOrder::DayFirst, "11-21"),
            ("21-Nov-25", DateOrder::YearFirst, "2025-11-21"),
            ("21Nov25", DateOrder::YearFirst, "2025-11-21"),
            ("Nov 21, 2025", DateOrder::YearFirst, "2025-11-21"),
        ] {
            assert_eq!(day(text, order), expected, "{text}");
        }
        for bad in ["13/01", "02/30", "2025-02-29", "00/10", "21-Foo-25", "1"] {
            assert_eq!(read_date(bad, DateOrder::YearFirst), None, "{bad}");
        }
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
            let (day, time) = read_datetime(text, DateOrder::YearFirst).unwrap();
            assert_eq!((day.to_string(), time.to_string()), ("2026-04-22".into(), "09:30:00".into()), "{text}");
        }
    }
}
