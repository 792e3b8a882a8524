//! The shapes of Korean banks' texts, each with its template.

use super::*;

/// Bank, template, text, what is read from it.
pub(super) const SHAPES: [(&str, &str, &str, &str); 17] = [
    (
        "KB국민",
        KB,
        "[Web발신]\n[KB]04/22 09:30\n123456**789\n홍길동\n입금\n50,000\n잔액1,234,567",
        "account=123456**789 amount=50000 balance=1234567 name=홍길동",
    ),
    (
        "KB국민, one line, without balance",
        KB,
        "[KB]04/22 09:30 123456**789 홍길동 전자금융입금 50,000",
        "account=123456**789 amount=50000 name=홍길동",
    ),
    (
        "신한",
        "신한{date} {time}\n{account}\n입금 {amount}\n잔액 {balance}\n{name}",
        "[Web발신]\n신한04/22 09:30\n110-000-000000\n입금     100,000\n잔액    870,045\n 홍길동",
        "account=110-000-000000 amount=100000 balance=870045 name=홍길동",
    ),
    (
        "NH농협",
        "농협 입금{amount}원\n{date} {time} {account} {name} 잔액{balance}원",
        "[Web발신]\n농협 입금10,000원\n04/22 09:30 352-****-1111-63 홍길동 잔액3,710,000원",
        "account=352-****-1111-63 amount=10000 balance=3710000 name=홍길동",
    ),
    (
        "우리",
        "우리 {date} {time}\n{account}\n입금 {amount}원\n{name}\n잔액 {balance}원",
        "[Web발신]\n우리 04/22 09:30\n*123456\n입금 30,000원\n김철수\n잔액 1,030,000원",
        "account=*123456 amount=30000 balance=1030000 name=김철수",
    ),
    (
        "하나",
        "하나,{date},{time}\n{account}\n입금{amount}원\n{name}\n잔액{balance}원",
        "[Web발신]\n하나,04/22,09:30\n123-******-12305\n입금30,000원\n홍길동\n잔액40,000원",
        "account=123-******-12305 amount=30000 balance=40000 name=홍길동",
    ),
    (
        "IBK기업",
        "[IBK]{date} {time}\n{account}\n입금 {amount}\n{name}\n잔액 {balance}",
        "[IBK]04/22 09:30\n010-123456-01\n입금 70,000\n이영희\n잔액 70,000",
        "account=010-123456-01 amount=70000 balance=70000 name=이영희",
    ),
    (
        "카카오뱅크",
        "[카카오뱅크]\n{_}({account})\n{date} {time}\n입금 {amount}원\n{name}\n잔액 {balance}원",
        "[Web발신]\n[카카오뱅크]\n홍*동(1234)\n04/22 09:30\n입금 50,000원\n김철수\n잔액 90,000원",
        "account=1234 amount=50000 balance=90000 name=김철수",
    ),
    (
        "토스뱅크",
        "토스뱅크 {date} {time} 입금 {amount}원 {name} 잔액 {balance}원",
        "토스뱅크 04/22 09:30 입금 50,000원 홍길동 잔액 90,000원",
        "amount=50000 balance=90000 name=홍길동",
    ),
    (
        "케이뱅크",
        "[케이뱅크]\n입금 {amount}원\n잔액 {balance}원\n{name}",
        "[Web발신]\n[케이뱅크]\n입금 50,000원\n잔액 90,000원\n홍길동",
        "amount=50000 balance=90000 name=홍길동",
    ),
    (
        "새마을금고",
        "<새마을금고>{account} {name}\n입금{amount} 잔액{balance}원 {date} {time}",
        "[Web발신]\n<새마을금고>900****1 홍길동\n입금50,000 잔액90,000원 04/22 09:30",
        "account=900****1 amount=50000 balance=90000 name=홍길동",
    ),
    (
        "우체국",
        "우체국 {date} {time}\n{account}\n입금 {amount}원\n{name}\n잔액 {balance}원",
        "우체국 04/22 09:30\n012345-**-123456\n입금 50,000원\n홍길동\n잔액 90,000원",
        "account=012345-**-123456 amount=50000 balance=90000 name=홍길동",
    ),
    (
        "SC제일, ideographic spaces",
        "SC제일 {name} {date} {time} {account} 입금{amount}",
        "[Web발신]\nSC제일\u{3000}홍길동\u{3000}04/22\u{3000}09:30\u{3000}123-45-678901\u{3000}입금50,000",
        "account=123-45-678901 amount=50000 name=홍길동",
    ),
    (
        "수협",
        "수협 {account}\n입금{amount}원\n{name}[[\n전자금융]]",
        "수협 101-********\n입금50,000원\n홍길동\n전자금융",
        "account=101-******** amount=50000 name=홍길동",
    ),
    (
        "신협",
        "신협{account} {date} {time} 입금 {amount}원 {name} 잔액{balance}원",
        "[국제발신]\n신협132*****0000 04/22 09:30 입금 50,000원 홍길동 잔액90,000원",
        "account=132*****0000 amount=50000 balance=90000 name=홍길동",
    ),
    (
        "iM뱅크",
        "iM뱅크 {date} {time}\n{account}\n입금 {amount}\n잔액 {balance}\n{name}",
        "iM뱅크 04/22 09:30\n508-**-123456-7\n입금 50,000\n잔액 90,000\n홍길동",
        "account=508-**-123456-7 amount=50000 balance=90000 name=홍길동",
    ),
    (
        "a relay",
        "{datetime}\n입금 {amount}원\n{reference}\n{name}\n{account}\n{sender_bank}\n{_}",
        "2026/04/22 09:30:12\n입금 10000원\nM1024\n홍길동\n56012345678901\n국민은행\n20260422",
        "account=56012345678901 amount=10000 name=홍길동 reference=M1024 sender_bank=국민은행",
    ),
];

#[test]
fn every_shape_is_read_by_its_template_and_by_no_other() {
    let all: Vec<TemplateSpec> = SHAPES.iter().map(|(_, pattern, ..)| typed(pattern)).collect();
    let book = book(&all);
    for (bank, pattern, raw, expected) in SHAPES {
        for raw in [raw.to_owned(), raw.replace('\n', "\r\n"), format!("보낸사람 : 15880000\n{raw}")] {
            assert_eq!(seen(&parse(pattern, &raw)), expected, "{bank}: {raw}");
            assert_eq!(seen(&book.parse("15880000", &normalise(&raw), RECEIVED)), expected, "{bank} among all: {raw}");
        }
    }
}

#[test]
fn a_line_break_that_a_channel_made_a_space_changes_nothing() {
    for (bank, pattern, raw, expected) in SHAPES {
        assert_eq!(seen(&parse(pattern, &raw.replace('\n', " "))), expected, "{bank}");
    }
}

#[test]
fn times_are_of_the_bank_s_zone_and_say_how_exact_they_are() {
    let parsed = parse(KB, "[KB]04/22 09:30\n123456**789\n홍길동\n입금\n50,000");
    assert_eq!(occurred(&parsed), "2026-04-22T00:30:00Z");
    assert!(parsed.reading.unwrap().2.fields.to_the_minute);
    let (_, relay, raw, _) = SHAPES[16];
    let parsed = parse(relay, raw);
    assert_eq!(occurred(&parsed), "2026-04-22T00:30:12Z");
    assert!(!parsed.reading.unwrap().2.fields.to_the_minute);
}

#[test]
fn the_withdrawal_of_each_shape_is_no_deposit() {
    for (bank, pattern, raw, _) in SHAPES {
        let parsed = parse(pattern, &raw.replace("전자금융입금", "전자금융출금").replace("입금", "출금"));
        assert_ne!(parsed.state, SmsState::Parsed, "{bank}: {parsed:?}");
    }
}
