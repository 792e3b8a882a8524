use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use super::support::{Ran, Shell};

/// Whatever the umask gives away, the directory and the database are their user's alone.
#[test]
fn what_is_made_at_first_start_is_readable_by_its_user_alone() {
    let shell = Shell::new();
    let mut command = Command::new("/bin/sh");
    command
        .args(["-c", "umask 0; exec \"$0\" migrate", env!("CARGO_BIN_EXE_recon")])
        .current_dir(shell.path())
        .env_clear();
    let ran = Ran::from(command.output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    let mode = |name: &str| std::fs::metadata(shell.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("data"), 0o700);
    for file in std::fs::read_dir(shell.path().join("data")).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert_eq!(mode(&format!("data/{name}")), 0o600, "{name}");
    }
    let checked = shell.run(&["check-config"]);
    assert!(!checked.stderr.contains("open to other users"), "{checked:?}");
    std::fs::set_permissions(shell.path().join("data"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let checked = shell.run(&["check-config"]);
    assert!(checked.stderr.contains("data is open to other users (mode 0755): run chmod 700"), "{checked:?}");
}

#[test]
fn migrate_works_on_a_directory_that_is_not_there_yet_and_says_what_it_did() {
    let shell = Shell::new();
    let first = shell.run(&["migrate"]);
    assert_eq!(first.code, 0, "{first:?}");
    assert!(first.stdout.starts_with("Applied "), "{first:?}");
    let second = shell.run(&["migrate"]);
    assert_eq!(
        (second.code, second.stdout.as_str()),
        (
            0,
            "Nothing to do: the database has all migrations.\nNothing to do: the wallet's database has all migrations.\nNothing to do: the admin edge's database has all migrations.\n"
        )
    );
}

#[test]
fn a_daemon_that_may_not_migrate_names_the_command_that_does() {
    let shell = Shell::new();
    shell.file("recon.toml", "[database]\nauto_migrate = false\n[service]\nbind = \"127.0.0.1:0\"\n");
    let ran = shell.run(&["run"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("database.auto_migrate is false; run `recon migrate`"), "{ran:?}");
}

#[test]
fn what_is_no_database_is_said_once() {
    let shell = Shell::new();
    std::fs::create_dir(shell.path().join("data")).unwrap();
    shell.file("data/recon.db", &"no database at all ".repeat(500));
    for command in ["migrate", "run"] {
        let ran = shell.run(&[command]);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert_eq!(ran.stderr.matches("file is not a database").count(), 1, "{ran:?}");
    }
}
