//! The parts of a suggestion in the language of templates.

use std::collections::BTreeMap;

use super::super::field::{FieldName, FieldType};
use super::align::{Part, Piece};
use super::mark::Gap;

/// The pattern of `pieces`.
pub(super) fn pattern(pieces: &[Piece], types: &BTreeMap<FieldName, FieldType>) -> String {
    let mut out = String::new();
    sequence(pieces, types, Inside::default(), &mut out);
    out
}

/// What closes early if it is not escaped.
#[derive(Clone, Copy, Default)]
struct Inside {
    optional: bool,
    either: bool,
}

fn sequence(pieces: &[Piece], types: &BTreeMap<FieldName, FieldType>, inside: Inside, out: &mut String) {
    for (at, piece) in pieces.iter().enumerate() {
        if let Part::Optional(inner) = &piece.part {
            out.push_str("[[");
            sequence(inner, types, Inside { optional: true, ..inside }, out);
            out.push_str("]]");
            continue;
        }
        match piece.before {
            Gap::None => {}
            Gap::Blank => out.push(' '),
            Gap::Line => out.push('\n'),
        }
        match &piece.part {
            Part::Word(word) => {
                let optional_follows = matches!(pieces.get(at + 1).map(|next| &next.part), Some(Part::Optional(_)));
                escape(word, inside, optional_follows, out);
            }
            Part::Field(field) => {
                out.push('{');
                out.push_str(field.as_str());
                if let Some(kind) = types.get(field).filter(|kind| **kind != field.default_type()) {
                    out.push(':');
                    out.push_str(kind.as_str());
                }
                out.push('}');
            }
            Part::Skip => out.push_str("{_}"),
            Part::SkipWord => out.push_str("{_:word}"),
            Part::Either(branches) => {
                for (at, branch) in branches.iter().enumerate() {
                    out.push(if at == 0 { '<' } else { '|' });
                    sequence(branch, types, Inside { either: true, ..inside }, out);
                }
                out.push('>');
            }
            Part::Optional(_) => {}
        }
    }
}

/// A word as text: what the language would read otherwise is escaped.
fn escape(word: &str, inside: Inside, optional_follows: bool, out: &mut String) {
    let mut chars = word.chars().peekable();
    while let Some(c) = chars.next() {
        let is_special = match c {
            '{' | '<' | '\\' => true,
            '|' | '>' => inside.either,
            // There a bracket would hold the part open.
            ']' => inside.optional,
            '[' => inside.optional || chars.peek().map_or(optional_follows, |next| *next == '['),
            _ => false,
        };
        if is_special {
            out.push('\\');
        }
        out.push(c);
    }
}
