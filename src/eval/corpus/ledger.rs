//! An account of a day and how its bank writes: made-up books, kept apart from everything that reads.

use jiff::tz::TimeZone;

use crate::domain::money::{Currency, Money};
use crate::domain::time::UnixMs;

/// An account of ours, and how its bank tells of it.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub bank: String,
    pub sender: String,
    /// The text with `{name}` and the like in it.
    pub writes: String,
    pub currency: Currency,
    pub number: String,
    /// What is on it, in minor units.
    pub balance: i64,
}

/// What the bank is to write.
#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    pub at: UnixMs,
    pub name: &'a str,
    pub memo: &'a str,
    pub word: &'a str,
    pub sign: &'a str,
    pub amount: i64,
    pub balance: i64,
}

/// The marks that a text may have.
const MARKS: [&str; 14] = [
    "{date}",
    "{time}",
    "{year}",
    "{month}",
    "{day}",
    "{hour}",
    "{minute}",
    "{second}",
    "{name}",
    "{memo}",
    "{word}",
    "{sign}",
    "{amount}",
    "{balance}",
];

impl Account {
    /// What is wrong with the way it writes.
    pub(super) fn fault(&self) -> Option<String> {
        let mut rest = self.writes.clone();
        for mark in MARKS.iter().chain(&["{account}"]) {
            rest = rest.replace(mark, "");
        }
        if rest.contains(['{', '}']) {
            return Some(format!("writes: beside {} and {{account}} there are no marks", MARKS.join(" ")));
        }
        (!self.writes.contains("{amount}")).then(|| "writes: it needs {amount}".to_owned())
    }

    /// The bank's text.
    pub(super) fn text(&self, entry: &Entry<'_>, zone: &TimeZone) -> String {
        let at = zone.to_datetime(entry.at.to_timestamp());
        let two = |number: i8| format!("{number:02}");
        let (month, day) = (two(at.month()), two(at.day()));
        let (hour, minute) = (two(at.hour()), two(at.minute()));
        let values: [(&str, String); 15] = [
            ("{date}", format!("{month}/{day}")),
            ("{time}", format!("{hour}:{minute}")),
            ("{year}", at.year().to_string()),
            ("{month}", month),
            ("{day}", day),
            ("{hour}", hour),
            ("{minute}", minute),
            ("{second}", two(at.second())),
            ("{word}", entry.word.to_owned()),
            ("{sign}", entry.sign.to_owned()),
            ("{amount}", self.grouped(entry.amount)),
            ("{balance}", self.grouped(entry.balance)),
            ("{account}", self.number.clone()),
            ("{memo}", entry.memo.to_owned()),
            ("{name}", entry.name.to_owned()),
        ];
        values.iter().fold(self.writes.clone(), |text, (mark, value)| text.replace(mark, value))
    }

    /// 1,234,567 or 5,000.00.
    fn grouped(&self, minor: i64) -> String {
        let shown = Money { minor, currency: self.currency }.to_major();
        let (sign, shown) = shown.strip_prefix('-').map_or(("", shown.as_str()), |rest| ("-", rest));
        let (whole, decimals) = shown.split_once('.').map_or((shown, None), |(whole, rest)| (whole, Some(rest)));
        let mut text = sign.to_owned();
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        if let Some(decimals) = decimals {
            text.push('.');
            text.push_str(decimals);
        }
        text
    }
}
