//! `recon telegram`.

use serde_json::json;

use super::daemon::Daemon;
use super::support::Shell;

fn shell() -> Shell {
    let shell = Shell::new().var("USER", "hong").var("RECON_SERVICE__TOKEN", "token-of-the-daemon");
    shell.file("bot.token", "1001:AAE-token\n");
    shell
}

#[test]
fn a_bot_is_added_with_a_token_that_no_argument_holds() {
    let daemon = Daemon::start(|_, _| {
        let warning = "privacy mode is on\u{1b}[2J";
        (201, "", json!({"id": 3, "username": "shop_recon_bot", "warnings": [warning]}))
    });
    let args = ["telegram", "add", "--url", &daemon.url, "--name", "KB", "--token-file", "bot.token"];
    let more = ["--chat", "-1001", "--chat", "-1002", "--line", "010-1111-2222"];
    let ran = shell().run(&[&args[..], &more[..]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("added telegram bot 3, @shop_recon_bot\nwarning: privacy mode is on"), "{ran:?}");
    assert!(!ran.stdout.contains('\u{1b}') && !ran.stdout.contains("AAE"), "{ran:?}");
    let asked = &daemon.asked()[0];
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("POST", "/internal/v2/telegram/bots"));
    let body = json!({
        "name": "KB", "token": "1001:AAE-token", "enabled": true, "webhook": false, "line": "010-1111-2222",
        "chat_ids": [-1001, -1002],
    });
    assert_eq!(asked.body, body);
}

#[test]
fn the_token_comes_from_standard_input_where_no_file_is_named() {
    use std::io::Write as _;
    let daemon = Daemon::start(|_, _| (201, "", json!({"id": 3, "username": null, "warnings": []})));
    let shell = shell();
    let mut command = shell.command(&["telegram", "add", "--url", &daemon.url, "--name", "KB"]);
    let mut child = command.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"1001:AAE-typed\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "added telegram bot 3\n");
    assert_eq!(daemon.asked()[0].body["token"], "1001:AAE-typed");
    // Nothing there.
    let ran = shell.run(&["telegram", "add", "--url", &daemon.url, "--name", "KB"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("no token came from standard input"), "{}", ran.stderr);
}

#[test]
fn bots_are_listed_removed_and_their_loss_is_seen() {
    let daemon = Daemon::start(|request, _| match request.method.as_str() {
        "DELETE" => (204, "", json!(null)),
        "POST" => (200, "", json!({"id": 3})),
        _ => {
            let bot = json!({"id": 3, "name": "KB", "state": "parked", "token_hint": "...oken", "chat_ids": [-1001],
                "loss": {"from": "2026-04-22T00:00:00Z", "until": null}, "warnings": []});
            (200, "", json!({"items": [bot]}))
        }
    });
    let shell = shell();
    let ran = shell.run(&["telegram", "list", "--url", &daemon.url]);
    for part in ["KB", "parked", "...oken", "-1001", "2026-04-22T00:00:00Z"] {
        assert!(ran.stdout.contains(part), "{part} in {}", ran.stdout);
    }
    let ran = shell.run(&["telegram", "remove", "3", "--url", &daemon.url]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "telegram bot 3 is deleted; its messages stay\n"));
    assert_eq!(shell.run(&["telegram", "loss-seen", "3", "--url", &daemon.url]).code, 0);
    let targets: Vec<String> =
        daemon.asked().iter().map(|asked| format!("{} {}", asked.method, asked.target)).collect();
    assert_eq!(targets[1..], ["DELETE /internal/v2/telegram/bots/3", "POST /internal/v2/telegram/bots/3/loss-seen"]);
}
