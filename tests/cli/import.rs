//! `recon import shooter`.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Ran, Shell};

const ROWS: &str = r#"{"table":"phone","row":{"id":5,"phone":"1588-1688","bank":"KB","remark":"main","create_time":1700000000}}
{"table":"template","id":3,"name":"KB","phone":"15881688","template":"입금 {amount}원 {name}","status":1,"color":"red"}

{"table":"sms","row":{"id":41,"phone":"15881688","content":"입금 50,000원 홍길동","money":50000,"currency":"KRW","depositor":"홍길동","sms_time":1777000000,"status":10,"check_status":2,"check_user":"kim","order_id":"R-1"}}
"#;

fn import(shell: &Shell, more: &[&str]) -> Ran {
    shell.run(&[&["import", "shooter", "old.ndjson"], more].concat())
}

fn counts(ran: &Ran, table: &str) -> (u64, u64, u64) {
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let count = |name: &str| report["tables"][table][name].as_u64().unwrap();
    (count("taken"), count("there"), count("skipped"))
}

#[test]
fn rows_are_taken_once_and_everything_else_is_told() {
    let shell = Shell::new();
    shell.file("old.ndjson", ROWS);
    let ran = import(&shell, &["--json", "--dry-run"]);
    assert_eq!(ran.code, 1, "a dry run makes no database: {ran:?}");
    assert!(ran.stderr.contains("run `recon migrate`"), "{}", ran.stderr);
    assert_eq!(shell.run(&["migrate"]).code, 0);
    let ran = import(&shell, &["--json", "--dry-run"]);
    assert_eq!((ran.code, counts(&ran, "sms")), (0, (1, 0, 0)));
    let ran = import(&shell, &["--json"]);
    assert_eq!((ran.code, counts(&ran, "sms"), counts(&ran, "phone")), (0, (1, 0, 0), (1, 0, 0)), "{}", ran.stderr);
    let ran = import(&shell, &[]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.contains("there before"), "{}", ran.stdout);
    let ran = import(&shell, &["--json"]);
    assert_eq!(counts(&ran, "template"), (0, 1, 0));
    assert_eq!(shell.run(&["audit", "verify"]).code, 0);
}

#[test]
fn a_bad_line_is_told_with_its_number_and_the_others_are_taken() {
    let shell = Shell::new();
    let more = "{\"table\":\"phone\",\"row\":{\"id\":6}}\nno json\n{\"table\":\"order\",\"id\":1}\n";
    shell.file("old.ndjson", &format!("{ROWS}{more}"));
    let ran = import(&shell, &[]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.stderr, "recon: 3 rows were skipped; the report says why\n");
    for told in [
        "line 2 template 3, taken: these fields are not known and were left out: color",
        "line 4 sms 41, taken: the wallet has not told of its order R-1 yet",
        "line 5, skipped: phone is missing",
        "line 6, skipped: is no JSON object",
        "line 7, skipped: table order is not known",
    ] {
        assert!(ran.stdout.contains(told), "{told}\n{}", ran.stdout);
    }
    shell.file("old.ndjson", &ROWS.replace("\"money\":50000", "\"money\":50001"));
    let ran = import(&shell, &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("line 4 sms 41, skipped: it was imported before and says something else now"));
    let ran = shell.run(&["import", "shooter", "nobody.ndjson"]);
    assert_eq!(ran.code, 2, "{}", ran.stderr);
}

/// Killed at any point it is finished by being run again.
#[test]
fn an_import_that_was_killed_goes_on() {
    const ROWS: u64 = 6_000;
    let mut text = String::new();
    for id in 1..=ROWS {
        let at = 1_777_000_000 + id;
        let _ = writeln!(
            text,
            r#"{{"table":"sms","row":{{"id":{id},"phone":"15881688","content":"입금 {id}원 홍길동","money":{id},"sms_time":{at},"status":10,"order_id":"R-{id}"}}}}"#
        );
    }
    let shell = Shell::new();
    shell.file("old.ndjson", &text);
    assert_eq!(shell.run(&["migrate"]).code, 0);
    let database = shell.path().join("data/recon.db-wal");
    for _ in 0..3 {
        let mut running = shell.command(&["import", "shooter", "old.ndjson", "--json"]).spawn().unwrap();
        // Something of it has been written.
        let length = || std::fs::metadata(&database).map_or(0, |metadata| metadata.len());
        let before = length();
        while length() < before + 200_000 && running.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        running.kill().unwrap();
        running.wait().unwrap();
    }
    let ran = import(&shell, &["--json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let (taken, there, skipped) = counts(&ran, "sms");
    assert_eq!((taken + there, skipped), (ROWS, 0));
    let ran = import(&shell, &["--json"]);
    assert_eq!(counts(&ran, "sms"), (0, ROWS, 0));
    assert_eq!(shell.run(&["audit", "verify"]).code, 0);
}

#[test]
fn no_import_runs_beside_a_daemon_on_sqlite() {
    let shell = Shell::new();
    shell.file("old.ndjson", ROWS);
    assert_eq!(shell.run(&["migrate"]).code, 0);
    let lock = std::fs::File::create(shell.path().join("data/recon.db.lock")).unwrap();
    lock.lock().unwrap();
    let ran = import(&shell, &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("another daemon works on"), "{}", ran.stderr);
}
