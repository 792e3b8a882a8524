//! Times of a day's steps: `09:05`, `09:05:30`, `+1 09:05` for the next day.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

use crate::domain::time::UnixMs;

/// The date of a day, and where it is that date.
#[derive(Clone, Debug)]
pub(super) struct Calendar {
    pub date: Date,
    pub zone: TimeZone,
}

impl Calendar {
    pub(super) fn new(date: &str, zone: &str) -> Result<Self, String> {
        let date = date.parse().map_err(|_| format!("date: {date:?} is not a date like 2026-04-22"))?;
        let zone = TimeZone::get(zone).map_err(|_| format!("timezone: {zone:?} is not a time zone like Asia/Seoul"))?;
        Ok(Self { date, zone })
    }

    /// When the day begins.
    pub(super) fn midnight(&self) -> Result<UnixMs, String> {
        self.moment("00:00")
    }

    /// The moment that a step names.
    pub(super) fn moment(&self, text: &str) -> Result<UnixMs, String> {
        let wrong = || format!("{text:?} is not a time like 09:05, 09:05:30 or +1 09:05");
        let (days, clock) = match text.strip_prefix('+').and_then(|rest| rest.split_once(' ')) {
            Some((days, clock)) => (days.parse::<i32>().map_err(|_| wrong())?, clock),
            None => (0, text),
        };
        if days > 60 {
            return Err(format!("{text:?} is more than 60 days after the day's date"));
        }
        let mut numbers = clock.split(':').map(|part| (part.len() == 2).then(|| part.parse::<i8>().ok()).flatten());
        let (Some(Some(hour)), Some(Some(minute))) = (numbers.next(), numbers.next()) else { return Err(wrong()) };
        let second = numbers.next().map_or(Some(0), |second| second);
        let (Some(second), None) = (second, numbers.next()) else { return Err(wrong()) };
        let time = Time::new(hour, minute, second, 0).map_err(|_| wrong())?;
        let date = self.date.checked_add(jiff::Span::new().days(days)).map_err(|_| wrong())?;
        let moment = self.zone.to_timestamp(date.to_datetime(time)).map_err(|_| wrong())?;
        Ok(UnixMs::from(moment))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_of_the_days_zone_and_nothing_else_is_one() {
        let calendar = Calendar::new("2026-04-22", "Asia/Seoul").unwrap();
        let shown = |text: &str| calendar.moment(text).map(|at| at.to_string());
        assert_eq!(shown("09:05").unwrap(), "2026-04-22T00:05:00Z");
        assert_eq!(shown("09:05:30").unwrap(), "2026-04-22T00:05:30Z");
        assert_eq!(shown("+1 00:00").unwrap(), "2026-04-22T15:00:00Z");
        for wrong in ["", "9:05", "09:60", "24:00", "09:05:30:00", "+x 09:05", "+90 09:05", "09.05"] {
            assert!(shown(wrong).is_err(), "{wrong}");
        }
    }
}
