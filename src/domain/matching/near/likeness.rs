//! Names that are not equal, and yet may be one.

use super::hangul::syllables;
use super::{keyboard, romanised};

/// The shortest name of which one edit leaves enough to know it by.
const EDITED_CHARS_MIN: usize = 3;
/// The shortest name that says something where it is a part of another.
const PART_CHARS_MIN: usize = 2;
const PART_LATIN_CHARS_MIN: usize = 4;

/// How two different names are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Likeness {
    /// They sound the same when romanised.
    Sound,
    /// One is the other's keys, typed with the keyboard on Latin.
    Keyboard,
    /// One character was changed, added, left out or swapped with the next.
    OneEdit,
    /// One is the other's beginning or end.
    Part,
}

/// How a deposit's normalised name, perhaps masked, is like an order's; none where they are equal or nothing alike.
pub(super) fn likeness(paid: &str, asked: &str) -> Option<Likeness> {
    if paid == asked {
        None
    } else if romanised::alike(paid, asked) {
        Some(Likeness::Sound)
    } else if is_typed(paid, asked) || is_typed(asked, paid) {
        Some(Likeness::Keyboard)
    } else if is_one_edit(paid, asked) {
        Some(Likeness::OneEdit)
    } else {
        (is_part(asked, paid) || is_part(paid, asked)).then_some(Likeness::Part)
    }
}

fn is_typed(latin: &str, hangul: &str) -> bool {
    latin.is_ascii() && syllables(hangul).is_some_and(|name| name.len() > 1 && keyboard::keys(&name) == latin)
}

/// Whether one edit makes one of the other. A mask is any character.
fn is_one_edit(paid: &str, asked: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (paid.chars().collect(), asked.chars().collect());
    if one.len().max(other.len()) < EDITED_CHARS_MIN || one.len().abs_diff(other.len()) > 1 {
        return false;
    }
    let same = |a: &&char, b: &&char| a == b || **a == '*';
    let front = one.iter().zip(&other).take_while(|(a, b)| same(a, b)).count();
    let (one, other) = (&one[front..], &other[front..]);
    let equal = |a: &[char], b: &[char]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(&a, &b));
    match (one, other) {
        ([], []) => false,
        _ if one.len() > other.len() => equal(&one[1..], other),
        _ if one.len() < other.len() => equal(one, &other[1..]),
        ([a, b, one_rest @ ..], [c, d, other_rest @ ..]) if a == d && b == c => equal(one_rest, other_rest),
        _ => equal(&one[1..], &other[1..]),
    }
}

fn is_part(part: &str, whole: &str) -> bool {
    let least = if part.is_ascii() { PART_LATIN_CHARS_MIN } else { PART_CHARS_MIN };
    part.chars().count() >= least
        && part.chars().any(char::is_alphabetic)
        && !part.contains('*')
        && (whole.starts_with(part) || whole.ends_with(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_alike_in_one_way() {
        for (paid, asked, expected) in [
            ("honggildong", "홍길동", Some(Likeness::Sound)),
            ("ghdrlfehd", "홍길동", Some(Likeness::Keyboard)),
            ("홍길동", "ghdrlfehd", Some(Likeness::Keyboard)),
            ("홍길순", "홍길동", Some(Likeness::OneEdit)),
            ("홍길", "홍길동", Some(Likeness::OneEdit)),
            ("홍길동이", "홍길동", Some(Likeness::OneEdit)),
            ("길홍동", "홍길동", Some(Likeness::OneEdit)),
            ("홍*순", "홍길동", Some(Likeness::OneEdit)),
            ("kimchulsou", "kimchulsoo", Some(Likeness::OneEdit)),
            ("홍길동3906", "홍길동", Some(Likeness::Part)),
            ("토스홍길동", "홍길동", Some(Likeness::Part)),
            ("한빛상사", "한빛상사서울지점", Some(Likeness::Part)),
            ("홍길동", "홍길동", None),
            ("김철수", "홍길동", None),
            ("김구", "김국", None),
            ("홍길순이", "홍길동", None),
            ("3906", "홍길동3906", None),
            ("kim", "kimchulsoo", None),
            ("", "홍길동", None),
            ("", "", None),
        ] {
            assert_eq!(likeness(paid, asked), expected, "{paid:?} {asked:?}");
        }
    }
}
