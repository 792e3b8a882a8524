//! Dates as banks write them.

use jiff::civil::Date;

use crate::domain::money::Currency;

use super::field::FieldType;

/// Which of the parts of a date comes first where the digits do not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateOrder {
    /// `26/04/22`, `04/22`; with the year last `22/04/2026`.
    Ymd,
    /// `22/04/26`, `22/04`.
    Dmy,
    /// `04/22/26`, `04/22`, `04/22/2026`.
    Mdy,
}

impl DateOrder {
    /// The order of a date field. Where none is asked for, texts about US dollars put the month first.
    pub(super) fn of(kind: FieldType, currency: Currency) -> Self {
        match kind {
            FieldType::DateDmy => Self::Dmy,
            FieldType::DateMdy => Self::Mdy,
            _ if currency.as_str() == "USD" => Self::Mdy,
            _ => Self::Ymd,
        }
    }
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/// `2026년 4월 22일`, `04月22日`.
pub(super) const IN_WORDS: &str = r"(?:(?:[0-9]{4}|[0-9]{2})[년年] ?)?[0-9]{1,2}[월月] ?[0-9]{1,2}[일日]";

/// A regex of dates, longest first. Which words are months is for [`read_date`] to say.
pub(super) fn date_grammar() -> String {
    let month = "[A-Za-z]{3,9}";
    [
        r"[0-9]{4}[-/.] ?[0-9]{1,2}[-/.] ?[0-9]{1,2}",
        r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}",
        r"[0-9]{2}[-/.] ?[0-9]{1,2}[-/.] ?[0-9]{1,2}",
        IN_WORDS,
        r"[0-9]{8}",
        r"[0-9]{6}",
        r"[0-9]{1,2}[-/.][0-9]{1,2}",
        &format!("[0-9]{{1,2}}[- /]?{month}(?:[-, /]{{0,2}}(?:[0-9]{{4}}|[0-9]{{2}}))?"),
        &format!("{month} [0-9]{{1,2}}(?:, ?[0-9]{{4}})?"),
    ]
    .join("|")
}

/// A day whose year may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Day {
    year: Option<i16>,
    month: i8,
    of_month: i8,
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
    let korean = text.contains(['월', '月']);
    match runs.as_slice() {
        // 20251121 has its year first also where months come first: there is no 20th month.
        [only]
            if only.len() == 8 && (order == DateOrder::Ymd || (order == DateOrder::Mdy && only.starts_with("20"))) =>
        {
            Day::new(Some(&only[..4]), &only[4..6], &only[6..])
        }
        [only] if only.len() == 8 || only.len() == 6 => match order {
            DateOrder::Ymd => Day::new(Some(&only[..2]), &only[2..4], &only[4..]),
            DateOrder::Dmy => Day::new(Some(&only[4..]), &only[2..4], &only[..2]),
            DateOrder::Mdy => Day::new(Some(&only[4..]), &only[..2], &only[2..4]),
        },
        [first, second] if korean || order != DateOrder::Dmy => Day::new(None, first, second),
        [first, second] => Day::new(None, second, first),
        [year, month, day] if korean || year.len() == 4 => Day::new(Some(year), month, day),
        [first, second, year] if year.len() == 4 && order != DateOrder::Mdy => Day::new(Some(year), second, first),
        [first, second, third] => match order {
            DateOrder::Ymd => Day::new(Some(first), second, third),
            DateOrder::Dmy => Day::new(Some(third), second, first),
            DateOrder::Mdy => Day::new(Some(third), first, second),
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
        let this = Self { year, month: month.parse().ok()?, of_month: day.parse().ok()? };
        // Without a year, the 29th of February is a day of some year.
        Date::new(year.unwrap_or(2024), this.month, this.of_month).ok().map(|_| this)
    }

    /// The day of the calendar: without a year the one nearest to `today`.
    pub(super) fn near(self, today: Date) -> Option<Date> {
        let years = match self.year {
            Some(year) => year..=year,
            None => today.year().saturating_sub(1)..=today.year().saturating_add(1),
        };
        years
            .filter_map(|year| Date::new(year, self.month, self.of_month).ok())
            .min_by_key(|date| (*date - today).get_days().unsigned_abs())
    }
}

/// The day as `2026-04-22` (`04-22` without a year), for people.
impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(year) = self.year {
            write!(f, "{year:04}-")?;
        }
        write!(f, "{:02}-{:02}", self.month, self.of_month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_in_the_orders_that_banks_use() {
        let day = |text, order| read_date(text, order).map(|day| day.to_string()).unwrap_or_default();
        for (text, order, expected) in [
            ("04/22", DateOrder::Ymd, "04-22"),
            ("22/04", DateOrder::Dmy, "04-22"),
            ("26/04/22", DateOrder::Ymd, "2026-04-22"),
            ("21-11-2025", DateOrder::Ymd, "2025-11-21"),
            ("11/21/2025", DateOrder::Mdy, "2025-11-21"),
            ("20251121", DateOrder::Ymd, "2025-11-21"),
            ("2025년 11월 21일", DateOrder::Dmy, "2025-11-21"),
            ("11월 21일", DateOrder::Dmy, "11-21"),
            ("21-Nov-25", DateOrder::Ymd, "2025-11-21"),
            ("21Nov25", DateOrder::Ymd, "2025-11-21"),
            ("Nov 21, 2025", DateOrder::Ymd, "2025-11-21"),
        ] {
            assert_eq!(day(text, order), expected, "{text}");
        }
        for bad in ["13/01", "02/30", "2025-02-29", "00/10", "21-Foo-25", "1"] {
            assert_eq!(read_date(bad, DateOrder::Ymd), None, "{bad}");
        }
    }
}
