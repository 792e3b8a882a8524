//! Whose SMS a post is: forwarders write the sender into the text, each in its own way.
//!
//! Only the frame of a known forwarder is taken off; any other text is the SMS as it stands, and its sender the chat's name.
//! A stranger who texts a frame into an SMS gains nothing: a forwarder that writes senders puts its own frame around it,
//! and one that writes none lets every stranger speak for the chat anyway.

use crate::domain::time::UnixMs;

/// The longest sender, in characters.
const SENDER_CHARS_MAX: usize = 64;

/// A post taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Framed<'a> {
    /// The SMS alone.
    pub text: &'a str,
    /// Who sent it, where the frame says.
    pub sender: Option<&'a str>,
    /// When it was sent, where the frame says it in a way that needs no time zone.
    pub sent_at: Option<UnixMs>,
}

/// Takes a forwarder's frame off a post.
#[must_use]
pub fn unframed(post: &str) -> Framed<'_> {
    gateway(post).or_else(|| sms_forwarder(post)).unwrap_or(Framed { text: post, sender: None, sent_at: None })
}

/// `android_income_sms_gateway_webhook`: `sms from NUMBER with text: "TEXT" sent at MILLISECONDS`, or shorter.
fn gateway(post: &str) -> Option<Framed<'_>> {
    const BEGINS: &str = "sms from ";
    const WITH: &str = " with text:";
    let head = post.trim_start();
    let rest =
        head.get(..BEGINS.len()).filter(|begin| begin.eq_ignore_ascii_case(BEGINS)).map(|_| &head[BEGINS.len()..])?;
    let (first_line, _) = rest.split_once('\n').unwrap_or((rest, ""));
    let (sender, text) = if let Some(at) = first_line.find(WITH) {
        (&rest[..at], &rest[at + WITH.len()..])
    } else {
        let at = rest.find([':', '\n'])?;
        (&rest[..at], &rest[at + 1..])
    };
    let sender = named(sender)?;
    let (text, sent_at) = match text.trim_end().rsplit_once(" sent at ") {
        Some((before, stamp)) if stamp.bytes().all(|byte| byte.is_ascii_digit()) => {
            (before, stamp.parse().ok().map(UnixMs))
        }
        _ => (text, None),
    };
    let text = text.trim();
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    (!text.trim().is_empty()).then_some(Framed { text, sender: Some(sender), sent_at })
}

/// `SmsForwarder`: the number alone in the first line, then the SMS, then lines of the card, the time and the device.
fn sms_forwarder(post: &str) -> Option<Framed<'_>> {
    let (first, rest) = post.trim_start().split_once('\n')?;
    let sender = named(first).filter(|line| is_number(line))?;
    let text = without_tail(rest).trim_matches(['\n', '\r']);
    (!text.trim().is_empty()).then_some(Framed { text, sender: Some(sender), sent_at: None })
}

/// Cuts the forwarder's last lines: up to the time of receipt, and the device's name behind it.
fn without_tail(text: &str) -> &str {
    let lines: Vec<(usize, &str)> = lines_of(text);
    let is_time = |index: usize| lines.get(index).is_some_and(|(_, line)| is_time(line));
    let last = lines.len().saturating_sub(1);
    let time = match () {
        () if is_time(last) => last,
        () if last > 0 && is_time(last - 1) => last - 1,
        () => return text,
    };
    let mut cut = time;
    for frame in ["subid", "sim"] {
        let is_frame = |line: &str| {
            let head = line.trim_start().get(..frame.len());
            head.is_some_and(|head| head.eq_ignore_ascii_case(frame))
        };
        if cut > 0 && is_frame(lines[cut - 1].1) {
            cut -= 1;
        }
    }
    &text[..lines[cut].0]
}

/// The lines that hold something, each with where it begins.
fn lines_of(text: &str) -> Vec<(usize, &str)> {
    let mut at = 0;
    let mut lines = Vec::new();
    for line in text.split_inclusive('\n') {
        if !line.trim().is_empty() {
            lines.push((at, line.trim()));
        }
        at += line.len();
    }
    lines
}

/// `yyyy-MM-dd HH:mm:ss`.
fn is_time(line: &str) -> bool {
    const SHAPE: &[u8] = b"0000-00-00 00:00:00";
    line.len() == SHAPE.len()
        && line.bytes().zip(SHAPE).all(|(byte, shape)| match shape {
            b'0' => byte.is_ascii_digit(),
            other => byte == *other,
        })
}

/// A sender that can be shown, trimmed.
fn named(sender: &str) -> Option<&str> {
    let sender = sender.trim();
    let fits =
        !sender.is_empty() && sender.chars().count() <= SENDER_CHARS_MAX && !sender.chars().any(char::is_control);
    fits.then_some(sender)
}

/// Digits as people write numbers, at least three of them.
fn is_number(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (3..=20).contains(&digits) && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | ' '))
}

/// The chat's name as a sender: without control characters, cut.
#[must_use]
pub fn of_chat(title: &str) -> String {
    title.chars().filter(|c| !c.is_control()).take(SENDER_CHARS_MAX).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMS: &str = "[Web발신]\n[KB]04/22 14:07\n123456**789\n홍길동\n입금\n50,000\n잔액1,234,567";

    fn is(post: &str, sender: Option<&str>, text: &str) {
        let framed = unframed(post);
        assert_eq!((framed.sender, framed.text), (sender, text), "{post:?}");
    }

    #[test]
    fn the_gateway_s_frame_comes_off() {
        is(&format!("sms from 15881688 with text: \"{SMS}\" sent at 1776834420000"), Some("15881688"), SMS);
        let framed = format!("SMS from +82 1588-1688 with text: {SMS}");
        is(&framed, Some("+82 1588-1688"), SMS);
        is(&format!("sms from KB: {SMS}"), Some("KB"), SMS);
        is(&format!("sms from 15881688\n{SMS}"), Some("15881688"), SMS);
        let stamped = unframed("sms from 15881688 with text: \"입금 1\" sent at 1776834420123").sent_at;
        assert_eq!(stamped, Some(UnixMs(1_776_834_420_123)));
    }

    #[test]
    fn what_an_sms_says_of_frames_is_the_sms_s_own() {
        let inner = "sms from 15881688 with text: \"입금\" sent at 1";
        let framed = unframed("sms from 01012345678 with text: \"x sent at 5 y\" sent at 1776834420123");
        assert_eq!((framed.sender, framed.text), (Some("01012345678"), "x sent at 5 y"));
        is(&format!("01012345678\n{inner}\nSIM1_x\n2026-04-22 14:07:00\nphone"), Some("01012345678"), inner);
        is("sms from ", None, "sms from ");
        is("sms from 15881688", None, "sms from 15881688");
        is("sms from \u{7}: x", None, "sms from \u{7}: x");
        is("sms from 15881688: ", None, "sms from 15881688: ");
    }

    #[test]
    fn the_frame_of_smsforwarder_comes_off() {
        for tail in [
            "\nSIM1_KT_01011112222\nSubId：1\n2026-04-22 14:07:09\nGalaxy",
            "\nSIM1_KT_01011112222\n2026-04-22 14:07:09\nGalaxy\n",
            "\nSIM2\n2026-04-22 14:07:09",
            "\n2026-04-22 14:07:09\nGalaxy",
            "",
        ] {
            is(&format!("1588-1688\n{SMS}{tail}"), Some("1588-1688"), SMS);
        }
    }

    #[test]
    fn any_other_text_stays_whole() {
        for text in [
            SMS,
            "입금 50,000",
            "50,000\n입금",
            "12\nx",
            "1588-1688",
            "",
            "\n",
            "15881688\n\n",
            "가나다\n2026-04-22 14:07:09",
        ] {
            is(text, None, text);
        }
    }

    #[test]
    fn a_chat_s_name_can_be_shown() {
        assert_eq!(of_chat(" KB\u{0} 입금\u{1b} "), "KB 입금");
        assert_eq!(of_chat(&"가".repeat(100)).chars().count(), 64);
    }
}
