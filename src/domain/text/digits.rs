//! Digits of other scripts, and numbers that mix them.

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

/// The zero digits of Unicode's decimal digit blocks (general category Nd), beyond ASCII.
const ZEROS: [char; 48] = [
    '\u{660}',
    '\u{6f0}',
    '\u{7c0}',
    '\u{966}',
    '\u{9e6}',
    '\u{a66}',
    '\u{ae6}',
    '\u{b66}',
    '\u{be6}',
    '\u{c66}',
    '\u{ce6}',
    '\u{d66}',
    '\u{de6}',
    '\u{e50}',
    '\u{ed0}',
    '\u{f20}',
    '\u{1040}',
    '\u{1090}',
    '\u{17e0}',
    '\u{1810}',
    '\u{1946}',
    '\u{19d0}',
    '\u{1a80}',
    '\u{1a90}',
    '\u{1b50}',
    '\u{1bb0}',
    '\u{1c40}',
    '\u{1c50}',
    '\u{a620}',
    '\u{a8d0}',
    '\u{a900}',
    '\u{a9d0}',
    '\u{a9f0}',
    '\u{aa50}',
    '\u{abf0}',
    '\u{ff10}',
    '\u{104a0}',
    '\u{11066}',
    '\u{110f0}',
    '\u{11136}',
    '\u{111d0}',
    '\u{1d7ce}',
    '\u{1d7d8}',
    '\u{1d7e2}',
    '\u{1d7ec}',
    '\u{1d7f6}',
    '\u{1e950}',
    '\u{1fbf0}',
];

/// A decimal digit system, named by its zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DigitSystem(char);

impl DigitSystem {
    /// `0` to `9`.
    pub(super) const ASCII: Self = Self('0');
    /// Digits that are part of a symbol (`²`, `①`, `½`, `㏠`): never a digit of a number.
    const SYMBOL: Self = Self('²');
}

/// One ASCII digit of the normalised text that stood there in another system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DigitRun {
    /// Its byte in the normalised text.
    pub(super) at: usize,
    /// What it was written in.
    pub(super) system: DigitSystem,
}

/// What `c` becomes if it is, or holds, a digit.
pub(super) fn of(c: char) -> Option<(DigitSystem, String)> {
    if c.is_ascii() {
        return c.is_ascii_digit().then(|| (DigitSystem::ASCII, c.to_string()));
    }
    if ('\u{ac00}'..='\u{d7a3}').contains(&c) {
        return None; // Hangul syllables: most of a Korean text
    }
    let code = u32::from(c);
    let decimal = ZEROS.iter().find(|zero| (u32::from(**zero)..u32::from(**zero) + 10).contains(&code));
    if let Some(zero) = decimal {
        let digit = char::from_digit(code - u32::from(*zero), 10)?;
        return Some((DigitSystem(*zero), digit.to_string()));
    }
    let symbol: String = std::iter::once(c).nfkc().collect();
    symbol.contains(|c: char| c.is_ascii_digit()).then_some((DigitSystem::SYMBOL, symbol))
}

/// `span` widened over the digits, and the separators between digits, that touch it.
pub(super) fn whole_number(text: &str, span: Range<usize>) -> Range<usize> {
    let bytes = text.as_bytes();
    let part = |at: usize| {
        bytes.get(at).is_some_and(u8::is_ascii_digit)
            || (matches!(bytes.get(at), Some(b',' | b'.' | b'\''))
                && at > 0
                && bytes[at - 1].is_ascii_digit()
                && bytes.get(at + 1).is_some_and(u8::is_ascii_digit))
    };
    let (mut start, mut end) = (span.start, span.end);
    while start > 0 && part(start - 1) {
        start -= 1;
    }
    while part(end) {
        end += 1;
    }
    start..end
}

/// The one system of all digits in `span`; an error if there are several, or a symbol's.
pub(super) fn system_of(text: &str, foreign: &[DigitRun], span: Range<usize>) -> Result<Option<DigitSystem>, ()> {
    let mut system = None;
    for at in span {
        if !text.as_bytes().get(at).is_some_and(u8::is_ascii_digit) {
            continue;
        }
        let here = foreign
            .binary_search_by_key(&at, |run| run.at)
            .ok()
            .and_then(|found| foreign.get(found))
            .map_or(DigitSystem::ASCII, |run| run.system);
        if here == DigitSystem::SYMBOL || system.is_some_and(|before| before != here) {
            return Err(());
        }
        system = Some(here);
    }
    Ok(system)
}

/// Whether some number of the text is written in more than one digit system.
pub(super) fn mixes_systems(text: &str, foreign: &[DigitRun]) -> bool {
    foreign.iter().filter(|run| run.system != DigitSystem::SYMBOL).any(|run| {
        let number = whole_number(text, run.at..run.at + 1);
        system_of(text, foreign, number).is_err()
    })
}
