//! From the parts of a typed template to one anchored regex.

use std::collections::BTreeSet;

use crate::domain::money::Currency;

use super::field::{FieldName, FieldType};
use super::money::{self, MoneyStyle};
use super::syntax::{Node, SyntaxError};
use super::when;

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

/// What stands beside a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Edge {
    field: bool,
    digit: bool,
    unit: bool,
    space: bool,
    /// The parts looked at can be absent, so that what is behind them may stand there.
    open: bool,
}

impl Edge {
    fn union(self, other: Self) -> Self {
        Self {
            field: self.field || other.field,
            digit: self.digit || other.digit,
            unit: self.unit || other.unit,
            space: self.space || other.space,
            open: self.open || other.open,
        }
    }

    /// What stands there when `self` is looked at first and `behind` where `self` can be absent.
    fn then(self, behind: impl FnOnce() -> Self) -> Self {
        if self.open { Self { open: false, ..self }.union(behind()) } else { self }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// What a reader meets first at one end of `nodes`; white space is looked through if `through_space`.
fn edge_of(nodes: &[Node], side: Side, through_space: bool) -> Edge {
    let open = Edge { open: true, ..Edge::default() };
    let fold = |edge: Edge, node: &Node| edge.then(|| edge_of_node(node, side, through_space));
    match side {
        Side::Left => nodes.iter().fold(open, fold),
        Side::Right => nodes.iter().rev().fold(open, fold),
    }
}

fn edge_of_node(node: &Node, side: Side, through_space: bool) -> Edge {
    match node {
        Node::Space => Edge { space: true, open: through_space, ..Edge::default() },
        Node::Field(..) | Node::Skip(_) => Edge { field: true, ..Edge::default() },
        Node::Literal(text) => {
            let c = if side == Side::Left { text.chars().next() } else { text.chars().next_back() };
            let is = |test: fn(char) -> bool| c.is_some_and(test);
            Edge { digit: is(|c| c.is_ascii_digit()), unit: is(money::is_unit), ..Edge::default() }
        }
        Node::Optional(inner) => Edge { open: true, ..edge_of(inner, side, through_space) },
        Node::Alternatives(branches) => {
            branches.iter().map(|branch| edge_of(branch, side, through_space)).fold(Edge::default(), Edge::union)
        }
    }
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
                left: edge_of(before, Side::Right, false).then(|| outer.left),
                right: edge_of(after, Side::Left, false).then(|| outer.right),
                left_word: edge_of(before, Side::Right, true).then(|| outer.left_word),
                right_word: edge_of(after, Side::Left, true).then(|| outer.right_word),
            };
            match node {
                Node::Literal(text) => self.regex.push_str(&regex_syntax::escape(text)),
                Node::Space => self.space(beside),
                Node::Field(field, kind, at) => {
                    let fused = hides_number(before, Side::Right) || hides_number(after, Side::Left);
                    let before_won = matches!(after.first(), Some(Node::Literal(text)) if text.starts_with('원'));
                    self.field(*field, *kind, *at, beside, fused, before_won)?;
                }
                Node::Skip(at) => {
                    self.refuse_neighbours(*at, beside)?;
                    let lazy = if self.longest.skips { "" } else { "?" };
                    self.regex.push_str(&format!("(?-u:[^\\n])+{lazy}"));
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
        let needed = (left.field && (right.field || right.digit)) || (left.digit && right.field);
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
        self.refuse_neighbours(at, beside)?;
        if kind.is_numeric() && (beside.left.digit || beside.right.digit) {
            return error(at, "a digit stands beside a number; put white space between them or mark the digit");
        }
        if is_money(kind) && beside.right.unit && self.currency == Currency::KRW {
            return error(at, "units like 만 belong to the money field: leave them out behind it");
        }
        let name = format!("f{}", self.groups.len());
        let grammar = self.grammar(field, kind, before_won);
        self.regex.push_str(&format!("(?P<{name}>{grammar})"));
        self.groups.push(Group {
            name,
            field,
            kind,
            loose_left: beside.left.space,
            loose_right: beside.right.space,
            may_be_fused,
        });
        Ok(())
    }

    fn refuse_neighbours(&self, at: usize, beside: Beside) -> Result<(), SyntaxError> {
        if beside.left.field || beside.right.field {
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
            FieldType::Date | FieldType::DateDmy | FieldType::DateMdy => when::date_grammar(),
            FieldType::Time => when::time_grammar(),
            FieldType::Datetime => when::datetime_grammar(),
            FieldType::Account => "[0-9*xX#•●○](?:[-0-9*xX#•●○]*[0-9*xX#•●○])?".to_owned(),
            FieldType::Text => format!("(?-u:[^\\n])+{lazy}"),
            FieldType::Word => format!("(?-u:[^ \\n])+{lazy}"),
            FieldType::Int => "[0-9]{1,18}".to_owned(),
        }
    }
}

pub(super) fn is_money(kind: FieldType) -> bool {
    matches!(kind, FieldType::Money | FieldType::MoneyIn | FieldType::MoneyEu)
}

fn error<T>(at: usize, reason: &str) -> Result<T, SyntaxError> {
    Err(SyntaxError { at, reason: reason.to_owned() })
}

/// Whether the first part at this end is optional and begins, behind white space, with a field or digit: where a lost
/// line break glues it on, it reads as absent.
fn hides_number(nodes: &[Node], side: Side) -> bool {
    let nearest = if side == Side::Left { nodes.first() } else { nodes.last() };
    let Some(Node::Optional(inner)) = nearest else { return false };
    let direct = edge_of(inner, side, false);
    let word = edge_of(inner, side, true);
    direct.space && (word.field || word.digit)
}

/// The fields that may stand in a text of the template, and those that always do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FieldSets {
    /// There in some texts.
    pub(super) some: BTreeSet<FieldName>,
    /// There in every text.
    pub(super) every: BTreeSet<FieldName>,
}

/// Which fields stand where; an error where one stands twice in one text.
pub(super) fn field_sets(nodes: &[Node]) -> Result<FieldSets, SyntaxError> {
    let mut sets = FieldSets::default();
    for node in nodes {
        let (found, at) = match node {
            Node::Field(field, _, at) => {
                let one = BTreeSet::from([*field]);
                (FieldSets { some: one.clone(), every: one }, *at)
            }
            Node::Optional(inner) => (FieldSets { every: BTreeSet::new(), ..field_sets(inner)? }, first_at(inner)),
            Node::Alternatives(branches) => {
                let branches: Vec<FieldSets> =
                    branches.iter().map(|branch| field_sets(branch)).collect::<Result<_, _>>()?;
                let every = branches.iter().map(|sets| sets.every.clone()).reduce(|a, b| &a & &b).unwrap_or_default();
                let some = branches.into_iter().flat_map(|sets| sets.some).collect();
                (FieldSets { some, every }, first_at(std::slice::from_ref(node)))
            }
            Node::Literal(_) | Node::Space | Node::Skip(_) => continue,
        };
        if let Some(twice) = sets.some.intersection(&found.some).next() {
            return error(at, &format!("`{twice}` stands twice; a field is read once (for the other write {{_}})"));
        }
        sets.some.extend(found.some);
        sets.every.extend(found.every);
    }
    Ok(sets)
}

fn first_at(nodes: &[Node]) -> usize {
    nodes
        .iter()
        .map(|node| match node {
            Node::Field(_, _, at) | Node::Skip(at) => *at,
            Node::Optional(inner) => first_at(inner),
            Node::Alternatives(branches) => {
                branches.iter().map(|branch| first_at(branch)).find(|at| *at > 0).unwrap_or(0)
            }
            Node::Literal(_) | Node::Space => 0,
        })
        .find(|at| *at > 0)
        .unwrap_or(0)
}

/// Moves white space so that an absent optional part between two runs of it does not ask for both.
pub(super) fn merge_spaces(nodes: Vec<Node>) -> Vec<Node> {
    let mut out: Vec<Node> = Vec::with_capacity(nodes.len());
    let mut rest = nodes.into_iter().peekable();
    while let Some(node) = rest.next() {
        match node {
            Node::Optional(inner) => {
                let mut inner = merge_spaces(inner);
                if out.last() == Some(&Node::Space) {
                    if inner.first() == Some(&Node::Space) {
                        inner.remove(0);
                    }
                    if rest.peek() == Some(&Node::Space) {
                        rest.next();
                        if inner.last() != Some(&Node::Space) {
                            inner.push(Node::Space);
                        }
                    }
                } else if rest.peek() == Some(&Node::Space) && inner.last() == Some(&Node::Space) {
                    inner.pop();
                }
                if !inner.is_empty() {
                    out.push(Node::Optional(inner));
                }
            }
            Node::Alternatives(branches) => {
                out.push(Node::Alternatives(branches.into_iter().map(merge_spaces).collect()));
            }
            Node::Space if out.last() == Some(&Node::Space) => {}
            node => out.push(node),
        }
    }
    out
}
