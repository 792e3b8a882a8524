use serde_json::json;

use super::*;
use crate::domain::sms::SmsState;
use crate::store::testing::{TestStore, base, caller, message, stores};

fn spec(name: &str, pattern: &str) -> TemplateSpec {
    serde_json::from_value(json!({
        "name": name, "kind": "typed", "pattern": pattern, "senders": ["1588-1688"], "direction": "deposit",
        "currency": "KRW", "timezone": "Asia/Seoul",
    }))
    .unwrap()
}

fn book(store: &TestStore) -> TemplateBook {
    TemplateBook::new((**store).clone(), Nudger::none())
}

async fn received(store: &TestStore, sender: &str, text: &str) -> i64 {
    let mut row = message(sender, SmsState::Unparsed, store.now());
    row.text = Some(text.to_owned());
    store.put_sms(row).await
}

#[tokio::test]
async fn a_template_that_does_not_compile_is_refused_and_not_stored() {
    for store in stores().await {
        let refused = book(&store).add(&caller("a", None), spec("bad", "입금 {amount")).await;
        match refused {
            Err(Refusal::Invalid(errors)) => assert_eq!(errors[0].field, "pattern"),
            other => panic!("{other:?}"),
        }
        assert!(store.templates_enabled().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn saving_tells_where_another_template_reads_a_stored_message_otherwise() {
    for store in stores().await {
        let ours = received(&store, "1588-1688", "입금 50,000원\n홍길동\n잔액 70,000원").await;
        received(&store, "1599-1111", "입금 60,000원\n김철수\n잔액 80,000원").await;
        let book = book(&store);
        let operator = caller("a", None);
        let first = book.add(&operator, spec("first", "입금 {amount}\n{name}\n잔액 {balance}")).await.unwrap();
        assert_eq!(first.body["warnings"], json!([]));
        let first_id = first.body["id"].as_i64().unwrap();

        let same = book.add(&operator, spec("same", "입금 {amount}\n{name}\n잔액{balance}")).await.unwrap();
        assert_eq!(same.body["warnings"], json!([]), "the same values are no warning");
        book.delete(&operator, same.body["id"].as_i64().unwrap()).await.unwrap();

        let other = book.add(&operator, spec("other", "입금 {_}\n{name}\n잔액 {amount}")).await.unwrap();
        let warnings: Vec<String> = serde_json::from_value(other.body["warnings"].clone()).unwrap();
        let told = warnings.iter().find(|warning| warning.starts_with(&format!("template {first_id} (\"first\")")));
        let told = told.unwrap_or_else(|| panic!("{warnings:?}"));
        assert!(told.contains(&format!("reads sms {ours} otherwise")), "{told}");
        assert!(told.contains("amount \"50000\" instead of \"70000\""), "{told}");

        let replaced =
            book.replace(&operator, first_id, spec("first", "입금 {amount}\n{name}\n잔액 {_}")).await.unwrap();
        let warnings = replaced.body["warnings"].to_string();
        assert!(!warnings.contains("(\\\"first\\\")"), "it is not compared with what it replaces: {warnings}");
    }
}

#[tokio::test]
async fn a_test_reads_each_text_in_order_and_stores_nothing() {
    let input = TemplateTestInput {
        template: spec("tried", "입금 {amount}\n{name}"),
        texts: vec!["입금 50,000원\n홍길동".to_owned(), "출금 50,000원\n홍길동".to_owned()],
    };
    let done = test(input, base()).await.unwrap();
    assert_eq!(done.results.iter().map(|result| result.matched).collect::<Vec<_>>(), [true, false]);
    assert_eq!(done.results[0].fields["amount"], "50000");
    assert_eq!(done.results[0].fields["name"], "홍길동");
    assert_eq!(done.results[0].spans["name"], (11, 14));
}

#[test]
fn a_test_shows_the_flag_that_a_message_of_the_text_would_carry() {
    let compiled = spec("A", "입금 {amount}원 {name}").compile().unwrap();
    let flags = |text: &str| tried(&compiled, text, crate::domain::time::UnixMs(0)).flags;
    assert!(flags("입금 5\u{200b},000원 홍길동").has(crate::domain::flags::Flag::SuspiciousText));
    assert_eq!(flags("입금 5,000원 홍길동"), crate::domain::flags::Flags::NONE);
}

#[tokio::test]
async fn a_test_of_a_bad_template_or_of_no_texts_is_refused_by_field() {
    let input = |pattern: &str, texts: usize| TemplateTestInput {
        template: spec("tried", pattern),
        texts: vec!["입금 1원\n홍길동".to_owned(); texts],
    };
    let cases =
        [("{amount", 1, "template.pattern"), ("{amount} {name}", 0, "texts"), ("{amount} {name}", 101, "texts")];
    for (pattern, texts, field) in cases {
        match test(input(pattern, texts), base()).await {
            Err(Refusal::Invalid(errors)) => assert_eq!(errors[0].field, field),
            other => panic!("{field}: {other:?}"),
        }
    }
}
