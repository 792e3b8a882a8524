//! Words in which examples differ: a skip, or alternatives where a skip could swallow what matters.

use super::super::words;
use super::align::{Beside, Differing, Part, Piece};
use super::mark::{Atom, Gap, Item};

/// The words of each list, none of which is empty or has a field.
pub(super) fn words(lists: &[&[Item]], beside: Beside, differing: Differing) -> Vec<Piece> {
    let texts: Vec<Vec<String>> = lists.iter().map(|list| lines(list)).collect();
    let all = || texts.iter().flatten();
    // INV-P8: 출금 instead of 입금 must not be skipped.
    let says_direction = all().any(|line| words::has_direction_word(line));
    // A word with digits in it is a code, and says nothing.
    let says = |word: &str| word.chars().any(char::is_alphabetic) && !word.chars().any(|c| c.is_ascii_digit());
    let is_worded = all().any(|line| line.split(' ').any(says));
    let must_list = differing == Differing::Listed || says_direction || (beside.near_amount && is_worded);
    let skipped = if must_list { None } else { skip(lists, &texts, beside, differing) };
    skipped.unwrap_or_else(|| {
        let mut branches: Vec<Vec<Piece>> = Vec::new();
        for list in lists {
            let branch = plain(list);
            let is_known = branches
                .iter()
                .any(|other| other.len() == branch.len() && other.iter().zip(&branch).all(|(a, b)| a.part == b.part));
            if !is_known {
                branches.push(branch);
            }
        }
        vec![either(branches)]
    })
}

/// Alternatives; the white space before them stands before all.
pub(super) fn either(mut branches: Vec<Vec<Piece>>) -> Piece {
    let mut before = Gap::None;
    for branch in &mut branches {
        if let Some(first) = branch.first_mut() {
            before = before.max(first.before);
            first.before = Gap::None;
        }
    }
    Piece { before, part: Part::Either(branches) }
}

fn plain(list: &[Item]) -> Vec<Piece> {
    list.iter()
        .filter_map(|item| match &item.atom {
            Atom::Word(word) => Some(Piece { before: item.before, part: Part::Word(word.clone()) }),
            Atom::Field(_) => None,
        })
        .collect()
}

fn lines(list: &[Item]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for item in list {
        let Atom::Word(word) = &item.atom else { continue };
        match lines.last_mut() {
            Some(line) if item.before != Gap::Line => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.clone()),
        }
    }
    lines
}

/// `{_}` for each line that differs; none where it would touch a field.
fn skip(lists: &[&[Item]], texts: &[Vec<String>], beside: Beside, differing: Differing) -> Option<Vec<Piece>> {
    let before = lists.iter().filter_map(|list| Some(list.first()?.before)).max()?;
    let touches_left = lists.iter().any(|list| list.first().is_some_and(|item| item.before == Gap::None));
    let is_field = |atom: Option<&Atom>| matches!(atom, Some(Atom::Field(_)));
    let (least, most) = (texts.iter().map(Vec::len).min()?, texts.iter().map(Vec::len).max()?);
    let mut pieces = Vec::new();
    for at in (0..most).rev() {
        let line: Vec<&str> = texts.iter().filter_map(|lines| lines.get(at)).map(String::as_str).collect();
        let mut parts = line_parts(&line, if at == 0 { before } else { Gap::Line }, differing)?;
        let starts_bare = matches!(parts.first(), Some(Piece { part: Part::Skip | Part::SkipWord, .. }));
        let ends_bare = matches!(parts.last(), Some(Piece { part: Part::Skip | Part::SkipWord, .. }));
        let may_be_last = at + 1 >= least;
        if (at == 0 && touches_left && starts_bare && is_field(beside.left))
            || (may_be_last && ends_bare && beside.touches_right && is_field(beside.right))
        {
            return None;
        }
        parts.append(&mut pieces);
        pieces = if at >= least { vec![Piece { before: Gap::None, part: Part::Optional(parts) }] } else { parts };
    }
    Some(pieces)
}

/// One line of each example: the punctuation that all have at its ends stays.
fn line_parts(line: &[&str], before: Gap, differing: Differing) -> Option<Vec<Piece>> {
    let first = *line.first()?;
    if line.iter().all(|other| *other == first) {
        let word = |(at, word): (usize, &str)| Piece {
            before: if at == 0 { before } else { Gap::Blank },
            part: Part::Word(word.to_owned()),
        };
        return Some(first.split(' ').enumerate().map(word).collect());
    }
    let is_mark = |c: &char| !c.is_alphanumeric() && *c != ' ';
    let prefix: String = first
        .chars()
        .take_while(is_mark)
        .enumerate()
        .take_while(|(at, c)| line.iter().all(|other| other.chars().nth(*at) == Some(*c)))
        .map(|(_, c)| c)
        .collect();
    let suffix: Vec<char> = first
        .chars()
        .rev()
        .take_while(is_mark)
        .enumerate()
        .take_while(|(at, c)| line.iter().all(|other| other.chars().rev().nth(*at) == Some(*c)))
        .map(|(_, c)| c)
        .collect();
    let suffix: String = suffix.into_iter().rev().collect();
    if line.iter().any(|other| other.len() <= prefix.len() + suffix.len()) {
        return None;
    }
    let mut pieces = Vec::new();
    let mut before = before;
    let by_word = differing == Differing::SkippedByWord && line.iter().all(|line| !line.contains(' '));
    let skip = if by_word { Part::SkipWord } else { Part::Skip };
    for part in [(!prefix.is_empty()).then_some(Part::Word(prefix)), Some(skip)].into_iter().flatten() {
        pieces.push(Piece { before, part });
        before = Gap::None;
    }
    if !suffix.is_empty() {
        pieces.push(Piece { before: Gap::None, part: Part::Word(suffix) });
    }
    Some(pieces)
}
