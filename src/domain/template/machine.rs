//! Running a typed template: a backtracker over a few small steps, which never tries a step twice at one place, so that
//! time is linear in the text.

use std::sync::Arc;

use super::fragment::{Found, Fragment};

/// One step of a template. Small, since it is the many templates' steps that fill the caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Bytes of [`Machine::literals`] that must stand here.
    Literal { start: u16, len: u16 },
    /// White space: as much as there is, at least one where it is `needed`.
    Space { needed: bool },
    /// At least one character of the line; a field, or read by nobody.
    Any { field: Option<u8>, word: bool },
    /// A number field: one of its grammar's ways.
    Number { field: u8 },
    /// The next step; where that does not lead to a match, this one.
    Either { other: u16 },
    /// On with another step.
    Goto { step: u16 },
    /// The text must end here.
    End,
}

/// Which of the parts that match anything match as much as they can, instead of as little.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Longest {
    /// Fields of free text.
    pub(super) texts: bool,
    /// `{_}`.
    pub(super) skips: bool,
}

/// A typed template, ready to run.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    steps: Box<[Step]>,
    literals: Box<str>,
    /// For each field its grammar, where it has one.
    fragments: Box<[Option<Arc<Fragment>>]>,
}

/// What a field took: its number, start and end in bytes.
pub(super) type Took = (u8, usize, usize);

/// In the place of a field's number: a skip took it.
pub(super) const SKIPPED: u8 = u8::MAX;

/// Working memory of a run; one serves all machines of one text in turn.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// What the fields, and the skips ([`SKIPPED`]), took in the last run, in the order of the text.
    pub(super) taken: Vec<Took>,
    found: Found,
    visited: Vec<u64>,
    waiting: Vec<Thread>,
}

/// A way through the template that is yet to be tried.
#[derive(Clone, Copy, Debug)]
struct Thread {
    step: usize,
    at: usize,
    /// Where the value of this step began.
    start: usize,
    how: How,
    /// How many fields were taken before.
    taken: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    /// Try the step.
    Try,
    /// The step's value takes one more character.
    Extend,
    /// The step's value ends here.
    Leave,
}

impl Machine {
    /// A machine of its parts. `fragments` has one for each field.
    pub(super) fn new(steps: Vec<Step>, literals: String, fragments: Vec<Option<Arc<Fragment>>>) -> Self {
        Self { steps: steps.into(), literals: literals.into(), fragments: fragments.into() }
    }

    /// Runs on the whole of `text`, which must be the text that `memory` is for; what the fields took is in
    /// [`Memory::taken`].
    pub(super) fn run(&self, memory: &mut Memory, text: &str, longest: Longest) -> bool {
        memory.taken.clear();
        memory.waiting.clear();
        memory.visited.clear();
        memory.visited.resize((self.steps.len() * (text.len() + 1)).div_ceil(64), 0);
        let mut thread = Thread { step: 0, at: 0, start: 0, how: How::Try, taken: 0 };
        loop {
            if self.follow(memory, text, longest, thread) {
                return true;
            }
            let Some(next) = memory.waiting.pop() else { return false };
            thread = next;
            memory.taken.truncate(thread.taken);
        }
    }

    /// Follows one way until it fails or matches; other ways are left in `memory.waiting`.
    fn follow(&self, memory: &mut Memory, text: &str, longest: Longest, mut thread: Thread) -> bool {
        loop {
            let Some(step) = self.steps.get(thread.step) else { return false };
            let goes_on = match (thread.how, step) {
                (How::Try, Step::End) => return thread.at == text.len(),
                (How::Try, step) => self.attempt(*step, memory, text, &mut thread),
                (How::Extend, Step::Any { word, .. }) => match next_char(text, thread.at, *word) {
                    Some(at) => {
                        thread.at = at;
                        self.stretch(memory, text, longest, &mut thread)
                    }
                    None => false,
                },
                (How::Extend, _) => false,
                (How::Leave, step) => {
                    let field = match step {
                        Step::Any { field: Some(field), .. } | Step::Number { field } => Some(*field),
                        Step::Any { field: None, .. } => Some(SKIPPED),
                        _ => None,
                    };
                    memory.taken.extend(field.map(|field| (field, thread.start, thread.at)));
                    thread = Thread { step: thread.step + 1, how: How::Try, taken: memory.taken.len(), ..thread };
                    true
                }
            };
            if !goes_on {
                return false;
            }
        }
    }

    /// Tries one step.
    fn attempt(&self, step: Step, memory: &mut Memory, text: &str, thread: &mut Thread) -> bool {
        // Of free text it is the places behind each character that must not be visited twice.
        if !matches!(step, Step::Any { .. }) && memory.was_here(text, *thread) {
            return false;
        }
        match step {
            Step::Literal { .. } => {
                let literal = self.literal(thread.step);
                if !text.as_bytes()[thread.at..].starts_with(literal) {
                    return false;
                }
                thread.at += literal.len();
                thread.step += 1;
            }
            Step::Space { needed } => {
                let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\n');
                let run = text.as_bytes()[thread.at..].iter().take_while(is_blank).count();
                let least = usize::from(needed);
                if run < least {
                    return false;
                }
                thread.step += 1;
                memory.waiting.extend((least..run).map(|fewer| Thread { at: thread.at + fewer, ..*thread }));
                thread.at += run;
            }
            Step::Any { .. } => (thread.start, thread.how) = (thread.at, How::Extend),
            Step::Number { field } => return self.number(field, memory, text, thread),
            Step::Either { other } => {
                memory.waiting.push(Thread { step: usize::from(other), ..*thread });
                thread.step += 1;
            }
            Step::Goto { step } => thread.step = usize::from(step),
            Step::End => return false,
        }
        true
    }

    fn number(&self, field: u8, memory: &mut Memory, text: &str, thread: &mut Thread) -> bool {
        let Some(Some(fragment)) = self.fragments.get(usize::from(field)) else { return false };
        let (first, last) = fragment.ends(&mut memory.found, text, thread.at);
        (thread.start, thread.how) = (thread.at, How::Leave);
        let others = (first + 1..last).rev().filter_map(|index| memory.found.end(index));
        memory.waiting.extend(others.map(|at| Thread { at, ..*thread }));
        match memory.found.end(first).filter(|_| first < last) {
            Some(at) => {
                thread.at = at;
                true
            }
            None => false,
        }
    }

    /// Decides whether a value of free text ends here or takes more, and leaves the other way waiting.
    fn stretch(&self, memory: &mut Memory, text: &str, longest: Longest, thread: &mut Thread) -> bool {
        let Some(Step::Any { field, word }) = self.steps.get(thread.step) else { return false };
        let greedy = if field.is_some() { longest.texts } else { longest.skips };
        loop {
            if memory.was_here(text, *thread) {
                return false;
            }
            let more = next_char(text, thread.at, *word);
            let can_leave = self.can_follow(thread.step + 1, text, thread.at);
            match (more, can_leave) {
                (None, false) => return false,
                (Some(at), false) => thread.at = at,
                (None, true) => {
                    thread.how = How::Leave;
                    return true;
                }
                (Some(at), true) if greedy => {
                    memory.waiting.push(Thread { how: How::Leave, ..*thread });
                    thread.at = at;
                }
                (Some(_), true) => {
                    memory.waiting.push(Thread { how: How::Extend, ..*thread });
                    thread.how = How::Leave;
                    return true;
                }
            }
        }
    }

    /// Whether `step` may match at `at`, as far as one look says.
    fn can_follow(&self, step: usize, text: &str, at: usize) -> bool {
        match self.steps.get(step) {
            Some(Step::Literal { .. }) => text.as_bytes()[at..].starts_with(self.literal(step)),
            Some(Step::Space { needed: true }) => matches!(text.as_bytes().get(at), Some(b' ' | b'\n')),
            Some(Step::End) => at == text.len(),
            _ => true,
        }
    }

    fn literal(&self, step: usize) -> &[u8] {
        match self.steps.get(step) {
            Some(Step::Literal { start, len }) => {
                let start = usize::from(*start);
                self.literals.as_bytes().get(start..start + usize::from(*len)).unwrap_or_default()
            }
            _ => &[],
        }
    }
}

impl Memory {
    /// Whether a way came by here before; it failed, and so would this one.
    fn was_here(&mut self, text: &str, thread: Thread) -> bool {
        let place = thread.step * (text.len() + 1) + thread.at;
        let Some(word) = self.visited.get_mut(place / 64) else { return true };
        let bit = 1 << (place % 64);
        let was = *word & bit != 0;
        *word |= bit;
        was
    }
}

/// Behind the character at `at`, if the line (or the word) goes on there.
fn next_char(text: &str, at: usize, word: bool) -> Option<usize> {
    let first = *text.as_bytes().get(at)?;
    if first == b'\n' || (word && first == b' ') {
        return None;
    }
    let len = match first {
        0..=0x7f => 1,
        0x80..=0xdf => 2,
        0xe0..=0xef => 3,
        _ => 4,
    };
    Some(at + len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(steps: &[Step], literals: &str, fragments: &[Option<&str>]) -> Machine {
        let fragments = fragments.iter().map(|grammar| grammar.map(|grammar| Fragment::shared(grammar).unwrap()));
        Machine::new(steps.to_vec(), literals.to_owned(), fragments.collect())
    }

    fn taken(machine: &Machine, text: &str, longest: Longest) -> Option<Vec<(u8, String)>> {
        let mut memory = Memory::default();
        machine
            .run(&mut memory, text, longest)
            .then(|| memory.taken.iter().filter(|(field, ..)| *field != SKIPPED))
            .map(|taken| taken.map(|(field, start, end)| (*field, text[*start..*end].to_owned())).collect())
    }

    #[test]
    fn free_text_ends_early_or_late_and_what_a_failed_way_took_is_forgotten() {
        // [[{0}-]]{1}-{_}
        let steps = [
            Step::Either { other: 3 },
            Step::Any { field: Some(0), word: true },
            Step::Literal { start: 0, len: 1 },
            Step::Any { field: Some(1), word: false },
            Step::Literal { start: 0, len: 1 },
            Step::Any { field: None, word: false },
            Step::End,
        ];
        let machine = machine(&steps, "-", &[None, None]);
        let of = |text: &str, longest| taken(&machine, text, longest);
        let own = |values: &[(u8, &str)]| Some(values.iter().map(|(n, v)| (*n, (*v).to_owned())).collect::<Vec<_>>());
        assert_eq!(of("a-b-c-d", Longest::default()), own(&[(0, "a"), (1, "b")]));
        assert_eq!(of("a-b-c-d", Longest { texts: true, skips: true }), own(&[(0, "a-b"), (1, "c")]));
        assert_eq!(of("가-나", Longest::default()), own(&[(1, "가")]));
        assert_eq!(of("a b-c", Longest::default()), own(&[(1, "a b")]));
        assert_eq!(of("a-\nb", Longest::default()), None);
    }

    #[test]
    fn a_number_is_tried_in_the_order_of_its_grammar() {
        let steps = [Step::Number { field: 0 }, Step::Number { field: 1 }, Step::End];
        let machine = machine(&steps, "", &[Some("[0-9]+"), Some("[0-9]{2}|[0-9]")]);
        assert_eq!(taken(&machine, "1234", Longest::default()), Some(vec![(0, "123".into()), (1, "4".into())]));
        assert_eq!(taken(&machine, "1", Longest::default()), None);
    }

    #[test]
    fn texts_made_to_be_slow_are_not() {
        let steps = [
            Step::Any { field: None, word: false },
            Step::Literal { start: 0, len: 1 },
            Step::Number { field: 0 },
            Step::Any { field: None, word: false },
            Step::Space { needed: true },
            Step::Literal { start: 1, len: 1 },
            Step::End,
        ];
        let machine = machine(&steps, "-x", &[Some("[0-9](?:[-0-9]*[0-9])?")]);
        let mut memory = Memory::default();
        assert!(!machine.run(&mut memory, &"1-".repeat(2000), Longest::default()));
        // At most every end of a number from every place, each of bounded length.
        assert_eq!(memory.found.end(2000 * 170), None);
    }
}
