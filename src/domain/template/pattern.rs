//! From the parts of a typed template to the steps that read it.

use std::sync::Arc;

use crate::domain::money::Currency;

use super::date;
use super::edge::{self, DIGIT, Edge, End, FIELD, SPACE, UNIT};
use super::field::{FieldName, FieldType};
use super::fragment::Fragment;
use super::machine::{Machine, Step};
use super::money::MoneyStyle;
use super::syntax::{Node, SyntaxError};
use super::when;

/// What is read of a field's place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group {
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

/// A typed template, assembled.
#[derive(Debug)]
pub(super) struct Assembled {
    /// Its steps.
    pub(super) machine: Machine,
    /// Its fields, by their number.
    pub(super) groups: Vec<Group>,
    /// It has a `{_}`.
    pub(super) has_skips: bool,
    /// It has a field of free text.
    pub(super) has_texts: bool,
}

/// Makes the machine of a template, anchored at both ends but for white space.
pub(super) fn assemble(nodes: &[Node], currency: Currency) -> Result<Assembled, SyntaxError> {
    let mut assembler = Assembler {
        currency,
        steps: vec![Step::Space { needed: false }],
        literals: String::new(),
        groups: Vec::new(),
        fragments: Vec::new(),
        has_skips: false,
        has_texts: false,
    };
    assembler.sequence(nodes, Beside::default())?;
    assembler.steps.extend([Step::Space { needed: false }, Step::End]);
    let Assembler { steps, literals, groups, fragments, has_skips, has_texts, .. } = assembler;
    if u16::try_from(steps.len()).is_err() {
        return error(1, TOO_LARGE);
    }
    Ok(Assembled { machine: Machine::new(steps, literals, fragments), groups, has_skips, has_texts })
}

const TOO_LARGE: &str = "the pattern is too large";

/// What stands on both sides of a sequence: directly, and with white space looked through.
#[derive(Clone, Copy, Default)]
struct Beside {
    left: Edge,
    right: Edge,
    left_word: Edge,
    right_word: Edge,
}

struct Assembler {
    currency: Currency,
    steps: Vec<Step>,
    literals: String,
    groups: Vec<Group>,
    fragments: Vec<Option<Arc<Fragment>>>,
    has_skips: bool,
    has_texts: bool,
}

impl Assembler {
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
                Node::Literal(text) => self.literal(text)?,
                Node::Space => self.space(beside),
                Node::Field(field, kind, at) => {
                    let fused = edge::hides_number(before, End::Last) || edge::hides_number(after, End::First);
                    let before_won = matches!(after.first(), Some(Node::Literal(text)) if text.starts_with('원'));
                    self.field(*field, *kind, *at, beside, fused, before_won)?;
                }
                Node::Skip(at, word) => {
                    Self::refuse_neighbours(*at, beside)?;
                    self.has_skips = true;
                    self.steps.push(Step::Any { field: None, word: *word });
                }
                Node::Optional(inner) => {
                    let either = self.hole();
                    self.sequence(inner, beside)?;
                    self.steps[either] = Step::Either { other: self.here()? };
                }
                Node::Alternatives(branches) => self.alternatives(branches, beside)?,
            }
        }
        Ok(())
    }

    fn literal(&mut self, text: &str) -> Result<(), SyntaxError> {
        let start = u16::try_from(self.literals.len());
        let (Ok(start), Ok(len)) = (start, u16::try_from(text.len())) else { return error(1, TOO_LARGE) };
        self.literals.push_str(text);
        self.steps.push(Step::Literal { start, len });
        Ok(())
    }

    fn alternatives(&mut self, branches: &[Vec<Node>], beside: Beside) -> Result<(), SyntaxError> {
        let mut leaving = Vec::new();
        for (at, branch) in branches.iter().enumerate() {
            let is_last = at + 1 == branches.len();
            let either = (!is_last).then(|| self.hole());
            self.sequence(branch, beside)?;
            if let Some(either) = either {
                leaving.push(self.hole());
                self.steps[either] = Step::Either { other: self.here()? };
            }
        }
        let step = self.here()?;
        for hole in leaving {
            self.steps[hole] = Step::Goto { step };
        }
        Ok(())
    }

    /// A step that is filled in later.
    fn hole(&mut self) -> usize {
        self.steps.push(Step::End);
        self.steps.len() - 1
    }

    fn here(&self) -> Result<u16, SyntaxError> {
        u16::try_from(self.steps.len()).or_else(|_| error(1, TOO_LARGE))
    }

    /// INV-P1: white space matches any run, also none; but between two fields, or a field and a digit, at least one,
    /// so that two numbers fused by a lost line break never parse.
    fn space(&mut self, beside: Beside) {
        let (left, right) = (beside.left_word, beside.right_word);
        let needed = (left.has(FIELD) && right.has(FIELD | DIGIT)) || (left.has(DIGIT) && right.has(FIELD));
        self.steps.push(Step::Space { needed });
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
        let Ok(number) = u8::try_from(self.groups.len()) else {
            return error(at, "a template has at most 256 fields in its alternatives");
        };
        let fragment = if let Some(grammar) = self.grammar(field, kind, before_won) {
            self.steps.push(Step::Number { field: number });
            Some(Fragment::shared(&grammar).or_else(|(_, reason)| error(at, &reason))?)
        } else {
            self.has_texts = true;
            self.steps.push(Step::Any { field: Some(number), word: kind == FieldType::Word });
            None
        };
        self.fragments.push(fragment);
        self.groups.push(Group {
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

    /// The regex of a number field; none for free text.
    fn grammar(&self, field: FieldName, kind: FieldType, before_won: bool) -> Option<String> {
        match kind {
            FieldType::Money | FieldType::MoneyIn | FieldType::MoneyEu => {
                Some(MoneyStyle::new(self.currency, kind).grammar(field == FieldName::Balance, before_won))
            }
            FieldType::Date | FieldType::DateDmy | FieldType::DateMdy => Some(date::date_grammar()),
            FieldType::Time => Some(when::time_grammar()),
            FieldType::Datetime => Some(when::datetime_grammar()),
            FieldType::Account => Some("[0-9*xX#•●○](?:[-0-9*xX#•●○]*[0-9*xX#•●○])?".to_owned()),
            FieldType::Int => Some("[0-9]+".to_owned()),
            FieldType::Text | FieldType::Word => None,
        }
    }
}

pub(super) fn is_money(kind: FieldType) -> bool {
    matches!(kind, FieldType::Money | FieldType::MoneyIn | FieldType::MoneyEu)
}

fn error<T>(at: usize, reason: &str) -> Result<T, SyntaxError> {
    Err(SyntaxError { at, reason: reason.to_owned() })
}
