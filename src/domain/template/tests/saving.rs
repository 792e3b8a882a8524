//! What saving a template refuses, and how it says so.

use std::collections::BTreeMap;

use super::*;

fn errors(spec: &TemplateSpec) -> Vec<(String, String)> {
    spec.validate().unwrap_err().into_iter().map(|error| (error.field, error.message)).collect()
}

#[test]
fn a_bad_pattern_is_refused_with_the_place_and_the_reason() {
    for (pattern, place, reason) in [
        ("입금 {amount", 4, "not closed"),
        ("입금 {sum}", 4, "no field `sum`"),
        ("입금 {amount:word}", 4, "cannot be read"),
        ("입금 {_:int} {amount}", 4, "is a text or a word"),
        ("입금 {amount:foo}", 4, "\"foo\" is not one of"),
        ("입금 {amount}[[x", 12, "not closed"),
        ("<입금|이체 {amount}", 1, "not closed"),
        ("입금 {amount}\\", 12, "needs a character"),
        ("{amount}{name}", 1, "between two fields"),
        ("{amount} {_}{name}", 10, "between two fields"),
        ("입금 {amount} {amount}", 13, "twice"),
        ("입금 {amount}만원", 4, "units"),
        ("입금 {amount}5", 4, "digit"),
        ("입금 [[{amount}]]", 6, "always there"),
        ("입금 {amount} {date} {datetime}", 20, "both already"),
        ("[Web발신]\n입금 [[{amount}]]", 14, "always there"),
        ("입금 {name}", 1, "always there"),
        ("{amount}[[a[[b[[c[[d[[e]]]]]]]]]]", 21, "deep"),
        ("", 1, "empty"),
    ] {
        let (field, message) = errors(&typed(pattern)).swap_remove(0);
        assert_eq!(field, "pattern", "{pattern}");
        assert!(
            message.starts_with(&format!("character {place}: ")) && message.contains(reason),
            "{pattern}: {message}"
        );
    }
    for (pattern, place, reason) in [
        ("입금 (?P<amount>[0-9]+", 4, "unclosed group"),
        ("입금 (?P<sum>.*)(?P<amount>.*)", 8, "no field"),
        (r"(?P<amount>.*)(?=x)", 15, "look-around"),
        (r"(?P<amount>.)(?P<금액>.)", 18, "twice"),
        ("입금", 1, "always there"),
        (r"(?P<amount>\w{200}){200}", 1, "too large"),
    ] {
        let (field, message) = errors(&regex(pattern)).swap_remove(0);
        assert_eq!(field, "pattern", "{pattern}");
        assert!(
            message.starts_with(&format!("character {place}: ")) && message.contains(reason),
            "{pattern}: {message}"
        );
    }
}

#[test]
fn every_wrong_field_is_named() {
    let spec = TemplateSpec {
        name: " ".into(),
        senders: vec!["*".into(), "  ".into()],
        currency: "won".into(),
        timezone: "Seoul".into(),
        account: Some(String::new()),
        name_max: Some(0),
        ..typed("{foo}")
    };
    let fields: Vec<String> = errors(&spec).into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["name", "senders[1]", "account", "name_max", "currency", "timezone", "pattern"]);
    let (field, message) = errors(&in_currency("{amount}", "XTS")).swap_remove(0);
    assert!(field == "currency" && message.contains("heartbeat"), "{message}");
    let told = errors(&in_currency("{amount}", "XXX")).swap_remove(0);
    assert_eq!(told, ("currency".to_owned(), "XXX is no currency of ISO 4217 in which people pay".to_owned()));
    let told = errors(&typed(&"a".repeat(4001))).swap_remove(0);
    assert_eq!(told, ("pattern".to_owned(), "character 4001: a pattern has at most 4000 characters".to_owned()));
    for maximum in ["0", "1.5", "-1", "1,000", ""] {
        let spec = TemplateSpec { max_amount: Some(maximum.into()), ..typed("{amount}") };
        assert_eq!(errors(&spec)[0].0, "max_amount", "{maximum}");
    }
}

fn sample(text: &str, expect: &[(&str, &str)]) -> TemplateSample {
    let expect: BTreeMap<String, String> = expect.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    TemplateSample { text: text.to_owned(), expect, received_at: None }
}

#[test]
fn samples_must_be_read_as_expected() {
    let text = "[KB]04/22 09:30\n123456**789\n홍길동\n입금\n50,000\n잔액1,234,567";
    let good = sample(
        text,
        &[
            ("amount", "50,000"),
            ("balance", "1234567"),
            ("name", "홍길동"),
            ("account", "123456**789"),
            ("time", "09:30"),
        ],
    );
    let mut dated = sample(text, &[("occurred_at", "2026-04-22T00:30:00Z"), ("date", "04/22")]);
    dated.received_at = Some(RECEIVED);
    let mut spec = TemplateSpec { samples: vec![good, dated], ..typed(KB) };
    assert_eq!(spec.validate(), Ok(()));

    spec.samples = vec![
        sample("점심 먹자", &[]),
        sample(text, &[("amount", "5000"), ("memo", "x"), ("name", "홍길동"), ("sum", "1")]),
        sample(&text.replace("50,000", "0"), &[]),
    ];
    let errors = errors(&spec);
    let fields: Vec<&str> = errors.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "samples[0].text",
            "samples[1].expect.amount",
            "samples[1].expect.memo",
            "samples[1].expect.sum",
            "samples[2].text"
        ]
    );
    assert_eq!(errors[1].1, r#"expected "5000", but the template reads "50000""#);
}

#[test]
fn what_is_odd_but_allowed_is_a_warning() {
    let warnings = |pattern: &str| typed(pattern).compile().unwrap().warnings;
    assert!(warnings("[KB] 123-456 입금 {amount}")[0].contains("123"));
    assert!(warnings("<새마을금고> 입금 {amount}")[0].contains("taken as text"));
    assert!(warnings("입금취소 {amount}")[0].contains("취소"));
    assert!(warnings("<입금|출금> {amount}")[0].contains("출금"));
    assert!(warnings(KB).is_empty());
}

#[test]
fn the_json_is_the_surface_s() {
    let json = r#"{"name":"KB","kind":"typed","pattern":"입금 {amount}","senders":["15881688"],"direction":"deposit",
        "currency":"KRW","timezone":"Asia/Seoul","samples":[{"text":"입금 5,000","expect":{"amount":"5000"}}]}"#;
    let spec: TemplateSpec = serde_json::from_str(json).unwrap();
    assert_eq!((spec.priority, spec.enabled), (0, true));
    assert_eq!(spec.validate(), Ok(()));
    let again: TemplateSpec = serde_json::from_str(&serde_json::to_string(&spec).unwrap()).unwrap();
    assert_eq!(again, spec);
    assert!(serde_json::from_str::<TemplateSpec>(&json.replace("\"name\"", "\"nam\"")).is_err());
}
