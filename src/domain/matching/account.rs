//! Account numbers, compared where banks mask some of their digits.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;

/// What a masked digit becomes.
const MASK: char = '*';
/// Up to so many pairs of different accounts are compared beforehand; beyond, each when it is asked for.
const COMPARED_BEFOREHAND_MAX: usize = 4_096;

/// The different accounts of one side, in normalised form. There are few: they are our own.
#[derive(Default)]
pub(super) struct Accounts<'a> {
    by_text: HashMap<&'a str, Option<usize>>,
    numbers: Vec<Vec<char>>,
}

impl<'a> Accounts<'a> {
    /// The place of an account among the different ones; none where it says nothing.
    pub fn place(&mut self, text: &'a str) -> Option<usize> {
        *self.by_text.entry(text).or_insert_with(|| {
            let number = normalised(text)?;
            self.numbers.push(number);
            self.numbers.len().checked_sub(1)
        })
    }
}

/// Which accounts of deposits and of orders can be one, by their places.
pub(super) struct Agreement {
    paid_into: Vec<Vec<char>>,
    asked_for: Vec<Vec<char>>,
    /// Row by row for each of `paid_into`; empty where they are too many.
    compared: Vec<bool>,
}

impl Agreement {
    pub fn new(paid_into: Accounts<'_>, asked_for: Accounts<'_>) -> Self {
        let (paid_into, asked_for) = (paid_into.numbers, asked_for.numbers);
        let compared = if paid_into.len().saturating_mul(asked_for.len()) <= COMPARED_BEFOREHAND_MAX {
            paid_into.iter().flat_map(|one| asked_for.iter().map(move |other| agree(one, other))).collect()
        } else {
            Vec::new()
        };
        Self { paid_into, asked_for, compared }
    }

    /// Whether the account paid into and the account asked for can be one.
    pub fn holds(&self, paid_into: usize, asked_for: usize) -> bool {
        let known = self.compared.get(paid_into * self.asked_for.len() + asked_for).copied();
        known.unwrap_or_else(|| agree(&self.paid_into[paid_into], &self.asked_for[asked_for]))
    }
}

/// Whether two accounts can be one: they agree, or one of them says nothing.
pub(super) fn can_be_one(one: &str, other: &str) -> bool {
    match (normalised(one), normalised(other)) {
        (Some(one), Some(other)) => agree(&one, &other),
        _ => true,
    }
}

/// An account number without punctuation, its masks as `*`; none where it says nothing.
fn normalised(account: &str) -> Option<Vec<char>> {
    let folded: Vec<char> = account.nfkc().flat_map(char::to_uppercase).collect();
    // X masks digits at some banks, but is a letter where there are other letters (an IBAN).
    let x_is_mask = !folded.iter().any(|c| c.is_alphabetic() && *c != 'X');
    let kept: Vec<char> = folded
        .into_iter()
        .filter_map(|c| match c {
            '*' | '∗' | '○' | '◯' | '●' | '•' | '#' => Some(MASK),
            'X' if x_is_mask => Some(MASK),
            c => c.is_alphanumeric().then_some(c),
        })
        .collect();
    kept.iter().any(|c| *c != MASK).then_some(kept)
}

/// Whether two normalised account numbers can be one: a mask fits any digit. A bank that writes `*123456` for a longer
/// number has masked its beginning as a whole, so a mask in front of a shorter number stands for all that is missing.
fn agree(one: &[char], other: &[char]) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if short.len() != long.len() && short.first() != Some(&MASK) {
        return false;
    }
    short.iter().rev().zip(long.iter().rev()).all(|(a, b)| a == b || fits_mask(*a, *b) || fits_mask(*b, *a))
}

fn fits_mask(mask: char, digit: char) -> bool {
    mask == MASK && (digit.is_ascii_digit() || digit == MASK)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(one: &str, other: &str) -> bool {
        agree(&normalised(one).unwrap(), &normalised(other).unwrap())
    }

    #[test]
    fn masks_fit_any_digit_and_punctuation_does_not_count() {
        assert!(same("123456-04-123789", "12345604123789"));
        assert!(same("123456**789", "12345601789"));
        assert!(same("352-****-1111-63", "352-1234-1111-63"));
        assert!(same("110-xxx-000000", "110123000000"));
        assert!(same("*123456", "1002-555-123456"));
        assert!(!same("123456**789", "12345601780"));
        assert!(!same("123456**789", "123456012789"), "as many digits as there are masks");
        assert!(!same("123456", "1002555123456"), "only a mask stands for what is missing");
        assert!(!same("DE89X", "DE891"), "X is a letter among letters");
    }

    #[test]
    fn compared_beforehand_or_when_asked_is_the_same() {
        for orders in [3, COMPARED_BEFOREHAND_MAX + 1] {
            let texts: Vec<String> = (0..orders).map(|nth| format!("110-{nth:06}")).collect();
            let (mut paid_into, mut asked_for) = (Accounts::default(), Accounts::default());
            assert_eq!(paid_into.place("***"), None);
            let masked = paid_into.place("110-00000*").unwrap();
            assert_eq!(paid_into.place("110-00000*"), Some(masked));
            let places: Vec<usize> = texts.iter().map(|text| asked_for.place(text).unwrap()).collect();
            let agreement = Agreement::new(paid_into, asked_for);
            let agreeing = places.iter().filter(|place| agreement.holds(masked, **place)).count();
            assert_eq!(agreeing, orders.min(10));
        }
    }

    #[test]
    fn an_account_without_a_digit_says_nothing() {
        assert_eq!(normalised("***"), None);
        assert_eq!(normalised(" - "), None);
    }
}
