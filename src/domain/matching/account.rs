//! Account numbers, compared where banks mask some of their digits.

use unicode_normalization::UnicodeNormalization;

/// What a masked digit becomes.
const MASK: char = '*';

/// An account number without punctuation, its masks as `*`; none where it says nothing.
pub(super) fn normalised(account: &str) -> Option<String> {
    let folded: Vec<char> = account.nfkc().flat_map(char::to_uppercase).collect();
    // X masks digits at some banks, but is a letter where there are other letters (an IBAN).
    let x_is_mask = !folded.iter().any(|c| c.is_alphabetic() && *c != 'X');
    let text: String = folded
        .into_iter()
        .filter_map(|c| match c {
            '*' | '∗' | '○' | '◯' | '●' | '•' | '#' => Some(MASK),
            'X' if x_is_mask => Some(MASK),
            c => c.is_alphanumeric().then_some(c),
        })
        .collect();
    text.contains(|c| c != MASK).then_some(text)
}

/// Whether two normalised account numbers can be one: a mask fits any digit. A bank that writes `*123456` for a longer
/// number has masked its beginning as a whole, so a mask in front of a shorter number stands for all that is missing.
pub(super) fn agree(one: &str, other: &str) -> bool {
    if one == other {
        return true;
    }
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
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
    fn an_account_without_a_digit_says_nothing() {
        assert_eq!(normalised("***"), None);
        assert_eq!(normalised(" - "), None);
    }
}
