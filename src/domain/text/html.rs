//! HTML entities, for forwarders that add them.

/// Undoes HTML entities (`&amp;`, `&lt;`, `&gt;`, `&quot;`, `&apos;`, `&nbsp;`, `&#39;`, `&#x1F;`) in at most `at_most`
/// rounds: a text that was escaped twice needs two. What is no entity stays as it is.
#[must_use]
pub fn unescape_html(raw: &str, at_most: usize) -> String {
    let mut text = raw.to_owned();
    for _ in 0..at_most {
        let next = undo_once(&text);
        if next == text {
            break;
        }
        text = next;
    }
    text
}

fn undo_once(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((c, len)) = named_character(rest) {
            out.push(c);
            rest = &rest[len..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

/// The entity at the start of `text`: its character and its length with `&` and `;`.
fn named_character(text: &str) -> Option<(char, usize)> {
    /// The longest entity that is understood, `&#x10FFFF;`.
    const LONGEST: usize = 10;
    let semicolon = text.bytes().take(LONGEST).position(|byte| byte == b';')?;
    let name = &text[1..semicolon];
    let c = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        _ => {
            let code = name.strip_prefix('#')?;
            let code = match code.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => code.parse().ok()?,
            };
            char::from_u32(code).filter(|c| *c != '\0')?
        }
    };
    Some((c, semicolon + 1))
}
