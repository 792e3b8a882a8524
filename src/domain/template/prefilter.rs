//! Finds the few templates that may fit a text, so that the cost of a text does not grow with their number.

use aho_corasick::{AhoCorasick, MatchKind};
use std::collections::HashMap;

use super::literal::AnyOf;

/// So much of a literal (bytes) is looked for: the automaton grows with it, and a longer one is hardly rarer.
const LOOKED_FOR: usize = 64;

/// Finds, of many templates, those whose rarest required literal stands in a text.
#[derive(Debug, Default)]
pub(super) struct Prefilter {
    literals: Option<AhoCorasick>,
    /// For each literal of the automaton, the templates that need it.
    needing: Vec<Vec<usize>>,
    /// Templates without a literal: always tried.
    always: Vec<usize>,
}

impl Prefilter {
    /// Indexes templates, given the literals that each cannot do without.
    pub(super) fn build<'a>(templates: impl Iterator<Item = (usize, &'a [AnyOf])> + Clone) -> Self {
        let mut carriers: HashMap<&str, usize> = HashMap::new();
        for (_, required) in templates.clone() {
            for word in required.iter().flatten() {
                *carriers.entry(word).or_default() += 1;
            }
        }
        let rarity = |any: &&AnyOf| {
            let carriers: usize = any.iter().filter_map(|word| carriers.get(word.as_str())).sum();
            let shortest = any.iter().map(String::len).min().unwrap_or(0);
            (carriers, usize::MAX - shortest)
        };
        let mut places: HashMap<&str, usize> = HashMap::new();
        let (mut words, mut needing, mut always) = (Vec::new(), Vec::<Vec<usize>>::new(), Vec::new());
        for (template, required) in templates {
            let Some(any) = required.iter().filter(|any| !any.is_empty()).min_by_key(rarity) else {
                always.push(template);
                continue;
            };
            for word in any {
                let word = &word[..word.floor_char_boundary(LOOKED_FOR)];
                let place = *places.entry(word).or_insert_with(|| {
                    words.push(word);
                    needing.push(Vec::new());
                    words.len() - 1
                });
                needing[place].push(template);
            }
        }
        // An automaton that cannot be built (it would be too large) costs speed, never a reading.
        match AhoCorasick::builder().match_kind(MatchKind::Standard).build(&words) {
            Ok(literals) => Self { literals: Some(literals), needing, always },
            Err(_) => Self { literals: None, always: [always, needing.concat()].concat(), needing: Vec::new() },
        }
    }

    /// Adds the templates that may fit `text` to `found`; one may be added twice.
    pub(super) fn candidates(&self, text: &str, found: &mut Vec<usize>) {
        found.extend_from_slice(&self.always);
        let Some(literals) = &self.literals else { return };
        for hit in literals.find_overlapping_iter(text) {
            found.extend_from_slice(&self.needing[hit.pattern().as_usize()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Found by fuzzing: the automaton of one literal of 4 KiB took a second to build.
    #[test]
    fn only_the_beginning_of_a_long_literal_is_looked_for() {
        let long = "가".repeat(1_300);
        let required = [vec![vec![long.clone()]], vec![vec!["가나다".to_owned()]]];
        let prefilter = Prefilter::build(required.iter().map(Vec::as_slice).enumerate());
        let looked_for = prefilter.literals.as_ref().map(AhoCorasick::max_pattern_len);
        assert!(looked_for.is_some_and(|bytes| bytes <= LOOKED_FOR), "{looked_for:?}");
        let candidates = |text: &str| {
            let mut found = Vec::new();
            prefilter.candidates(text, &mut found);
            found.sort_unstable();
            found.dedup();
            found
        };
        assert_eq!(candidates(&format!("{long}나다")), [0, 1]);
        assert_eq!(candidates("입금 가나다"), [1]);
        assert_eq!(candidates("가"), [] as [usize; 0]);
    }
}
