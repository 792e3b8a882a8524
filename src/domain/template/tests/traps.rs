//! Traps seen in the field. Each text would lead to a wrong credit, or to a lost one, if it were read naively.

use super::*;

/// INV-P1: a gateway that strips line breaks turns 1000 and 5016 into ten million.
#[test]
fn fused_numbers_never_parse() {
    for (pattern, raw) in [
        ("입금 {amount}\n{name}", "입금 10005016"),
        ("입금 {amount}[[\n{name}]]", "입금 10005016"),
        ("입금 {amount}[[\n{name}]]\n잔액 {balance}", "입금 10005016\n잔액 90,000"),
        ("입금 {name}\n{amount}", "입금 50161000"),
        ("{account} {amount} 입금", "1234561000 입금"),
        ("입금 {_}\n{amount}", "입금 10005016"),
        ("입금 {amount}\n5016", "입금 10005016"),
        ("입금 {amount}{_}", ""),
    ] {
        if let Ok(compiled) = typed(pattern).compile() {
            assert_eq!(compiled.read(&normalise(raw), RECEIVED), None, "{pattern}: {raw}");
            assert_eq!(parse(pattern, raw).state, SmsState::Unparsed, "{pattern}: {raw}");
        }
    }
    assert_eq!(seen(&parse("입금 {amount}\n{name}", "입금 1000\n5016")), "amount=1000 name=5016");
    assert_eq!(seen(&parse("입금 {amount}[[\n{name}]]", "입금 50000")), "amount=50000");
}

#[test]
fn the_own_account_is_not_read_as_the_amount() {
    for raw in ["입금 123-45-678901", "입금 123456**789", "입금 5,000-1234", "입금 04/22", "입금 09:30", "입금 0123456"]
    {
        for pattern in ["입금 {amount}", "입금 {amount} {_}", "입금 {amount}-{_}", "입금 {_}-{amount}"] {
            assert_ne!(parse(pattern, raw).state, SmsState::Parsed, "{pattern}: {raw}");
        }
    }
    let greedy = regex(r"입금.*?(?P<amount>[\d,]+).*");
    assert_ne!(parse_by(&[greedy], "입금 123-45-678901 50,000").state, SmsState::Parsed);
    // The classic: a greedy dot leaves the last digit.
    let classic = regex(r".*(?P<amount>\d+)원.*");
    assert_ne!(parse_by(&[classic], "입금 50,000원").state, SmsState::Parsed);
}

#[test]
fn an_outgoing_transfer_is_not_read_as_incoming() {
    let withdrawal = with_direction(
        "[KB]{date} {time}\n{account}\n{name}\n<전자금융출금|출금>\n{amount}[[\n잔액{balance}]]",
        Direction::Withdrawal,
    );
    let raw = "[KB]04/22 09:30\n123456**789\n홍길동\n전자금융출금\n50,000\n잔액1,234,567";
    let parsed = parse_by(&[typed(KB), withdrawal], raw);
    assert_eq!((parsed.state, parsed.need_check), (SmsState::Ignored, false));
    let reading = parsed.reading.unwrap().2;
    assert_eq!(reading.direction, Direction::Withdrawal);
    assert_eq!((reading.fields.amount.unwrap().minor, reading.fields.balance.unwrap().minor), (50_000, 1_234_567));

    // A skip or a kind field in the deposit word's place would book it.
    for pattern in ["[KB]{date}\n{name}\n{_}\n{amount}", "[KB]{date}\n{name}\n{kind}\n{amount}"] {
        let raw = "[KB]04/22\n홍길동\n타행이체출금\n50,000";
        assert_review(&parse(pattern, raw), Flag::Negated, raw);
        assert_eq!(parse(pattern, &raw.replace("출금", "")).state, SmsState::Parsed);
    }
}

/// INV-P9.
#[test]
fn a_withdrawal_word_on_whatever_line_of_a_skip_goes_to_review() {
    let pattern = "[가나] {_} 알림\n{name}\n{amount}원";
    for word in
        ["출금", "전자금융출금", "이체출금", "ATM출금", "인출", "결제", "승인", "송금완료", "체크카드", "자동이체"]
    {
        let raw = format!("[가나] {word} 알림\n홍길동\n5,001원");
        assert_review(&parse(pattern, &raw), Flag::Negated, &raw);
        assert_review(&parse(pattern, &raw.replace('\n', " ")), Flag::Negated, &raw);
    }
    for word in ["입금", "자동이체입금", "체크카드환급입금", "입출금", "타행"] {
        let raw = format!("[가나] {word} 알림\n홍길동\n5,001원");
        assert_eq!(seen(&parse(pattern, &raw)), "amount=5001 name=홍길동", "{raw}");
    }
    let memo = "[가나] 입금 알림\n홍길동 (출금계좌 1234)\n5,001원";
    assert_eq!(seen(&parse(pattern, memo)), "amount=5001 name=홍길동 (출금계좌 1234)");
}

/// INV-P9.
#[test]
fn a_withdrawal_word_in_a_kind_or_a_skip_beside_the_amount_goes_to_review() {
    for word in
        ["체크카드", "자동이체", "납부", "지급", "송금", "환불", "차감", "사용", "보냄", "대출이자", "was charged"]
    {
        let raw = format!("[마바] {word} 5,005원 홍길동");
        for pattern in ["[마바] {kind} {amount}원 {name}", "[마바] {_} {amount}원 {name}"] {
            assert_review(&parse(pattern, &raw), Flag::Negated, &raw);
        }
    }
    for word in ["입금", "자동이체입금", "타행", "송금입금"] {
        let raw = format!("[마바] {word} 5,005원 홍길동");
        assert_eq!(seen(&parse("[마바] {_} {amount}원 {name}", &raw)), "amount=5005 name=홍길동", "{raw}");
    }
}

/// INV-P9.
#[test]
fn a_deposit_template_s_own_withdrawal_word_or_sign_books_nothing() {
    for (pattern, raw) in [
        ("농협 <입금|출금>{amount}원 {name}", "농협 출금9,000원 이영희"),
        ("<입금|출금> {amount} {name}", "출금 9,000 이영희"),
        ("출금 {amount} {name}", "출금 9,000 이영희"),
        ("{amount} <credited|debited> {name}", "9,000 debited Lee"),
        ("<체크카드|입금> {amount} {name}", "체크카드 9,000 이영희"),
        ("{amount}원 <+|->{name}", "8,000원 -이영희"),
    ] {
        assert_review(&parse(pattern, raw), Flag::Negated, raw);
    }
    assert_review(&parse("출금 {name} {amount}원", "출금입금이 9,000원"), Flag::Negated, "a name behind the word");
    assert_eq!(seen(&parse("{amount}원 <+|->{name}", "8,000원 +이영희")), "amount=8000 name=이영희");
    assert_eq!(seen(&parse("<입금|출금> {amount} {name}", "입금 9,000 이영희")), "amount=9000 name=이영희");
}

/// INV-P4.
#[test]
fn the_deposit_word_inside_another_word_is_another_word() {
    for raw in [
        "[KB]04/22 09:30\n123456**789\n지자체세입금\n50,000",
        "[KB]04/22 09:30 123456**789 홍길동 지자체세입금 50,000",
        "[KB]04/22 09:30\n123456**789\n홍길동\n입금취소\n50,000",
        "[KB]04/22 09:30\n123456**789\n홍길동\n이체출금\n50,000",
    ] {
        assert_ne!(parse(KB, raw).state, SmsState::Parsed, "{raw}");
    }
    for raw in ["입금일 홍길동 50,000원", "입금취소 홍길동 50,000원", "입금예정 홍길동 50,000원"]
    {
        assert_review(&parse("입금 {name} {amount}원", raw), Flag::Negated, raw);
    }
    assert_eq!(seen(&parse("입금 {name} {amount}원", "입금홍길동 50,000원")), "amount=50000 name=홍길동");
}

#[test]
fn the_opposite_word_in_a_name_or_memo_is_the_payer_s_text() {
    let raw = "[KB]04/22 09:30\n123456**789\n홍길동 (출금계좌 1234)\n입금\n50,000";
    assert_eq!(seen(&parse(KB, raw)), "account=123456**789 amount=50000 name=홍길동 (출금계좌 1234)");
    let raw = "입금 50,000원 홍길동 취소수수료";
    assert_eq!(seen(&parse("입금 {amount}원 {name}", raw)), "amount=50000 name=홍길동 취소수수료");
}

#[test]
fn a_bank_s_name_or_a_legal_form_in_the_depositor_stays_the_depositor() {
    for name in [
        "김신한",
        "농협주식회사",
        "토스홍길동",
        "(주)가나상사",
        "주)에이치케이코퍼",
        "088-홍길동(",
        "홍*동",
        "홍길동3906",
        "5016",
    ] {
        let raw = format!("[KB]04/22 09:30\n123456**789\n{name}\n입금\n50,000");
        assert_eq!(seen(&parse(KB, &raw)), format!("account=123456**789 amount=50000 name={name}"));
        let one_line = raw.replace('\n', " ");
        assert_eq!(seen(&parse(KB, &one_line)), format!("account=123456**789 amount=50000 name={name}"));
    }
    let wide = "[KB]04/22 09:30\n123456**789\n㈜가나상사\n입금\n５０，０００";
    assert_eq!(seen(&parse(KB, wide)), "account=123456**789 amount=50000 name=(주)가나상사");
}

/// INV-P5.
#[test]
fn what_failed_or_is_only_asked_for_goes_to_review() {
    for (pattern, raw) in [
        ("{_} {amount}원 {name}", "입금실패 50,000원 홍길동"),
        ("{_}\n{amount}원\n{name}\n{_}", "무통장입금 안내\n50,000원\n홍길동\n바랍니다"),
        ("{name} {amount}원 입금 {_}", "홍길동 50,000원 입금 예정입니다"),
        ("{name} {amount}원 입금 {_}", "홍길동 50,000원 입금 요청"),
        ("{name} {amount}원 <입금|입금반환>", "홍길동 50,000원 입금반환"),
        ("[[{_} ]]{amount} credited from {name}[[. {_}]]", "NOT 50,000 credited from Hong"),
        ("{amount} from {name} was {_}.", "50,000 from Hong was declined."),
        ("OTP {_} for {amount} from {name}", "OTP 9123 for 50,000 from Hong"),
        ("{amount} to {name} reversed", "50,000 to Hong reversed"),
    ] {
        assert_review(&parse(pattern, raw), Flag::Negated, raw);
    }
    let raw = "Rs.5000.00 credited from Hong. If this was not you, request a call";
    let spec = in_currency("{amount} credited from {name}. {_}", "INR");
    assert_eq!(seen(&parse_by(&[spec], raw)), "amount=5000.00 name=Hong");
}

#[test]
fn balance_equal_to_the_amount_and_several_amounts() {
    let raw = "[KB]04/22 09:30\n123456**789\n홍길동\n입금\n50,000\n잔액50,000";
    assert_eq!(seen(&parse(KB, raw)), "account=123456**789 amount=50000 balance=50000 name=홍길동");
    // An accumulated sum before the amount: a template that can take either takes none (INV-P3).
    let raw = "누적 1,200,000 건별 50,000 입금 홍길동";
    assert_review(
        &parse("{_} {amount} {_} 입금 {name}", "누적 1,200,000 외 50,000 원 입금 홍길동"),
        Flag::AmbiguousTemplate,
        raw,
    );
    assert_eq!(seen(&parse("누적 {_} 건별 {amount} 입금 {name}", raw)), "amount=50000 name=홍길동");
}

#[test]
fn amounts_in_units_and_in_other_countries_writing() {
    for (currency, pattern, raw, amount) in [
        ("KRW", "입금 {amount} {name}", "입금 1,500만원 홍길동", "15000000"),
        ("KRW", "입금 {amount}원 {name}", "입금 1억 2,000만원 홍길동", "120000000"),
        ("KRW", "입금 {amount} {name}", "입금 1억 2,000만원 홍길동", "120000000"),
        ("KRW", "입금 {amount}원 {name}", "입금 1만 5,000원 홍길동", "15000"),
        ("KRW", "입금 {amount} {name}", "입금 ₩50,000 홍길동", "50000"),
        ("RUB", "+{amount:money(eu)} {name}", "+6 606,02 р. Hong", "6606.02"),
        ("EUR", "+{amount:money(eu)} {name}", "+1.000,50 Hong", "1000.50"),
        ("INR", "{amount},{date} {name}", "Rs.5000.00,21-11-2025 Hong", "5000.00"),
        ("INR", "{amount:money(in)} {name}", "1,00,000 Hong", "100000.00"),
        ("USD", "Deposit {amount} {name}", "Deposit $1,234.5 Hong", "1234.50"),
    ] {
        let parsed = parse_by(&[in_currency(pattern, currency)], raw);
        assert!(seen(&parsed).starts_with(&format!("amount={amount} ")), "{raw}: {parsed:?}");
    }
    let cut = typed("입금 {amount}{_}");
    assert!(cut.compile().is_err(), "a skip at the amount would take its last digits");
    for raw in
        ["입금 1,00 홍길동", "입금 1,0000 홍길동", "입금 1.000 홍길동", "입금 500.50 홍길동", "입금 -5,000 홍길동"]
    {
        assert_review(&parse("입금 {amount} {name}", raw), Flag::FinancialUnparsed, raw);
    }
}

/// INV-P2.
#[test]
fn numbers_of_mixed_digit_systems_do_not_parse() {
    for raw in ["입금 5０,000 홍길동", "입금 50,00０ 홍길동", "입금 5²0 홍길동", "입금 ٥0,000 홍길동"]
    {
        let parsed = parse("입금 {amount} {name}", raw);
        assert_eq!((parsed.state, parsed.need_check), (SmsState::Unparsed, true), "{raw}");
    }
    assert_eq!(seen(&parse("입금 {amount} {name}", "입금 ５０，０００ 홍길동")), "amount=50000 name=홍길동");
}

#[test]
fn look_alikes_and_hidden_characters_are_told() {
    for raw in ["입금 50\u{200b},000 홍길동", "입금 50,000 홍길\u{202e}동", "입금 50,000 Аnna"] {
        let parsed = parse("입금 {amount} {name}", raw);
        assert_eq!(parsed.state, SmsState::Parsed, "{raw}");
        assert!(parsed.flags.has(Flag::SuspiciousText) && parsed.need_check, "{raw}");
    }
}

#[test]
fn a_missing_year_or_date_is_taken_from_the_receipt() {
    let zone_midnight = "2026-01-01T00:00:30+09:00".parse().unwrap();
    let compiled = typed("{date} {time} 입금 {amount} {name}").compile().unwrap();
    let reading = compiled.read(&normalise("12/31 23:59 입금 5,000 홍길동"), zone_midnight).unwrap();
    assert_eq!(reading.fields.occurred_at.unwrap().to_string(), "2025-12-31T14:59:00Z");
    assert_eq!(occurred(&parse("{time} 입금 {amount} {name}", "09:30 입금 5,000 홍길동")), "2026-04-22T00:30:00Z");
    assert_eq!(occurred(&parse("입금 {amount} {name}", "입금 5,000 홍길동")), "");
}

#[test]
fn a_zero_amount_and_one_over_the_maximum_go_to_review() {
    assert_review(&parse("입금 {amount} {name}", "입금 0 홍길동"), Flag::ZeroAmount, "zero");
    let capped = TemplateSpec { max_amount: Some("1000000".to_owned()), ..typed("입금 {amount} {name}") };
    assert_eq!(parse_by(std::slice::from_ref(&capped), "입금 1,000,000 홍길동").state, SmsState::Parsed);
    assert_review(&parse_by(&[capped], "입금 1,000,001 홍길동"), Flag::OverMaximum, "over");
}

#[test]
fn a_second_notice_of_one_event_goes_to_review() {
    for raw in ["[재발송] 입금 50,000원 홍길동", "(재전송) 입금 50,000원 홍길동", "입금 재안내 50,000원 홍길동"]
    {
        assert_review(&parse("{_} {amount}원 {name}", raw), Flag::Negated, raw);
    }
    assert_eq!(seen(&parse("{_} {amount}원 {name}", "[알림] 입금 50,000원 홍길동")), "amount=50000 name=홍길동");
}

/// One-won verifications, cashback, interest and own transfers are let alone by ignore templates; a deposit template
/// that would take them loses to those (INV-P6).
#[test]
fn deposits_that_are_no_customer_s_are_let_alone() {
    let patterns = [
        "[KB]{date} {time}\n{account}\n{_}\n입금\n1[[\n잔액{balance}]]",
        "[KB]{date} {time}\n{account}\n[[{_}]]<예금이자|결산이자|캐시백|본인이체>[[{_}]]\n입금\n{amount}[[\n잔액{balance}]]",
    ];
    let ignores = patterns.map(|pattern| with_direction(pattern, Direction::Ignore));
    let all = [vec![typed(KB)], ignores.to_vec()].concat();
    let text = |name: &str, amount: &str| format!("[KB]04/22 09:30\n123456**789\n{name}\n입금\n{amount}\n잔액90,000");
    for (name, amount) in [
        ("가나인증7284", "1"),
        ("예금이자", "312"),
        ("카드캐시백", "1,200"),
        ("결산이자", "5"),
        ("본인이체홍길동", "50,000"),
    ] {
        assert_eq!(parse_by(&all, &text(name, amount)).state, SmsState::Ignored, "{name}");
    }
    for (name, amount) in [("홍길동", "11"), ("이자영", "50,000"), ("홍길동", "1,000")] {
        assert_eq!(parse_by(&all, &text(name, amount)).state, SmsState::Parsed, "{name}");
    }
}

#[test]
fn a_bank_that_only_the_sender_names_is_told_by_the_sender() {
    let of = |sender: &str, account: &str| TemplateSpec {
        senders: vec![sender.into()],
        account: Some(account.into()),
        ..typed("입금 {amount}원 {name}")
    };
    let book = book(&[of("15880000", "가-1"), of("15990000", "나-2")]);
    for (sender, account) in [("15880000", "가-1"), ("15990000", "나-2")] {
        let parsed = book.parse(sender, &normalise("입금 5,000원 홍길동"), RECEIVED);
        assert_eq!(seen(&parsed), format!("account={account} amount=5000 name=홍길동"));
    }
}
