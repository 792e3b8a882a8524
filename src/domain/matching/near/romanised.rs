//! Hangul names against Latin ones: by the Revised Romanisation, McCune-Reischauer without its marks, and what people
//! write on their cards. Syllable by syllable, so that no letter is lost and no sound is taken for another.

use super::hangul::{Syllable, syllables};

const ONSETS: [&[&str]; 19] = [
    &["g", "k"],
    &["kk", "gg", "k", "g"],
    &["n"],
    &["d", "t"],
    &["tt", "dd", "t", "d"],
    &["r", "l"],
    &["m"],
    &["b", "p"],
    &["pp", "bb", "p", "b"],
    &["s", "sh"],
    &["ss", "s"],
    &[""],
    &["j", "ch"],
    &["jj", "j", "ch"],
    &["ch"],
    &["k"],
    &["t"],
    &["p", "ph"],
    &["h"],
];
const VOWELS: [&[&str]; 21] = [
    &["a"],
    &["ae", "ai", "e"],
    &["ya"],
    &["yae", "ye"],
    &["eo", "u", "o", "ou"],
    &["e", "ae"],
    &["yeo", "you", "yu", "yo"],
    &["ye"],
    &["o"],
    &["wa", "oa"],
    &["wae", "we"],
    &["oe", "oi", "we"],
    &["yo"],
    &["u", "oo", "ou"],
    &["wo", "weo"],
    &["we"],
    &["wi", "ui", "wee"],
    &["yu", "yoo", "you"],
    &["eu", "u"],
    &["ui", "eui", "ee", "i"],
    &["i", "ee"],
];
const CODAS: [&[&str]; 28] = [
    // A vowel at the end is often drawn out: 오 is Oh.
    &["", "h"],
    &["k", "g"],
    &["k", "g"],
    &["k", "g"],
    &["n"],
    &["n"],
    &["n"],
    &["t", "d"],
    &["l", "r"],
    &["k", "g"],
    &["m"],
    &["l", "p"],
    &["l"],
    &["l"],
    &["l", "p"],
    &["l"],
    &["m"],
    &["p", "b"],
    &["p", "b"],
    &["t", "s"],
    &["t", "s"],
    &["ng"],
    &["t", "j"],
    &["t", "ch"],
    &["k"],
    &["t"],
    &["p"],
    &["t", "h"],
];
/// What the letters alone do not give: how families write themselves, and vowels without an onset.
const WHOLE: [(char, &[&str]); 17] = [
    ('이', &["lee", "yi", "rhee", "ri", "li", "yee"]),
    ('박', &["park", "bark", "pahk"]),
    ('임', &["lim", "rim", "yim"]),
    ('림', &["im", "yim"]),
    ('유', &["ryu", "yoo", "lyu"]),
    ('류', &["yu", "yoo", "you"]),
    ('노', &["roh", "ro"]),
    ('나', &["ra", "la"]),
    ('안', &["ahn"]),
    ('한', &["hahn"]),
    ('허', &["hur", "huh", "her"]),
    ('서', &["suh"]),
    ('엄', &["uhm", "um"]),
    ('최', &["choy"]),
    ('백', &["paik", "baik"]),
    ('우', &["woo", "wu"]),
    ('황', &["whang"]),
];
/// A person's name: the family's in one or two syllables, and the given one.
const SYLLABLES: std::ops::RangeInclusive<usize> = 2..=5;

/// Whether two normalised names are one when romanised: a hangul one and a Latin one, with the family's name first or
/// last, or two Latin ones that differ in that order only.
pub(super) fn alike(one: &str, other: &str) -> bool {
    match (syllables(one), syllables(other)) {
        (Some(name), None) => reads_as(&name, other),
        (None, Some(name)) => reads_as(&name, one),
        (None, None) => is_latin(one) && is_latin(other) && is_turned(one, other),
        (Some(_), Some(_)) => false,
    }
}

fn reads_as(name: &[Syllable], latin: &str) -> bool {
    if !SYLLABLES.contains(&name.len()) || !is_latin(latin) {
        return false;
    }
    let family_last = |of: usize| [&name[of..], &name[..of]].concat();
    is_spelt(name, latin) || is_spelt(&family_last(1), latin) || (name.len() > 3 && is_spelt(&family_last(2), latin))
}

/// Whether the Latin text is the syllables one after another, each in one of its writings.
fn is_spelt(name: &[Syllable], latin: &str) -> bool {
    let mut reached = vec![0_usize];
    for syllable in name {
        let mut next: Vec<usize> = reached
            .iter()
            .flat_map(|at| {
                let rest = latin.get(*at..).unwrap_or_default();
                writings(syllable)
                    .filter(|writing| rest.starts_with(writing.as_str()))
                    .map(move |writing| at + writing.len())
            })
            .collect();
        next.sort_unstable();
        next.dedup();
        reached = next;
    }
    reached.contains(&latin.len())
}

fn writings(syllable: &Syllable) -> impl Iterator<Item = String> {
    let (vowels, codas) = (VOWELS[syllable.vowel], CODAS[syllable.coda]);
    let by_letters = ONSETS[syllable.onset].iter().flat_map(move |onset| {
        vowels.iter().flat_map(move |vowel| codas.iter().map(move |coda| format!("{onset}{vowel}{coda}")))
    });
    let whole = WHOLE.iter().find(|(character, _)| *character == syllable.character).map_or(&[][..], |(_, all)| all);
    by_letters.chain(whole.iter().map(|writing| (*writing).to_owned()))
}

fn is_latin(text: &str) -> bool {
    text.len() > 3 && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Whether a text is another one with its end in front.
fn is_turned(one: &str, other: &str) -> bool {
    one.len() == other.len() && one != other && one.repeat(2).contains(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_the_writings_that_people_use() {
        for (hangul, writings) in [
            ("홍길동", &["honggildong", "hongkildong", "gildonghong", "hongkiltong"][..]),
            ("이영희", &["leeyounghee", "yiyeonghui", "rheeyounghee", "younghilee"]),
            ("김철수", &["kimchulsoo", "gimcheolsu", "kimcholsu"]),
            ("박민수", &["parkminsoo", "bakminsu", "pakminsu"]),
            ("최정우", &["choijungwoo", "choejeongu"]),
            ("정수현", &["jungsoohyun", "jeongsuhyeon", "chungsoohyun"]),
            ("오세훈", &["ohsehun", "osehoon"]),
            ("임하나", &["limhana", "imhana", "yimhana"]),
            ("남궁민수", &["namgungminsu", "minsunamgung"]),
        ] {
            for latin in writings {
                assert!(alike(hangul, latin), "{hangul} {latin}");
                assert!(alike(latin, hangul), "{latin} {hangul}");
            }
        }
        assert!(alike("honggildong", "gildonghong"));
    }

    #[test]
    fn other_names_are_other_names() {
        for (one, other) in [
            ("홍길동", "honggilsun"),
            ("홍길동", "honggil"),
            ("홍길동", "honggildongs"),
            ("홍길동", "홍길동"),
            ("홍길동", "김철수"),
            ("이영희", "kimyounghee"),
            ("honggildong", "honggildong"),
            ("honggildong", "honggilsoon"),
            ("홍", "hong"),
            ("홍길동상사유한", "honggildongsangsayuhan"),
            ("홍길동", ""),
        ] {
            assert!(!alike(one, other), "{one} {other}");
        }
    }
}
