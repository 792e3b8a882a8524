//! Senders and phone numbers, made comparable.

/// The form in which two senders are compared: digits without country code, trunk zero and punctuation; an
/// alphanumeric sender in lower case without spaces. Empty where nothing is left.
///
/// `+82 10-1234-5678`, `010-1234-5678` and `01012345678` are one number; `1588-1688` and `15881688` too.
#[must_use]
pub fn comparable_sender(sender: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let folded: String = sender.nfkc().filter(|c| !c.is_whitespace()).collect();
    let is_number = folded.chars().any(|c| c.is_ascii_digit())
        && folded.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | '.' | '/'));
    if !is_number {
        return folded.to_lowercase();
    }
    let digits: String = folded.chars().filter(char::is_ascii_digit).collect();
    let international =
        folded.starts_with('+').then(|| digits.clone()).or_else(|| digits.strip_prefix("00").map(str::to_owned));
    let national = match international {
        Some(number) => without_country_code(&number).to_owned(),
        None => match digits.strip_prefix("82") {
            // A Korean number whose plus was lost on the way; no domestic number begins with 82 and is that long.
            Some(rest) if digits.len() >= 11 && (rest.starts_with('1') || rest.starts_with('2')) => rest.to_owned(),
            _ => digits,
        },
    };
    national.strip_prefix('0').unwrap_or(&national).to_owned()
}

/// Cuts an ITU country code. Codes are prefix-free, so the first that fits is the one.
fn without_country_code(number: &str) -> &str {
    const TWO_DIGITS: [&str; 46] = [
        "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49",
        "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84",
        "86", "90", "91", "92", "93", "94", "95", "98", "1", "7",
    ];
    for code in TWO_DIGITS {
        if let Some(rest) = number.strip_prefix(code) {
            return rest;
        }
    }
    number.get(3..).unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_compared_as_one_however_it_is_written() {
        for same in
            ["+82 10-1234-5678", "010-1234-5678", "01012345678", "+821012345678", "0082 10 1234 5678", "821012345678"]
        {
            assert_eq!(comparable_sender(same), "1012345678", "{same}");
        }
        assert_eq!(comparable_sender("1588-1688"), comparable_sender("15881688"));
        assert_eq!(comparable_sender("+82 1588-1688"), comparable_sender("15881688"));
        assert_ne!(comparable_sender("15881688"), comparable_sender("15881689"));
    }

    #[test]
    fn names_are_compared_without_case() {
        assert_eq!(comparable_sender("KB Bank"), comparable_sender("kbbank"));
        assert_eq!(comparable_sender("카카오뱅크"), "카카오뱅크");
        assert_ne!(comparable_sender("KB1"), comparable_sender("1"));
    }
}
