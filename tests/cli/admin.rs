//! The operators of the admin edge.

use std::io::Write as _;
use std::process::Stdio;

use super::support::{Ran, Shell};

#[test]
fn operators_are_added_listed_changed_and_shut_out() {
    let shell = Shell::new();
    let added = shell.run(&["admin", "user", "add", "kim", "--role", "approver"]);
    assert_eq!(added.code, 0, "{added:?}");
    assert!(added.stdout.starts_with("Added kim as approver."), "{added:?}");
    let password = added.stdout.trim().rsplit(' ').next().unwrap();
    assert_eq!(password.len(), 24, "{added:?}");
    assert_eq!(shell.run(&["admin", "user", "add", "kim"]).code, 1, "the name is taken");

    let mut command = shell.command(&["admin", "user", "password", "kim", "--password-file", "-"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"a long password\n").unwrap();
    let changed = Ran::from(child.wait_with_output().unwrap());
    assert_eq!((changed.code, changed.stdout.contains("a long password")), (0, false), "{changed:?}");

    assert_eq!(shell.run(&["admin", "user", "disable", "kim"]).code, 0);
    let list = shell.run(&["admin", "user", "list", "--json"]);
    let items: serde_json::Value = serde_json::from_str(&list.stdout).unwrap();
    let kim = &items["items"][0];
    assert_eq!((&kim["username"], &kim["role"]), (&"kim".into(), &"approver".into()), "{list:?}");
    assert!(kim["state"].as_str().unwrap().starts_with("disabled since "), "{list:?}");
    assert!(!list.stdout.contains("argon2"), "{list:?}");
    assert_eq!(shell.run(&["admin", "user", "enable", "kim"]).code, 0);
    assert_eq!(shell.run(&["admin", "user", "role", "kim", "viewer"]).code, 0);
    assert!(shell.run(&["admin", "user", "list"]).stdout.contains("viewer"));
    assert!(!shell.path().join("data/recon.db").exists(), "only the edge's own database is made");
}

#[test]
fn what_cannot_be_an_operator_is_refused_with_the_cure() {
    let shell = Shell::new().var("RECON_ADMIN_PASSWORD", "short");
    let short = shell.run(&["admin", "user", "add", "kim"]);
    assert_eq!(short.code, 2, "{short:?}");
    assert!(short.stderr.contains("shorter than 10 characters"), "{short:?}");
    for args in [["add", "two words"], ["add", ""], ["add", "a\u{202e}b"]] {
        assert_eq!(shell.run(&["admin", "user", args[0], args[1]]).code, 2, "{args:?}");
    }
    assert_eq!(shell.run(&["admin", "user", "add", "kim", "--role", "king"]).code, 2);
    assert!(shell.run(&["admin", "user", "disable", "lee"]).stderr.contains("there is no operator"));
}
