use super::*;

fn errors(content: &str) -> Vec<String> {
    let mut corpus = Corpus::default();
    match read("x.jsonl", content, &mut corpus) {
        Ok(()) => Vec::new(),
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
    }
}

#[track_caller]
fn refused(content: &str, told: &str) {
    let errors = errors(content);
    assert!(errors.iter().any(|error| error.contains(told)), "{told:?} in {errors:#?}");
}

const DAY: &str = r#"{"kind":"day","name":"a","accounts":{"kb":{"bank":"korea/kb","writes":"[KB]{date} {time}\n{account}\n{name}\n{word}\n{amount}\n잔액{balance}","account":"123456**789","balance":1000000}}}"#;

#[test]
fn a_wrong_line_is_told_with_its_number_its_field_and_what_would_be_right() {
    refused("\n{x", "x.jsonl, line 2: this is not JSON: key must be a string at column 2");
    let both = errors(&format!("{DAY}\nnot JSON\n// a day without an sms"));
    assert!(both.len() == 2 && both[0].contains("line 1: a day needs") && both[1].contains("line 2:"), "{both:#?}");
    refused(r#"{"text":"a"}"#, "an object with a `kind`");
    refused(r#"{"kind":"txt"}"#, "there is no kind `txt`: it is one of text, template, account, day");
    refused(r#"{"kind":"text","bank":"korea/kb","text":"a"}"#, "missing field `expect`");
    refused(r#"{"kind":"text","bank":"korea/kb","text":"a","expect":"no"}"#, "none of withdrawal, review, none");
    refused(r#"{"kind":"text","bank":"korea/kb","text":"a","expect":{"name":"a"}}"#, "needs its amount");
    refused(r#"{"kind":"text","bank":"korea/kb","text":"a","expect":{"amount":1}}"#, "every value is a string");
    refused(r#"{"kind":"text","bank":"ours","text":"a","expect":"none"}"#, "sender: give the sender");
    refused(r#"{"kind":"sms","at":"09:00"}"#, "a line of kind `day` must stand above it");
    refused(DAY, "line 1: a day needs at least one sms");
    let below = |step: &str| format!("{DAY}\n{step}");
    refused(
        &below(r#"{"kind":"sms","at":"9","on":"kb","name":"홍길동","amount":1}"#),
        "line 2: at: \"9\" is not a time",
    );
    refused(&below(r#"{"kind":"sms","at":"09:00","on":"nh","amount":1}"#), "on: the day has no account \"nh\"");
    refused(&below(r#"{"kind":"sms","at":"09:00","on":"kb","amount":1.5}"#), "amount: an amount is a string");
    refused(
        &below(r#"{"kind":"sms","at":"09:00","on":"kb","amount":1,"pays":"R-9"}"#),
        "line 2: pays: the day has no order \"R-9\"",
    );
    refused(
        &below(r#"{"kind":"sms","at":"09:00","on":"kb","amount":1,"is":"forged","pays":"R"}"#),
        "pays: what is forged",
    );
    refused(&below(r#"{"kind":"sms","at":"09:00","on":"kb","amount":1,"over":["fax"]}"#), "over");
    refused(&below(r#"{"kind":"change","at":"09:00","order":"R-1"}"#), "there is no order \"R-1\" above");
    refused(&below(r#"{"kind":"order","at":"09:00","id":"R","name":"a","amount":0}"#), "more than 0");
    refused(&below(r#"{"kind":"again","at":"09:00","sms":"m"}"#), "there is no sms \"m\" above");
    refused(&DAY.replace("{amount}", "{sum}"), "there are no marks");
}

#[test]
fn a_bank_writes_by_its_books_whatever_order_its_messages_come_in() {
    let day = [
        DAY,
        r#"{"kind":"order","at":"09:00","id":"R-1","name":"홍길동","amount":50000,"minutes":60}"#,
        r#"{"kind":"sms","at":"09:20","id":"second","on":"kb","booked":"09:05","name":"홍길동","amount":50000,"pays":"R-1"}"#,
        r#"{"kind":"sms","at":"09:10","id":"first","on":"kb","booked":"09:04","name":"가나상사","amount":"1000","is":"withdrawal"}"#,
        r#"{"kind":"sms","at":"09:30","id":"forged","on":"kb","name":"김철수","amount":7000,"is":"forged"}"#,
    ];
    let mut corpus = Corpus::default();
    read("x.jsonl", &day.join("\n"), &mut corpus).unwrap();
    let day = &corpus.days[0];
    assert_eq!(day.messages[0].text, "[KB]04/22 09:05\n123456**789\n홍길동\n입금\n50,000\n잔액1,049,000");
    assert_eq!(day.messages[1].text, "[KB]04/22 09:04\n123456**789\n가나상사\n출금\n1,000\n잔액999,000");
    assert!(day.messages[2].text.ends_with("7,000\n잔액1,049,000"), "{}", day.messages[2].text);
    let order: Vec<usize> = day
        .steps
        .iter()
        .filter_map(|step| if let Happening::Delivery { message, .. } = &step.what { Some(*message) } else { None })
        .collect();
    assert_eq!(order, [1, 0, 2]);
    assert_eq!(day.messages[0].truth, Truth { is: Is::Deposit, pays: Some("R-1".to_owned()), certain: true });
}

/// The promise that the shipped files are what the manual says, and large enough to tell anything.
#[test]
fn the_shipped_corpus_can_be_read() {
    let corpus = shipped().unwrap_or_else(|errors| panic!("{errors:#?}"));
    let deposits = corpus.texts.iter().filter(|text| matches!(text.expect, Expect::Deposit(_))).count();
    let negatives = corpus.texts.len() - deposits;
    assert!(corpus.texts.len() >= 300 && negatives >= 120, "{deposits} deposits, {negatives} others");
    assert!(corpus.days.len() >= 24, "{} days", corpus.days.len());
}
