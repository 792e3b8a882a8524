use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use serde_json::{Value, json};

use super::daemon::Daemon;
use super::support::{Ran, Shell};

fn shell_with_token() -> Shell {
    let shell = Shell::new();
    shell.file("service.token", "token-of-the-daemon\n");
    let token = shell.path().join("service.token");
    std::fs::set_permissions(token, std::fs::Permissions::from_mode(0o600)).unwrap();
    shell.var("RECON_DATA_DIR", ".")
}

#[test]
fn a_phone_s_token_comes_from_standard_input_or_a_file_and_is_not_shown() {
    let daemon = Daemon::start(|_, _| (201, "", json!({"id": 3, "name": "counter-1", "state": "starting"})));
    let shell = shell_with_token();
    shell.file("password.txt", "hunter2\n");
    let args = ["pushbullet", "--url", &daemon.url, "add", "--name", "counter-1", "--password-file", "password.txt"];
    let mut command = shell.command(&args);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"o.canary-token\n").unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("device 3 is added") && !ran.stdout.contains("canary"), "{ran:?}");
    let asked = &daemon.asked()[0];
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("POST", "/internal/v2/pushbullet/devices"));
    let body = json!({
        "name": "counter-1", "access_token": "o.canary-token", "encryption_password": "hunter2", "enabled": true,
    });
    assert_eq!(asked.body, body);

    // Nothing on standard input is no token.
    let ran = shell.run(&["pushbullet", "--url", &daemon.url, "add", "--name", "counter-2"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(daemon.asked().len(), 1);
}

#[test]
fn phones_are_listed_and_removed() {
    let daemon = Daemon::start(|request, _| match request.method.as_str() {
        "DELETE" => (204, "", Value::Null),
        _ => (200, "", json!({"items": [{"id": 3, "name": "counter-1", "state": "parked", "last_error": "refused"}]})),
    });
    let shell = shell_with_token();
    let ran = shell.run(&["pushbullet", "--url", &daemon.url, "list"]);
    for part in ["3", "counter-1", "parked", "refused"] {
        assert!(ran.stdout.contains(part), "{part} in {ran:?}");
    }
    let ran = shell.run(&["pushbullet", "--url", &daemon.url, "remove", "3"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "device 3 is deleted; its messages stay\n"), "{ran:?}");
    assert_eq!(daemon.asked()[1].target, "/internal/v2/pushbullet/devices/3");
}
