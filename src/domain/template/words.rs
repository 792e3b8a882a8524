//! Words that say that no money came, and words that say that some may have.

use std::ops::Range;

/// Korean words that undo a deposit wherever they stand outside the fields.
const NEGATING: [&str; 26] = [
    "취소",
    "실패",
    "반환",
    "예정",
    "거절",
    "거부",
    "오류",
    "불가",
    "불능",
    "미처리",
    "요청",
    "정정",
    "보류",
    "반려",
    "부결",
    "한도초과",
    "미입금",
    "인증번호",
    "재발송",
    "재전송",
    "재안내",
    "중복",
    "取消",
    "失敗",
    "失败",
    "退回",
];
/// What behind a deposit word makes it no deposit (`입금대기`, `입금 안내`).
const NEGATING_BEHIND: [&str; 9] = ["대기", "안내", "지연", "바랍", "바람", "부탁", "하세요", "해주", "하실"];
/// What, glued to a deposit word by a skip or a field, makes another word of it (`입금일`, `입금계좌`).
const OTHER_WORD_BEHIND: [&str; 9] = ["일", "자", "액", "계좌", "하", "해", "처", "확인", "용"];
/// What before 입금 makes another word of it: 세입금, 수입금, 매입금, 차입금, 불입금, 납입금, 전입금, 가입금, 투입금, 도입금.
const OTHER_WORD_BEFORE: [char; 10] = ['세', '수', '매', '차', '불', '납', '전', '가', '투', '도'];
/// English words that undo a deposit in the sentence of the amount.
const NEGATING_ENGLISH: [&str; 27] = [
    "failed",
    "failure",
    "fail",
    "declined",
    "reversed",
    "reversal",
    "rejected",
    "refused",
    "cancelled",
    "canceled",
    "cancellation",
    "pending",
    "request",
    "requested",
    "requests",
    "otp",
    "unsuccessful",
    "not",
    "returned",
    "scheduled",
    "will",
    "bounced",
    "disputed",
    "void",
    "unable",
    "expired",
    "hold",
];
/// Words of the other direction.
const OUTGOING: [&str; 13] = [
    "출금",
    "인출",
    "결제",
    "승인",
    "송금완료",
    "체크카드",
    "신용카드",
    "자동이체",
    "자동납부",
    "납부",
    "차감",
    "대출이자",
    "보냈",
];
const OUTGOING_ENGLISH: [&str; 10] =
    ["withdrawal", "withdrawn", "withdrew", "debited", "debit", "paid", "spent", "purchase", "sent", "charged"];
/// Words that stand in texts of both directions: where a template skips one and nothing says that money came in, it may
/// have gone out.
const DOUBTFUL: [&str; 6] = ["송금", "지급", "환불", "사용", "보냄", "보내"];
/// Words that stand in a deposit's text.
const DEPOSIT: [&str; 11] = ["입금", "이체", "송금", "수취", "받았", "받으", "충전", "급여", "입급", "入金", "入账"];
const DEPOSIT_ENGLISH: [&str; 9] =
    ["deposit", "deposited", "deposits", "credited", "credit", "received", "receive", "transfer", "transferred"];

/// Words of other languages beside which an amount is looked at by people where no template reads the text.
const DEPOSIT_ABROAD: [&str; 10] =
    ["收入", "存入", "转入", "转存", "到账", "汇入", "เงินเข้า", "รับโอน", "ฝากเงิน", "โอนเข้า"];

/// Channels that banks write where others write the deposit word. They do not say which way the money went, so no text
/// with one is booked or let go by it: a person looks.
const CHANNELS: [&str; 12] =
    ["모바일", "CD/ATM", "CD", "ATM", "전자금융", "오픈뱅킹", "FBS", "인터넷", "스마트", "폰뱅킹", "펌뱅킹", "타행"];

/// The first word of `outside` (text that no field took) that says that no money came.
pub(super) fn negating(outside: &str) -> Option<&'static str> {
    let compact: String = outside.chars().filter(|c| !c.is_whitespace()).collect();
    let plain = NEGATING.iter().find(|word| compact.contains(**word));
    plain
        .or_else(|| {
            NEGATING_BEHIND.iter().find(|word| {
                compact
                    .match_indices(**word)
                    .any(|(at, _)| DEPOSIT.iter().any(|deposit| compact[..at].ends_with(deposit)))
            })
        })
        .copied()
}

/// The first English word of a sentence that says that no money came.
pub(super) fn negating_english(sentence: &str) -> Option<&'static str> {
    english_word(sentence, &NEGATING_ENGLISH)
}

/// What an author of a deposit template should know of the words of its pattern.
pub(super) fn warnings(pattern: &str) -> Vec<String> {
    let negating = negating(pattern).or_else(|| negating_english(pattern));
    let negating = negating.map(|word| {
        format!("`{word}` in the pattern says that no money came: where it stands near the amount, texts go to review")
    });
    let outgoing = outgoing(pattern).map(|word| {
        format!("`{word}` in the pattern of a deposit says that money went out: where it stands near the amount, texts go to review")
    });
    negating.into_iter().chain(outgoing).collect()
}

/// The first word of `text` that says that money went out.
pub(super) fn outgoing(text: &str) -> Option<&'static str> {
    outgoing_places(text).next().map(|(word, _)| word)
}

/// The words of `text` that say that money went out, and their bytes.
///
/// A deposit word behind it in one token turns it round (`자동이체입금`); `입출금` and `출금가능` say nothing, and who is
/// named by 님이 sent the money to the reader.
pub(super) fn outgoing_places(text: &str) -> impl Iterator<Item = (&'static str, Range<usize>)> {
    let sent_by_name = text.contains("님이") && !["에게", "님께"].iter().any(|to| text.contains(to));
    let korean = OUTGOING.iter().flat_map(move |word| {
        text.match_indices(*word).map(move |(at, _)| (*word, at..at + word.len())).filter(move |(word, span)| {
            let (before, behind) = (&text[..span.start], &text[span.end..]);
            let token = behind.split(char::is_whitespace).next().unwrap_or_default();
            let turned = token.split_once("입금").is_some_and(|(between, behind)| {
                between.chars().all(char::is_alphabetic) && !is_other_word_behind("입금", behind)
            });
            let neutral = *word == "출금" && (before.ends_with('입') || behind.starts_with("가능"));
            !(turned || neutral || *word == "보냈" && sent_by_name)
        })
    });
    korean.chain(english_spans(text, &OUTGOING_ENGLISH))
}

/// The words of `text` that stand in texts of both directions, and their bytes.
pub(super) fn doubtful_places(text: &str) -> impl Iterator<Item = (&'static str, Range<usize>)> {
    DOUBTFUL.iter().flat_map(move |word| text.match_indices(*word).map(move |(at, _)| (*word, at..at + word.len())))
}

/// Whether `text` holds a word that stands in deposits' texts.
pub(super) fn has_deposit_word(text: &str) -> bool {
    DEPOSIT.iter().any(|word| text.contains(word)) || english_word(text, &DEPOSIT_ENGLISH).is_some()
}

/// Whether `text` holds a word that says by itself that money came in; 이체 and 송금 do not.
pub(super) fn says_in(text: &str) -> bool {
    const IN: [&str; 7] = ["입금", "수취", "받았", "받으", "入金", "入账", "入賬"];
    const IN_ENGLISH: [&str; 6] = ["deposit", "deposited", "deposits", "credited", "received", "receive"];
    IN.iter().any(|word| text.contains(word)) || english_word(text, &IN_ENGLISH).is_some()
}

/// Whether `text` holds a word by which a text says whether money came, went, or neither.
pub(super) fn has_direction_word(text: &str) -> bool {
    has_deposit_word(text) || outgoing(text).is_some() || negating(text).is_some() || negating_english(text).is_some()
}

/// Whether `behind`, which follows `before` without a space, makes another word of the deposit word that ends it.
pub(super) fn is_other_word_behind(before: &str, behind: &str) -> bool {
    DEPOSIT.iter().any(|deposit| before.ends_with(deposit))
        && OTHER_WORD_BEHIND.iter().chain(&NEGATING_BEHIND).chain(&NEGATING).any(|word| behind.starts_with(word))
}

/// Whether `before`, which 입금 follows without a space, makes another word of it.
pub(super) fn is_other_word_before(before: &str, behind: &str) -> bool {
    behind.starts_with("입금") && before.ends_with(OTHER_WORD_BEFORE)
}

/// Whether an amount stands near a deposit word, so that a person should see a text that no template reads.
pub(super) fn looks_financial(text: &str) -> bool {
    /// How far from the word (characters) an amount is near.
    const NEAR: usize = 60;
    let chars: Vec<char> = text.chars().collect();
    let amounts = amount_places(&chars);
    if amounts.is_empty() {
        return false;
    }
    let lower = text.to_lowercase();
    let words = DEPOSIT.iter().chain(&DEPOSIT_ABROAD);
    let places = words.flat_map(|word| text.match_indices(word).map(|(at, _)| text[..at].chars().count()));
    let english = english_places(&lower, &DEPOSIT_ENGLISH);
    if has_channel_for_word(text) || amounts.iter().any(|place| is_plus(&chars, *place)) {
        return true;
    }
    places.chain(english).any(|place| amounts.iter().any(|amount| amount.abs_diff(place) <= NEAR))
}

/// Whether a channel stands in the deposit word's place: a word of its own, and the amount right behind it.
fn has_channel_for_word(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.windows(2).any(|pair| CHANNELS.contains(&pair[0]) && pair[1].starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether a plus stands before the number at `place` and it is money: grouped by commas, or with a currency's code or mark
/// behind. Banks of Vietnam write no other word for a deposit; telephone numbers have a plus, too.
fn is_plus(chars: &[char], place: usize) -> bool {
    let has_plus = chars[..place].iter().rev().find(|c| **c != ' ') == Some(&'+');
    let number = chars[place..].iter().take_while(|c| c.is_ascii_digit() || matches!(c, ',' | '.')).count();
    let mut behind = chars[place + number..].iter().skip_while(|c| **c == ' ');
    let code: Vec<char> = behind.by_ref().take_while(|c| c.is_alphabetic()).copied().collect();
    let is_code = code.len() == 3 && code.iter().all(char::is_ascii_uppercase);
    has_plus
        && (chars[place..place + number].contains(&',') || is_code || matches!(code.as_slice(), ['원' | 'đ' | 'บ']))
}

/// Where numbers stand that could be money: three digits or more, or a unit, mark or code beside them.
fn amount_places(chars: &[char]) -> Vec<usize> {
    let mut places = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        if !chars[at].is_ascii_digit() {
            at += 1;
            continue;
        }
        let start = at;
        while at < chars.len() && (chars[at].is_ascii_digit() || matches!(chars[at], ',' | '.')) {
            at += 1;
        }
        let digits = chars[start..at].iter().filter(|c| c.is_ascii_digit()).count();
        let beside = chars.get(at).is_some_and(|c| matches!(c, '원' | '만' | '천' | '억' | '백'))
            || chars[..start].iter().rev().find(|c| **c != ' ').is_some_and(|c| is_currency_mark(*c));
        if digits >= 3 || beside {
            places.push(start);
        }
    }
    places
}

fn is_currency_mark(c: char) -> bool {
    matches!(c, '$' | '₩' | '€' | '£' | '¥' | '₹' | '₫' | '฿' | '₱' | '₽' | '₺' | '₦' | '₴' | '₸' | '\\')
}

fn english_word(text: &str, words: &[&'static str]) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    let mut tokens = lower.split(|c: char| !c.is_ascii_alphabetic());
    tokens.find_map(|token| words.iter().find(|word| **word == token).copied())
}

/// Where `words` stand by themselves, in bytes.
fn english_spans<'t>(
    text: &'t str,
    words: &'t [&'static str],
) -> impl Iterator<Item = (&'static str, Range<usize>)> + 't {
    let starts = text.char_indices().scan(false, |in_word, (at, c)| {
        let starts = c.is_ascii_alphabetic() && !*in_word;
        *in_word = c.is_ascii_alphabetic();
        Some((at, starts))
    });
    starts.filter(|(_, starts)| *starts).filter_map(move |(at, _)| {
        let token = text[at..].split(|c: char| !c.is_ascii_alphabetic()).next()?;
        let word = words.iter().find(|word| word.eq_ignore_ascii_case(token))?;
        Some((*word, at..at + token.len()))
    })
}

fn english_places(lower: &str, words: &[&str]) -> Vec<usize> {
    let mut places = Vec::new();
    for word in words {
        for (at, _) in lower.match_indices(word) {
            let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphabetic());
            if !letter(lower[..at].chars().next_back()) && !letter(lower[at + word.len()..].chars().next()) {
                places.push(lower[..at].chars().count());
            }
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_undo_a_deposit_are_found_also_when_spaced_out() {
        assert_eq!(negating("입 금 취 소"), Some("취소"));
        assert_eq!(negating("무통장입금 안내"), Some("안내"));
        assert_eq!(negating("입금안내"), Some("안내"));
        assert_eq!(negating("이용 안내: 입금"), None);
        assert_eq!(negating("[KB] 입금 잔액"), None);
        assert_eq!(negating_english("Payment Declined."), Some("declined"));
        assert_eq!(negating_english("Notice: credited"), None);
    }

    #[test]
    fn a_text_with_an_amount_near_a_deposit_word_is_financial() {
        for text in [
            "입금 10005016",
            "홍길동\n모바일\n50,000\n잔액1,000",
            "5만원이 입금",
            "credited with Rs 5,000.00",
            "USD 12 deposit $1",
            "홍길동 송금 100",
            "TK 0071000000001 +500,000VND. SD 1,234,567VND",
            "PS:+500.000VND SD: 1.234.567VND",
            "您尾号1234的卡转入5,000.00元",
            "บช X-1234 ยกเลิกเงินเข้า 500.00",
        ] {
            assert!(looks_financial(text), "{text}");
        }
        for text in [
            "입금 감사합니다",
            "출금 50,000원",
            "모바일 쿠폰 5,000원",
            "오늘 20% 할인",
            "depository 5000",
            "2026 새해",
            "고객센터 +82 1588 0000",
            "-500,000VND",
        ] {
            assert!(!looks_financial(text), "{text}");
        }
    }
}
