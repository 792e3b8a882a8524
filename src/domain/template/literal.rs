//! The literals that every text of a template contains: what the prefilter looks for.

use regex_syntax::hir::{Hir, HirKind};

/// A set of which at least one stands in every text that the regex matches.
pub(super) type AnyOf = Vec<String>;

/// Literals that a match cannot do without; empty where there is none.
pub(super) fn required(hir: &Hir) -> Vec<AnyOf> {
    match hir.kind() {
        HirKind::Literal(literal) => {
            std::str::from_utf8(&literal.0).map(|text| vec![vec![text.to_owned()]]).unwrap_or_default()
        }
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        HirKind::Concat(parts) => parts.iter().flat_map(required).collect(),
        HirKind::Alternation(branches) => {
            let picks: Option<Vec<AnyOf>> = branches
                .iter()
                .map(|branch| required(branch).into_iter().max_by_key(|any| any.iter().map(String::len).min()))
                .collect();
            picks.map(|picks| vec![picks.concat()]).unwrap_or_default()
        }
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
