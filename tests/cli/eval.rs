//! `recon eval` on the shipped corpus, which holds the goals, and on files of operators.
//!
//! `RECON_TEST_EVAL=whole` plays the largest day too and compares every table of `docs/quality.md`; without it those of the
//! texts are compared.

use serde_json::Value;

use super::support::Shell;

/// Why people are asked on the shipped days.
const REASONS: [&str; 9] = [
    "ambiguous",
    "chain_break",
    "early",
    "late",
    "order_taken",
    "twin",
    "no_name",
    "suspicious_text",
    "unmatched_expired",
];

fn whole() -> bool {
    std::env::var("RECON_TEST_EVAL").is_ok_and(|what| what == "whole")
}

#[allow(clippy::float_arithmetic, reason = "a share as the document shows it")]
fn per_cent(share: &Value) -> String {
    let tenths = (share.as_f64().unwrap() * 1_000.0 + 1e-6).floor();
    format!("{:.1}", tenths / 10.0)
}

#[track_caller]
fn documented(row: &str) {
    let page = include_str!("../../docs/quality.md");
    assert!(page.lines().any(|line| line == row), "docs/quality.md lacks this line, run its command anew:\n{row}");
}

/// On the shipped corpus nothing is credited wrongly, used twice or dropped, and at least 99 of 100 certain pairs and
/// of texts are found.
#[test]
fn the_shipped_corpus_meets_every_goal_and_the_document_says_what_it_finds() {
    let shell = Shell::new();
    let args: &[&str] = if whole() { &["eval", "--json"] } else { &["eval", "--quick", "--json"] };
    let ran = shell.run(args);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    assert_eq!((ran.code, &report["met"]), (0, &Value::Bool(true)), "{:#}\n{}", report["failures"], ran.stderr);
    assert_eq!(report["goals"].as_array().unwrap().len(), 8, "{:#}", report["goals"]);
    assert_eq!(report["failures"], Value::Array(Vec::new()), "no day and no text is otherwise than its label says");
    let texts = &report["texts"];
    assert!(texts["deposits"].as_u64().unwrap() >= 150 && texts["negatives"].as_u64().unwrap() >= 120, "{texts}");
    let days = report["by_day"].as_array().unwrap().len();
    assert!(days >= 24, "{days} days");
    let count = |of: &Value, field: &str| of[field].as_u64().unwrap();
    documented(&format!(
        "| {} | {} | {} | {} | {} | {} | {} | {} |",
        count(texts, "texts"),
        count(texts, "deposits"),
        per_cent(&texts["recall"]),
        count(texts, "wrong_amounts"),
        count(texts, "wrong_fields"),
        count(texts, "negatives"),
        count(texts, "negatives_booked"),
        count(texts, "silent_drops"),
    ));
    // Were the days such that a simpler way did as well, they would prove nothing.
    for baseline in report["baselines"].as_array().unwrap() {
        assert!(baseline["wrong_credits"].as_u64().unwrap() > 0, "{baseline}");
    }
    for reason in REASONS {
        assert!(report["by_reason"][reason]["days"].as_u64().unwrap_or(0) > 0, "no day shows {reason}");
    }
    if whole() {
        let matcher = |name: &str, of: &Value| {
            let counts: Vec<String> =
                ["wrong_credits", "unproven", "double_use"].map(|field| count(of, field).to_string()).to_vec();
            let (recall, precision) = (per_cent(&of["recall"]), per_cent(&of["precision"]));
            let (counts, left) = (counts.join(" | "), per_cent(&of["review_rate"]));
            documented(&format!("| {name} | {recall} | {precision} | {counts} | {left} |"));
        };
        matcher("**recon**", &report["days"]);
        for baseline in report["baselines"].as_array().unwrap() {
            matcher(baseline["name"].as_str().unwrap(), baseline);
        }
    }
}

#[test]
fn a_file_of_an_operator_is_played_with_their_own_templates() {
    let shell = Shell::new();
    let file = [
        r#"{"kind":"template","template":{"name":"가나 입금","kind":"typed","pattern":"[가나]{date} {time}\n{name}\n입금 {amount}\n잔액 {balance}","senders":["15880001"],"direction":"deposit","currency":"KRW","timezone":"Asia/Seoul"}}"#,
        r#"{"kind":"text","bank":"가나","sender":"1588-0001","text":"[가나]04/22 09:30\n홍길동\n입금 50,000\n잔액 90,000","expect":{"amount":"50000","name":"홍길동","balance":"90000"}}"#,
        r#"{"kind":"text","bank":"가나","sender":"15880001","text":"[가나]04/22 09:30\n홍길동\n입금취소 50,000\n잔액 40,000","expect":"review"}"#,
        r#"{"kind":"day","name":"ours","accounts":{"a":{"bank":"가나","sender":"15880001","writes":"[가나]{date} {time}\n{name}\n{word} {amount}\n잔액 {balance}","balance":"1000"}}}"#,
        r#"{"kind":"order","at":"09:00","id":"R-1","name":"홍길동","amount":"50000","minutes":60}"#,
        r#"{"kind":"sms","at":"09:05","on":"a","name":"홍길동","amount":50000,"pays":"R-1"}"#,
        r#"{"kind":"sms","at":"09:10","on":"a","name":"김철수","amount":50000}"#,
    ];
    shell.file("ours.jsonl", &file.join("\n"));
    let ran = shell.run(&["eval", "ours.jsonl", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["texts_by_bank"]["가나"]["right"], 1);
    assert_eq!(report["days"]["found"], 1);
    assert_eq!(report["days"]["review_rate"], 0.5);
    assert_eq!(report["baselines"].as_array().unwrap().len(), 5);

    // The same, were it true that another order was paid: the goals are missed, and what went wrong is said.
    let wrong = file
        .join("\n")
        .replace(r#","pays":"R-1""#, "")
        .replace(r#""expect":{"amount":"50000""#, r#""expect":{"amount":"60000""#)
        .replace("\"expect\":\"review\"", "\"expect\":{\"amount\":\"50000\"}");
    shell.file("wrong.jsonl", &wrong);
    let ran = shell.run(&["eval", "wrong.jsonl"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("goals missed: wrong credits: 0 (found 1)"), "{ran:?}");
    for told in [
        "credited R-1, and paid no order",
        "a deposit that was not read",
        "newest pending",
        "wrong amount: read 50000, expected 60000",
    ] {
        assert!(ran.stdout.contains(told), "{told:?} in {}", ran.stdout);
    }
}

#[test]
fn a_file_that_cannot_be_used_is_refused_with_its_line() {
    let shell = Shell::new();
    let refused = |content: &str, told: &str| {
        shell.file("bad.jsonl", content);
        let ran = shell.run(&["eval", "bad.jsonl"]);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains(told) && ran.stdout.is_empty(), "{told:?} in {ran:?}");
    };
    refused("{\"kind\":\"text\"}", "bad.jsonl, line 1: missing field `bank`");
    let template = r#"{"kind":"template","template":{"name":"a","kind":"typed","pattern":"입금 {sum}","senders":["1"],"direction":"deposit","currency":"KRW","timezone":"Asia/Seoul"}}"#;
    refused(&format!("\n{template}"), "bad.jsonl, line 2: pattern: character 4: there is no field `sum`");
    refused("// nothing\n", "there is nothing to evaluate");
    std::fs::write(shell.path().join("bad.jsonl"), b"// \n{\"kind\":\"text\",\"bank\":\"\xb1\"}").unwrap();
    let ran = shell.run(&["eval", "bad.jsonl"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (2, "recon: bad.jsonl, line 2: this is not UTF-8\n"));
    let ran = shell.run(&["eval", "--day", "nosuch"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("no day has \"nosuch\" in its name: there are "), "{}", ran.stderr);
    assert!(ran.stderr.contains(" more\n"), "{}", ran.stderr);
    let ran = shell.run(&["eval", "none.jsonl"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("none.jsonl cannot be read"), "{ran:?}");
}
