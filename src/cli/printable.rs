//! Makes text that anyone may have sent fit for a terminal: what would steer it, or hide or reorder text, is shown as an
//! escape.

use std::fmt::Write as _;

use serde_json::Value;

/// Whether a terminal would obey, hide or reorder by this character instead of showing it.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// One line of printable text.
#[must_use]
pub(super) fn printable(text: &str) -> String {
    escape(text, |_| false)
}

/// Printable text that may have several lines.
#[must_use]
pub(super) fn printable_lines(text: &str) -> String {
    escape(text, |c| c == '\n')
}

fn escape(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if !steers(c) || keep(c) => shown.push(c),
            '\n' => shown.push('⏎'),
            c => {
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    shown
}

/// Indented JSON that means the same value, with `\uXXXX` for what a terminal would obey.
#[must_use]
pub(super) fn printable_json(value: &Value) -> String {
    let mut shown = String::new();
    for c in format!("{value:#}").chars() {
        // serde_json escapes C0 controls itself: a line break here is its own indentation.
        if c == '\n' || !steers(c) {
            shown.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(shown, "\\u{unit:04x}");
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_steers_a_terminal_is_shown_as_an_escape() {
        assert_eq!(printable("\u{1b}[2J입금\u{9b}31m"), "\\u{1b}[2J입금\\u{9b}31m");
        assert_eq!(printable("50,000원\u{202e}000,5"), "50,000원\\u{202e}000,5");
        assert_eq!(printable("[Web발신]\n홍길동\t입금\r"), "[Web발신]⏎홍길동\\u{9}입금\\u{d}");
        assert_eq!(printable("홍길동 50,000원 🙂"), "홍길동 50,000원 🙂");
        assert_eq!(printable_lines("one\ntwo\u{7}"), "one\ntwo\\u{7}");
    }

    #[test]
    fn json_stays_the_same_value() {
        let value = json!({"text": "\u{1b}[2J \u{9b} \u{202e} \u{e0041} 홍길동\n"});
        let shown = printable_json(&value);
        assert!(shown.chars().all(|c| c == '\n' || !steers(c)), "{shown:?}");
        assert_eq!(serde_json::from_str::<Value>(&shown).unwrap(), value);
    }
}
