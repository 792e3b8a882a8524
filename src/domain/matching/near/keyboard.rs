//! Hangul as the keys that type it on the two-set layout, which is what comes out where a keyboard was left on Latin.

use super::hangul::Syllable;

const ONSETS: [&str; 19] =
    ["r", "r", "s", "e", "e", "f", "a", "q", "q", "t", "t", "d", "w", "w", "c", "z", "x", "v", "g"];
const VOWELS: [&str; 21] =
    ["k", "o", "i", "o", "j", "p", "u", "p", "h", "hk", "ho", "hl", "y", "n", "nj", "np", "nl", "b", "m", "ml", "l"];
const CODAS: [&str; 28] = [
    "", "r", "r", "rt", "s", "sw", "sg", "e", "f", "fr", "fa", "fq", "ft", "fx", "fv", "fg", "a", "q", "qt", "t", "t",
    "d", "w", "c", "z", "x", "v", "g",
];

/// The keys of hangul syllables, without the shift key, since banks fold the case of names.
pub(super) fn keys(syllables: &[Syllable]) -> String {
    syllables.iter().flat_map(|one| [ONSETS[one.onset], VOWELS[one.vowel], CODAS[one.coda]]).collect()
}

#[cfg(test)]
mod tests {
    use super::super::hangul::syllables;
    use super::*;

    #[test]
    fn a_name_is_typed_with_its_keys() {
        let typed = |name: &str| keys(&syllables(name).unwrap());
        assert_eq!(typed("홍길동"), "ghdrlfehd");
        assert_eq!(typed("김철수"), "rlacjftn");
        assert_eq!(typed("최영희"), "chldudgml");
        assert_eq!(typed("곽닭"), "rhkrekfr");
    }
}
