//! Many templates together.

use super::*;

fn with_id_order(patterns: &[&str]) -> Vec<TemplateSpec> {
    patterns.iter().map(|pattern| typed(pattern)).collect()
}

#[test]
fn templates_that_read_the_same_are_one_and_the_highest_priority_is_named() {
    let mut specs = with_id_order(&["입금 {amount} {name}", "<입금|이체> {amount} {name}", "{_} {amount} {name}"]);
    let parsed = parse_by(&specs, "입금 5,000 홍길동");
    assert_eq!(seen(&parsed), "amount=5000 name=홍길동");
    assert_eq!((parsed.reading.unwrap().0, parsed.fitting), (1, vec![1, 2, 3]));
    specs[1].priority = 5;
    assert_eq!(parse_by(&specs, "입금 5,000 홍길동").reading.unwrap().0, 2);
}

/// INV-P7.
#[test]
fn templates_that_read_different_values_book_none() {
    let specs = with_id_order(&["입금 {amount} 잔액 {balance} {name}", "입금 {_} 잔액 {amount} {name}"]);
    let raw = "입금 5,000 잔액 9,000 홍길동";
    let parsed = parse_by(&specs, raw);
    assert_review(&parsed, Flag::AmbiguousTemplate, raw);
    assert_eq!(parsed.fitting, [1, 2]);
}

/// INV-P6.
#[test]
fn a_withdrawal_or_ignore_template_that_fits_wins_whatever_the_priorities() {
    let mut deposit = typed("{_} {amount} {name}");
    deposit.priority = 100;
    for direction in [Direction::Withdrawal, Direction::Ignore] {
        let gate = with_direction("출금 {amount} {name}", direction);
        let parsed = parse_by(&[deposit.clone(), gate], "출금 5,000 홍길동");
        assert_eq!((parsed.state, parsed.need_check), (SmsState::Ignored, false));
        assert_eq!(parsed.reading.unwrap().2.direction, direction);
    }
    let notice = with_direction("[공지]{_}", Direction::Ignore);
    assert_eq!(parse_by(&[notice], "[공지]입금 500원 이벤트").state, SmsState::Ignored);
}

#[test]
fn without_a_template_only_a_financial_text_is_kept_for_review() {
    assert_review(&parse("X {amount}", "입금 50,000원 홍길동"), Flag::FinancialUnparsed, "financial");
    let parsed = parse("X {amount}", "점심 먹자");
    assert_eq!((parsed.state, parsed.need_check, parsed.reading), (SmsState::Ignored, false, None));
}

#[test]
fn a_template_is_tried_for_its_senders_only_however_they_are_written() {
    let spec = TemplateSpec { senders: vec!["1588-0000".into(), "KB Bank".into()], ..typed("입금 {amount} {name}") };
    let book = book(&[spec]);
    let text = normalise("입금 5,000 홍길동");
    for (sender, state) in
        [("15880000", SmsState::Parsed), ("kbbank", SmsState::Parsed), ("15880001", SmsState::Unparsed)]
    {
        assert_eq!(book.parse(sender, &text, RECEIVED).state, state, "{sender}");
    }
}

#[test]
fn a_disabled_template_reads_nothing() {
    let spec = TemplateSpec { enabled: false, ..typed("입금 {amount} {name}") };
    let book = book(&[spec]);
    assert!(book.is_empty());
    assert_eq!(book.parse("1", &normalise("입금 5,000 홍길동"), RECEIVED).state, SmsState::Unparsed);
}

#[test]
fn a_text_too_long_for_any_sms_is_not_read_but_kept() {
    let raw = format!("입금 5,000 홍길동{}", " ".repeat(3) + &"가".repeat(LONGEST_TEXT));
    assert_review(&parse("입금 {amount} {name}", &raw), Flag::FinancialUnparsed, "long");
}

#[test]
fn every_synthetic_text_finds_its_template_among_many() {
    for spread in [synthetic::Spread::OneSender, synthetic::Spread::Everyone] {
        let book = TemplateBook::build(synthetic::entries(24, spread).unwrap());
        for (n, raw) in synthetic::texts(24, 24).iter().enumerate() {
            let parsed = book.parse(synthetic::SENDER, &normalise(raw), RECEIVED);
            assert_eq!((parsed.state, parsed.fitting.len()), (SmsState::Parsed, 1), "{n}: {raw}");
        }
    }
}

#[test]
fn templates_without_a_literal_are_always_tried() {
    let specs = with_id_order(&["{amount} {name}", "입금 {amount} {name}"]);
    assert_eq!(parse_by(&specs, "5,000 홍길동").fitting, [1]);
}
