use proptest::prelude::*;

use super::*;

fn text(raw: &str) -> String {
    normalise(raw).text
}

#[test]
fn widths_line_ends_and_blanks_are_folded() {
    assert_eq!(text("５０，０００원\r\n㈜가나\u{3000}다\u{a0}라\rx"), "50,000원\n(주)가나 다 라\nx");
    assert_eq!(text("  [KB]입금\t1 \n"), "[KB]입금 1");
    assert!(!normalise("５０，０００원\r\n㈜가나\u{3000}다").suspicious);
}

#[test]
fn invisible_characters_are_removed_and_told() {
    for hidden in
        ['\u{200b}', '\u{200d}', '\u{202e}', '\u{2066}', '\u{feff}', '\u{ad}', '\u{3164}', '\u{7}', '\u{e0041}']
    {
        let seen = normalise(&format!("입금 50{hidden},000원"));
        assert_eq!((seen.text.as_str(), seen.suspicious), ("입금 50,000원", true), "{hidden:?}");
    }
    assert!(!normalise("☎\u{fe0f} 1588").suspicious, "an emoji's selector hides nothing");
    assert!(normalise("1\u{fe0f}5").suspicious);
}

#[test]
fn words_of_mixed_scripts_and_whole_look_alikes_are_told() {
    for bad in ["[KВ]입금", "입금 50,000원 Аnna", "[КВ] 입금", "КВ 500", "홍길дoн"] {
        assert!(normalise(bad).suspicious, "{bad}");
    }
    for ordinary in [
        "[KB]국민 입금 50,000원 홍길동A1",
        "iM뱅크 㐂 中國銀行",
        "Перевод 500р от Иван",
        "토스뱅크ATM café",
        "スーパー 入金",
        "22/04@09:30 5,000.00 จากKBNK/x456789เข้าx123456 ใช้ได้12,345.00บ",
    ] {
        assert!(!normalise(ordinary).suspicious, "{ordinary}");
    }
}

/// INV-P2: a number that mixes digit systems is no number.
#[test]
fn numbers_of_several_digit_systems_are_marked() {
    for mixed in ["5０,000", "50,０００", "５²", "5①", "٥0", "𝟓0"] {
        let seen = normalise(mixed);
        assert!(!seen.is_one_digit_system(0..1), "{mixed} -> {}", seen.text);
    }
    let whole = normalise("입금 ５０，０００ 12:30");
    assert!(!whole.suspicious);
    assert!(whole.is_one_digit_system("입금 ".len().."입금 50,000".len()));
    assert!(normalise("5０,000").suspicious);
}

#[test]
fn headers_of_carriers_and_forwarders_are_stripped() {
    for raw in [
        "[Web발신]\n[KB]입금",
        "[WEB발신][KB]입금",
        "보낸사람 : 15882100\n[Web발신]\n[KB]입금",
        "[국제발신]\r\n[KB]입금",
        "[국외발신] [KB]입금",
        "보낸사람 : 15882100 [KB]입금",
        "［Web발신］\n[KB]입금",
    ] {
        assert_eq!(text(raw), "[KB]입금", "{raw}");
    }
    assert_eq!(text("입금 5원\n보낸사람 : 홍길동"), "입금 5원\n보낸사람 : 홍길동");
    assert_eq!(text("보낸사람 홍길동"), "보낸사람 홍길동");
}

#[test]
fn channels_agree_on_a_text_whatever_its_white_space() {
    assert_eq!(fingerprint_text("[Web발신]\n[KB] 입금\r\n5,000"), fingerprint_text("[KB]  입금 5,000 "));
    assert_ne!(fingerprint_text("입금 5,000"), fingerprint_text("입금 5,001"));
}

#[test]
fn entities_are_undone_only_as_often_as_asked() {
    assert_eq!(unescape_html("&lt;KB&gt; A&amp;B &#39;&#xAC00;&apos; &unknown; &", 1), "<KB> A&B '가' &unknown; &");
    assert_eq!(unescape_html("&amp;lt;", 1), "&lt;");
    assert_eq!(unescape_html("&amp;lt;", 2), "<");
    assert_eq!(unescape_html("&amp;lt;", 0), "&amp;lt;");
}

proptest! {
    #[test]
    fn any_text_is_normalised_once_and_for_all(raw in "\\PC*|[\\s\\S]{0,80}") {
        let once = normalise(&raw);
        let twice = normalise(&once.text);
        prop_assert_eq!(&once.text, &twice.text);
        prop_assert!(!once.text.contains(is_invisible));
        let _ = unescape_html(&raw, 3);
    }
}
