//! Hangul syllables taken apart (Unicode, 3.12: they are numbered by onset, vowel and coda).

const FIRST: u32 = '가' as u32;
const LAST: u32 = '힣' as u32;
const VOWELS: u32 = 21;
const CODAS: u32 = 28;

/// A syllable by the places of its letters; coda 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Syllable {
    pub character: char,
    pub onset: usize,
    pub vowel: usize,
    pub coda: usize,
}

/// The syllables of a text of nothing else; none where there is anything else, or nothing.
pub(super) fn syllables(text: &str) -> Option<Vec<Syllable>> {
    let all: Option<Vec<Syllable>> = text.chars().map(syllable).collect();
    all.filter(|all| !all.is_empty())
}

fn syllable(character: char) -> Option<Syllable> {
    let code = u32::from(character);
    let nth = (FIRST..=LAST).contains(&code).then(|| code - FIRST)?;
    let place = |nth: u32| usize::try_from(nth).ok();
    Some(Syllable {
        character,
        onset: place(nth / (VOWELS * CODAS))?,
        vowel: place(nth / CODAS % VOWELS)?,
        coda: place(nth % CODAS)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syllables_fall_apart_into_their_letters() {
        let taken_apart = |text: &str| -> Option<Vec<(usize, usize, usize)>> {
            Some(syllables(text)?.into_iter().map(|one| (one.onset, one.vowel, one.coda)).collect())
        };
        assert_eq!(taken_apart("가힣"), Some(vec![(0, 0, 0), (18, 20, 27)]));
        assert_eq!(taken_apart("홍"), Some(vec![(18, 8, 21)]));
        for other in ["", "홍a", "ㄱ", "홍*동"] {
            assert_eq!(taken_apart(other), None, "{other:?}");
        }
    }
}
