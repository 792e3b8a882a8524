//! Which fields stand in the texts of a template.

use std::collections::BTreeSet;

use super::field::FieldName;
use super::syntax::{Node, SyntaxError};

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
            Node::Literal(_) | Node::Space | Node::Skip(..) => continue,
        };
        if let Some(twice) = sets.some.intersection(&found.some).next() {
            let reason = format!("`{twice}` stands twice; a field is read once (for the other write {{_}})");
            return Err(SyntaxError { at, reason });
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
            Node::Field(_, _, at) | Node::Skip(at, _) => *at,
            Node::Optional(inner) => first_at(inner),
            Node::Alternatives(branches) => {
                branches.iter().map(|branch| first_at(branch)).find(|at| *at > 0).unwrap_or(0)
            }
            Node::Literal(_) | Node::Space => 0,
        })
        .find(|at| *at > 0)
        .unwrap_or(0)
}

/// The character (from 1) where a field stands first.
pub(super) fn place_of(nodes: &[Node], field: FieldName) -> Option<usize> {
    nodes.iter().find_map(|node| match node {
        Node::Field(other, _, at) => (*other == field).then_some(*at),
        Node::Optional(inner) => place_of(inner, field),
        Node::Alternatives(branches) => branches.iter().find_map(|branch| place_of(branch, field)),
        Node::Literal(_) | Node::Space | Node::Skip(..) => None,
    })
}
