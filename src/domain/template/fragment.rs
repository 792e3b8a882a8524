//! The grammars of number fields, compiled once and shared by all templates: a template of its own is then small enough
//! that ten thousand of them do not push each other out of the processor's caches.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use regex_automata::nfa::thompson::{self, NFA, State, WhichCaptures};
use regex_automata::util::primitives::StateID;

use super::program;

/// The longest value of a number field (bytes): the longest amount, date or account is far below. It keeps the work of
/// a text linear in its length, whatever the digits.
const LONGEST_VALUE: usize = 160;

static SHARED: LazyLock<Mutex<HashMap<String, Arc<Fragment>>>> = LazyLock::new(Mutex::default);

/// The grammar of a number field, ready to run.
#[derive(Debug)]
pub(super) struct Fragment {
    nfa: NFA,
    /// Words of the bit set of its states.
    words: usize,
}

/// Working memory of fragments for one text. What was found once is not looked for again: the second ways to read a
/// template, and other templates, ask the same.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Fragment (by its address), start, and where its ends stand in `ends`.
    known: Vec<(usize, usize, (usize, usize))>,
    ends: Vec<usize>,
    visited: Vec<u64>,
    stack: Vec<(StateID, usize)>,
}

impl Fragment {
    /// The fragment of a grammar (a regex), made where it is new.
    pub(super) fn shared(grammar: &str) -> Result<Arc<Self>, (usize, String)> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = shared.get(grammar) {
            return Ok(Arc::clone(found));
        }
        let nfa = thompson::Compiler::new()
            .configure(thompson::Config::new().utf8(false).which_captures(WhichCaptures::None))
            .build_from_hir(&program::parse_regex(grammar)?)
            .map_err(|error| (1, error.to_string()))?;
        let words = nfa.states().len().div_ceil(64);
        let fragment = Arc::new(Self { nfa, words });
        shared.insert(grammar.to_owned(), Arc::clone(&fragment));
        Ok(fragment)
    }

    /// All places where a value that starts at `start` may end, in the order of the grammar's preferences, as a range
    /// of [`Found::end`].
    pub(super) fn ends(&self, found: &mut Found, text: &str, start: usize) -> (usize, usize) {
        let key = std::ptr::from_ref(self).addr();
        let known = found.known.iter().find(|(fragment, at, _)| *fragment == key && *at == start);
        if let Some((_, _, ends)) = known {
            return *ends;
        }
        let first = found.ends.len();
        let rest = text.as_bytes().get(start..).unwrap_or_default();
        self.search(found, &rest[..rest.len().min(LONGEST_VALUE)], start);
        let ends = (first, found.ends.len());
        found.known.push((key, start, ends));
        ends
    }

    /// Depth first, the preferred way first; no state is visited twice at one place.
    fn search(&self, found: &mut Found, value: &[u8], start: usize) {
        let Found { ends, visited, stack, .. } = found;
        visited.clear();
        stack.clear();
        stack.push((self.nfa.start_anchored(), 0));
        while let Some((mut state, mut at)) = stack.pop() {
            loop {
                let (word, bit) = (at * self.words + state.as_usize() / 64, 1 << (state.as_usize() % 64));
                if word >= visited.len() {
                    visited.resize((at + 1) * self.words, 0);
                }
                if visited[word] & bit != 0 {
                    break;
                }
                visited[word] |= bit;
                let byte = value.get(at).copied();
                let step = match self.nfa.state(state) {
                    State::ByteRange { trans } => byte.filter(|byte| trans.matches_byte(*byte)).map(|_| trans.next),
                    State::Sparse(transitions) => byte.and_then(|byte| transitions.matches_byte(byte)),
                    State::Dense(transitions) => byte.and_then(|byte| transitions.matches_byte(byte)),
                    State::Union { alternates } => {
                        let Some((first, others)) = alternates.split_first() else { break };
                        stack.extend(others.iter().rev().map(|other| (*other, at)));
                        state = *first;
                        continue;
                    }
                    State::BinaryUnion { alt1, alt2 } => {
                        stack.push((*alt2, at));
                        state = *alt1;
                        continue;
                    }
                    State::Capture { next, .. } => {
                        state = *next;
                        continue;
                    }
                    State::Match { .. } => {
                        ends.push(start + at);
                        break;
                    }
                    // No grammar looks around.
                    State::Look { .. } | State::Fail => break,
                };
                let Some(next) = step else { break };
                (state, at) = (next, at + 1);
            }
        }
    }
}

impl Found {
    /// One of the places of [`Fragment::ends`].
    pub(super) fn end(&self, index: usize) -> Option<usize> {
        self.ends.get(index).copied()
    }
}
