use super::support::Shell;

#[test]
fn migrate_works_on_a_directory_that_is_not_there_yet_and_says_what_it_did() {
    let shell = Shell::new();
    let first = shell.run(&["migrate"]);
    assert_eq!(first.code, 0, "{first:?}");
    assert!(first.stdout.starts_with("Applied "), "{first:?}");
    let second = shell.run(&["migrate"]);
    assert_eq!((second.code, second.stdout.as_str()), (0, "Nothing to do: the database has all migrations.\n"));
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
