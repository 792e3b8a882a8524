//! `recon template install` where no daemon runs.

use serde_json::Value;

use super::daemon::Daemon;
use super::support::{Ran, Shell};

fn install(shell: &Shell, more: &[&str]) -> Ran {
    shell.run(&[&["template", "install", "korea", "--bank", "kb"], more].concat())
}

fn results(ran: &Ran, list: &str) -> Vec<String> {
    let done: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(done["on"], "store");
    done[list].as_array().unwrap().iter().map(|item| item["result"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn without_a_daemon_a_pack_is_installed_on_the_store() {
    let shell = Shell::new().var("USER", "hong");
    let ran = install(&shell, &["--dry-run"]);
    assert_eq!(ran.code, 1, "a dry run migrates nothing: {ran:?}");
    assert!(ran.stderr.contains("run `recon migrate`"), "{}", ran.stderr);
    let ran = install(&shell, &["--json", "--whitelist"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let added = results(&ran, "templates");
    assert!(!added.is_empty() && added.iter().all(|result| result == "added"), "{added:?}");
    let senders = results(&ran, "whitelist");
    assert!(!senders.is_empty() && senders.iter().all(|result| result == "added"), "{senders:?}");
    let ran = install(&shell, &["--json"]);
    assert_eq!(results(&ran, "templates"), vec!["there"; added.len()]);
    assert_eq!(results(&ran, "whitelist"), vec!["there"; senders.len()]);
    let ran = shell.run(&["template", "install", "korea", "--bank", "shinhan", "--dry-run"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("would be added") && !ran.stdout.contains("┆ added"), "{}", ran.stdout);
    assert!(ran.stdout.contains("Nothing was done: --dry-run. No daemon runs"), "{}", ran.stdout);
    let ran = shell.run(&["template", "install", "korea", "--bank", "shinhan"]);
    assert!(ran.stdout.contains("Done on the store, since no daemon runs here."), "{}", ran.stdout);
    assert_eq!(shell.run(&["audit", "verify"]).code, 0);
}

#[test]
fn a_store_that_a_daemon_holds_is_refused_and_an_address_is_asked() {
    let shell = Shell::new();
    assert_eq!(install(&shell, &[]).code, 0);
    let lock = std::fs::File::options().write(true).open(shell.path().join("data/recon.db.lock")).unwrap();
    lock.lock().unwrap();
    let ran = install(&shell, &[]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("another daemon works on ") && ran.stderr.contains("--url"), "{}", ran.stderr);
    drop(lock);
    // A daemon that is named is never passed over.
    let gone = Daemon::start(|_, _| (500, "", Value::Null));
    let shell = shell.var("RECON_SERVICE__TOKEN", "token-of-the-daemon");
    let ran = shell.run(&["template", "--url", &gone.url, "install", "korea", "--bank", "kb"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("the daemon refuses: 500"), "{}", ran.stderr);
}
