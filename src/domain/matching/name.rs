//! Names of payers, made comparable.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// What every mask character becomes.
const MASK: char = '*';
/// Korean banks have codes of three digits.
const BANK_CODE_DIGITS: usize = 3;
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
/// The shortest of these that is known where the bank may have cut it: `CO` may begin CONSTRUCTION, `INC` INCHEON.
const CUT_WORD_CHARS_MIN: usize = 7;
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
    without_forms(&folded(name), false).0
}

/// How a name is commonly written, itself first: what to look for where names are found as they were written, but for
/// case and spaces. Empty where it names nobody, or is masked.
#[must_use]
pub fn writings(raw: &str) -> Vec<String> {
    let Some(name) = NamePattern::new(raw, None).filter(|name| !name.is_masked) else { return Vec::new() };
    let plain = name.text();
    let mut all = vec![raw.trim().to_owned(), plain.to_owned()];
    if plain.chars().any(|c| ('가'..='힣').contains(&c)) {
        all.extend(
            ["(주)", "㈜", "주식회사"].iter().flat_map(|form| [format!("{form}{plain}"), format!("{plain}{form}")]),
        );
    }
    let mut seen = std::collections::HashSet::new();
    all.retain(|writing| seen.insert(writing.to_lowercase().replace(' ', "")));
    all
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
        let ends_in_cut_form = reaches_max && drop_cut_form(&mut folded);
        let (text, ends_in_form) = without_forms(&folded, reaches_max && !ends_in_cut_form);
        let text = masks_of_letters(text);
        let known = text.chars().filter(|c| *c != MASK).count();
        if known == 0 || text.chars().count() < NAME_CHARS_MIN {
            return None;
        }
        let is_masked = text.contains(MASK);
        // Behind a legal form, or the beginning of one, the name is whole, however long it is.
        Some(Self { text, is_masked, is_cut: reaches_max && !ends_in_form && !ends_in_cut_form })
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

/// Drops legal forms, a bank's code, spaces and punctuation; of nothing but those nothing is left. Also says whether the name ended in a legal form. Of a name
/// that may be cut the last word may be the beginning of another.
fn without_forms(folded: &str, may_be_cut: bool) -> (String, bool) {
    let mut text: String =
        without_bank_code(folded.trim()).chars().map(|c| if is_mask(c) { MASK } else { c }).collect();
    let mut ends_in_form = false;
    if text.contains(')') {
        ends_in_form = without_bracketed_forms(&mut text);
    }
    let mut words: Vec<&str> = text.split(|c| !is_word(c) && c != MASK).filter(|word| !word.is_empty()).collect();
    let mut is_last_cut = may_be_cut && text.ends_with(is_word);
    while words.last().is_some_and(|word| {
        TRAILING_WORDS.contains(word) && !(is_last_cut && word.chars().count() < CUT_WORD_CHARS_MIN)
    }) {
        words.pop();
        (ends_in_form, is_last_cut) = (true, false);
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
        at_start.or(at_end).map(|(rest, at_end)| (rest.to_owned(), at_end))
    })
}

/// Drops the code of the payer's bank in front of a name: `088-홍길동`. What follows must be a name.
fn without_bank_code(text: &str) -> &str {
    let code = text.get(..BANK_CODE_DIGITS).filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()));
    code.and_then(|code| text.strip_prefix(code)?.strip_prefix('-'))
        .filter(|rest| rest.chars().find(|c| is_word(*c)).is_none_or(char::is_alphabetic))
        .unwrap_or(text)
}

/// Drops a bracketed legal form whose end the bank cut off (`에이치케이(주`); says whether there was one.
fn drop_cut_form(folded: &mut String) -> bool {
    let Some(at) = folded.rfind('(') else { return false };
    let rest = folded[at + 1..].trim();
    let is_form = rest.is_empty() || BRACKETED_FORMS.contains(&rest);
    if is_form {
        folded.truncate(at);
    }
    is_form
}

fn is_mask(c: char) -> bool {
    matches!(c, '*' | '∗' | '○' | '◯' | '●' | '〇' | '•' | '□' | '■')
}

/// X and O mask a syllable only inside a Korean person's name (`홍X동`, `홍O동`): `프로젝트X` and `XX상사` are names.
fn masks_of_letters(text: String) -> String {
    let is_hangul = |c: &char| ('가'..='힣').contains(c);
    let chars: Vec<char> = text.chars().collect();
    let is_masked_person = (3..=4).contains(&chars.len())
        && chars.first().is_some_and(is_hangul)
        && chars.last().is_some_and(is_hangul)
        && chars.iter().all(|c| is_hangul(c) || matches!(c, 'x' | 'o'));
    if is_masked_person { text.replace(['x', 'o'], "*") } else { text }
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
            ("(유)한빛", "한빛유한회사"),
            ("사단법인 한빛회", "㈔한빛회"),
            ("농협주식회사", "농협"),
            ("088-홍길동(", "홍길동"),
            ("088-㈜한빛", "한빛"),
            ("Hanbit Co., Ltd.", "HANBIT"),
            ("STRASSE", "straße"),
            ("\u{1112}\u{1169}\u{11bc}길동", "홍길동"), // decomposed, as some phones send it
        ] {
            assert!(fits(raw, None, order), "{raw} against {order}");
        }
        assert!(!fits("홍길동", None, "홍길순"));
        assert!(!fits("김신한", None, "신한"));
        assert!(!fits("088-5016", None, "5016"), "what follows a bank's code is a name");
        assert!(!fits("0881-홍길동", None, "홍길동"));
        for form in ["주식회사", "(주)", "Co., Ltd.", "주식회사 (유)"] {
            assert_eq!(
                normalised(form),
                "",
                "{form}: a legal form names nobody, on an order no more than on a deposit"
            );
        }
    }

    #[test]
    fn a_mask_fits_exactly_one_character() {
        assert!(fits("홍*동", None, "홍길동"));
        assert!(fits("홍○동", None, "홍길동"));
        assert!(fits("홍X동", None, "홍길동"));
        assert!(fits("홍O동", None, "홍길동"));
        assert!(fits("홍길＊", None, "홍길동"));
        assert!(fits("김**", None, "김철수"));
        assert!(!fits("김**", None, "김구"));
        assert!(!fits("**", None, "홍길"), "masks alone name nobody");
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
        assert!(!fits("에이치케이(주", Some(7), "에이치케이코퍼레이션"), "whole before its legal form");
        assert!(fits("088-홍길동(", Some(8), "홍길동"));
        assert!(!fits("088-홍길동(", Some(8), "홍길동이"));
        assert!(fits("HANBIT CO", Some(9), "Hanbit Construction"));
        assert!(!fits("HANBIT CO", Some(9), "Hanbit Ltd."), "CO may begin another word");
        assert!(fits("HANBIT CO.", Some(10), "Hanbit Ltd."), "the dot ends it");
        assert!(fits("HANBIT CO", Some(10), "Hanbit Ltd."), "it was not cut");
        assert!(!fits("에이치케이(주)", Some(8), "에이치케이코퍼레이션"), "whole behind its legal form");
        assert!(!fits("홍길동", Some(3), "홍길"));
    }

    #[test]
    fn a_name_is_looked_for_as_people_write_it() {
        assert_eq!(writings("Hong Gildong"), ["Hong Gildong"]);
        let of_company = ["㈜ 한빛", "한빛", "(주)한빛", "한빛(주)", "한빛㈜", "주식회사한빛", "한빛주식회사"];
        assert_eq!(writings(" ㈜ 한빛 "), of_company);
        assert!(writings("홍*동").is_empty() && writings("김").is_empty());
    }

    #[test]
    fn what_names_nobody_is_no_pattern() {
        for raw in ["", "  ", "김", "***", "○○○", "*", "(주)", "-", "(주)가", "088-", "088-("] {
            assert_eq!(NamePattern::new(raw, Some(1)), None, "{raw:?}");
        }
        for raw in ["주식회사", "㈜", "사단법인", "Co., Ltd.", "LTD", "(주) 주식회사", "088-주식회사", "주식회사 *"]
        {
            assert_eq!(NamePattern::new(raw, None), None, "{raw:?} is a legal form of nobody");
        }
    }
}
