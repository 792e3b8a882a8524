//! Running a regex template: the bounded backtracker only, so that time is linear in the text.

use regex_automata::nfa::thompson::backtrack::{BoundedBacktracker, Cache, Config};
use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_automata::util::primitives::NonMaxUsize;
use regex_automata::{Anchored, Input};
use regex_syntax::hir::{Capture, Hir, HirKind, Look, Repetition};

use super::machine::Took;

/// A compiled regex may take this much (bytes of its automaton).
const SIZE_LIMIT: usize = 256 << 10;
/// What the backtracker may use to remember where it was (bytes); enough for [`SIZE_LIMIT`] and the longest text.
const VISITED_LIMIT: usize = 16 << 20;

/// One anchored regex, ready to run.
#[derive(Clone, Debug)]
pub(super) struct Program {
    engine: BoundedBacktracker,
    /// The numbers of its named groups, which are the fields.
    groups: Vec<usize>,
}

/// Working memory of a run; one serves any number of programs in turn.
#[derive(Debug, Default)]
pub(super) struct EngineMemory {
    cache: Option<Cache>,
    slots: Vec<Option<NonMaxUsize>>,
}

/// Reads a regex; an error names the character (from 1) and what is wrong.
pub(super) fn parse_regex(pattern: &str) -> Result<Hir, (usize, String)> {
    let mut parser = regex_syntax::ParserBuilder::new().utf8(false).nest_limit(50).build();
    parser.parse(pattern).map_err(|error| {
        let (byte, reason) = match &error {
            regex_syntax::Error::Parse(error) => (error.span().start.offset, error.kind().to_string()),
            regex_syntax::Error::Translate(error) => (error.span().start.offset, error.kind().to_string()),
            _ => (0, "it is no regex".to_owned()),
        };
        (pattern.get(..byte).map_or(0, |before| before.chars().count()) + 1, reason)
    })
}

/// `inner` from the first to the last character of the text, but for white space.
pub(super) fn anchor(inner: Hir) -> Hir {
    let blank = regex_syntax::hir::ClassBytes::new([
        regex_syntax::hir::ClassBytesRange::new(b' ', b' '),
        regex_syntax::hir::ClassBytesRange::new(b'\n', b'\n'),
    ]);
    let blanks = Hir::repetition(Repetition {
        min: 0,
        max: None,
        greedy: true,
        sub: Box::new(Hir::class(regex_syntax::hir::Class::Bytes(blank))),
    });
    Hir::concat(vec![Hir::look(Look::Start), blanks.clone(), inner, blanks, Hir::look(Look::End)])
}

/// The same language with the preference of every repeat outside the named groups turned round.
pub(super) fn turn_greed_outside_groups(hir: &Hir) -> Hir {
    match hir.kind() {
        HirKind::Repetition(rep) if rep.max != Some(1) => Hir::repetition(Repetition {
            greedy: !rep.greedy,
            sub: Box::new(turn_greed_outside_groups(&rep.sub)),
            ..rep.clone()
        }),
        HirKind::Repetition(rep) => Hir::repetition(rep.with(turn_greed_outside_groups(&rep.sub))),
        HirKind::Capture(capture) if capture.name.is_none() => {
            Hir::capture(Capture { sub: Box::new(turn_greed_outside_groups(&capture.sub)), ..capture.clone() })
        }
        HirKind::Concat(parts) => Hir::concat(parts.iter().map(turn_greed_outside_groups).collect()),
        HirKind::Alternation(parts) => Hir::alternation(parts.iter().map(turn_greed_outside_groups).collect()),
        _ => hir.clone(),
    }
}

impl Program {
    /// Compiles; an error says that the pattern is too large.
    pub(super) fn compile(hir: &Hir) -> Result<Self, String> {
        let too_large = || format!("the pattern is too large: compiled it may take {} KiB", SIZE_LIMIT >> 10);
        let nfa = thompson::Compiler::new()
            .configure(
                thompson::Config::new().utf8(false).nfa_size_limit(Some(SIZE_LIMIT)).which_captures(WhichCaptures::All),
            )
            .build_from_hir(hir)
            .map_err(|error| if error.size_limit().is_some() { too_large() } else { error.to_string() })?;
        let engine = BoundedBacktracker::builder()
            .configure(Config::new().visited_capacity(VISITED_LIMIT))
            .build_from_nfa(nfa)
            .map_err(|error| error.to_string())?;
        let names = engine.get_nfa().group_info().all_names();
        let groups = names.filter_map(|(_, index, name)| name.map(|_| index)).collect();
        Ok(Self { engine, groups })
    }

    /// The names of the groups that have one.
    pub(super) fn group_names(&self) -> impl Iterator<Item = &str> {
        self.engine.get_nfa().group_info().all_names().filter_map(|(_, _, name)| name)
    }

    /// Runs on the whole of `text`; what the named groups took goes to `taken`, in the order of the text. `Ok(false)`
    /// where it does not fit, an error where the text is too long to try.
    pub(super) fn run(&self, memory: &mut EngineMemory, taken: &mut Vec<Took>, text: &str) -> Result<bool, ()> {
        taken.clear();
        let slots = self.engine.get_nfa().group_info().slot_len();
        memory.slots.clear();
        memory.slots.resize(slots, None);
        let cache = match &mut memory.cache {
            Some(cache) => {
                cache.reset(&self.engine);
                cache
            }
            empty => empty.insert(self.engine.create_cache()),
        };
        let input = Input::new(text).anchored(Anchored::Yes);
        let found = self.engine.try_search_slots(cache, &input, &mut memory.slots).map_err(|_| ())?;
        for (field, group) in (0_u8..).zip(&self.groups) {
            let slot = |at: usize| memory.slots.get(at).copied().flatten().map(NonMaxUsize::get);
            if let (Some(start), Some(end)) = (slot(group * 2), slot(group * 2 + 1)) {
                taken.push((field, start, end));
            }
        }
        taken.sort_by_key(|(_, start, _)| *start);
        Ok(found.is_some())
    }
}
