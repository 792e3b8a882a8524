//! The typed language, construct by construct.

use super::*;

#[test]
fn fields_have_names_in_korean_too() {
    let pattern = "{날짜} {시간} {계좌}\n{입금자}\n입금 {금액}\n잔액 {잔액} {무시}";
    let raw = "04/22 09:30 123-456\n홍길동\n입금 5,000\n잔액 9,000 끝";
    assert_eq!(seen(&parse(pattern, raw)), "account=123-456 amount=5000 balance=9000 name=홍길동");
    let old = regex(r"(?s)입금 (?P<금액>[\d,]+)원 (?<입금자>\S+)");
    assert_eq!(seen(&parse_by(&[old], "입금 5,000원 홍길동")), "amount=5000 name=홍길동");
}

#[test]
fn alternatives_optional_parts_and_escapes() {
    let pattern = r"\[\[X\]\] \{y\} <입금|<이체|송금>됨> {amount}[[ 잔액 {balance}[[원]]]] a\|b \\ {name}";
    for (raw, expected) in [
        (r"[[X]] {y} 입금 5,000 a|b \ 홍길동", "amount=5000 name=홍길동"),
        (r"[[X]] {y} 송금됨 5,000 잔액 9,000원 a|b \ 홍길동", "amount=5000 balance=9000 name=홍길동"),
        (r"[[X]] {y} 이체됨 5,000 잔액 9,000 a|b \ 홍길동", "amount=5000 balance=9000 name=홍길동"),
    ] {
        assert_eq!(seen(&parse(pattern, raw)), expected, "{raw}");
    }
    assert_eq!(seen(&parse("[[[KB] ]]입금 {amount}", "[KB] 입금 5,000")), "amount=5000");
    assert_eq!(seen(&parse("[[[KB] ]]입금 {amount}", "입금 5,000")), "amount=5000");
}

#[test]
fn a_field_may_stand_in_each_of_several_alternatives() {
    let pattern = "<{amount}원 입금|deposit {amount}> {name}";
    assert_eq!(seen(&parse(pattern, "5,000원 입금 홍길동")), "amount=5000 name=홍길동");
    assert_eq!(seen(&parse(pattern, "deposit 5,000 홍길동")), "amount=5000 name=홍길동");
}

#[test]
fn white_space_matches_any_run_and_also_none_but_not_between_fields() {
    let pattern = "[KB] 입금 {amount} 원 {name}";
    for raw in ["[KB]입금5,000원 홍길동", "[KB]\n\n입금   5,000\n원\n홍길동"] {
        assert_eq!(seen(&parse(pattern, raw)), "amount=5000 name=홍길동", "{raw}");
    }
    assert_eq!(parse("{date} {time} 입금 {amount}", "04/2209:30 입금 5,000").state, SmsState::Unparsed);
    assert_eq!(parse("입금 {name} 5 {amount}원", "입금 홍길동5 5,000원").state, SmsState::Unparsed);
    // An absent optional part between two runs of white space needs no second run.
    assert_eq!(seen(&parse("{name} [[{_}님 ]]{amount}원 입금", "홍길동 5,000원 입금")), "amount=5000 name=홍길동");
    assert_eq!(seen(&parse("{name} [[님]] {amount}원 입금", "홍길동 5,000원 입금")), "amount=5000 name=홍길동");
}

#[test]
fn a_template_is_the_whole_text() {
    for raw in ["x 입금 5,000 홍길동", "입금 5,000"] {
        assert_ne!(parse("입금 {amount} {name:word}", raw).state, SmsState::Parsed, "{raw}");
    }
    assert_ne!(parse("입금 {amount} {name:word}", "입금 5,000 홍길동 취소").state, SmsState::Parsed);
    let unanchored = regex(r"입금 (?P<amount>[\d,]+)");
    assert_ne!(parse_by(&[unanchored], "입금 5,000 취소").state, SmsState::Parsed);
}

#[test]
fn a_name_is_at_most_forty_characters_of_one_line() {
    let pattern = "입금 {amount}\n{name}";
    let name = "가".repeat(40);
    assert_eq!(seen(&parse(pattern, &format!("입금 5,000\n{name}"))), format!("amount=5000 name={name}"));
    assert_ne!(parse(pattern, &format!("입금 5,000\n{name}가")).state, SmsState::Parsed);
    assert_ne!(parse(pattern, "입금 5,000\n홍길동\n광고").state, SmsState::Parsed);
}

#[test]
fn a_pattern_is_folded_as_the_texts_are() {
    let pattern = "[Web발신]\n［KB］㈜가나 입금 {amount}";
    assert_eq!(seen(&parse(pattern, "[Web발신]\n[KB](주)가나 입금 5,000")), "amount=5000");
}

#[test]
fn spans_count_the_characters_of_the_normalised_text() {
    let compiled = typed("입금 {amount}원 {name}").compile().unwrap();
    let text = normalise("[Web발신]\n입금 ５,０００원 홍길동");
    assert!(compiled.read(&text, RECEIVED).is_some_and(|reading| reading.spans["name"] == (10, 13)), "{text:?}");
    let reading = compiled.read(&text, RECEIVED).unwrap();
    assert_eq!(reading.spans["amount"], (3, 8));
}

#[test]
fn accounts_show_a_star_for_every_hidden_digit() {
    let spec = in_currency("A/c {account} credited {amount} from {name}", "INR");
    assert_eq!(
        seen(&parse_by(&[spec], "A/c XX1234 credited Rs.5,000.00 from Hong")),
        "account=**1234 amount=5000.00 name=Hong"
    );
    let fixed = TemplateSpec { account: Some("123-456".into()), ..typed("입금 {amount} {name}") };
    assert_eq!(seen(&parse_by(&[fixed], "입금 5,000 홍길동")), "account=123-456 amount=5000 name=홍길동");
}

#[test]
fn a_balance_may_be_below_zero() {
    assert_eq!(
        seen(&parse("입금 {amount}\n잔액 {balance}\n{name}", "입금 5,000\n잔액 -1,234,567\n홍길동")),
        "amount=5000 balance=-1234567 name=홍길동"
    );
}

#[test]
fn a_long_text_of_repeats_is_tried_in_linear_time() {
    let spec = with_direction("{_} {_} {_} {_} {name} x {amount}", Direction::Withdrawal);
    let started = tokio::time::Instant::now();
    let raw = "가 ".repeat(1000);
    assert_eq!(spec.compile().unwrap().read(&normalise(&raw), RECEIVED), None);
    assert!(started.elapsed().as_secs() < 5, "{:?}", started.elapsed());
}
