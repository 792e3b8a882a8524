//! The normalised copy of a message, on which identity and parsing work. The raw text is kept as it came.
//!
//! Normalising is what makes two writings of one text equal, so everything it hides from people is told in
//! [`Normalised::suspicious`]. Uses nothing else of this crate; templates, identity and the matcher use it.

mod digits;
mod header;
mod html;
mod scripts;

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;

use digits::{DigitRun, DigitSystem};
pub use html::unescape_html;

/// A message made comparable. See [`normalise`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Normalised {
    /// NFKC; lines end in `\n`; every other white space is a space; digits are ASCII; no invisible characters; without
    /// the carrier's and the forwarder's header lines; trimmed.
    pub text: String,
    /// Something in the text is made to be seen otherwise than it is: invisible or bidi characters, a word of mixed
    /// scripts, a whole word of look-alikes, or a number that mixes digit systems.
    pub suspicious: bool,
    /// Where digits stood that were not ASCII, in the order of the text.
    foreign_digits: Vec<DigitRun>,
}

impl Normalised {
    /// Whether the digits in `span` (bytes of `text`) may be read as a number: all of them, and the number that they
    /// are a part of, are of one digit system (INV-P2).
    #[must_use]
    pub fn is_one_digit_system(&self, span: Range<usize>) -> bool {
        if self.foreign_digits.is_empty() {
            return true;
        }
        let number = digits::whole_number(&self.text, span);
        digits::system_of(&self.text, &self.foreign_digits, number).is_ok()
    }

    /// The place of a byte offset of `text`, counted in characters.
    #[must_use]
    pub fn char_offset(&self, byte: usize) -> usize {
        self.text.char_indices().take_while(|(at, _)| *at < byte).count()
    }
}

/// Makes a message comparable.
///
/// In order: decimal digits of any script become ASCII (where they stood is remembered), NFKC, line ends become `\n` and
/// other white space a space, invisible and bidi characters go (and are told in `suspicious`), `[Web발신]`, `[국제발신]`,
/// `[국외발신]` and a leading `보낸사람 : ...` line go, the ends are trimmed. Normalising twice changes nothing.
#[must_use]
pub fn normalise(raw: &str) -> Normalised {
    let Folding { text, mut suspicious, digit_runs, .. } = Folding::of(raw);
    let kept = header::strip(&text);
    let foreign_digits: Vec<DigitRun> = digit_runs
        .into_iter()
        .filter(|run| run.at >= kept.start && run.at < kept.end)
        .map(|run| DigitRun { at: run.at - kept.start, ..run })
        .collect();
    let text = text[kept].to_owned();
    suspicious |= digits::mixes_systems(&text, &foreign_digits) || scripts::has_look_alikes(&text);
    Normalised { text, suspicious, foreign_digits }
}

/// A template's pattern without the headers that are stripped from texts, and how many characters went before it.
#[must_use]
pub fn without_header(pattern: &str) -> (usize, &str) {
    let kept = header::strip(pattern);
    (pattern[..kept.start].chars().count(), &pattern[kept])
}

/// A part of a template, folded as the texts are that it is compared with; nothing is stripped or trimmed.
#[must_use]
pub fn normalise_literal(literal: &str) -> String {
    Folding::of(literal).text.replace('\n', " ")
}

/// The normalised text with every run of white space made one space: what two channels must agree on for one message.
#[must_use]
pub fn fingerprint_text(raw: &str) -> String {
    let text = Folding::of(raw).text;
    fold_white_space(&text[header::strip(&text)])
}

/// `text` with every run of white space made one space, trimmed.
#[must_use]
pub fn fold_white_space(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.push_str(word);
    }
    folded
}

/// Text on its way from raw to normalised. Digits are starters that compose with nothing, so NFKC may be taken of the
/// pieces between them; that keeps their places known.
#[derive(Default)]
struct Folding {
    text: String,
    pending: String,
    suspicious: bool,
    digit_runs: Vec<DigitRun>,
    previous: Option<char>,
}

impl Folding {
    fn of(text: &str) -> Self {
        let mut folding = Self::default();
        for c in text.chars() {
            folding.push(c);
        }
        folding.flush();
        folding
    }

    fn push(&mut self, c: char) {
        let previous = self.previous.replace(c);
        match c {
            '\n' if previous == Some('\r') => {}
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => self.pending.push('\n'),
            // An emoji's variation selector is ordinary; behind a letter or digit it hides a difference.
            '\u{fe0f}' | '\u{fe0e}' if previous.is_some_and(|before| !before.is_alphanumeric()) => {}
            _ if is_invisible(c) => self.suspicious = true,
            _ if c.is_whitespace() => self.pending.push(' '),
            _ => match digits::of(c) {
                Some((system, digits)) => self.push_digits(system, &digits),
                None => self.pending.push(c),
            },
        }
    }

    fn push_digits(&mut self, system: DigitSystem, digits: &str) {
        self.flush();
        for digit in digits.chars() {
            if system != DigitSystem::ASCII && digit.is_ascii_digit() {
                self.digit_runs.push(DigitRun { at: self.text.len(), system });
            }
            self.text.push(digit);
        }
    }

    fn flush(&mut self) {
        if self.pending.chars().all(is_settled) {
            self.text.push_str(&self.pending);
        } else {
            // Some characters become invisible or white only by NFKC (U+3164 HANGUL FILLER, say).
            for c in self.pending.nfkc() {
                if is_invisible(c) {
                    self.suspicious = true;
                } else {
                    self.text.push(if c != '\n' && c.is_whitespace() { ' ' } else { c });
                }
            }
        }
        self.pending.clear();
    }
}

/// ASCII and composed Hangul, of which most texts are: NFKC leaves a piece of these alone as it is.
fn is_settled(c: char) -> bool {
    c.is_ascii() || ('\u{ac00}'..='\u{d7a3}').contains(&c)
}

/// Characters that show nothing, or change how others are shown: controls, zero-width, bidi, fillers, variation
/// selectors, tags.
fn is_invisible(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' => false,
        _ => {
            c.is_control()
                || matches!(c,
                    '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
                    | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
                    | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
                    | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
                    | '\u{e0000}'..='\u{e0fff}')
        }
    }
}

#[cfg(test)]
mod tests;
