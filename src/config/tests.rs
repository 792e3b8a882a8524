use super::*;
use secrecy::ExposeSecret as _;
use std::collections::BTreeSet;
use std::time::Duration;

/// A directory with a configuration file, read with an environment of its own.
struct Case {
    dir: tempfile::TempDir,
    args: LoadArgs,
    env: Vec<(String, String)>,
}

impl Case {
    fn new(toml: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let default_file = dir.path().join("recon.toml");
        std::fs::write(&default_file, toml).unwrap();
        Self { args: LoadArgs { default_file, ..LoadArgs::default() }, dir, env: Vec::new() }
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    fn set(mut self, key: &str, value: &str) -> Self {
        self.args.set.push((key.to_owned(), value.to_owned()));
        self
    }

    fn roles(mut self, roles: &str) -> Self {
        self.args.roles = Some(roles.to_owned());
        self
    }

    fn load(&self) -> Result<Loaded, ConfigError> {
        Config::load(&self.args, self.env.iter().cloned())
    }

    fn config(&self) -> Config {
        self.load().unwrap().config
    }

    fn problems(&self) -> Vec<String> {
        let file = self.args.default_file.display().to_string();
        self.load().unwrap_err().problems.into_iter().map(|problem| problem.replace(&file, "recon.toml")).collect()
    }
}

fn entry<'a>(loaded: &'a Loaded, key: &str) -> &'a Entry {
    loaded.entries.iter().find(|entry| entry.key == key).unwrap()
}

#[test]
fn an_empty_configuration_runs_on_this_machine_alone() {
    let config = Case::new("").config();
    assert_eq!(config.roles, Roles::all());
    assert_eq!(config.database.url.expose(), "sqlite://data/recon.db");
    assert_eq!(config.service.bind.to_string(), "127.0.0.1:8080");
    assert_eq!(config.wallet.recon_url.as_str(), "http://127.0.0.1:8080");
    assert_eq!(config.secrets.key_file, PathBuf::from("data/secrets.key"));
    assert_eq!(config.retention.raw_text, Duration::from_hours(90 * 24));
    assert!(config.service.token.is_none() && config.redis.url.is_none() && config.shooter.enrolment_token.is_none());
}

#[test]
fn a_missing_default_file_is_no_error() {
    let mut case = Case::new("");
    case.args.default_file = case.dir.path().join("none.toml");
    assert!(case.load().is_ok());
}

#[test]
fn later_layers_win_and_every_value_keeps_its_origin() {
    let case = Case::new("data_dir = \"/from/file\"\n\n[pipeline]\nsweep_interval = \"10s\"\nlate_window = \"1h\"\n")
        .env("RECON_PIPELINE__SWEEP_INTERVAL", "20s")
        .env("RECON_DATA_DIR", "/from/env")
        .set("data_dir", "/from/flag");
    let loaded = case.load().unwrap();
    assert_eq!(loaded.config.pipeline.sweep_interval, Duration::from_secs(20));
    assert_eq!(loaded.config.database.url.expose(), "sqlite:///from/flag/recon.db");
    assert_eq!(entry(&loaded, "data_dir").origin, Origin::Flag("--set"));
    assert_eq!(entry(&loaded, "pipeline.sweep_interval").origin.to_string(), "env RECON_PIPELINE__SWEEP_INTERVAL");
    let path = case.args.default_file.clone();
    assert_eq!(entry(&loaded, "pipeline.late_window").origin, Origin::File { path, line: 5 });
    assert_eq!(entry(&loaded, "database.url").origin, Origin::Default);
    assert_eq!(entry(&loaded, "database.url").value, "sqlite:///from/flag/recon.db");
}

#[test]
fn the_file_is_the_flags_then_the_environments_then_the_default() {
    let mut case = Case::new("data_dir = \"a\"");
    let other = case.dir.path().join("other.toml");
    std::fs::write(&other, "data_dir = \"b\"").unwrap();
    let flag = case.dir.path().join("flag.toml");
    std::fs::write(&flag, "data_dir = \"c\"").unwrap();
    case = case.env("RECON_CONFIG", other.to_str().unwrap());
    assert_eq!(case.config().data_dir, PathBuf::from("b"));
    case.args.file = Some(flag);
    assert_eq!(case.config().data_dir, PathBuf::from("c"));
    case.args.file = Some(case.dir.path().join("none.toml"));
    assert!(case.problems()[0].contains("none.toml of --config cannot be read"));
}

#[test]
fn unknown_keys_are_refused_with_a_suggestion_wherever_they_stand() {
    let case = Case::new("datadir = \"x\"\n[service]\nbnid = \"127.0.0.1:1\"\n[server]\nbind = \"127.0.0.1:1\"\n")
        .env("RECON_SERVCIE__BIND", "127.0.0.1:1")
        .env("RECON_service__bind", "127.0.0.1:1")
        .set("pipeline.sweep_intervall", "1s");
    let mut problems = case.problems();
    problems.sort();
    assert_eq!(
        problems,
        [
            "--set names the unknown key pipeline.sweep_intervall: did you mean pipeline.sweep_interval?",
            "recon.toml:1 has the unknown key datadir: did you mean data_dir?",
            "recon.toml:3 has the unknown key service.bnid: did you mean service.bind?",
            "recon.toml:5 has the unknown key server.bind: did you mean service.bind?",
            "the environment variable RECON_SERVCIE__BIND names the unknown key servcie.bind: did you mean service.bind?",
            "the environment variable RECON_service__bind names the unknown key service.bind: write it in capitals, RECON_SERVICE__BIND",
        ]
    );
}

#[test]
fn variables_of_others_are_left_alone_and_near_misses_are_warned_of() {
    let loaded = Case::new("")
        .env("RECON_SERVICE_HOST", "10.0.0.1")
        .env("RECON_DEVICE_TOKEN", "x")
        .env("OTHER__THING", "x")
        .env("RECON_SERVICE_BIND", "127.0.0.1:1")
        // Nothing is there, so that nothing is said of its rights.
        .set("data_dir", "no-such-directory")
        .load()
        .unwrap();
    assert_eq!(loaded.warnings, ["the environment variable RECON_SERVICE_BIND is not read: RECON_SERVICE__BIND is"]);
}

#[test]
fn every_wrong_value_is_told_at_once_with_its_place_and_cure() {
    let problems =
        Case::new("[service]\nbind = 8080\n[log]\nformat = \"xml\"\nfilter = \"a=b=c\"\n[pushbullet]\napi_url = [1]\n")
            .env("RECON_PIPELINE__SWEEP_INTERVAL", "0s")
            .env("RECON_DATABASE__URL", "mysql://root:hunter2@db/x")
            .set("shooter.rate_burst", "-1")
            .problems();
    assert_eq!(
        problems,
        [
            "recon.toml:7 gives pushbullet.api_url neither a text, a whole number nor a switch",
            "log.format is \"xml\" (file recon.toml:4): give pretty, json or auto",
            "log.filter is \"a=b=c\" (file recon.toml:5): give a level such as info, or directives such as info,recon::store=debug",
            "database.url is \"mysql://root:***@db/x\" (env RECON_DATABASE__URL): give sqlite://PATH or postgres://USER:PASSWORD@HOST/DATABASE",
            "service.bind is \"8080\" (file recon.toml:2): give an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080",
            "shooter.rate_burst is \"-1\" (flag --set): give a whole number from 0 to 4294967295",
            "pipeline.sweep_interval is \"0s\" (env RECON_PIPELINE__SWEEP_INTERVAL): give more than nothing, such as 1s",
        ]
    );
}

#[test]
fn a_syntax_error_names_its_line() {
    let problems = Case::new("data_dir = \"x\"\n[service\n").problems();
    assert!(problems[0].starts_with("recon.toml:2 is not TOML: "), "{problems:?}");
}

#[test]
fn secrets_are_shown_nowhere() {
    let case = Case::new("[service]\ntoken = \"canary-1\"\n")
        .env("RECON_DATABASE__URL", "postgres://u:canary-2@db/x")
        .env("RECON_REDIS__URL", "redis://:canary-3@cache")
        .env("RECON_SHOOTER__ENROLMENT_TOKEN", "canary-4");
    let loaded = case.load().unwrap();
    assert_eq!(loaded.config.service.token.as_ref().unwrap().expose_secret(), "canary-1");
    let shown = format!("{loaded:?}");
    assert!(!shown.contains("canary"), "{shown}");
    assert_eq!(entry(&loaded, "service.token").value, "***");

    let refused = Case::new("").set("service.token", "canary-5").set("database.url", "postgres://u:canary-6@db/x");
    let problems = refused.problems();
    assert_eq!(problems.len(), 2);
    assert!(
        problems[0].contains("RECON_SERVICE__TOKEN") && !format!("{problems:?}").contains("canary"),
        "{problems:?}"
    );
    let bad = Case::new("").env("RECON_SERVICE__TOKEN", "canary 7").problems();
    assert!(!bad[0].contains("canary"), "{bad:?}");
}

#[test]
fn one_role_alone_needs_redis_and_postgresql() {
    let alone = Case::new("").roles("worker").problems();
    assert_eq!(
        alone,
        [
            "role worker runs without service, which needs Redis and PostgreSQL: set redis.url and database.url to a postgres:// address, or run both roles in one process"
        ]
    );
    let half = Case::new("").roles("service").env("RECON_REDIS__URL", "redis://cache:6379").problems();
    assert!(half[0].contains("set database.url to a postgres:// address, or"), "{half:?}");
    let whole = Case::new("")
        .roles("service")
        .env("RECON_REDIS__URL", "redis://cache:6379")
        .env("RECON_DATABASE__URL", "postgres://recon@db/recon");
    assert!(whole.config().roles.has(Role::Service));
}

#[test]
fn what_cannot_hold_together_is_refused() {
    let problems = Case::new("[supervision]\nbackoff_min = \"1m\"\n[admin]\nsession_refresh_before = \"2h\"\n")
        .set("worker.bind", "127.0.0.1:8080")
        .set("wallet.database_url", "sqlite://data/recon.db")
        .problems();
    assert_eq!(problems.len(), 4, "{problems:?}");
    assert!(problems[0].contains("worker.bind and service.bind are both 127.0.0.1:8080"));
    assert!(problems[1].contains("wallet.database_url and database.url name the same database"));
    let free_ports = Case::new("").set("service.bind", "127.0.0.1:0").set("worker.bind", "127.0.0.1:0");
    assert!(free_ports.load().is_ok());
}

#[test]
fn derived_addresses_follow_what_they_are_made_of() {
    let config = Case::new("").set("service.bind", "0.0.0.0:9000").set("data_dir", "odd?dir%/").config();
    assert_eq!(config.admin.service_url.as_str(), "http://127.0.0.1:9000");
    assert_eq!(config.database.url.expose(), "sqlite://odd%3Fdir%25/recon.db");
    assert_eq!(*config.database.url.backend(), Backend::Sqlite("odd?dir%/recon.db".into()));
    let problems = Case::new("").set("service.bind", "nowhere").problems();
    assert_eq!(problems.len(), 1, "what is made of a wrong value is not told again: {problems:?}");
}

#[test]
fn every_key_is_read_by_its_section() {
    let mut layers = Layers::default();
    assert!(Config::read(&mut layers, Roles::all()).is_some());
    let known: BTreeSet<&str> = keys::all().map(|key| key.name).collect();
    assert_eq!(*layers.keys_read(), known);
}

#[test]
fn the_example_file_is_the_one_that_the_keys_write() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/recon.example.toml");
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(written, example(), "write it anew: recon check-config --example > recon.example.toml");
}

#[test]
fn the_example_file_lists_every_key_once_with_its_true_default() {
    let commented = example();
    let plain = Case::new("").load().unwrap();
    // The lines that are keys, uncommented: `# name = value` under its table.
    let is_key = |line: &str| line.strip_prefix("# ").is_some_and(|rest| rest.contains(" = "));
    let lines = commented.lines().filter(|line| line.starts_with('[') || is_key(line));
    let uncommented = lines.map(|line| line.trim_start_matches("# ")).collect::<Vec<_>>().join("\n");
    // TOML refuses a key that stands twice.
    let given = Case::new(&uncommented).load().unwrap();
    assert!(given.entries.iter().all(|entry| matches!(entry.origin, Origin::File { .. })), "{:?}", given.entries);
    let values =
        |loaded: &Loaded| loaded.entries.iter().map(|entry| (entry.key, entry.value.clone())).collect::<Vec<_>>();
    assert_eq!(values(&given), values(&plain));
}
