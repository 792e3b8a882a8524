//! What several examples have in common, and what becomes of the rest.

use super::super::field::FieldName;
use super::super::words;
use super::differ;
use super::mark::{Atom, Gap, Item};

/// A part of a suggestion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Word(String),
    Field(FieldName),
    Skip,
    /// `{_:word}`.
    SkipWord,
    Either(Vec<Vec<Piece>>),
    Optional(Vec<Piece>),
}

/// A part and the white space before it (of an optional part the white space is inside).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) before: Gap,
    pub(super) part: Part,
}

/// What becomes of words that differ where either could be right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Differing {
    /// `{_}`.
    Skipped,
    /// `{_:word}` where all are one word: beside a name, a skip of more would take a part of it.
    SkippedByWord,
    /// `<a|b>`.
    Listed,
}

/// What stands beside a place in which the examples differ.
#[derive(Clone, Copy, Debug)]
pub(super) struct Beside<'i> {
    pub(super) left: Option<&'i Atom>,
    pub(super) right: Option<&'i Atom>,
    /// No white space separates it from what is on the right, in some example.
    pub(super) touches_right: bool,
    /// It is next to the amount, or on the amount's line without another field between.
    pub(super) near_amount: bool,
}

/// Merges examples to one template.
pub(super) fn merge(examples: &[&[Item]], differing: Differing) -> Vec<Piece> {
    let outer = Beside { left: None, right: None, touches_right: false, near_amount: false };
    sequence(examples, outer, differing)
}

fn sequence<'i>(lists: &[&'i [Item]], outer: Beside<'i>, differing: Differing) -> Vec<Piece> {
    let anchors = common(lists);
    let mut pieces = Vec::new();
    let mut from = vec![0; lists.len()];
    for at in 0..=anchors.len() {
        let anchor = anchors.get(at);
        let ends: Vec<usize> = match anchor {
            Some(anchor) => anchor.clone(),
            None => lists.iter().map(|list| list.len()).collect(),
        };
        let gaps: Vec<&[Item]> =
            lists.iter().zip(&from).zip(&ends).map(|((list, from), to)| &list[*from..*to]).collect();
        let item_of = |place: &[usize]| lists.first().zip(place.first()).and_then(|(list, at)| list.get(*at));
        let left = at.checked_sub(1).and_then(|at| anchors.get(at)).and_then(|place| item_of(place));
        let right = anchor.and_then(|place| item_of(place));
        let touches = |(gap, (list, end)): (&&[Item], (&&[Item], &usize))| {
            !gap.is_empty() && list.get(*end).is_some_and(|item| item.before == Gap::None)
        };
        let beside = Beside {
            left: left.map_or(outer.left, |item| Some(&item.atom)),
            right: right.map_or(outer.right, |item| Some(&item.atom)),
            touches_right: match anchor {
                Some(_) => gaps.iter().zip(lists.iter().zip(&ends)).any(touches),
                None => outer.touches_right,
            },
            near_amount: outer.near_amount
                || near_amount(lists.first().copied().unwrap_or_default(), &anchors, at, &gaps),
        };
        pieces.extend(gap(&gaps, beside, differing));
        if let Some(item) = right {
            let before = lists.iter().zip(&ends).filter_map(|(list, at)| Some(list.get(*at)?.before)).max();
            pieces.push(Piece { before: before.unwrap_or(Gap::None), part: part_of(&item.atom) });
        }
        from = ends.iter().map(|end| end + 1).collect();
    }
    pieces
}

fn part_of(atom: &Atom) -> Part {
    match atom {
        Atom::Field(field) => Part::Field(*field),
        Atom::Word(word) => Part::Word(word.clone()),
    }
}

/// Whether the place before the `at`th anchor is next to the amount: directly, or over words of the same line.
fn near_amount(list: &[Item], anchors: &[Vec<usize>], at: usize, gaps: &[&[Item]]) -> bool {
    let item = |at: usize| anchors.get(at).and_then(|anchor| list.get(*anchor.first()?));
    let amount = Atom::Field(FieldName::Amount);
    let is_amount = |item: Option<&Item>| item.is_some_and(|item| item.atom == amount);
    let goes_on = |item: Option<&Item>| item.is_some_and(|item| matches!(item.atom, Atom::Word(_)));
    let mut right = at;
    while goes_on(item(right)) && item(right).is_some_and(|item| item.before != Gap::Line) {
        right += 1;
    }
    let reaches_right = is_amount(item(right)) && (right == at || item(right).is_some_and(|i| i.before != Gap::Line));
    let mut left = at;
    while left > 0 && goes_on(item(left - 1)) && item(left - 1).is_some_and(|item| item.before != Gap::Line) {
        left -= 1;
    }
    let on_its_line = gaps.iter().filter_map(|gap| gap.first()).any(|item| item.before != Gap::Line);
    reaches_right || (left > 0 && is_amount(item(left - 1)) && (left == at || on_its_line))
}

/// What becomes of a place in which the examples differ.
fn gap<'i>(gaps: &[&'i [Item]], beside: Beside<'i>, differing: Differing) -> Vec<Piece> {
    let is_optional = gaps.iter().any(|gap| gap.is_empty());
    let mut groups: Vec<(Vec<FieldName>, Vec<&'i [Item]>)> = Vec::new();
    for gap in gaps.iter().filter(|gap| !gap.is_empty()) {
        let fields: Vec<FieldName> = gap
            .iter()
            .filter_map(|item| match item.atom {
                Atom::Field(field) => Some(field),
                Atom::Word(_) => None,
            })
            .collect();
        match groups.iter_mut().find(|(other, _)| *other == fields) {
            Some((_, lists)) => lists.push(gap),
            None => groups.push((fields, vec![gap])),
        }
    }
    let mut merged: Vec<Vec<Piece>> = groups
        .iter()
        .map(|(fields, lists)| {
            // Lists with the same fields have those in common, so that this ends.
            let is_same = lists.windows(2).all(|pair| matches!(pair, [a, b] if same(a, b)));
            if fields.is_empty() && !is_same {
                differ::words(lists, beside, differing)
            } else {
                sequence(lists, beside, differing)
            }
        })
        .collect();
    let inner = match merged.len() {
        0 => return Vec::new(),
        1 => merged.swap_remove(0),
        _ => vec![differ::either(merged)],
    };
    if is_optional { vec![Piece { before: Gap::None, part: Part::Optional(inner) }] } else { inner }
}

/// Whether two lists are the same but for white space.
fn same(one: &[Item], other: &[Item]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| a.atom == b.atom)
}

/// The parts that all lists have in the same order, as their places in each list: those of the greatest weight.
fn common(lists: &[&[Item]]) -> Vec<Vec<usize>> {
    let Some((first, others)) = lists.split_first() else { return Vec::new() };
    let mut common: Vec<Vec<usize>> = (0..first.len()).map(|at| vec![at]).collect();
    for list in others {
        let atoms: Vec<&Atom> =
            common.iter().filter_map(|places| first.get(*places.first()?)).map(|item| &item.atom).collect();
        let pairs = heaviest(&atoms, list);
        common = pairs
            .into_iter()
            .filter_map(|(at, other)| {
                let mut places = common.get(at)?.clone();
                places.push(other);
                Some(places)
            })
            .collect();
    }
    common
}

/// The common subsequence of the greatest weight, as pairs of places.
fn heaviest(one: &[&Atom], other: &[Item]) -> Vec<(usize, usize)> {
    let width = other.len() + 1;
    let mut best = vec![0_usize; (one.len() + 1) * width];
    for a in (0..one.len()).rev() {
        for b in (0..other.len()).rev() {
            let without = best[(a + 1) * width + b].max(best[a * width + b + 1]);
            let with = if *one[a] == other[b].atom { weight(one[a]) + best[(a + 1) * width + b + 1] } else { 0 };
            best[a * width + b] = with.max(without);
        }
    }
    let (mut a, mut b) = (0, 0);
    let mut pairs = Vec::new();
    while a < one.len() && b < other.len() {
        let here = best[a * width + b];
        let is_pair = *one[a] == other[b].atom && here == weight(one[a]) + best[(a + 1) * width + b + 1];
        if is_pair {
            pairs.push((a, b));
            (a, b) = (a + 1, b + 1);
        } else if here == best[(a + 1) * width + b] {
            a += 1;
        } else {
            b += 1;
        }
    }
    pairs
}

/// Fields before words, and long words before short ones; a deposit word is as good as a field.
fn weight(atom: &Atom) -> usize {
    match atom {
        Atom::Field(_) => 1000,
        Atom::Word(word) if words::has_deposit_word(word) => 200,
        Atom::Word(word) => 1 + 2 * word.chars().filter(|c| c.is_alphanumeric()).count(),
    }
}
