//! The examples of the reference page are what they say.

use super::*;

const PAGE: &str = include_str!("../../../../docs/reference/recon/templates.md");

/// The lines of the page's examples: word and rest.
fn lines() -> Vec<(&'static str, String)> {
    let blocks = PAGE.split("```text\n").skip(1).filter_map(|block| block.split("```").next());
    let lines = blocks.flat_map(str::lines).filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            (word, rest.trim().replace('⏎', "\n"))
        })
        .collect()
}

fn found(parsed: &Parsed) -> std::collections::BTreeMap<String, String> {
    parsed.reading.as_ref().map(|(_, _, reading)| reading.fields.to_map()).unwrap_or_default()
}

#[test]
fn every_example_of_the_reference_page_is_true() {
    let (mut spec, mut text, mut checked) = (typed("x"), String::new(), 0);
    for (word, rest) in lines() {
        match word {
            "currency" => spec.currency = rest,
            "maximum" => spec.max_amount = Some(rest),
            "direction" => spec.direction = rest.parse().unwrap(),
            "template" | "regex" => {
                let kind = if word == "regex" { TemplateKind::Regex } else { TemplateKind::Typed };
                spec = TemplateSpec { pattern: rest, kind, ..spec };
            }
            "refused" => {
                let errors = spec.validate().unwrap_err();
                assert!(errors[0].message.starts_with(&rest), "{}: {errors:?}", spec.pattern);
                checked += 1;
            }
            "text" => text = rest,
            "reads" => {
                let parsed = parse_by(std::slice::from_ref(&spec), &text);
                assert_eq!(parsed.state, SmsState::Parsed, "{}: {text}: {parsed:?}", spec.pattern);
                let mut read = found(&parsed);
                if !rest.contains("occurred_at=") {
                    read.remove("occurred_at");
                }
                let expected = rest.split("  ").map(|pair| pair.split_once('=').unwrap());
                let expected = expected.map(|(field, value)| (field.to_owned(), value.to_owned())).collect();
                assert_eq!(read, expected, "{}: {text}", spec.pattern);
                checked += 1;
            }
            "review" => {
                let flag = rest.parse().unwrap();
                assert_review(&parse_by(std::slice::from_ref(&spec), &text), flag, &text);
                checked += 1;
            }
            "ignored" => {
                let parsed = parse_by(std::slice::from_ref(&spec), &text);
                assert_eq!((parsed.state, parsed.need_check), (SmsState::Ignored, false), "{}: {text}", spec.pattern);
                checked += 1;
            }
            _ => panic!("the page has a line that is no example: {word} {rest}"),
        }
        if word == "review" {
            spec.max_amount = None; // it is for one example
        }
    }
    assert!(checked > 40, "only {checked} examples are found");
}

#[test]
fn every_field_and_type_is_on_the_page() {
    for word in FieldName::ALL.iter().map(|field| field.as_str()).chain(FieldType::ALL.iter().map(|kind| kind.as_str()))
    {
        assert!(PAGE.contains(&format!("`{word}`")), "{word}");
    }
}
