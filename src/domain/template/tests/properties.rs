//! What holds for any text and any pattern.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;

/// Texts and patterns made of what matters to the language.
const PIECES: &str = "([\\[\\]{}<>|\\\\:* \n]|\\{(amount|name|date|time|account|_|금액|balance|memo)(:(money|word|text|int))?\\}|입금|잔액|[0-9]{1,3}|[,.원만]|[a-z가-힣]){0,14}";

static KB_COMPILED: LazyLock<Compiled> = LazyLock::new(|| typed(KB).compile().unwrap());
static TWO_NUMBERS: LazyLock<Compiled> = LazyLock::new(|| typed("입금 {amount}\n{name}").compile().unwrap());

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn compiling_and_reading_never_panics(pattern in PIECES, raw in PIECES, is_regex in any::<bool>()) {
        let mut spec = typed(&pattern);
        spec.direction = Direction::Withdrawal;
        if is_regex {
            spec.kind = TemplateKind::Regex;
        }
        match spec.compile() {
            Ok(compiled) => {
                let _ = compiled.read(&normalise(&raw), RECEIVED);
                let _ = compiled.read(&normalise(&pattern), RECEIVED);
            }
            Err(errors) => {
                prop_assert!(!errors.is_empty());
                for error in errors.iter().filter(|error| error.field == "pattern") {
                    prop_assert!(error.message.starts_with("character "), "{}", error.message);
                }
            }
        }
    }

    #[test]
    fn any_pattern_and_any_text_are_taken(pattern in "\\PC{0,40}", raw in "[\\s\\S]{0,60}") {
        if let Ok(compiled) = typed(&pattern).compile() {
            let _ = compiled.read(&normalise(&raw), RECEIVED);
        }
        if let Ok(compiled) = regex(&pattern).compile() {
            let _ = compiled.read(&normalise(&raw), RECEIVED);
        }
    }

    #[test]
    fn a_deposit_is_read_as_it_was_written(
        amount in 1_u32..2_000_000_000,
        name in "[가-힣]{2,5}",
        code in proptest::option::of(0_u16..9999),
        lines in any::<bool>(),
    ) {
        let name = format!("{name}{}", code.map(|code| code.to_string()).unwrap_or_default());
        let raw = format!("[KB]04/22 09:30\n123456**789\n{name}\n입금\n{amount}\n잔액{amount}");
        let raw = if lines { raw } else { raw.replace('\n', " ") };
        let read = KB_COMPILED.read(&normalise(&raw), RECEIVED).map(|reading| reading.fields);
        let fields = read.unwrap();
        prop_assert_eq!(fields.amount.unwrap().minor, i64::from(amount));
        prop_assert_eq!(fields.name.unwrap(), name);
    }

    /// INV-P1, whatever the numbers: without the line break between them, nothing is read.
    #[test]
    fn no_two_fused_numbers_parse(amount in 1_u32..100_000_000, name in 0_u32..1_000_000) {
        let (apart, fused) = (format!("입금 {amount}\n{name}"), format!("입금 {amount}{name}"));
        prop_assert!(TWO_NUMBERS.read(&normalise(&apart), RECEIVED).is_some());
        prop_assert!(TWO_NUMBERS.read(&normalise(&fused), RECEIVED).is_none());
    }
}
