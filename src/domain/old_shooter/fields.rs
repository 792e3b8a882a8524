//! The fields of one old row, taken one by one; what nobody takes is unknown. Numbers are read from their text, so that no
//! amount is ever a float.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use crate::domain::money::{Currency, Money};
use crate::domain::time::UnixMs;

/// The largest id that is taken: new ids must be able to follow it.
const ID_MAX: i64 = 1_000_000_000_000_000;
/// Later times are no Unix seconds: the year 5138.
const SECONDS_MAX: i64 = 100_000_000_000;

/// The fields of a row that were not taken yet.
#[derive(Debug)]
pub struct Fields(BTreeMap<String, Box<RawValue>>);

type Read<T> = Result<T, String>;

impl Fields {
    /// Reads an object.
    ///
    /// # Errors
    /// Where it is none.
    pub fn read(text: &str) -> Read<Self> {
        let fields = serde_json::from_str(text).map_err(|error| format!("is no JSON object: {error}"))?;
        Ok(Self(fields))
    }

    /// Takes a field as it stands; none where it is missing or null.
    pub fn raw(&mut self, name: &str) -> Option<String> {
        self.0.remove(name).map(|raw| raw.get().to_owned()).filter(|raw| raw != "null")
    }

    /// The fields that are left, by name, as they stand.
    #[must_use]
    pub fn left(&self) -> Vec<&str> {
        self.0.keys().map(String::as_str).collect()
    }

    /// Every field that is left and its JSON.
    pub fn each(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, raw)| (name.as_str(), raw.get()))
    }

    /// A text, or a number's digits; none where it is missing, null or empty.
    ///
    /// # Errors
    /// Where it is neither.
    pub fn text(&mut self, name: &str) -> Read<Option<String>> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        match raw.as_bytes().first() {
            Some(b'"') => {
                let text: String = serde_json::from_str(&raw).map_err(|error| format!("{name}: {error}"))?;
                Ok(Some(text).filter(|text| !text.is_empty()))
            }
            Some(b'-' | b'0'..=b'9') => Ok(Some(raw)),
            _ => Err(format!("{name} must be a text, not {raw:.20}")),
        }
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// Where it is not.
    pub fn needed_text(&mut self, name: &str) -> Read<String> {
        self.text(name)?.ok_or_else(|| format!("{name} is missing"))
    }

    /// A whole number, perhaps in quotes.
    ///
    /// # Errors
    /// Where it is none.
    pub fn whole(&mut self, name: &str) -> Read<Option<i64>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| format!("{name} must be a whole number, not {text:.20}"))
    }

    /// The id of the row.
    ///
    /// # Errors
    /// Where it is missing or out of range.
    pub fn id(&mut self) -> Read<i64> {
        let id = self.whole("id")?.ok_or("id is missing")?;
        if (1..=ID_MAX).contains(&id) { Ok(id) } else { Err(format!("id must be 1 to {ID_MAX}, not {id}")) }
    }

    /// A time in Unix seconds; 0 stands for none, as old servers write it.
    ///
    /// # Errors
    /// Where it is no such time.
    pub fn time(&mut self, name: &str) -> Read<Option<UnixMs>> {
        match self.whole(name)? {
            None | Some(0) => Ok(None),
            Some(seconds) if (1..=SECONDS_MAX).contains(&seconds) => Ok(Some(UnixMs(seconds * 1000))),
            Some(other) => Err(format!("{name} must be Unix seconds, not {other}")),
        }
    }

    /// 1 or 0, true or false.
    ///
    /// # Errors
    /// Where it is neither.
    pub fn flag(&mut self, name: &str) -> Read<Option<bool>> {
        let Some(raw) = self.raw(name) else { return Ok(None) };
        match raw.trim_matches('"') {
            "1" | "true" => Ok(Some(true)),
            "0" | "false" => Ok(Some(false)),
            other => Err(format!("{name} must be 1 or 0, not {other:.20}")),
        }
    }

    /// An amount of a currency, as a number or in quotes, read digit by digit.
    ///
    /// # Errors
    /// Where it is none, is negative, or has more decimals than the currency.
    pub fn money(&mut self, name: &str, currency: Currency) -> Read<Option<Money>> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        // Old tables have one number of decimals for all currencies: `50000.00` won is 50000.
        let plain = match text.split_once('.') {
            Some((whole, fraction)) if fraction.bytes().all(|byte| byte == b'0') && !fraction.is_empty() => whole,
            Some(_) => text.trim_end_matches('0'),
            None => &text,
        };
        Money::from_major(plain, currency).map(Some).map_err(|error| format!("{name}: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_digit_by_digit() {
        let usd: Currency = "USD".parse().unwrap();
        let minor = |raw: &str, currency| {
            Fields::read(&format!("{{\"money\":{raw}}}"))
                .unwrap()
                .money("money", currency)
                .map(|money| money.map(|money| money.minor))
        };
        assert_eq!(minor("9007199254740993", Currency::KRW), Ok(Some(9_007_199_254_740_993)), "no double holds it");
        assert_eq!(minor("90071992547409.93", usd), Ok(Some(9_007_199_254_740_993)));
        assert_eq!(minor("50000.00", Currency::KRW), Ok(Some(50_000)));
        assert_eq!(minor("\"12.50\"", usd), Ok(Some(1250)));
        assert_eq!(minor("12.500", usd), Ok(Some(1250)));
        assert_eq!(minor("null", usd), Ok(None));
        for bad in ["50000.5", "5e4", "-1", "true", "\"1,000\"", "[]"] {
            assert!(minor(bad, Currency::KRW).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_not_what_it_should_be_is_refused() {
        let mut fields =
            Fields::read(r#"{"id":"41","a":1777000000000,"b":0,"c":"yes","d":12.5,"e":[],"f":12,"g":""}"#).unwrap();
        assert_eq!(fields.id(), Ok(41));
        assert!(fields.time("a").unwrap_err().contains("Unix seconds"));
        assert_eq!(fields.time("b"), Ok(None));
        assert!(fields.flag("c").is_err() && fields.whole("d").is_err() && fields.text("e").is_err());
        assert_eq!((fields.text("f"), fields.text("g")), (Ok(Some("12".to_owned())), Ok(None)));
        assert!(Fields::read("[1]").is_err());
        assert!(Fields::read(r#"{"id":0}"#).unwrap().id().is_err());
    }
}
