//! Templates made of examples.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::shapes::SHAPES;
use super::suggest::{Example, Mark, Wanted, suggest};
use super::*;

/// Values of three messages of one bank, by field.
const VALUES: [(&str, [&str; 3]); 10] = [
    ("amount", ["50,000", "1,234,000", "7,000"]),
    ("balance", ["1,234,567", "99,000", "870,045"]),
    ("name", ["홍길동", "㈜가나상사", "김 철수"]),
    ("date", ["04/22", "04/21", "04/20"]),
    ("time", ["09:30", "17:45", "00:05"]),
    ("datetime", ["2026/04/22 09:30:12", "2026/04/21 17:45:00", "2026/04/20 00:05:59"]),
    ("account", ["", "", ""]),
    ("reference", ["M1024", "M2048", "K77"]),
    ("sender_bank", ["국민은행", "신한은행", "농협"]),
    ("memo", ["", "", ""]),
];

fn wanted() -> Wanted {
    Wanted { currency: "KRW".into(), timezone: "Asia/Seoul".into(), senders: vec!["*".into()], direction: None }
}

fn example(text: &str, fields: &[(&str, &str)]) -> Example {
    let mark = |value: &str| Mark { value: value.to_owned(), place: None };
    let fields = fields.iter().map(|(field, value)| ((*field).to_owned(), mark(value))).collect();
    Example { text: text.to_owned(), fields }
}

fn pattern_of(examples: &[Example]) -> String {
    suggest(examples, &wanted()).unwrap_or_else(|errors| panic!("{errors:?}: {examples:#?}")).0.pattern
}

fn refused(examples: &[Example]) -> (String, String) {
    let error = suggest(examples, &wanted()).unwrap_err().swap_remove(0);
    (error.field, error.message)
}

/// The `n`th message of a shape: its text with other values, all of them marked with their places.
fn message_of(pattern: &str, raw: &str, n: u32) -> Example {
    let text = normalise(raw);
    let reading = typed(pattern).compile().unwrap().read(&text, RECEIVED).unwrap();
    let mut spans: Vec<_> = reading.spans.into_iter().collect();
    spans.sort_by_key(|(_, (start, _))| *start);
    let chars: Vec<char> = text.text.chars().collect();
    let (mut out, mut at, mut fields) = (Vec::<char>::new(), 0, BTreeMap::new());
    for (field, (start, end)) in spans {
        out.extend(&chars[at..start]);
        let old: String = chars[start..end].iter().collect();
        let listed = VALUES.iter().find(|(name, _)| *name == field).map_or("", |(_, values)| values[n as usize]);
        // Of an account other digits; the rest as the bank writes it.
        let value = if listed.is_empty() {
            let turned = |c: char| c.to_digit(10).map_or(c, |d| char::from_digit((d + n * 3) % 10, 10).unwrap());
            old.chars().map(turned).collect()
        } else {
            listed.to_owned()
        };
        let first = out.len();
        out.extend(value.chars());
        fields.insert(field, Mark { value, place: Some((first, out.len())) });
        at = end;
    }
    out.extend(&chars[at..]);
    Example { text: out.into_iter().collect(), fields }
}

fn values(example: &Example) -> String {
    let shown = |(field, mark): (&String, &Mark)| match field.as_str() {
        "amount" | "balance" => Some(format!("{field}={}", mark.value.replace(',', ""))),
        "date" | "time" | "datetime" => None,
        _ => Some(format!("{field}={}", normalise(&mark.value).text)),
    };
    example.fields.iter().filter_map(shown).collect::<Vec<_>>().join(" ")
}

#[test]
fn two_messages_of_a_bank_are_enough_for_every_shape() {
    for (bank, pattern, raw, _) in SHAPES {
        let [first, second, third] = [0, 1, 2].map(|n| message_of(pattern, raw, n));
        let suggested = pattern_of(&[first, second]);
        assert_eq!(seen(&parse(&suggested, &third.text)), values(&third), "{bank}: {suggested}");
        let goes_out = third.text.replace("입금", "출금");
        assert_ne!(parse(&suggested, &goes_out).state, SmsState::Parsed, "{bank}: {suggested}");
        let one_line = third.text.replace('\n', " ");
        assert_eq!(seen(&parse(&suggested, &one_line)), values(&third), "{bank}: {suggested}");
    }
}

#[test]
fn the_amount_and_the_name_are_enough_marks_for_every_shape() {
    for (bank, pattern, raw, _) in SHAPES {
        let [first, second, third] = [0, 1, 2].map(|n| {
            let mut example = message_of(pattern, raw, n);
            example.fields.retain(|field, _| ["amount", "name"].contains(&field.as_str()));
            example
        });
        let suggested = pattern_of(&[first, second]);
        let parsed = parse(&suggested, &third.text);
        let read = parsed.reading.as_ref().map(|(_, _, reading)| reading.fields.to_map()).unwrap_or_default();
        assert_eq!(
            (parsed.state, read.get("amount").map(String::as_str)),
            (SmsState::Parsed, Some("7000")),
            "{bank}: {suggested}"
        );
        assert_eq!(read.get("name").map(String::as_str), Some("김 철수"), "{bank}: {suggested}");
        let has_day = raw.contains("04/22") && raw.contains("09:30");
        assert_eq!(has_day, read.contains_key("occurred_at"), "{bank}: {suggested}");
        assert_eq!(raw.contains("잔액"), read.contains_key("balance"), "{bank}: {suggested}");
        assert_ne!(
            parse(&suggested, &third.text.replace("입금", "출금")).state,
            SmsState::Parsed,
            "{bank}: {suggested}"
        );
    }
}

#[test]
fn one_message_is_enough_where_its_values_are_marked() {
    for (bank, pattern, raw, _) in SHAPES {
        let [first, second] = [0, 1].map(|n| message_of(pattern, raw, n));
        let suggested = pattern_of(&[first]);
        let read = seen(&parse(&suggested, &second.text));
        // What is nobody's field (a holder, a repeated day) stays text.
        assert!(read == values(&second) || pattern.contains("{_}"), "{bank}: {suggested}: {read}");
    }
}

#[test]
fn the_parts_become_what_an_operator_would_write() {
    let kb = |word: &str, name: &str, amount: &str, rest: &str| {
        let text = format!("[Web발신]\n[KB]04/22 14:07\n123456**789\n{name}\n{word}\n{amount}{rest}");
        example(&text, &[("amount", amount), ("name", name)])
    };
    for (examples, expected) in [
        (
            vec![kb("전자금융입금", "홍길동", "50,000", "\n잔액1,234,567"), kb("입금", "김철수", "7,000", "")],
            "[KB]{date} {time}\n{account}\n{name}\n<전자금융입금|입금>\n{amount}[[\n잔액{balance}]]",
        ),
        (
            vec![example("입금 5,000원 홍길동 01번", &[("금액", "5,000"), ("입금자", "홍길동")])],
            "입금 {amount}원 {name} 01번",
        ),
        (
            vec![
                example("누적 1,200,000 건별 5,000 입금 홍길동", &[("amount", "5,000"), ("name", "홍길동")]),
                example("누적 900,000 건별 7,000 입금 김철수", &[("amount", "7,000"), ("name", "김철수")]),
            ],
            "누적 {_} 건별 {amount} 입금 {name}",
        ),
        (
            vec![
                example("가나점\n[A] 입금 5,000 홍길동", &[("amount", "5,000"), ("name", "홍길동")]),
                example("다라마점\n[A] 입금 7,000 김철수\n전자금융", &[("amount", "7,000"), ("name", "김철수")]),
            ],
            "{_}\n[A] 입금 {amount} {name}[[\n전자금융]]",
        ),
        (
            vec![
                example("<새마을> {a} 5,000 [[x]] 입금 a|b 홍길동", &[("amount", "5,000"), ("name", "홍길동")]),
                example("<새마을> {a} 7,000 [[x]] 입금 a|b 김철수 [끝]", &[("amount", "7,000"), ("name", "김철수")]),
            ],
            "\\<새마을> \\{a} {amount} \\[[x]] 입금 a|b {name}[[ \\[끝\\]]]",
        ),
    ] {
        assert_eq!(pattern_of(&examples), expected);
    }
}

/// INV-P8.
#[test]
fn differing_words_next_to_the_amount_are_never_skipped() {
    let of = |word: &str| example(&format!("[A] {word} 5,000 홍길동"), &[("amount", "5,000"), ("name", "홍길동")]);
    let suggested = pattern_of(&[of("타행"), of("모바일")]);
    assert_eq!(suggested, "[A] <타행|모바일> {amount} {name}");
    assert_ne!(parse(&suggested, "[A] 출금 5,000 홍길동").state, SmsState::Parsed);
    let far = |word: &str| example(&format!("{word}\n[A]\n5,000 홍길동"), &[("amount", "5,000"), ("name", "홍길동")]);
    assert_eq!(pattern_of(&[far("인터넷이체"), far("송금")]), "<인터넷이체|송금>\n[A]\n{amount} {name}");
}

/// INV-P8.
#[test]
fn examples_of_two_directions_are_no_one_template() {
    for [first, second] in [
        [("농협 입금50,000원 홍길동", "홍길동"), ("농협 출금50,000원 김철수", "김철수")],
        [("50,000원 credited 홍길동", "홍길동"), ("50,000원 debited 김철수", "김철수")],
        [("체크카드 50,000원 홍길동", "홍길동"), ("입금 50,000원 김철수", "김철수")],
        [("50,000원 +홍길동", "홍길동"), ("50,000원 -김철수", "김철수")],
    ] {
        let examples = [first, second].map(|(text, name)| example(text, &[("amount", "50,000"), ("name", name)]));
        let (field, message) = refused(&examples);
        assert!(field == "examples" && message.contains("two directions"), "{field}: {message}");
    }
}

#[test]
fn other_countries_money_and_dates_get_their_types() {
    let of = |currency: &str, examples: &[Example]| {
        let wanted = Wanted { currency: currency.into(), ..wanted() };
        suggest(examples, &wanted).unwrap_or_else(|errors| panic!("{errors:?}")).0.pattern
    };
    let eu = [
        example(
            "+1.000,50 von Anna Beispiel am 22.04.2026",
            &[("amount", "1.000,50"), ("name", "Anna Beispiel"), ("date", "22.04.2026")],
        ),
        example(
            "+7,20 von Max Muster am 21.04.2026",
            &[("amount", "7,20"), ("name", "Max Muster"), ("date", "21.04.2026")],
        ),
    ];
    assert_eq!(of("EUR", &eu), "+{amount:money(eu)} von {name} am {date}");
    let india = [example(
        "A/c XX1234 credited Rs.5000.00,21-11-2025 by Hong",
        &[("amount", "Rs.5000.00"), ("date", "21-11-2025"), ("name", "Hong"), ("account", "XX1234")],
    )];
    assert_eq!(of("INR", &india), "A/c {account} credited {amount},{date} by {name}");
    let dmy = [example("22/04 5,000 입금 홍길동", &[("date", "22/04"), ("amount", "5,000"), ("name", "홍길동")])];
    assert_eq!(pattern_of(&dmy), "{date:date(dmy)} {amount} 입금 {name}");
}

#[test]
fn formats_of_other_countries_become_templates_too() {
    let of = |currency: &str, texts: [(&str, &str, &str); 2]| {
        let wanted = Wanted { currency: currency.into(), ..wanted() };
        let examples = texts.map(|(text, amount, name)| example(text, &[("amount", amount), ("name", name)]));
        suggest(&examples, &wanted).unwrap_or_else(|errors| panic!("{errors:?}")).0.pattern
    };
    let mpesa = of(
        "KES",
        [
            (
                "SFG7AB Confirmed. You have received Ksh5,000.00 from JOHN DOE 0712345678 on 22/4/26 at 2:07 PM New M-PESA balance is Ksh12,000.00.",
                "5,000.00",
                "JOHN DOE",
            ),
            (
                "SFG8XY Confirmed. You have received Ksh70.00 from JANE ROE 0722345679 on 23/4/26 at 11:07 AM New M-PESA balance is Ksh12,070.00.",
                "70.00",
                "JANE ROE",
            ),
        ],
    );
    let expected = "{_:word} Confirmed. You have received Ksh{amount} from {name} {_:word} on {date:date(dmy)} at {time} New M-PESA balance is Ksh{balance}.";
    assert_eq!(mpesa, expected);
    let china = of(
        "CNY",
        [
            ("您尾号1234的账户04月22日14:07入账500.00元，余额1,234.56元，对方张三。[某银行]", "500.00", "张三"),
            ("您尾号1234的账户04月23日09:07入账1,500.00元，余额2,734.56元，对方李四。[某银行]", "1,500.00", "李四"),
        ],
    );
    assert_eq!(china, "您尾号1234的账户{datetime}入账{amount}元,余额{balance}元,对方{name}。[某银行]");
}

#[test]
fn a_mark_that_is_no_value_is_refused_by_field() {
    let text = "입금 5,000 잔액 5,000 홍길동";
    let twice = example(text, &[("amount", "5,000"), ("name", "홍길동")]);
    let (field, message) = refused(std::slice::from_ref(&twice));
    assert_eq!(field, "examples[0].fields.amount");
    assert!(message.contains("more than once"), "{message}");
    let mut placed = twice;
    placed.fields.get_mut("amount").unwrap().place = Some((3, 8));
    assert_eq!(pattern_of(&[placed.clone()]), "입금 {amount} 잔액 {balance} {name}");
    placed.fields.get_mut("amount").unwrap().place = Some((12, 17));
    assert_eq!(pattern_of(&[placed.clone()]), "입금 5,000 잔액 {amount} {name}");
    placed.fields.get_mut("amount").unwrap().place = Some((4, 9));
    assert!(refused(&[placed]).1.contains("are not this value"));

    for (fields, field, told) in [
        (vec![("amount", "6,000")], "examples[0].fields.amount", "does not contain"),
        (vec![("sum", "홍길동")], "examples[0].fields.sum", "no such field"),
        (vec![("amount", "홍길동")], "examples[0].fields.amount", "is no money"),
        (vec![("name", "홍길동"), ("memo", "길동")], "examples[0].fields.memo", "stands over"),
        (vec![], "examples[0].fields", "mark at least"),
        (vec![("name", "홍길동")], "examples", "always there"),
    ] {
        let (at, message) = refused(&[example("입금 5,000 홍길동", &fields)]);
        assert_eq!(at, field, "{fields:?}: {message}");
        assert!(message.contains(told), "{fields:?}: {message}");
    }
    let (field, message) = refused(&[example("입금 1,500만원 홍길동", &[("amount", "1,500"), ("name", "홍길동")])]);
    assert!(field == "examples[0].fields.amount" && message.contains("mark it whole"), "{field} {message}");
    assert_eq!(refused(&[]).0, "examples");
    let two = [
        example("입금 5,000 홍길동", &[("amount", "5,000"), ("name", "홍길동")]),
        example("홍길동 입금 5,000", &[("amount", "5,000"), ("name", "홍길동")]),
    ];
    assert!(refused(&two).1.contains("no one template reads all examples"), "{:?}", refused(&two));
    assert!(refused(&[example("입금취소 5,000 홍길동", &[("amount", "5,000")])]).1.contains("negated"));
}

#[test]
fn a_value_s_place_counts_the_characters_of_the_text_as_given() {
    let text = "보낸사람 : 5000\n[Web발신]\r\n홍길동 ５,０００ 홍길동님 입금";
    let mut marked = example(text, &[("amount", "５,０００"), ("name", "홍길동")]);
    marked.fields.get_mut("name").unwrap().place = Some((21, 24));
    let at: String = text.chars().skip(21).take(3).collect();
    assert_eq!(at, "홍길동");
    assert_eq!(pattern_of(&[marked]), "{name} {amount} 홍길동님 입금");
}

#[test]
fn the_direction_is_what_the_words_say() {
    let of = |text: &str| suggest(&[example(text, &[("amount", "5,000")])], &wanted()).unwrap().0;
    assert_eq!(of("[A] 출금 5,000 홍길동").direction, Direction::Withdrawal);
    assert_eq!(of("[A] 이체출금 5,000 홍길동").direction, Direction::Withdrawal);
    assert_eq!(of("[A] 입금 5,000 홍길동").direction, Direction::Deposit);
    assert_eq!(of("홍길동님이 5,000원을 보냈어요").direction, Direction::Deposit);
    assert_eq!(of("[A] 입금 5,000 홍길동").name, "A deposit");
    assert_eq!(of("[A] 입금 5,000 홍길동").samples[0].expect["amount"], "5,000");
}

const WORDS: &str = "(입금|출금|잔액|홍길동|[가-힣a-z]{1,4}|[0-9]{1,4}|[0-9]{1,2}/[0-9]{2}|[0-9]{2}:[0-9]{2}|[\\[\\]{}<>|\\\\*:,.-]{1,3}|,|\n)";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever is suggested reads its own examples exactly as they are marked.
    #[test]
    fn a_suggestion_reads_its_own_examples(
        texts in proptest::collection::vec((
            proptest::collection::vec(WORDS, 0..4), 1_u32..9_999_999, proptest::collection::vec(WORDS, 0..3),
            "[가-힣]{2,4}|[a-z]{2,5}[0-9]{0,4}", proptest::collection::vec(WORDS, 0..3)), 1..4),
        name_first in any::<bool>(),
    ) {
        let examples: Vec<Example> = texts.iter().map(|(before, amount, between, name, behind)| {
            let amount = amount.to_string();
            let (first, second) = if name_first { (name, &amount) } else { (&amount, name) };
            let head = [before.concat(), " ".into()].concat();
            let middle = [" ".into(), between.concat(), " ".into()].concat();
            let text = format!("{head}{first}{middle}{second} {}", behind.concat());
            let place = |from: usize, value: &str| Some((from, from + value.chars().count()));
            let start = head.chars().count();
            let next = start + first.chars().count() + middle.chars().count();
            let (first_field, second_field) = if name_first { ("name", "amount") } else { ("amount", "name") };
            let fields = BTreeMap::from([
                (first_field.to_owned(), Mark { value: first.clone(), place: place(start, first) }),
                (second_field.to_owned(), Mark { value: second.clone(), place: place(next, second) }),
            ]);
            Example { text, fields }
        }).collect();
        match suggest(&examples, &wanted()) {
            Ok((spec, _)) => {
                let compiled = spec.compile().unwrap();
                for example in &examples {
                    let reading = compiled.read(&normalise(&example.text), RECEIVED).unwrap();
                    let fields = reading.fields.to_map();
                    prop_assert_eq!(&fields["amount"], &example.fields["amount"].value, "{}", spec.pattern);
                    prop_assert_eq!(&fields["name"], &normalise(&example.fields["name"].value).text, "{}", spec.pattern);
                }
            }
            Err(errors) => prop_assert!(errors.iter().all(|error| error.field.starts_with("examples")), "{:?}", errors),
        }
    }
}

/// Currency, two messages with amount and name marked, and a third with what is read from it.
type TrapFormat<'t> = (&'t str, [(&'t str, &'t str, &'t str); 2], (&'t str, &'t str, &'t str));

#[test]
fn two_messages_are_enough_for_the_formats_of_the_traps() {
    let formats: [TrapFormat; 9] = [
        (
            "KRW",
            [
                ("입금 1,500만원 홍길동 잔액 2,000만원", "1,500만원", "홍길동"),
                ("입금 1억 2,000만원 김철수 잔액 3억원", "1억 2,000만원", "김철수"),
            ],
            ("입금 1만 5,000원 이영희 잔액 90,000원", "15000", "이영희"),
        ),
        (
            "KRW",
            [
                ("KB 04/22 09:30 주)에이치케이코퍼 입금 5,000", "5,000", "주)에이치케이코퍼"),
                ("KB 04/22 09:31 088-홍길동( 입금 7,000", "7,000", "088-홍길동("),
            ],
            ("KB 04/22 09:32 5016 입금 1,000", "1000", "5016"),
        ),
        (
            "KRW",
            [
                ("홍길동 (출금계좌 1234)\n입금\n5,000", "5,000", "홍길동 (출금계좌 1234)"),
                ("김철수\n입금\n5,000\n잔액8,000", "5,000", "김철수"),
            ],
            ("김신한\n입금\n9,000\n잔액9,000", "9000", "김신한"),
        ),
        (
            "KRW",
            [
                ("누적 1,200,000원 건별 50,000원 입금 홍길동", "50,000", "홍길동"),
                ("누적 90,000원 건별 7,000원 입금 김철수", "7,000", "김철수"),
            ],
            ("누적 77,000원 건별 1,000원 입금 농협주식회사", "1000", "농협주식회사"),
        ),
        (
            "RUB",
            [("Перевод 6 606,02 р. от Анна", "6 606,02", "Анна"), ("Перевод 1 000,50 р. от Иван", "1 000,50", "Иван")],
            ("Перевод 12,00 р. от Олег", "12.00", "Олег"),
        ),
        (
            "EUR",
            [
                ("Eingang 1.000,50 EUR von Anna Beispiel", "1.000,50", "Anna Beispiel"),
                ("Eingang 7,20 EUR von Max Muster", "7,20", "Max Muster"),
            ],
            ("Eingang 20.000,00 EUR von Eva", "20000.00", "Eva"),
        ),
        (
            "INR",
            [
                ("credited Rs.5000.00,21-11-2025 by Hong", "5000.00", "Hong"),
                ("credited Rs.70.50,22-11-2025 by Kim", "70.50", "Kim"),
            ],
            ("credited Rs.1,00,000.00,23-11-2025 by Lee", "100000.00", "Lee"),
        ),
        (
            "KRW",
            [
                ("［Ａ］　입금　５，０００　㈜가나", "５，０００", "㈜가나"),
                ("[A] 입금 7,000 홍길동", "7,000", "홍길동"),
            ],
            ("[A] 입금 ９，０００ 이영희", "9000", "이영희"),
        ),
        (
            "KRW",
            [("입금 1000\n5016", "1000", "5016"), ("입금 2000\n7034", "2000", "7034")],
            ("입금 3000\n9001", "3000", "9001"),
        ),
    ];
    for (currency, [first, second], (raw, amount, name)) in formats {
        let examples = [first, second].map(|(text, amount, name)| example(text, &[("amount", amount), ("name", name)]));
        let wanted = Wanted { currency: currency.into(), ..wanted() };
        let (spec, _) = suggest(&examples, &wanted).unwrap_or_else(|errors| panic!("{examples:?}: {errors:?}"));
        let parsed = parse_by(std::slice::from_ref(&spec), raw);
        assert_eq!(parsed.state, SmsState::Parsed, "{}: {raw}", spec.pattern);
        let fields = parsed.reading.unwrap().2.fields.to_map();
        assert_eq!((fields["amount"].as_str(), fields["name"].as_str()), (amount, name), "{}", spec.pattern);
    }
    let fused = [("입금 1000\n5016", "1000", "5016"), ("입금 2000\n7034", "2000", "7034")];
    let suggested = pattern_of(&fused.map(|(text, amount, name)| example(text, &[("amount", amount), ("name", name)])));
    assert_ne!(parse(&suggested, "입금 10005016").state, SmsState::Parsed);
}
