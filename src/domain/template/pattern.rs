//! From the parts of a typed template to one anchored regex.

use std::fmt::Write;

use crate::domain::money::Currency;

use super::date;
use super::edge::{self, DIGIT, Edge, End, FIELD, SPACE, UNIT};
use super::field::{FieldName, FieldType};
use super::money::MoneyStyle;
use super::syntax::{Node, SyntaxError};
use super::when;

/// Bytes of one line. By bytes the automaton is a tenth of its size; a part that cut a character is refused later.
const ANY_OF_LINE: &str = r"(?-u:[^\n])+";

/// A capture group of the regex that is a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Group {
    /// Its name in the regex.
    pub(super) name: String,
    /// The field it is.
    pub(super) field: FieldName,
    /// How it is read.
    pub(super) kind: FieldType,
    /// The template has white space, which may match none, before it.
    pub(super) loose_left: bool,
    /// The template has white space, which may match none, behind it.
    pub(super) loose_right: bool,
    /// An optional part beside it can hide another number: `{amount}[[ {name}]]`.
    pub(super) may_be_fused: bool,
}

/// A typed template as a regex.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Emitted {
    /// The regex, without anchors.
    pub(super) regex: String,
    /// Its groups, all fields.
    pub(super) groups: Vec<Group>,
}

/// Which of the parts that match anything match as much as they can, instead of as little.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Longest {
    /// Fields of free text.
    pub(super) texts: bool,
    /// `{_}`.
    pub(super) skips: bool,
}

/// Makes the regex of a template.
pub(super) fn emit(nodes: &[Node], currency: Currency, longest: Longest) -> Result<Emitted, SyntaxError> {
    let mut emitter = Emitter { currency, longest, regex: String::new(), groups: Vec::new() };
    let beside = Beside::default();
    emitter.sequence(nodes, beside)?;
    Ok(Emitted { regex: emitter.regex, groups: emitter.groups })
}

/// What stands on both sides of a sequence: directly, and with white space looked through.
#[derive(Clone, Copy, Default)]
struct Beside {
    left: Edge,
    right: Edge,
    left_word: Edge,
    right_word: Edge,
}

struct Emitter {
    currency: Currency,
    longest: Longest,
    regex: String,
    groups: Vec<Group>,
}

impl Emitter {
    fn sequence(&mut self, nodes: &[Node], outer: Beside) -> Result<(), SyntaxError> {
        for (at, node) in nodes.iter().enumerate() {
            let (before, after) = (&nodes[..at], &nodes[at + 1..]);
            let beside = Beside {
                left: edge::of(before, End::Last, false).then(|| outer.left),
                right: edge::of(after, End::First, false).then(|| outer.right),
                left_word: edge::of(before, End::Last, true).then(|| outer.left_word),
                right_word: edge::of(after, End::First, true).then(|| outer.right_word),
            };
            match node {
                Node::Literal(text) => self.regex.push_str(&regex_syntax::escape(text)),
                Node::Space => self.space(beside),
                Node::Field(field, kind, at) => {
                    let fused = edge::hides_number(before, End::Last) || edge::hides_number(after, End::First);
                    let before_won = matches!(after.first(), Some(Node::Literal(text)) if text.starts_with('원'));
                    self.field(*field, *kind, *at, beside, fused, before_won)?;
                }
                Node::Skip(at) => {
                    Self::refuse_neighbours(*at, beside)?;
                    let lazy = if self.longest.skips { "" } else { "?" };
                    self.regex.push_str(ANY_OF_LINE);
                    self.regex.push_str(lazy);
                }
                Node::Optional(inner) => {
                    self.regex.push_str("(?:");
                    self.sequence(inner, beside)?;
                    self.regex.push_str(")?");
                }
                Node::Alternatives(branches) => {
                    self.regex.push_str("(?:");
                    for (at, branch) in branches.iter().enumerate() {
                        if at > 0 {
                            self.regex.push('|');
                        }
                        self.sequence(branch, beside)?;
                    }
                    self.regex.push(')');
                }
            }
        }
        Ok(())
    }

    /// INV-P1: white space matches any run, also none; but between two fields, or a field and a digit, at least one,
    /// so that two numbers fused by a lost line break never parse.
    fn space(&mut self, beside: Beside) {
        let (left, right) = (beside.left_word, beside.right_word);
        let needed = (left.has(FIELD) && right.has(FIELD | DIGIT)) || (left.has(DIGIT) && right.has(FIELD));
        self.regex.push_str(if needed { "[ \\n]+" } else { "[ \\n]*" });
    }

    fn field(
        &mut self,
        field: FieldName,
        kind: FieldType,
        at: usize,
        beside: Beside,
        may_be_fused: bool,
        before_won: bool,
    ) -> Result<(), SyntaxError> {
        Self::refuse_neighbours(at, beside)?;
        if kind.is_numeric() && (beside.left.has(DIGIT) || beside.right.has(DIGIT)) {
            return error(at, "a digit stands beside a number; put white space between them or mark the digit");
        }
        if is_money(kind) && beside.right.has(UNIT) && self.currency == Currency::KRW {
            return error(at, "units like 만 belong to the money field: leave them out behind it");
        }
        let name = format!("f{}", self.groups.len());
        let grammar = self.grammar(field, kind, before_won);
        let _ = write!(self.regex, "(?P<{name}>{grammar})"); // writing to a String cannot fail
        self.groups.push(Group {
            name,
            field,
            kind,
            loose_left: beside.left.has(SPACE),
            loose_right: beside.right.has(SPACE),
            may_be_fused,
        });
        Ok(())
    }

    fn refuse_neighbours(at: usize, beside: Beside) -> Result<(), SyntaxError> {
        if beside.left.has(FIELD) || beside.right.has(FIELD) {
            return error(at, "between two fields there must be white space or text, or nobody knows where one ends");
        }
        Ok(())
    }

    fn grammar(&self, field: FieldName, kind: FieldType, before_won: bool) -> String {
        let lazy = if self.longest.texts { "" } else { "?" };
        match kind {
            FieldType::Money | FieldType::MoneyIn | FieldType::MoneyEu => {
                MoneyStyle::new(self.currency, kind).grammar(field == FieldName::Balance, before_won)
            }
            FieldType::Date | FieldType::DateDmy | FieldType::DateMdy => date::date_grammar(),
            FieldType::Time => when::time_grammar(),
            FieldType::Datetime => when::datetime_grammar(),
            FieldType::Account => "[0-9*xX#•●○](?:[-0-9*xX#•●○]*[0-9*xX#•●○])?".to_owned(),
            FieldType::Text => format!("{ANY_OF_LINE}{lazy}"),
            FieldType::Word => format!("(?-u:[^ \\n])+{lazy}"),
            FieldType::Int => "[0-9]+".to_owned(),
        }
    }
}

pub(super) fn is_money(kind: FieldType) -> bool {
    matches!(kind, FieldType::Money | FieldType::MoneyIn | FieldType::MoneyEu)
}

fn error<T>(at: usize, reason: &str) -> Result<T, SyntaxError> {
    Err(SyntaxError { at, reason: reason.to_owned() })
}
