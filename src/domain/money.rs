//! Money as whole minor units of a currency. No floats anywhere.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The codes of ISO 4217 in which people pay: no metals, no units of account but those that banks write, not `XXX`.
const PAID_IN: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD \
    CAD CDF CHF CLF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP \
    GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD \
    KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK \
    NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD \
    SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYI UYU UZS VED VES VND VUV WST \
    XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

/// An ISO 4217 currency code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// South Korean won.
    pub const KRW: Self = Self(*b"KRW");
    /// ISO 4217's code for testing: the currency of the heartbeat message, refused in templates and orders.
    pub const TEST: Self = Self(*b"XTS");

    /// The three letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Digits after the decimal point (ISO 4217 exponents).
    #[must_use]
    pub fn decimals(self) -> u32 {
        match &self.0 {
            b"BIF" | b"CLP" | b"DJF" | b"GNF" | b"ISK" | b"JPY" | b"KMF" | b"KRW" | b"PYG" | b"RWF" | b"UGX"
            | b"UYI" | b"VND" | b"VUV" | b"XAF" | b"XOF" | b"XPF" => 0,
            b"BHD" | b"IQD" | b"JOD" | b"KWD" | b"LYD" | b"OMR" | b"TND" => 3,
            b"CLF" => 4,
            _ => 2,
        }
    }

    /// Reads the code of a currency in which people pay, or [`Self::TEST`]. A stored code is read with [`str::parse`], which
    /// knows no list: what was taken once is read for good.
    ///
    /// # Errors
    /// [`MoneyError::Currency`] where it is no code at all, [`MoneyError::Unknown`] where ISO 4217 has no such currency.
    pub fn of_payments(code: &str) -> Result<Self, MoneyError> {
        let currency: Self = code.parse()?;
        let is_known = currency == Self::TEST || PAID_IN.split(' ').any(|known| known == currency.as_str());
        if is_known { Ok(currency) } else { Err(MoneyError::Unknown(currency)) }
    }

    fn minor_per_major(self) -> i64 {
        10_i64.pow(self.decimals())
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        match code.as_bytes() {
            &[a, b, c] if [a, b, c].iter().all(u8::is_ascii_uppercase) => Ok(Self([a, b, c])),
            _ => Err(MoneyError::Currency(code.to_owned())),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        code.parse().map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Currency {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        utoipa::openapi::ObjectBuilder::new()
            .schema_type(utoipa::openapi::schema::Type::String)
            .pattern(Some("^[A-Z]{3}$"))
            .description(Some("ISO 4217 code"))
            .examples(["KRW"])
            .into()
    }
}

impl utoipa::ToSchema for Currency {}

/// An amount of a currency in its minor units (cents, or won where there are none).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    /// Whole minor units; negative only where a caller asks for it (chain differences).
    pub minor: i64,
    /// The currency that gives `minor` its meaning.
    pub currency: Currency,
}

impl Money {
    /// Reads a decimal string in major units: `"50000"` KRW, `"12.50"` USD. No sign, grouping or exponent.
    ///
    /// # Errors
    /// [`MoneyError::Amount`] where the text is not such a number, has more decimals than the currency or does not fit.
    pub fn from_major(amount: &str, currency: Currency) -> Result<Self, MoneyError> {
        let refuse = || MoneyError::Amount { amount: amount.to_owned(), currency };
        let (whole, fraction) = amount.split_once('.').unwrap_or((amount, ""));
        let digits_only = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let dangling_point = amount.contains('.') && fraction.is_empty();
        if whole.is_empty() || dangling_point || !digits_only(whole) || !digits_only(fraction) {
            return Err(refuse());
        }
        let decimals = usize::try_from(currency.decimals()).map_err(|_| refuse())?;
        if fraction.len() > decimals {
            return Err(refuse());
        }
        let padded = format!("{fraction:0<decimals$}");
        let major: i64 = whole.parse().map_err(|_| refuse())?;
        let rest: i64 = if padded.is_empty() { 0 } else { padded.parse().map_err(|_| refuse())? };
        let minor = major
            .checked_mul(currency.minor_per_major())
            .and_then(|minor| minor.checked_add(rest))
            .ok_or_else(refuse)?;
        Ok(Self { minor, currency })
    }

    /// The amount in major units with the currency's decimals, as it is sent.
    #[must_use]
    pub fn to_major(self) -> String {
        let decimals = usize::try_from(self.currency.decimals()).unwrap_or(0);
        let sign = if self.minor < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.minor.unsigned_abs(), width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_major(), self.currency)
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Money as it stands in JSON.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Money)]
struct MoneyJson {
    /// Decimal string in major units, with the currency's decimals.
    #[schema(example = "50000")]
    amount: String,
    currency: Currency,
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        MoneyJson { amount: self.to_major(), currency: self.currency }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = MoneyJson::deserialize(deserializer)?;
        Self::from_major(&json.amount, json.currency).map_err(serde::de::Error::custom)
    }
}

impl utoipa::PartialSchema for Money {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        MoneyJson::schema()
    }
}

impl utoipa::ToSchema for Money {
    fn name() -> std::borrow::Cow<'static, str> {
        "Money".into()
    }
}

/// Why a text is not money.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not three capital letters.
    #[error("{0:?} is not a currency code like KRW")]
    Currency(String),
    /// Three capital letters, and no currency in which people pay.
    #[error("{0} is no currency of ISO 4217 in which people pay")]
    Unknown(Currency),
    /// Not an amount of that currency.
    #[error("{amount:?} is not an amount of {currency}: digits with at most {} decimals", currency.decimals())]
    Amount {
        /// The text that was given.
        amount: String,
        /// The currency that sets the decimals.
        currency: Currency,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_keep_the_decimals_of_their_currency() {
        let usd: Currency = "USD".parse().unwrap();
        assert_eq!(Money::from_major("12.5", usd).unwrap().minor, 1250);
        assert_eq!(Money::from_major("12.5", usd).unwrap().to_major(), "12.50");
        assert_eq!(Money::from_major("50000", Currency::KRW).unwrap().to_major(), "50000");
        assert_eq!(Money { minor: -5, currency: usd }.to_major(), "-0.05");
    }

    #[test]
    fn only_currencies_of_payments_are_taken_and_every_code_is_read() {
        for code in ["KRW", "USD", "XAF", "ZWG", "AED", "XTS"] {
            assert_eq!(Currency::of_payments(code).unwrap().as_str(), code);
        }
        for code in ["XXX", "XXQ", "XAU", "ABC"] {
            assert_eq!(Currency::of_payments(code), Err(MoneyError::Unknown(code.parse().unwrap())));
        }
        assert!(matches!(Currency::of_payments("krw"), Err(MoneyError::Currency(_))));
        assert!(PAID_IN.split(' ').all(|code| code.parse::<Currency>().is_ok()));
    }

    #[test]
    fn what_is_no_plain_decimal_is_refused() {
        for text in ["", ".", "1.", ".5", "-1", "+1", "1e3", "1,000", " 1", "1.5", "99999999999999999999", "１"] {
            assert!(Money::from_major(text, Currency::KRW).is_err(), "{text:?} was read");
        }
    }
}
