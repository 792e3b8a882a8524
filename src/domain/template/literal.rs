//! The literals that every text of a template contains: what the prefilter looks for.

use regex_syntax::hir::{Hir, HirKind};

use super::syntax::Node;

/// A set of which at least one stands in every text that the regex matches.
pub(super) type AnyOf = Vec<String>;

/// Literals that no text of a typed template is without; empty where there is none.
pub(super) fn required_of(nodes: &[Node]) -> Vec<AnyOf> {
    nodes
        .iter()
        .flat_map(|node| match node {
            Node::Literal(text) => vec![vec![text.clone()]],
            Node::Alternatives(branches) => any_of(branches.iter().map(|branch| required_of(branch))),
            Node::Space | Node::Field(..) | Node::Skip(..) | Node::Optional(_) => Vec::new(),
        })
        .collect()
}

/// Of each branch its longest literal; nothing where a branch has none.
fn any_of(branches: impl Iterator<Item = Vec<AnyOf>>) -> Vec<AnyOf> {
    let longest = |any: &AnyOf| any.iter().map(String::len).min();
    let picks: Option<Vec<AnyOf>> = branches.map(|required| required.into_iter().max_by_key(longest)).collect();
    picks.map(|picks| vec![picks.concat()]).unwrap_or_default()
}

/// Literals that a match of a regex cannot do without; empty where there is none.
pub(super) fn required(hir: &Hir) -> Vec<AnyOf> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            std::str::from_utf8(&literal.0).map(|text| vec![vec![text.to_owned()]]).unwrap_or_default()
        }
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        HirKind::Concat(parts) => parts.iter().flat_map(required).collect(),
        HirKind::Alternation(branches) => any_of(branches.iter().map(required)),
        HirKind::Empty | HirKind::Class(_) | HirKind::Look(_) | HirKind::Repetition(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(regex: &str) -> Vec<AnyOf> {
        required(&regex_syntax::parse(regex).unwrap())
    }

    #[test]
    fn only_what_every_match_contains_is_required() {
        assert_eq!(of(r"입금 \d+원(?:잔액)?"), [vec!["입금 "], vec!["원"]]);
        assert_eq!(of("(?:입금|이체됨)x"), [vec!["입금", "이체됨"], vec!["x"]]);
        assert!(of("(?:입금|)").is_empty());
        assert!(of("(?i)abc|[ab]").is_empty());
        assert_eq!(of("(?:ab)+"), [vec!["ab"]]);
    }
}
