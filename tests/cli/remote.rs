use super::daemon::Daemon;
use super::support::Shell;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;

/// An address at which nobody listens: a port that was free a moment ago.
fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// A shell in whose data directory a daemon left its token.
fn shell_with_token() -> Shell {
    let shell = Shell::new().var("USER", "hong");
    std::fs::create_dir(shell.path().join("data")).unwrap();
    shell.file("data/service.token", "token-of-the-daemon\n");
    let token = shell.path().join("data/service.token");
    std::fs::set_permissions(token, std::fs::Permissions::from_mode(0o600)).unwrap();
    shell
}

#[test]
fn a_daemon_that_cannot_be_reached_is_not_healthy() {
    let ran = Shell::new().run(&["health", "--url", &nobody()]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("cannot be reached (Connection refused"), "{}", ran.stderr);
    assert_eq!(ran.stderr.lines().count(), 1);
}

#[test]
fn health_says_yes_only_where_the_daemon_does() {
    let cases = [
        (200, json!({"status": "healthy", "loops": [], "checks": []}), 0, "healthy\n", ""),
        (
            200,
            json!({"status": "degraded", "loops": [{"id": "telegram-poller/1", "state": "parked"}]}),
            1,
            "",
            "recon: degraded: telegram-poller/1 is parked\n",
        ),
        (
            503,
            json!({"status": "unhealthy", "loops": [{"id": "inbox", "state": "running", "fresh": false}]}),
            1,
            "",
            "recon: unhealthy: inbox is stale\n",
        ),
        (503, json!({"status": "healthy"}), 1, "", "recon: healthy: the daemon names no reason\n"),
    ];
    for (status, body, code, stdout, stderr) in cases {
        let daemon = Daemon::start(move |_, _| (status, "", body.clone()));
        let ran = Shell::new().run(&["health", "--url", &daemon.url]);
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (code, stdout, stderr));
    }
    let stranger = Daemon::start(|_, _| (200, "", json!([])));
    assert_eq!(Shell::new().run(&["health", "--url", &stranger.url]).code, 1);
}

#[test]
fn a_redirect_is_not_followed() {
    let daemon = Daemon::start(|_, _| (302, "location: /elsewhere\r\n", Value::Null));
    assert_eq!(Shell::new().run(&["health", "--url", &daemon.url]).code, 1);
    assert_eq!(daemon.asked().len(), 1);
}

#[test]
fn sms_list_finds_the_token_and_passes_the_filters_on() {
    let daemon = Daemon::start(|_, _| {
        let sms = json!({"id": 41, "state": "matched", "depositor": "홍길동", "text": "\u{1b}[2J입금",
            "money": {"amount": "50000", "currency": "KRW"}});
        (200, "", json!({"items": [sms], "next_cursor": "abc"}))
    });
    let shell = shell_with_token();
    let ran =
        shell.run(&["sms", "list", "--url", &daemon.url, "--state", "matched", "--q", "홍 길동&x", "--limit", "5"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for part in ["41", "홍길동", "50000 KRW", "\\u{1b}[2J입금", "--cursor abc"] {
        assert!(ran.stdout.contains(part), "{part} in {}", ran.stdout);
    }
    assert!(!ran.stdout.contains('\u{1b}'));
    let asked = &daemon.asked()[0];
    assert_eq!(asked.target, "/internal/v2/sms?state=matched&q=%ED%99%8D+%EA%B8%B8%EB%8F%99%26x&limit=5");
    assert_eq!(asked.header("authorization"), Some("Bearer token-of-the-daemon"));
    assert_eq!(asked.header("x-operator"), Some("cli:hong"));

    let json = shell.run(&["sms", "--url", &daemon.url, "--json", "list"]);
    assert_eq!(serde_json::from_str::<Value>(&json.stdout).unwrap()["items"][0]["text"], "\u{1b}[2J입금");
    assert!(!json.stdout.contains('\u{1b}'));
}

#[test]
fn without_a_token_the_command_says_where_it_looked() {
    let shell = Shell::new();
    let ran = shell.run(&["sms", "--url", "http://127.0.0.1:1", "show", "1"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("data/service.token is not there"), "{}", ran.stderr);
    assert!(!shell.path().join("data").exists(), "a command makes no token");
}

#[test]
fn a_problem_of_the_daemon_is_one_sentence() {
    let daemon = Daemon::start(|request, _| match request.target.as_str() {
        "/internal/v2/sms/7" => (404, "", json!({"title": "Not found", "status": 404, "detail": "there is no sms 7"})),
        _ => (401, "", json!({"title": "Unauthorized", "status": 401})),
    });
    let shell = shell_with_token();
    let ran = shell.run(&["sms", "--url", &daemon.url, "show", "7"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (1, "recon: the daemon refuses: 404: there is no sms 7\n"));
    let ran = shell.run(&["actors", "--url", &daemon.url]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("RECON_SERVICE__TOKEN"), "{}", ran.stderr);
}

#[test]
fn a_filter_that_cannot_be_taken_is_wrong_usage_and_told_once() {
    let daemon = Daemon::start(|_, _| {
        let told = "\"foo\" is not one of received, held";
        let errors = json!([{"field": "state", "message": told}, {"field": "q", "message": "may stand only once"}]);
        (422, "", json!({"title": "Invalid", "status": 422, "detail": told, "errors": errors}))
    });
    let shell = shell_with_token();
    let ran = shell.run(&["sms", "--url", &daemon.url, "list", "--state", "foo"]);
    let told = "recon: the daemon refuses: 422: state \"foo\" is not one of received, held; q may stand only once\n";
    assert_eq!((ran.code, ran.stderr.as_str()), (2, told));
    // Without a user of this machine the audit is told no empty one.
    let shell = shell.var("USER", "");
    assert_eq!(shell.run(&["chain", "--url", &daemon.url, "breaks"]).code, 2);
    assert_eq!(daemon.asked()[1].header("x-operator"), Some("cli"));
}

#[test]
fn an_actor_is_restarted_by_an_id_with_a_slash() {
    let daemon = Daemon::start(|_, _| (202, "", json!({"id": "pushbullet-listener/3", "generation": 4})));
    let args = ["actors", "--url", &daemon.url, "restart", "pushbullet-listener/3", "--reason", "silent"];
    let ran = shell_with_token().run(&args);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "pushbullet-listener/3: restart accepted, generation 4\n"));
    let asked = &daemon.asked()[0];
    assert_eq!(asked.method, "POST");
    assert_eq!(asked.target, "/internal/v2/actors/pushbullet%2Dlistener%2F3/restart");
    assert_eq!(asked.body, json!({"reason": "silent"}));
}

#[test]
fn actors_are_listed_with_the_age_of_their_progress() {
    let daemon = Daemon::start(|_, _| {
        let actor = json!({"id": "order-matcher", "state": "running", "fresh": true, "restarts": 2,
            "last_progress_at": "2026-01-01T00:00:00Z", "last_error": "panicked"});
        (200, "", json!({"items": [actor]}))
    });
    let ran = shell_with_token().run(&["actors", "--url", &daemon.url]);
    for part in ["order-matcher", "running", "true", "2", "ago", "panicked"] {
        assert!(ran.stdout.contains(part), "{part} in {}", ran.stdout);
    }
}
