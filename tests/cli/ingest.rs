use super::daemon::{Daemon, Reply, Request};
use super::support::{Ran, Shell};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::Stdio;
use std::sync::mpsc;

fn line(id: &str) -> String {
    json!({"id": id, "sender": "15881688", "text": "홍길동 50,000원 입금", "received_at": "2026-04-22T01:00:00Z"})
        .to_string()
        + "\n"
}

fn file_of(ids: impl IntoIterator<Item = usize>) -> String {
    ids.into_iter().map(|id| line(&format!("m{id}"))).collect()
}

/// Stores what was not posted before.
fn store(request: &Request, before: &[Request]) -> Reply {
    let known: BTreeSet<String> =
        before.iter().filter(|request| request.status == 200).flat_map(Request::ids).collect();
    let status = |id: &String| if known.contains(id) { "duplicate" } else { "stored" };
    let results: Vec<Value> =
        request.ids().iter().map(|id| json!({"id": id, "sms_id": 1, "status": status(id)})).collect();
    (200, "", json!({"results": results}))
}

/// Refuses, as the daemon does, a whole batch for the sake of the messages named `bad`.
fn refuse_bad(request: &Request, before: &[Request]) -> Reply {
    let ids = request.ids();
    let bad = ids.iter().enumerate().filter(|(_, id)| id.starts_with("bad"));
    let errors: Vec<Value> = bad
        .map(|(index, id)| json!({"field": format!("messages[{index}].sender"), "message": format!("{id} has none")}))
        .collect();
    if errors.is_empty() {
        store(request, before)
    } else {
        (422, "", json!({"detail": "a message is wrong", "errors": errors}))
    }
}

fn ingest(shell: &Shell, daemon: &Daemon, more: &[&str]) -> Ran {
    let mut args = vec!["ingest", "day.ndjson", "--device-token", "phone-token", "--url", daemon.url.as_str()];
    args.extend(more);
    shell.run(&args)
}

#[test]
fn a_file_is_posted_in_batches_and_a_second_time_as_duplicates() {
    let (shell, daemon) = (Shell::new(), Daemon::start(store));
    shell.file("day.ndjson", &file_of(0..5));
    let ran = ingest(&shell, &daemon, &["--batch", "2"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (0, "5 stored, 0 duplicate, 0 held, 0 ignored, 0 refused\n"),
        "{ran:?}"
    );
    let sizes: Vec<usize> = daemon.asked().iter().map(|request| request.ids().len()).collect();
    assert_eq!(sizes, [2, 2, 1]);
    assert_eq!(daemon.asked()[0].target, "/ingest/phone%2Dtoken/recon");
    assert_eq!(daemon.asked()[0].header("authorization"), None, "the service token is not for phones");
    assert!(!shell.path().join("day.ndjson.recon-progress").exists());
    let again = ingest(&shell, &daemon, &["--json"]);
    assert_eq!(serde_json::from_str::<Value>(&again.stdout).unwrap()["duplicate"], 5);
}

#[test]
fn lines_without_ids_keep_theirs_between_runs() {
    let (shell, daemon) = (Shell::new(), Daemon::start(store));
    let anonymous = line("x").replace("\"id\":\"x\",", "");
    shell.file("day.ndjson", &format!("{anonymous}{anonymous}"));
    assert!(ingest(&shell, &daemon, &[]).stdout.starts_with("2 stored, 0 duplicate"));
    shell.file("day.ndjson", &format!("{}{anonymous}{anonymous}", line("new")));
    assert!(ingest(&shell, &daemon, &[]).stdout.starts_with("1 stored, 2 duplicate"));
}

#[test]
fn refused_lines_are_named_and_the_others_are_stored() {
    let (shell, daemon) = (Shell::new(), Daemon::start(refuse_bad));
    shell.file("day.ndjson", &format!("{}not json\n{}{}{}", line("a"), line("bad1"), line("b"), line("bad2")));
    let ran = ingest(&shell, &daemon, &[]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.stdout, "2 stored, 0 duplicate, 0 held, 0 ignored, 3 refused\n");
    for part in
        ["line 2: it is not JSON", "line 3: 422: a message is wrong; messages[0].sender bad1 has none", "line 5: "]
    {
        assert!(ran.stderr.contains(part), "{part} in {}", ran.stderr);
    }
}

#[test]
fn a_refusal_that_names_nobody_is_narrowed_down() {
    let daemon = Daemon::start(|request, before| {
        if request.ids().iter().any(|id| id == "m6") {
            (422, "", json!({"detail": "no"}))
        } else {
            store(request, before)
        }
    });
    let shell = Shell::new();
    shell.file("day.ndjson", &file_of(0..10));
    let ran = ingest(&shell, &daemon, &[]);
    assert_eq!(ran.stdout, "9 stored, 0 duplicate, 0 held, 0 ignored, 1 refused\n");
    assert!(ran.stderr.contains("line 7: 422: no"), "{}", ran.stderr);
}

#[test]
fn a_busy_daemon_is_asked_again() {
    let daemon = Daemon::start(|request, before| match before.len() {
        0 => (429, "retry-after: 0\r\n", Value::Null),
        1 => (503, "retry-after: 0\r\n", Value::Null),
        _ => store(request, &[]),
    });
    let shell = Shell::new();
    shell.file("day.ndjson", &file_of(0..2));
    let ran = ingest(&shell, &daemon, &[]);
    assert_eq!((ran.code, daemon.asked().len()), (0, 3), "{ran:?}");
}

#[test]
fn a_run_that_ended_early_goes_on_where_it_was() {
    let daemon = Daemon::start(|request, before| match before.len() {
        1 => (403, "", json!({"detail": "the device was deleted"})),
        _ => store(request, before),
    });
    let shell = Shell::new();
    shell.file("day.ndjson", &file_of(0..4));
    let ran = ingest(&shell, &daemon, &["--batch", "2"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("the device was deleted") && ran.stderr.contains("2 stored"), "{}", ran.stderr);
    assert!(!ran.stderr.contains("phone-token"));
    let ran = ingest(&shell, &daemon, &["--batch", "2"]);
    assert_eq!((ran.code, daemon.asked()[2].ids()), (0, vec!["m2".to_owned(), "m3".to_owned()]));
    assert_eq!(ran.stdout, "4 stored, 0 duplicate, 0 held, 0 ignored, 0 refused\n");
}

#[test]
fn a_run_that_was_killed_before_an_answer_repeats_that_batch_alone() {
    let (arrived, third_arrived) = mpsc::channel();
    let (killed, wait_for_kill) = mpsc::channel::<()>();
    let daemon = Daemon::start(move |request, before| {
        if before.len() == 2 {
            arrived.send(()).unwrap();
            wait_for_kill.recv().unwrap();
        }
        store(request, before)
    });
    let shell = Shell::new();
    shell.file("day.ndjson", &file_of(0..8));
    let args = ["ingest", "day.ndjson", "--device-token", "phone-token", "--url", &daemon.url, "--batch", "2"];
    let mut child = shell.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    third_arrived.recv().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    killed.send(()).unwrap();
    let ran = ingest(&shell, &daemon, &["--batch", "2"]);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (0, "6 stored, 2 duplicate, 0 held, 0 ignored, 0 refused\n"),
        "{ran:?}"
    );
    assert_eq!(daemon.asked()[3].ids(), ["m4", "m5"], "the first two batches are not sent again");
}

#[test]
fn an_answer_that_skips_a_message_acknowledges_nothing() {
    let daemon = Daemon::start(|_, _| (200, "", json!({"results": [{"status": "stored"}]})));
    let shell = Shell::new();
    shell.file("day.ndjson", &file_of(0..2));
    let ran = ingest(&shell, &daemon, &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("none counts as stored"), "{}", ran.stderr);
    assert!(!shell.path().join("day.ndjson.recon-progress").exists());
}

#[test]
fn a_phone_with_a_secret_signs_and_stdin_is_a_file_too() {
    let daemon = Daemon::start(store);
    let shell = Shell::new().var("RECON_DEVICE_TOKEN", "phone-token").var("RECON_DEVICE_SECRET", "whsec_c2VjcmV0");
    let mut command = shell.command(&["ingest", "-", "--url", &daemon.url]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(file_of(0..1).as_bytes()).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (0, "1 stored, 0 duplicate, 0 held, 0 ignored, 0 refused\n"),
        "{ran:?}"
    );
    let asked = &daemon.asked()[0];
    assert!(asked.header("webhook-signature").unwrap().starts_with("v1,"));
    assert!(asked.header("webhook-timestamp").is_some() && asked.header("webhook-id").is_some());
}

#[test]
fn wrong_usage_is_told_before_anything_is_sent() {
    let shell = Shell::new();
    assert!(shell.run(&["ingest", "day.ndjson"]).stderr.contains("RECON_DEVICE_TOKEN"));
    let missing = shell.run(&["ingest", "none.ndjson", "--device-token", "x"]);
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.contains("none.ndjson cannot be read"), "{}", missing.stderr);
    shell.file("day.ndjson", &line("a"));
    let away = shell.run(&["ingest", "day.ndjson", "--device-token", "x", "--url", "http://127.0.0.1:1"]);
    assert_eq!(away.code, 1);
    assert!(away.stderr.contains("is the daemon running there?"), "{}", away.stderr);
}
