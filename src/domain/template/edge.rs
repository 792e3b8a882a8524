//! What stands beside a part of a template: where white space is needed, and where two fields would run together.

use super::syntax::Node;
use super::units;

/// A field or a skip.
pub(super) const FIELD: u8 = 1;
/// A literal that begins (ends) with a digit.
pub(super) const DIGIT: u8 = 2;
/// A literal that begins (ends) with a unit like 만.
pub(super) const UNIT: u8 = 4;
/// White space.
pub(super) const SPACE: u8 = 8;

/// What may stand beside a part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Edge {
    kinds: u8,
    /// The parts looked at can be absent, so that what is behind them may stand there.
    open: bool,
}

impl Edge {
    const OPEN: Self = Self { kinds: 0, open: true };

    fn one(kind: u8) -> Self {
        Self { kinds: kind, open: false }
    }

    fn union(self, other: Self) -> Self {
        Self { kinds: self.kinds | other.kinds, open: self.open || other.open }
    }

    /// Whether one of `kinds` may stand there.
    pub(super) fn has(self, kinds: u8) -> bool {
        self.kinds & kinds != 0
    }

    /// What stands there when `self` is looked at first and `behind` where `self` can be absent.
    pub(super) fn then(self, behind: impl FnOnce() -> Self) -> Self {
        if self.open { Self { open: false, ..self }.union(behind()) } else { self }
    }
}

/// The end of a run of parts that is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Its first part.
    First,
    /// Its last part.
    Last,
}

/// What a reader meets first at one end of `nodes`; white space is looked through if `through_space`.
pub(super) fn of(nodes: &[Node], end: End, through_space: bool) -> Edge {
    let fold = |edge: Edge, node: &Node| edge.then(|| of_node(node, end, through_space));
    match end {
        End::First => nodes.iter().fold(Edge::OPEN, fold),
        End::Last => nodes.iter().rev().fold(Edge::OPEN, fold),
    }
}

fn of_node(node: &Node, end: End, through_space: bool) -> Edge {
    match node {
        Node::Space => Edge { kinds: SPACE, open: through_space },
        Node::Field(..) | Node::Skip(..) => Edge::one(FIELD),
        Node::Literal(text) => {
            let c = if end == End::First { text.chars().next() } else { text.chars().next_back() };
            Edge::one(match c {
                Some(c) if c.is_ascii_digit() => DIGIT,
                Some(c) if units::is_unit(c) => UNIT,
                _ => 0,
            })
        }
        Node::Optional(inner) => Edge { open: true, ..of(inner, end, through_space) },
        Node::Alternatives(branches) => {
            branches.iter().map(|branch| of(branch, end, through_space)).fold(Edge::default(), Edge::union)
        }
    }
}

/// Whether the nearest of the parts on one side is optional and begins, behind white space, with a field or a digit:
/// where a lost line break glues it on, it reads as absent.
pub(super) fn hides_number(side: &[Node], end: End) -> bool {
    let nearest = if end == End::First { side.first() } else { side.last() };
    let Some(Node::Optional(inner)) = nearest else { return false };
    of(inner, end, false).has(SPACE) && of(inner, end, true).has(FIELD | DIGIT)
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
