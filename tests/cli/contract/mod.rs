//! `recon contract`, against servers that answer as frozen and against ones that deviate in one thing each.

mod fake;
mod live;
mod other_stacks;

use serde_json::{Value, json};

use self::fake::{Answer, EXPIRED, EXPIRING, FRESH, Fake, PASSWORD, VIEWER};
use crate::support::{Ran, Shell};

/// What the cases that need a state are given: the rows that the server holds.
const ROWS: [&str; 9] = [
    "--variable",
    "sms_id=41",
    "--variable",
    "sms_phone=15990000",
    "--variable",
    "disposable_sms_id=41",
    "--variable",
    "disposable_device_id=8",
    "--variable",
];

fn shell() -> Shell {
    let shell = Shell::new();
    for (name, text) in [("fresh", FRESH), ("expiring", EXPIRING), ("expired", EXPIRED), ("password", PASSWORD)] {
        shell.file(name, text);
    }
    shell
}

fn verify(shell: &Shell, url: &str, more: &[&str]) -> Ran {
    let viewer = format!("viewer_token={VIEWER}");
    let mut args = vec!["contract", "verify", "--base-url", url];
    args.extend(ROWS);
    args.push(&viewer);
    args.extend(more);
    shell.run(&args)
}

fn by_token(shell: &Shell, url: &str, more: &[&str]) -> Ran {
    let words = format!("password={PASSWORD}");
    let mut args = vec!["--token-file", "fresh", "--variable", "user=admin", "--variable", &words];
    args.extend(more);
    verify(shell, url, &args)
}

fn parsed(ran: &Ran) -> Value {
    let parsed = serde_json::from_str(&ran.stdout);
    assert!(parsed.is_ok(), "{parsed:?}: {ran:?}");
    parsed.unwrap()
}

#[test]
fn a_server_that_answers_as_frozen_passes_with_every_kind_of_token() {
    let (shell, fake) = (shell(), Fake::right());
    let tokens = ["--expiring-token-file", "expiring", "--expired-token-file", "expired", "--junit", "junit.xml"];
    let ran = by_token(&shell, &fake.url, &tokens);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("0 failed, 0 broken, 0 skipped"), "{}", ran.stdout);
    for route in ["/login", "/top_info", "/shooter/device/trust", "/pushbullet/device/delete"] {
        let line = ran.stdout.lines().find(|line| line.contains(&format!(" {route} "))).unwrap();
        assert!(line.contains("covered") && !line.contains("uncovered"), "{line}");
    }
    let junit = std::fs::read_to_string(shell.path().join("junit.xml")).unwrap();
    assert!(junit.contains("failures=\"0\" errors=\"0\" skipped=\"0\""), "{junit}");
    for kind in ["fresh", "expiring", "expired"] {
        assert!(junit.contains(&format!("<testcase classname=\"{kind}\" name=\"top-info\"")), "{kind}");
    }
    for secret in [FRESH, EXPIRING, EXPIRED, PASSWORD] {
        assert!(!ran.stdout.contains(secret) && !junit.contains(secret));
    }
}

#[test]
fn a_user_with_a_password_logs_in() {
    let (shell, fake) = (shell(), Fake::right());
    let ran = verify(&shell, &fake.url, &["--password-file", "password", "--json"]);
    assert_eq!((ran.code, &parsed(&ran)["ok"]), (0, &json!(true)), "{}", ran.stdout);
    shell.file("wrong", "left horse");
    let ran = verify(&shell, &fake.url, &["--password-file", "wrong"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("lets admin not log in") && !ran.stderr.contains("left horse"), "{}", ran.stderr);
}

/// What a server does to its answers, and how that is named.
type Deviation = (&'static str, fn(&mut Answer), &'static [&'static str]);

fn first(answer: &mut Answer) -> &mut Value {
    &mut answer.body["data"]["list"][0]
}

const DEVIATIONS: &[Deviation] = &[
    ("top_info", |it| it.body["code"] = json!("0"), &["$.code is string \"0\", not number"]),
    ("top_info", |it| drop(it.body.as_object_mut().unwrap().remove("msg")), &["$.msg is missing"]),
    ("top_info", |it| it.body["extra"] = json!(1), &["$.extra is one too many: 1"]),
    ("top_info", |it| it.body["msg"] = json!("OK"), &["$.msg is \"OK\", not \"ok\""]),
    ("top_info", |it| it.body["data"]["as_of"] = json!(1), &["$.data.as_of is 1, more than 120"]),
    ("top_info", |it| it.body["data"]["loops_stale_cnt"] = json!(1.5), &["loops_stale_cnt is number 1.5, not integer"]),
    ("top_info", |it| it.body["data"]["recon_available"] = json!(1), &["recon_available is number 1, not boolean"]),
    ("top_info", |it| it.status = 201, &["status is 201, not 200"]),
    ("top_info", |it| it.headers[0].1 = "text/html".to_owned(), &["header content-type is text/html"]),
    ("top_info", |it| it.headers.push(("new-token", "z".repeat(30))), &["header new-token is one too many: (a token)"]),
    ("top_info", |it| it.headers.push(("location", "/".to_owned())), &["header location is one too many"]),
    ("/shooter/sms/list", |it| it.body["data"]["list"] = json!({}), &["$.data.list is object {}, not a list"]),
    ("/shooter/sms/list", |it| it.body["data"]["total"] = json!("1"), &["$.data.total is string"]),
    ("/shooter/sms/list", |it| it.body["data"]["pageSize"] = json!(500), &["$.data.pageSize is 500, not 10"]),
    (
        "/shooter/sms/list",
        |it| first(it)["money"] = json!("50000"),
        &["$.data.list[0].money is string \"50000\", not number or null"],
    ),
    (
        "/shooter/sms/list",
        |it| drop(first(it).as_object_mut().unwrap().remove("balance")),
        &["$.data.list[0].balance is missing"],
    ),
    ("/shooter/sms/list", |it| first(it)["status"] = json!(11), &["$.data.list[0].status is 11"]),
    (
        "/shooter/sms/get",
        |it| it.body["data"]["candidates"] = json!(null),
        &["$.data.candidates is null null, not list"],
    ),
    ("/shooter/phone/delete", |it| it.body["data"] = json!([]), &["$.data is list [], not object"]),
    ("/shooter/phone/delete", |it| it.body["data"] = json!(null), &["$.data is null null, not object"]),
    (
        "/shooter/device/trust",
        |it| it.body["data"]["trusted"] = json!(true),
        &["$.data.trusted is boolean true, not number"],
    ),
    ("/login", |it| it.body["msg"] = json!(it.body["data"].to_string()), &["$.msg is"]),
];

#[test]
fn every_deviation_is_found_and_named() {
    let shell = shell();
    for (path, bend, told) in DEVIATIONS {
        let fake = Fake::bent(move |answer: &mut Answer| {
            let code = answer.body["code"].as_i64();
            let has_rows = answer.body["data"]["list"].as_array().is_none_or(|list| !list.is_empty());
            if answer.path.contains(path) && code == Some(0) && has_rows {
                bend(answer);
            }
        });
        let ran = by_token(
            &shell,
            &fake.url,
            &[
                "--only",
                path.trim_start_matches('/').split('/').next().unwrap(),
                "--only",
                "auth/login",
                "--only",
                "top-info",
            ],
        );
        assert_eq!(ran.code, 1, "{path} {told:?}: {}", ran.stdout);
        for told in *told {
            assert!(ran.stdout.contains(told), "{told}\n{}", ran.stdout);
        }
    }
}

#[test]
fn what_a_token_near_its_end_or_behind_it_is_answered_with_is_judged() {
    let shell = shell();
    let ask = |fake: &Fake| {
        let tokens = ["--expiring-token-file", "expiring", "--expired-token-file", "expired", "--only", "top-info"];
        by_token(&shell, &fake.url, &tokens)
    };
    let silent = Fake::bent(|answer| answer.headers.retain(|(name, _)| *name != "new-token"));
    assert!(ask(&silent).stdout.contains("header new-token is missing"));
    let hidden = Fake::bent(|answer| {
        for (name, value) in &mut answer.headers {
            if *name == "access-control-expose-headers" {
                *value = "new-token".to_owned();
            }
        }
    });
    assert!(ask(&hidden).stdout.contains("does not name new-expires-at"));
    let lenient = Fake::bent(|answer| {
        if answer.status == 401 {
            answer.status = 200;
        }
    });
    assert!(ask(&lenient).stdout.contains("status is 200, not 401"));
    let empty = Fake::bent(|answer| {
        if answer.status == 401 {
            answer.body["data"] = json!({});
        }
    });
    assert!(ask(&empty).stdout.contains("$.data is object {}, not null"));
}

#[test]
fn a_case_that_cannot_be_judged_is_listed_and_its_route_counts_as_uncovered() {
    let (shell, fake) = (shell(), Fake::right());
    let args = ["contract", "verify", "--base-url", &fake.url, "--token-file", "fresh"];
    let ran = shell.run(&args);
    assert_eq!(ran.code, 1, "{}", ran.stdout);
    assert!(
        ran.stdout.contains("the state sms cannot be made here: give --recon-url, or its variables"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("it needs the variable user"));
    assert!(ran.stderr.contains("not covered: /login, /logout"), "{}", ran.stderr);
    let ran = shell.run(&[&args[..], &["--allow-skipped", "--json"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let routes = parsed(&ran)["routes"].as_array().unwrap().clone();
    let of = |path: &str| routes.iter().find(|route| route["route"] == path).unwrap()["coverage"].clone();
    assert_eq!((of("/login"), of("/me")), (json!("skipped"), json!("covered")));
    assert!(fake.asked().iter().all(|asked| !asked.ends_with("/login")), "nobody logs in unasked");
    let ran = shell.run(&[&args[..], &["--reads-only", "--json", "--variable", "sms_id=41"]].concat());
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(parsed(&ran)["routes"].as_array().unwrap().len(), 8, "the routes that read");
}

#[test]
fn cases_of_a_directory_are_run_with_their_deviations_and_an_uncovered_route_fails() {
    let (shell, fake) = (shell(), Fake::right());
    std::fs::create_dir(shell.path().join("cases")).unwrap();
    shell.file("cases/me.hurl", "GET {{base_url}}/api/admin/me\nx-token: {{token}}\nHTTP 200\n");
    let body = r#"{"code": 0, "data": {"id": 1, "username": "admin", "role": "boss"}, "msg": "ok"}"#;
    let toml = format!("summary = \"me\"\n[[answer]]\nbody = '{body}'\n");
    shell.file("cases/me.toml", &toml);
    let run = |more: &[&str]| {
        let args = ["contract", "verify", "--base-url", &fake.url, "--token-file", "fresh", "--cases", "cases"];
        shell.run(&[&args[..], more].concat())
    };
    let ran = run(&["--only", "me"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.contains("$.data.role is \"admin\", not \"boss\""), "{}", ran.stdout);
    shell.file(
        "cases/me.toml",
        &format!("{toml}[[deviation]]\nat = \"$.data.role\"\nreason = \"there is no boss here\"\n"),
    );
    let ran = run(&["--only", "me"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stdout.contains("on purpose: answer 1: $.data.role is \"admin\", not \"boss\" (there is no boss here)")
    );
    let ran = run(&[]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("not covered: /login, /logout, /pushbullet/device/list"), "{}", ran.stderr);
    shell.file("cases/me.hurl", "GET {{base_url}}/api/admin/logout\nx-token: {{token}}\nHTTP 200\n");
    let ran = run(&[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("me.hurl, line 1: this request may change something"), "{}", ran.stderr);
    shell.file("cases/me.hurl", "GET {{base_url}}/api/admin/me\n[Cookies]\na: b\n");
    let ran = run(&[]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("line 2: the section [Cookies] is not known"), "{}", ran.stderr);
}

#[test]
fn two_servers_are_read_side_by_side_and_nothing_is_changed_on_either() {
    let shell = shell();
    let count = std::sync::atomic::AtomicI64::new(0);
    let old = Fake::bent(move |answer| {
        if answer.path == "/top_info" && answer.status == 200 {
            answer.body["data"]["sms_need_check_cnt"] = json!(count.fetch_add(1, std::sync::atomic::Ordering::SeqCst));
        }
    });
    let run = |new: &Fake, more: &[&str]| {
        let args = [
            "contract",
            "diff",
            "--old",
            &old.url,
            "--new",
            &new.url,
            "--old-token-file",
            "fresh",
            "--new-token-file",
            "fresh",
            "--variable",
            "sms_id=41",
            "--variable",
            "sms_phone=15990000",
        ];
        shell.run(&[&args[..], more].concat())
    };
    let same = Fake::right();
    let ran = run(&same, &[]);
    assert_eq!(ran.code, 0, "{}\n{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("noise of the old server, answer 1: $.data.sms_need_check_cnt"), "{}", ran.stdout);
    assert!(ran.stdout.contains("skipped  shooter/phone-add"), "{}", ran.stdout);
    let other = Fake::bent(|answer| {
        if answer.path == "/shooter/sms/list" && answer.body["code"] == 0 && answer.body["data"]["total"] == 1 {
            first(answer)["balance"] = json!("12.5");
            first(answer)["depositor"] = json!("김철수");
        }
    });
    let ran = run(&other, &["--json"]);
    assert_eq!(ran.code, 1);
    let cases = parsed(&ran)["cases"].as_array().unwrap().clone();
    let list = cases.iter().find(|case| case["case"] == "shooter/sms-list").unwrap();
    assert_eq!(list["differences"][0]["what"], "is string \"12.5\", not number");
    assert_eq!(list["differences"][1]["at"], "$.data.list[0].depositor");
    for fake in [&old, &same, &other] {
        for asked in fake.asked() {
            let is_read = ["/list", "/get", "/me", "/top_info", "/nobody"].iter().any(|read| asked.ends_with(read));
            assert!(is_read, "{asked}");
        }
    }
}

#[test]
fn a_live_server_is_recorded_without_its_secrets_and_fits_what_was_recorded() {
    let (shell, fake) = (shell(), Fake::right());
    let record = ["contract", "record", "--base-url", &fake.url, "--token-file", "fresh", "--out", "recorded"];
    let ran = shell.run(&record);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let folder = shell.path().join("recorded/recorded");
    let mut files = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for secret in [FRESH, "홍길동", "15990000", "counter-7", &fake.url] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        files += 1;
    }
    assert_eq!(files, 16, "eight reads, two files each");
    let ran = by_token(&shell, &fake.url, &["--cases", "recorded", "--only", "recorded/"]);
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    assert!(ran.stdout.contains("8 passed, 0 failed, 0 broken, 0 skipped"), "{}", ran.stdout);
}

/// Stock hurl says the same of a case as we do: run with `RECON_TEST_HURL`, the path of its binary.
#[test]
fn stock_hurl_agrees() {
    let Ok(hurl) = std::env::var("RECON_TEST_HURL") else { return eprintln!("RECON_TEST_HURL names no hurl") };
    let shell = shell();
    let cases = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("contract/cases");
    let right = Fake::right();
    let wrong = Fake::bent(|answer| {
        if answer.path.starts_with("/shooter/") && answer.body["code"] == 0 {
            answer.body["code"] = json!("0");
        }
    });
    for fake in [&right, &wrong] {
        let report = parsed(&by_token(&shell, &fake.url, &["--json"]));
        for case in report["cases"].as_array().unwrap() {
            let name = case["case"].as_str().unwrap();
            let told = case["differences"].as_array().unwrap();
            let ours = told.iter().all(|found| !["status", "assert"].contains(&found["about"].as_str().unwrap()));
            let now = recon::clock::Clock::system().now().0 / 1000;
            let unique = 20_000_000 + std::process::id() % 60_000 * 100 + u32::try_from(name.len()).unwrap();
            let mut command = std::process::Command::new(&hurl);
            command.arg("--test").arg(cases.join(format!("{name}.hurl")));
            for (variable, value) in [
                ("base_url", fake.url.clone()),
                ("token", FRESH.to_owned()),
                ("viewer_token", VIEWER.to_owned()),
                ("user", "admin".to_owned()),
                ("password", PASSWORD.to_owned()),
                ("unique", unique.to_string()),
                ("now", now.to_string()),
                ("sms_id", "41".to_owned()),
                ("sms_phone", "15990000".to_owned()),
                ("disposable_sms_id", "41".to_owned()),
                ("disposable_device_id", "8".to_owned()),
            ] {
                command.arg("--variable").arg(format!("{variable}={value}"));
            }
            let output = command.output().unwrap();
            let told = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.success(), ours, "{name} against {}: {told}\n{case}", fake.url);
        }
    }
}
