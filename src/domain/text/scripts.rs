//! Words that are made to look like others (Unicode TS #39), with Korean, Latin and digits together being ordinary.

use unicode_security::mixed_script::AugmentedScriptSet;
use unicode_security::skeleton;

/// Whether a word mixes scripts that no language mixes, or is wholly of look-alikes of Latin letters.
///
/// A whole word of look-alikes (`КВ` in Cyrillic) is told only where the text is not otherwise in that script: to a
/// text in Russian such words are ordinary.
pub(super) fn has_look_alikes(text: &str) -> bool {
    if text.chars().all(is_ordinary) {
        return false;
    }
    let (mut look_alike, mut ordinary_letters, mut foreign_words) = (false, false, false);
    for word in text.split(|c: char| !(c.is_alphanumeric() || is_mark(c))).filter(|word| !word.is_empty()) {
        let foreign = word.chars().any(is_foreign);
        let latin_or_korean = word.chars().any(|c| c.is_alphabetic() && !is_foreign(c));
        if foreign && latin_or_korean {
            return true;
        }
        ordinary_letters |= latin_or_korean;
        if foreign {
            if looks_latin(word) { look_alike = true } else { foreign_words = true }
        }
    }
    look_alike && (ordinary_letters || !foreign_words)
}

fn is_ordinary(c: char) -> bool {
    c.is_ascii() || ('\u{ac00}'..='\u{d7a3}').contains(&c)
}

/// Marks that stand on letters, so that a word is not cut at them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}')
}

/// A letter that belongs neither to Latin nor to the scripts of Korean, Chinese and Japanese. Thai has no spaces between
/// words, so that Latin letters and digits stand in its runs (`เข้าx1234`), and no letter of it looks Latin.
fn is_foreign(c: char) -> bool {
    if is_ordinary(c) || ('\u{e00}'..='\u{e7f}').contains(&c) {
        return false;
    }
    let scripts = AugmentedScriptSet::for_char(c);
    let latin = AugmentedScriptSet::for_char('a').base;
    let is_east_asian = scripts.kore || scripts.jpan || scripts.hanb;
    !is_east_asian && !scripts.is_all() && scripts.base.intersection(latin).is_empty()
}

fn looks_latin(word: &str) -> bool {
    let mut letters = skeleton(word).filter(|c| !c.is_ascii_digit()).peekable();
    letters.peek().is_some() && letters.all(|c| c.is_ascii_alphabetic())
}
