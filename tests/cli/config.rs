use super::support::Shell;

#[test]
fn check_config_prints_every_key_with_its_origin_and_no_secret() {
    let shell = Shell::new().var("RECON_SERVICE__TOKEN", "canary-token");
    shell.file("recon.toml", "[pipeline]\nsweep_interval = \"10s\"\n");
    let ran = shell.run(&["check-config", "--data-dir", "elsewhere"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for part in
        ["env RECON_SERVICE__TOKEN", "file recon.toml:2", "flag --data-dir", "sqlite://elsewhere/recon.db", "***"]
    {
        assert!(ran.stdout.contains(part), "{part} in {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("canary"));
    assert!(!shell.path().join("elsewhere").exists(), "checking makes nothing");
}

#[test]
fn check_config_speaks_json() {
    let shell = Shell::new();
    let ran = shell.run(&["--json", "check-config"]);
    let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let bind = answer["values"].as_array().unwrap().iter().find(|value| value["key"] == "service.bind").unwrap();
    assert_eq!((&bind["value"], &bind["origin"]), (&"127.0.0.1:8080".into(), &"default".into()));
    assert_eq!(answer["roles"], serde_json::json!(["service", "worker", "admin", "wallet"]));
}

#[test]
fn an_unknown_key_ends_with_2_and_a_suggestion() {
    let shell = Shell::new();
    shell.file("recon.toml", "[service]\nbnid = \"127.0.0.1:1\"\n");
    let ran = shell.run(&["check-config"]);
    assert_eq!(ran.code, 2);
    assert_eq!(ran.stderr, "recon: recon.toml:2 has the unknown key service.bnid: did you mean service.bind?\n");
    assert_eq!(ran.stdout, "");
}

#[test]
fn every_problem_is_told_in_one_run() {
    let shell = Shell::new().var("RECON_SERVCIE__BIND", "x");
    let ran = shell.run(&["check-config", "--set", "worker.bind=nowhere", "--roles", "service,nurse"]);
    assert_eq!(ran.code, 2);
    for part in ["3 things", "RECON_SERVCIE__BIND", "worker.bind is \"nowhere\" (flag --set)", "\"nurse\""] {
        assert!(ran.stderr.contains(part), "{part} in {}", ran.stderr);
    }
}

#[test]
fn a_role_alone_on_sqlite_is_refused_with_the_cure() {
    let ran = Shell::new().run(&["check-config", "--roles", "worker"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("set redis.url and database.url to a postgres:// address"), "{}", ran.stderr);
}

#[test]
fn a_file_that_was_named_must_be_there() {
    let ran = Shell::new().var("RECON_CONFIG", "none.toml").run(&["check-config"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("none.toml of RECON_CONFIG cannot be read"), "{}", ran.stderr);
}

#[test]
fn the_example_is_a_valid_file() {
    let shell = Shell::new();
    let example = shell.run(&["check-config", "--example"]).stdout;
    shell.file("recon.toml", &example);
    assert_eq!(shell.run(&["check-config"]).code, 0);
}

#[test]
fn wrong_usage_ends_with_2_and_help_and_version_with_0() {
    let shell = Shell::new();
    assert_eq!(shell.run(&["chek-config"]).code, 2);
    assert_eq!(shell.run(&["health", "--url", "nowhere"]).code, 2);
    assert_eq!(shell.run(&["--help"]).code, 0);
    let version = shell.run(&["--version"]);
    assert_eq!((version.code, version.stdout.as_str()), (0, concat!("recon ", env!("CARGO_PKG_VERSION"), "\n")));
    assert!(shell.run(&["completions", "bash"]).stdout.contains("check-config"));
}
