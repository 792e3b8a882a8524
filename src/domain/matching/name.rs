//! Names of payers, made comparable.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What every mask character becomes.
const MASK: char = '*';
/// The shortest name that names anybody.
const NAME_CHARS_MIN: usize = 2;
/// Signs of a legal form, which stand in brackets before or after a name (`㈜` becomes `(주)` by NFKC).
const BRACKETED_FORMS: [&str; 8] = ["주", "유", "사", "재", "합", "자", "株", "有"];
/// Legal forms written out, directly before or after a name.
const WRITTEN_FORMS: [&str; 12] = [
    "농업회사법인",
    "유한책임회사",
    "주식회사",
    "유한회사",
    "합자회사",
    "합명회사",
    "사단법인",
    "재단법인",
    "株式会社",
    "有限会社",
    "股份有限公司",
    "有限公司",
];
/// Legal forms that are words of their own behind a name.
const TRAILING_WORDS: [&str; 12] =
    ["co", "ltd", "inc", "llc", "corp", "plc", "gmbh", "pvt", "pte", "limited", "incorporated", "corporation"];

/// NFKC and case folded.
pub(super) fn folded(text: &str) -> String {
    // Upper case first: it takes ß to SS and the final sigma to the common one, as full case folding does.
    text.nfkc().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc().collect()
}

/// Whether a character is part of a word; all others are spaces and punctuation.
pub(super) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// A name without case, spaces, punctuation and legal form, its mask characters as `*`.
pub(super) fn normalised(name: &str) -> String {
    without_forms(&folded(name)).0
}

/// A deposit's name, as a pattern for the names of orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NamePattern {
    text: String,
    is_masked: bool,
    is_cut: bool,
}

impl NamePattern {
    /// The pattern of a raw name; none where it names nobody: nothing left, one character, or masks only.
    ///
    /// `name_max` counts characters of the raw name: one that is as long may have been cut, and then fits every name
    /// that begins with it.
    pub(super) fn new(raw: &str, name_max: Option<u32>) -> Option<Self> {
        let raw = raw.trim();
        let reaches_max =
            name_max.is_some_and(|max| max > 0 && u32::try_from(raw.nfc().count()).is_ok_and(|n| n >= max));
        let mut folded = folded(raw);
        if reaches_max {
            drop_cut_form(&mut folded);
        }
        let (text, ends_in_form) = without_forms(&folded);
        let text = masks_of_letter_x(text);
        let known = text.chars().filter(|c| *c != MASK).count();
        if known == 0 || text.chars().count() < NAME_CHARS_MIN {
            return None;
        }
        let is_masked = text.contains(MASK);
        // Behind a legal form the name is whole, however long it is.
        Some(Self { text, is_masked, is_cut: reaches_max && !ends_in_form })
    }

    /// The beginning that every fitting name has.
    pub(super) fn literal_prefix(&self) -> &str {
        self.text.split(MASK).next().unwrap_or_default()
    }

    /// Whether it fits one name only.
    pub(super) fn is_exact(&self) -> bool {
        !self.is_masked && !self.is_cut
    }

    /// Whether it fits an order's normalised name. A mask in the order's own name is a character like any other.
    pub(super) fn fits(&self, order_name: &str) -> bool {
        if self.is_exact() {
            return self.text == order_name;
        }
        let mut rest = order_name.chars();
        let begins = self.text.chars().all(|c| rest.next().is_some_and(|other| c == MASK || c == other));
        begins && (self.is_cut || rest.next().is_none())
    }

    /// The normalised name, for people.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What made it fit other names than itself, for people.
    pub(super) fn leniency(&self) -> Option<&'static str> {
        match (self.is_masked, self.is_cut) {
            (false, false) => None,
            (true, false) => Some("the bank masks the name"),
            (false, true) => Some("the bank cuts the name"),
            (true, true) => Some("the bank masks and cuts the name"),
        }
    }
}

/// Drops legal forms, spaces and punctuation; also says whether the name ended in a legal form.
fn without_forms(folded: &str) -> (String, bool) {
    let mut text: String = folded.trim().chars().map(|c| if is_mask(c) { MASK } else { c }).collect();
    let mut ends_in_form = false;
    if text.contains(')') {
        ends_in_form = without_bracketed_forms(&mut text);
    }
    let mut words: Vec<&str> = text.split(|c| !is_word(c) && c != MASK).filter(|word| !word.is_empty()).collect();
    while words.len() > 1 && words.last().is_some_and(|word| TRAILING_WORDS.contains(word)) {
        words.pop();
        ends_in_form = true;
    }
    let mut compact = words.concat();
    while let Some((shorter, at_end)) = without_one_written_form(&compact) {
        compact = shorter;
        ends_in_form |= at_end;
    }
    (compact, ends_in_form)
}

/// Drops `(주)` and the like; says whether the name ended in one.
fn without_bracketed_forms(text: &mut String) -> bool {
    let mut ends_in_form = false;
    for form in BRACKETED_FORMS {
        let bracketed = format!("({form})");
        ends_in_form |= text.ends_with(&bracketed);
        *text = text.replace(&bracketed, " ");
        // A bank that cuts names from the left leaves half a bracket: `주)에이치케이`.
        if let Some(rest) = text.strip_prefix(form).and_then(|rest| rest.strip_prefix(')')) {
            *text = rest.to_owned();
        }
    }
    ends_in_form
}

fn without_one_written_form(compact: &str) -> Option<(String, bool)> {
    WRITTEN_FORMS.iter().find_map(|form| {
        let at_start = compact.strip_prefix(form).map(|rest| (rest, false));
        let at_end = compact.strip_suffix(form).map(|rest| (rest, true));
        at_start.or(at_end).filter(|(rest, _)| !rest.is_empty()).map(|(rest, at_end)| (rest.to_owned(), at_end))
    })
}

/// Drops a bracketed legal form whose end the bank cut off: `에이치케이(주`.
fn drop_cut_form(folded: &mut String) {
    if let Some(at) = folded.rfind('(') {
        let rest = folded[at + 1..].trim();
        if rest.is_empty() || BRACKETED_FORMS.contains(&rest) {
            folded.truncate(at);
        }
    }
}

fn is_mask(c: char) -> bool {
    matches!(c, '*' | '∗' | '○' | '◯' | '●' | '〇')
}

/// X masks a syllable only inside a Korean person's name (`홍X동`): `프로젝트X` and `XX상사` are names.
fn masks_of_letter_x(text: String) -> String {
    let is_hangul = |c: &char| ('가'..='힣').contains(c);
    let chars: Vec<char> = text.chars().collect();
    let is_masked_person = (3..=4).contains(&chars.len())
        && chars.first().is_some_and(is_hangul)
        && chars.last().is_some_and(is_hangul)
        && chars.iter().all(|c| is_hangul(c) || *c == 'x');
    if is_masked_person { text.replace('x', "*") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(raw: &str, name_max: Option<u32>, order: &str) -> bool {
        NamePattern::new(raw, name_max).is_some_and(|pattern| pattern.fits(&normalised(order)))
    }

    #[test]
    fn spaces_punctuation_case_width_and_legal_forms_do_not_count() {
        for (raw, order) in [
            ("홍 길동", "홍길동"),
            ("ＫＩＭ chulsoo", "Kim, Chul-Soo"),
            ("㈜한빛상사", "주식회사 한빛상사"),
            ("한빛상사(주)", "(주)한빛상사"),
            ("주)에이치케이", "에이치케이"),
            ("Hanbit Co., Ltd.", "HANBIT"),
            ("STRASSE", "straße"),
            ("\u{1112}\u{1169}\u{11bc}길동", "홍길동"), // decomposed, as some phones send it
        ] {
            assert!(fits(raw, None, order), "{raw} against {order}");
        }
        assert!(!fits("홍길동", None, "홍길순"));
        assert!(!fits("김신한", None, "신한"));
        assert_eq!(normalised("주식회사"), "주식회사", "a name is never stripped to nothing");
    }

    #[test]
    fn a_mask_fits_exactly_one_character() {
        assert!(fits("홍*동", None, "홍길동"));
        assert!(fits("홍○동", None, "홍길동"));
        assert!(fits("홍X동", None, "홍길동"));
        assert!(!fits("홍*동", None, "홍동"));
        assert!(!fits("홍*동", None, "홍길길동"));
        assert!(!fits("홍길*", None, "홍길동이"), "it masks one character, not the rest");
        assert!(!fits("홍*동", None, "김길동"));
        assert!(!fits("홍길동", None, "홍*동"), "a customer cannot ask for anybody's deposit");
    }

    #[test]
    fn x_is_a_letter_wherever_it_may_be_one() {
        assert!(!fits("프로젝트X", None, "프로젝트가"));
        assert!(!fits("XX상사", None, "가나상사"));
        assert!(!fits("MAX", None, "MAY"));
        assert!(fits("max", None, "MAX"));
    }

    #[test]
    fn a_cut_name_fits_what_begins_with_it_and_only_where_it_is_as_long_as_the_bank_allows() {
        assert!(fits("에이치케이코퍼", Some(7), "에이치케이코퍼레이션"));
        assert!(!fits("에이치케이코퍼", Some(8), "에이치케이코퍼레이션"), "7 of 8 characters: it was not cut");
        assert!(!fits("에이치케이코퍼", None, "에이치케이코퍼레이션"));
        assert!(fits("주)에이치케이코퍼", Some(9), "(주)에이치케이코퍼레이션"), "the raw name is counted");
        assert!(fits("에이치케이(주", Some(7), "에이치케이(주)"), "a legal form that was cut");
        assert!(!fits("에이치케이(주)", Some(8), "에이치케이코퍼레이션"), "whole behind its legal form");
        assert!(!fits("홍길동", Some(3), "홍길"));
    }

    #[test]
    fn what_names_nobody_is_no_pattern() {
        for raw in ["", "  ", "김", "***", "*", "(주)", "-", "(주)가"] {
            assert_eq!(NamePattern::new(raw, Some(1)), None, "{raw:?}");
        }
    }
}
