//! Amounts as banks write them: what a money field matches, and how it is read.

use crate::domain::money::{Currency, Money};

use super::field::FieldType;
use super::units::{is_unit, korean_number};

/// How an amount of a template is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MoneyStyle {
    currency: Currency,
    grouping: Grouping,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grouping {
    /// `1,234,567.89`
    Western,
    /// `12,34,567.89`
    Indian,
    /// `1.234.567,89` or `1 234 567,89`
    European,
}

/// What may stand at a number for its currency, besides the ISO code. The longest first.
fn marks(currency: Currency) -> &'static [&'static str] {
    match currency.as_str() {
        "KRW" => &["원정", "원", "₩", "\\"],
        "USD" => &["US$", "$"],
        "EUR" => &["€"],
        "GBP" => &["£"],
        "JPY" => &["¥", "円", "엔"],
        "CNY" => &["CN¥", "¥", "元", "위안"],
        "INR" => &["₹", "Rs.", "Rs"],
        "PKR" | "LKR" | "NPR" => &["Rs.", "Rs"],
        "BDT" => &["৳", "Tk.", "Tk"],
        "VND" => &["₫", "đ"],
        "THB" => &["฿"],
        "PHP" => &["₱"],
        "IDR" => &["Rp.", "Rp"],
        "MYR" => &["RM"],
        "RUB" => &["₽", "руб.", "руб", "р.", "р"],
        "UAH" => &["₴", "грн"],
        "KZT" => &["₸"],
        "TRY" => &["₺", "TL"],
        "PLN" => &["zł"],
        "BRL" => &["R$"],
        "NGN" => &["₦"],
        _ => &[],
    }
}

impl MoneyStyle {
    /// The style of a money field of a template.
    pub(super) fn new(currency: Currency, kind: FieldType) -> Self {
        let grouping = match kind {
            FieldType::MoneyIn => Grouping::Indian,
            FieldType::MoneyEu => Grouping::European,
            _ => Grouping::Western,
        };
        Self { currency, grouping }
    }

    fn has_units(self) -> bool {
        self.currency == Currency::KRW && self.grouping == Grouping::Western
    }

    /// Indian currencies are written either way where no style is asked for; the two cannot be confused.
    fn takes_indian(self) -> bool {
        self.grouping == Grouping::Indian || matches!(self.currency.as_str(), "INR" | "PKR" | "BDT" | "NPR" | "LKR")
    }

    /// A regex of the amounts of this style, longest first. Its repeats are bounded by what [`read`](Self::read) takes. `signed` allows a minus (a balance can be below zero).
    pub(super) fn grammar(self, signed: bool, before_won: bool) -> String {
        let number = self.number_grammar();
        let body = if self.has_units() {
            let tail = if before_won { " " } else { " ?원" };
            let spaced_rest = if before_won { format!("{tail}{number}") } else { format!(" {number}원") };
            format!("{number}(?:[조억만천백]{{1,2}}(?: ?{number}[조억만천백]{{1,2}})*(?:{number}|{spaced_rest})?)?")
        } else {
            number
        };
        let mut marks: Vec<String> = marks(self.currency).iter().map(|mark| regex_syntax::escape(mark)).collect();
        marks.push(self.currency.as_str().to_owned());
        let marks = marks.join("|");
        let sign = if signed { "-?" } else { "" };
        format!("{sign}(?:(?:{marks}) ?)?{sign}{body}(?: ?(?:{marks}))?")
    }

    fn number_grammar(self) -> String {
        let whole = match self.grouping {
            Grouping::European => r"[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]{1,3}(?: [0-9]{3})+",
            Grouping::Indian => r"[0-9]{1,2}(?:,[0-9]{2})*,[0-9]{3}",
            Grouping::Western if self.takes_indian() => r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}",
            Grouping::Western => r"[0-9]{1,3}(?:,[0-9]{3})+",
        };
        let point = if self.grouping == Grouping::European { "," } else { r"\." };
        let fraction = match self.currency.decimals() {
            0 => String::new(),
            most => format!("(?:{point}[0-9]{{1,{most}}})?"),
        };
        format!("(?:(?:{whole}|[0-9]+){fraction})")
    }

    /// Reads an amount with everything that may stand at it. `None` where it is not one for certain: wrong groups
    /// (`1,00`), too many decimals, a leading zero, units out of order.
    pub(super) fn read(self, text: &str) -> Option<Money> {
        let (text, outer) = strip_sign(text.trim());
        let (text, inner) = strip_sign(self.strip_marks(text));
        if outer && inner {
            return None;
        }
        let minor = if self.has_units() && text.contains(is_unit) {
            korean_number(text)?
        } else {
            let (whole, fraction) = self.digits_of(text)?;
            let major = if fraction.is_empty() { whole } else { format!("{whole}.{fraction}") };
            Money::from_major(&major, self.currency).ok()?.minor
        };
        Some(Money { minor: if outer || inner { -minor } else { minor }, currency: self.currency })
    }

    fn strip_marks(self, text: &str) -> &str {
        let code = self.currency.as_str();
        let all = || marks(self.currency).iter().copied().chain([code]);
        let text = all().find_map(|mark| text.strip_prefix(mark)).unwrap_or(text).trim_start_matches(' ');
        all().find_map(|mark| text.strip_suffix(mark)).unwrap_or(text).trim_end_matches(' ')
    }

    /// The digits before and behind the decimal point, if the grouping is right.
    fn digits_of(self, text: &str) -> Option<(String, String)> {
        let point = if self.grouping == Grouping::European { ',' } else { '.' };
        let (whole, fraction) = match text.split_once(point) {
            Some((whole, fraction)) if is_digits(fraction) => (whole, fraction),
            Some(_) => return None,
            None => (text, ""),
        };
        let whole = match self.grouping {
            Grouping::European => ungroup(whole, '.', 3).or_else(|| ungroup(whole, ' ', 3)),
            Grouping::Indian => ungroup(whole, ',', 2),
            Grouping::Western => {
                ungroup(whole, ',', 3).or_else(|| self.takes_indian().then(|| ungroup(whole, ',', 2)).flatten())
            }
        }?;
        Some((whole, fraction.to_owned()))
    }
}

fn strip_sign(text: &str) -> (&str, bool) {
    text.strip_prefix('-').map_or((text, false), |rest| (rest, true))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The digits of a grouped number: the last group has three, those between `size`, the first up to as many.
pub(super) fn ungroup(text: &str, separator: char, size: usize) -> Option<String> {
    let groups: Vec<&str> = text.split(separator).collect();
    if !groups.iter().all(|group| is_digits(group)) {
        return None;
    }
    if let [first, between @ .., last] = groups.as_slice() {
        let longest_first = if between.is_empty() && size == 2 { 2 } else { size };
        if first.len() > longest_first || last.len() != 3 || between.iter().any(|group| group.len() != size) {
            return None;
        }
    }
    let digits = groups.concat();
    // An amount is not written with a leading zero; an account number may be.
    (digits.len() == 1 || !digits.starts_with('0')).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, currency: &str, kind: FieldType) -> Option<String> {
        let style = MoneyStyle::new(currency.parse().unwrap(), kind);
        style.read(text).map(Money::to_major)
    }

    fn won(text: &str) -> Option<i64> {
        MoneyStyle::new(Currency::KRW, FieldType::Money).read(text).map(|money| money.minor)
    }

    #[test]
    fn won_with_marks_and_units() {
        for (text, minor) in [
            ("50,000원", 50_000),
            ("₩50,000", 50_000),
            ("KRW 50,000", 50_000),
            ("50000", 50_000),
            ("0", 0),
            ("1,500만원", 15_000_000),
            ("1억 2,000만원", 120_000_000),
            ("2천5백만원", 25_000_000),
            ("1억2천만", 120_000_000),
            ("50천원", 50_000),
            ("1만 5,000원", 15_000),
            ("3만5천", 35_000),
        ] {
            assert_eq!(won(text), Some(minor), "{text}");
        }
    }

    #[test]
    fn what_is_not_surely_an_amount_is_none() {
        for text in [
            "1,00",
            "1,0000",
            "10,00,000",
            ",000",
            "1,",
            "1.5",
            "1.000",
            "0123",
            "00",
            "1만 20000",
            "1만1억",
            "1억1억",
            "만",
            "",
            "5 000",
            "--5",
            "99999999999999999999",
            "9999999999만억",
            "5천천",
            "1 2만",
        ] {
            assert_eq!(won(text), None, "{text}");
        }
    }

    #[test]
    fn other_groupings_and_decimals() {
        assert_eq!(read("1.000,50", "EUR", FieldType::MoneyEu).unwrap(), "1000.50");
        assert_eq!(read("6 606,02", "RUB", FieldType::MoneyEu).unwrap(), "6606.02");
        assert_eq!(read("1.000,50", "EUR", FieldType::Money), None);
        assert_eq!(read("1,000.50", "EUR", FieldType::MoneyEu), None);
        assert_eq!(read("Rs.5000.00", "INR", FieldType::Money).unwrap(), "5000.00");
        assert_eq!(read("₹1,00,000.5", "INR", FieldType::Money).unwrap(), "100000.50");
        assert_eq!(read("1,00,000", "INR", FieldType::MoneyIn).unwrap(), "100000.00");
        assert_eq!(read("100,000", "INR", FieldType::MoneyIn), None);
        assert_eq!(read("1,00", "INR", FieldType::MoneyIn), None);
        assert_eq!(read("$1,234.567", "USD", FieldType::Money), None);
        assert_eq!(read("1.234", "KWD", FieldType::Money).unwrap(), "1.234");
        assert_eq!(read("-1,234", "KRW", FieldType::Money).unwrap(), "-1234");
    }

    proptest::proptest! {
        #[test]
        fn written_money_is_read_back(minor in 0..=i64::MAX / 1000, code in "KRW|USD|KWD|INR") {
            let money = Money { minor, currency: code.parse().unwrap() };
            let plain = money.to_major();
            let (whole, fraction) = plain.split_once('.').map_or((plain.as_str(), None), |(w, f)| (w, Some(f)));
            let mut grouped = String::new();
            for (at, digit) in whole.chars().enumerate() {
                if at > 0 && (whole.len() - at) % 3 == 0 {
                    grouped.push(',');
                }
                grouped.push(digit);
            }
            if let Some(fraction) = fraction {
                grouped = format!("{grouped}.{fraction}");
            }
            let style = MoneyStyle::new(money.currency, FieldType::Money);
            proptest::prop_assert_eq!(style.read(&plain), Some(money));
            proptest::prop_assert_eq!(style.read(&grouped), Some(money));
        }

        #[test]
        fn no_text_panics(text in "[0-9,. 만억천백조원₩-]{0,30}") {
            let _ = won(&text);
        }
    }
}
