//! An order's reference, looked for as a whole token.

use super::name::{folded, is_word};

/// The shortest reference that names an order: a single character stands in too many texts by chance.
const REFERENCE_CHARS_MIN: usize = 2;

/// A text as tokens: runs of letters and digits, in folded form.
///
/// A sign directly between two ASCII letters or digits joins them: `R-1` is not a token of `R-1-2`, nor `5016` one of
/// the account number `110-5016-123`. Next to any other letter a sign parts: `홍길동-5016` has the token `5016`.
/// Letters and digits are never parted without a sign: `5016` is no token of `홍길동5016`, nor of `15016`.
pub(super) fn tokens(text: &str) -> Vec<String> {
    let chars: Vec<char> = folded(text).chars().collect();
    let is_ascii_word =
        |at: Option<usize>| at.and_then(|at| chars.get(at)).is_some_and(|c: &char| c.is_ascii_alphanumeric());
    let mut tokens = Vec::new();
    let mut token = String::new();
    for (at, &c) in chars.iter().enumerate() {
        let joins = !c.is_whitespace()
            && !matches!(c, '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>')
            && is_ascii_word(at.checked_sub(1))
            && is_ascii_word(at.checked_add(1));
        if is_word(c) || joins {
            token.push(c);
        } else if !token.is_empty() {
            tokens.push(std::mem::take(&mut token));
        }
    }
    if !token.is_empty() {
        tokens.push(token);
    }
    tokens
}

/// An order's reference as the tokens to look for, joined by spaces, and how many they are; none where it names nothing.
pub(super) fn key(reference: &str) -> Option<(String, usize)> {
    let tokens = tokens(reference);
    let key = tokens.join(" ");
    (key.chars().filter(|c| is_word(*c)).count() >= REFERENCE_CHARS_MIN).then_some((key, tokens.len()))
}

/// Whether a reference stands in a text as a whole.
pub(super) fn stands_in(reference: &str, text: &str) -> bool {
    key(reference).is_some_and(|(key, length)| tokens(text).windows(length).any(|window| window.join(" ") == key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_stands_as_a_whole_token_or_not_at_all() {
        let has = |text: &str, reference: &str| stands_in(reference, text);
        assert!(has("5016", "5016"));
        assert!(has("홍길동 5016", "5016"));
        assert!(has("홍길동(5016)", "5016"));
        assert!(has("홍길동-5016", "5016"));
        assert!(has("pay r-1 now", "R-1"));
        assert!(has("５０１６", "5016"), "digits are folded");
        assert!(has("AB 12 홍길동", "ab 12"));
        for (text, reference) in [("15016", "5016"), ("홍길동5016", "5016"), ("R-1-2", "R-1"), ("110-5016-123", "5016")]
        {
            assert!(!has(text, reference), "{reference} was found in {text}");
        }
    }

    #[test]
    fn a_reference_of_one_character_or_of_signs_names_nothing() {
        assert_eq!(key("7"), None);
        assert_eq!(key("--"), None);
        assert_eq!(key(""), None);
    }
}
