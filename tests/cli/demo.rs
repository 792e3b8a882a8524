//! `recon demo` as whoever tries recon out meets it.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::Stdio;

use serde_json::Value;

use super::support::{Ran, Shell};

/// Every fate of the script, as the table names it.
const FATES: [&str; 9] =
    ["matched", "early", "late", "twin", "no order", "withdrawal", "forged", "unreadable", "never heard"];

/// A shell whose temporary directory is its own, so that what a demo leaves behind is seen.
fn shell() -> Shell {
    let shell = Shell::new();
    let dir = shell.path().join("tmp");
    std::fs::create_dir(&dir).unwrap();
    let dir = dir.to_str().unwrap().to_owned();
    shell.var("TMPDIR", &dir)
}

fn left_behind(shell: &Shell) -> Vec<PathBuf> {
    std::fs::read_dir(shell.path().join("tmp")).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn the_demo_ends_as_its_script_says() {
    let shell = shell();
    let ran = shell.run(&["demo", "--for", "8s", "--seed", "7"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for fate in FATES {
        let row = ran
            .stdout
            .lines()
            .find(|line| line.starts_with(&format!("│ {fate} ")))
            .unwrap_or_else(|| panic!("{fate}: {ran:?}"));
        let cells: Vec<u64> =
            row.split('┆').skip(1).map(|cell| cell.trim_matches([' ', '│']).parse().unwrap()).collect();
        let [planned, right, reviews, wrong, otherwise, lost, doubled] = cells[..] else { panic!("{row}") };
        assert!(planned > 0 && right == planned && reviews <= planned, "{row}");
        assert_eq!([wrong, otherwise, lost, doubled], [0; 4], "{row}");
    }
    // What to look at, what happened, and how it stood while it happened.
    for part in [
        "sms list --url http://127.0.0.1:",
        "sms show 1 --url",
        "actors --url",
        "/service.token",
        "/admin-password",
        "/demo.log",
        "falls silent",
        "token is revoked",
        "| healthy",
        "degraded: telegram-poller/1 parked",
        "Nothing was lost, doubled or wrongly matched.",
    ] {
        assert!(ran.stdout.contains(part), "{part} in {}", ran.stdout);
    }
    assert_eq!((ran.stderr.as_str(), left_behind(&shell)), ("", Vec::new()));
}

#[test]
fn it_reports_to_programs_and_keeps_its_directory_where_that_is_asked() {
    let shell = shell();
    let ran = shell.run(&["demo", "--for", "3s", "--seed", "2", "--rate", "20", "--keep", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["as_planned"], true, "{report}");
    let sources = report["sources"].as_array().unwrap();
    assert_eq!(sources.len(), 7, "five apps, Pushbullet and Telegram");
    let heard = |source: &&Value| source["told"].as_u64() > Some(0) && source["heard"] == source["told"];
    assert_eq!(sources.iter().filter(heard).count(), 7, "{report}");
    let [dir] = &left_behind(&shell)[..] else { panic!("one directory is kept") };
    assert!(ran.stderr.contains(&format!("kept: {}", dir.display())), "{}", ran.stderr);
    let log = std::fs::read_to_string(dir.join("demo.log")).unwrap();
    assert!(log.contains("recon is ready") && log.contains("stopped"), "{log}");
}

/// Told to stop, it looks at what there was, and leaves nothing behind.
#[test]
fn a_signal_ends_it_cleanly() {
    let shell = shell();
    let mut demo =
        shell.command(&["demo", "--seed", "3"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines().map(Result::unwrap);
    let first = lines.find(|line| line.starts_with("00:")).unwrap();
    assert!(first.ends_with("healthy"), "{first}");
    let killed = std::process::Command::new("kill").args(["-INT", &demo.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let rest: Vec<String> = lines.collect();
    let ran = Ran::from(demo.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{rest:?}");
    assert_eq!(rest.last().unwrap(), "Nothing was lost, doubled or wrongly matched.");
    assert_eq!(left_behind(&shell), Vec::<PathBuf>::new());
}

#[test]
fn it_meets_no_real_database() {
    let shell = shell();
    shell.file("recon.toml", "database.url = 'sqlite://real.db'\n");
    for args in [
        &["demo", "--set", "database.url=sqlite://real.db"][..],
        &["demo", "--set", "telegram.api_url=https://api.telegram.org"],
        &["demo", "--data-dir", "."],
        &["demo", "--config", "recon.toml"],
        &["demo", "--for", "1s"],
        &["demo", "--rate", "0"],
    ] {
        let ran = shell.run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{args:?}: {ran:?}");
    }
    // A file that lies there is not read.
    let ran = shell.run(&["demo", "--for", "3s", "--rate", "1", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(!shell.path().join("real.db").exists());
    assert_eq!(left_behind(&shell), Vec::<PathBuf>::new());
}
