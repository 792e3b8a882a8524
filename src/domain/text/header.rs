//! The lines that carriers and forwarders put before a bank's text.

use std::ops::Range;

/// What carriers write before a text that was sent from the web or from abroad (compared without case).
const CARRIER_TAGS: [&str; 3] = ["[web발신]", "[국제발신]", "[국외발신]"];
/// How a forwarding app begins the line that names the sender.
const FORWARDER: &str = "보낸사람";

/// The part of `text` that is left without its headers and the white space at its ends.
///
/// A forwarder's line goes only from the top: below it, `보낸사람` is the bank's word for the payer.
pub(super) fn strip(text: &str) -> Range<usize> {
    let end = text.trim_end().len();
    let mut start = 0;
    loop {
        let rest = &text[start..end];
        let body = rest.trim_start();
        start += rest.len() - body.len();
        match tag_len(body).or_else(|| forwarder_len(body)) {
            Some(len) => start += len,
            None => return start..end,
        }
    }
}

fn tag_len(text: &str) -> Option<usize> {
    CARRIER_TAGS.iter().map(|tag| tag.len()).find(|len| {
        // Only ASCII letters of a tag change their case, so the lengths agree.
        text.get(..*len).is_some_and(|head| CARRIER_TAGS.contains(&head.to_lowercase().as_str()))
    })
}

/// The length of a leading `보낸사람 : 15882100` line; without a line break only the number behind it goes.
fn forwarder_len(text: &str) -> Option<usize> {
    let value = text.strip_prefix(FORWARDER)?.trim_start_matches(' ').strip_prefix(':')?;
    if let Some(line_end) = value.find('\n') {
        return Some(text.len() - value.len() + line_end);
    }
    let number = value.trim_start_matches(' ');
    let number_len = number.find(|c: char| !(c.is_ascii_digit() || matches!(c, '+' | '-'))).unwrap_or(number.len());
    let is_number = number_len >= 3 && number[number_len..].starts_with(' ');
    is_number.then(|| text.len() - number.len() + number_len)
}
