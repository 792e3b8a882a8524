//! What is told of a link, in words.

use super::Verdict;
use crate::domain::money::{Currency, Money};

/// What a link's sentence is made of.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    /// The message.
    pub sms_id: i64,
    /// The verdict on it.
    pub verdict: Verdict,
    /// The message that it was held against.
    pub previous_id: Option<i64>,
    /// An earlier message that says the same.
    pub repeats: Option<i64>,
    /// By how much the stated balance differs from the expected one, in minor units.
    pub missing: Option<i64>,
    /// The account's currency.
    pub currency: Currency,
}

/// The link in a plain sentence.
#[must_use]
pub fn sentence(told: &Told) -> String {
    let Told { sms_id, verdict, previous_id, repeats, missing, currency } = *told;
    let previous = previous_id.map_or_else(|| "an earlier message".to_owned(), |id| format!("#{id}"));
    match verdict {
        Verdict::First => format!("#{sms_id} is the first balance of its account"),
        Verdict::Sound => format!("its balance follows from {previous}"),
        Verdict::NoBalance => "its text states no balance, as usual for its template on this account".to_owned(),
        Verdict::BalanceAbsent => {
            format!("#{sms_id} states no balance, although texts of its template on this account do")
        }
        Verdict::Accepted => "it did not follow, and an operator took it as it stands".to_owned(),
        Verdict::Broken => match (repeats, missing) {
            (Some(same), _) => {
                format!("#{sms_id} states the same balance as #{same}: it may be the same movement told twice")
            }
            (None, Some(minor)) => {
                let money = signed(Money { minor, currency });
                format!("a movement of {money} is missing between {previous} and #{sms_id}, or #{sms_id} is forged")
            }
            (None, None) => format!("the balance of #{sms_id} follows from none before it"),
        },
    }
}

/// `+30,000 KRW`.
fn signed(money: Money) -> String {
    let major = money.to_major();
    let (sign, digits) = major.strip_prefix('-').map_or(("+", major.as_str()), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let mut text = sign.to_owned();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    format!("{text} {}", money.currency)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_with_its_sign_and_groups() {
        let text = |minor, code: &str| signed(Money { minor, currency: code.parse().unwrap() });
        assert_eq!(text(30_000, "KRW"), "+30,000 KRW");
        assert_eq!(text(-1_234_567, "KRW"), "-1,234,567 KRW");
        assert_eq!(text(-123_450, "USD"), "-1,234.50 USD");
        assert_eq!(text(999, "KRW"), "+999 KRW");
    }
}
