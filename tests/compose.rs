//! `compose.yml` keeps recon and the wallet apart, as ADR-002 has it: no network, no address and no token in common.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; clippy knows only #[test] functions")]

use std::collections::BTreeSet;
use std::path::Path;

use serde_yaml_ng::Value;

/// Recon's containers, and what they store in.
const RECON: [&str; 5] = ["migrate", "service", "worker", "postgres", "redis"];
/// The wallet's.
const WALLET: [&str; 2] = ["wallet", "wallet-postgres"];

fn compose() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("compose.yml");
    let mut compose: Value = serde_yaml_ng::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    compose.apply_merge().unwrap();
    compose
}

fn names(of: &Value) -> BTreeSet<String> {
    match of {
        Value::Sequence(items) => items.iter().map(|item| item.as_str().unwrap().to_owned()).collect(),
        Value::Mapping(pairs) => pairs.keys().map(|key| key.as_str().unwrap().to_owned()).collect(),
        _ => BTreeSet::new(),
    }
}

/// What the containers together have of `key`.
fn all(compose: &Value, containers: &[&str], key: &str) -> BTreeSet<String> {
    let of = |name: &&str| {
        let service = &compose["services"][*name];
        assert!(service.is_mapping(), "there is no service {name}");
        names(&service[key])
    };
    containers.iter().flat_map(of).collect()
}

#[test]
fn recon_and_the_wallet_share_no_network_and_no_volume() {
    let compose = compose();
    let networks = |containers: &[&str]| all(&compose, containers, "networks");
    assert!(networks(&RECON).is_disjoint(&networks(&WALLET)), "{:?}, {:?}", networks(&RECON), networks(&WALLET));
    let volumes = |containers: &[&str]| all(&compose, containers, "volumes");
    assert!(volumes(&RECON).is_disjoint(&volumes(&WALLET)));
    // Nobody but the relay of order events and the admin edge stands in both.
    let both: Vec<String> = names(&compose["services"])
        .into_iter()
        .filter(|name| !RECON.contains(&name.as_str()) && !WALLET.contains(&name.as_str()))
        .collect();
    assert_eq!(both, ["admin", "order-feed"]);
    let declared = names(&compose["networks"]);
    let used: BTreeSet<String> =
        all(&compose, &[&RECON[..], &WALLET[..], &["admin", "order-feed"]].concat(), "networks");
    assert_eq!(used, declared, "every network is declared, and used");
}

#[test]
fn recons_containers_know_nothing_of_the_wallet() {
    let compose = compose();
    for name in RECON {
        let service = serde_yaml_ng::to_string(&compose["services"][name]).unwrap().to_lowercase();
        assert!(!service.contains("wallet"), "{name}: {service}");
    }
    // And the relay cannot call back: it listens to the wallet's side and knows one address.
    let relay = serde_yaml_ng::to_string(&compose["services"]["order-feed"]["entrypoint"]).unwrap();
    assert!(relay.contains("TCP:service:8080") && !relay.contains("wallet"), "{relay}");
}

#[test]
fn every_role_waits_for_what_it_needs_and_says_how_it_is() {
    let compose = compose();
    for (name, port) in [("service", 8080), ("worker", 8081), ("admin", 8000), ("wallet", 8090)] {
        let service = &compose["services"][name];
        let check = names(&service["healthcheck"]["test"]);
        assert!(check.contains(&format!("http://127.0.0.1:{port}")), "{name}: {check:?}");
        let roles = names(&service["command"]);
        assert!(roles.contains(name), "{name}: {roles:?}");
    }
    for (name, needs) in [("service", "migrate"), ("worker", "migrate"), ("wallet", "wallet-postgres")] {
        assert!(names(&compose["services"][name]["depends_on"]).contains(needs), "{name}");
    }
}
