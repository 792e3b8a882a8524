//! The contract cases of `recon contract verify` against a whole daemon, for every preset, with a fresh token, one about to
//! expire and an expired one.

use std::collections::BTreeMap;
use std::time::Duration;

use recon::admin::permission::Role;
use recon::conformance::hurl::Variables;
use recon::conformance::library::Library;
use recon::conformance::profile::Profile;
use recon::conformance::report::{Coverage, Outcome, Verdict, coverage, sentence};
use recon::conformance::runner::Run;
use recon::conformance::server::Server;
use recon::conformance::session::Session;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::edge::{Edge, PASSWORD};
use crate::support::engine::Engine;

/// Logs in and answers the token, wherever the preset has the envelope.
async fn token_of(edge: &Edge, username: &str) -> String {
    let login = edge.login(username, PASSWORD).await;
    login.body["data"]["token"].as_str().unwrap_or_else(|| panic!("{}", login.text)).to_owned()
}

/// Runs every case that comes with recon, as the command does.
async fn verify(edge: &Edge, preset: &str) -> Vec<Outcome> {
    let (admin, viewer) = (edge.has(Role::Admin).await, edge.has(Role::Viewer).await);
    let mut tokens = BTreeMap::new();
    tokens.insert(Session::Expired, token_of(edge, &admin).await);
    edge.later(Duration::from_mins(30));
    tokens.insert(Session::Expiring, token_of(edge, &admin).await);
    edge.later(Duration::from_mins(100));
    tokens.insert(Session::Fresh, token_of(edge, &admin).await);
    let mut variables = Variables::default();
    for (name, value) in
        [("user", admin.clone()), ("password", PASSWORD.to_owned()), ("viewer_token", token_of(edge, &viewer).await)]
    {
        variables.set(name, Value::from(value));
    }
    let server = Server::admin(edge.api.base(), None, Profile::preset(preset).unwrap(), true).unwrap();
    let recon = Server::recon(edge.recon.base(), SecretString::from(edge.recon.token()), true).unwrap();
    let library = Library::built_in().unwrap();
    let run = Run {
        server: &server,
        states: Some(&recon),
        state_files: &library.states,
        variables: &variables,
        tokens: &tokens,
        clock: edge.clock(),
    };
    let outcomes = run.all(&library.cases, &Session::ALL).await;
    assert_eq!(outcomes.len(), 3 * library.cases.len());
    outcomes
}

fn told(outcome: &Outcome) -> String {
    let found: Vec<String> = outcome.found.iter().map(sentence).collect();
    let reason = outcome.verdict.reason().unwrap_or_default();
    format!("{} ({}): {} {reason}\n  {}", outcome.case, outcome.session, outcome.verdict.word(), found.join("\n  "))
}

fn uncovered(coverage: &[Coverage]) -> Vec<&str> {
    coverage.iter().filter(|route| route.coverage != "covered").map(|route| route.route).collect()
}

fn every_case_holds(engines: &[Engine], preset: &str) {
    for engine in engines {
        eprintln!("on {engine:?}:");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let edge = Edge::start_whole(*engine, &[("admin.legacy.preset", preset)]).await;
            let outcomes = verify(&edge, preset).await;
            let passed = |outcome: &&Outcome| !matches!(outcome.verdict, Verdict::Passed | Verdict::NotFor(_));
            let bad: Vec<String> = outcomes.iter().filter(passed).map(told).collect();
            assert!(bad.is_empty(), "{preset}:\n{}", bad.join("\n"));
            let vacuous: Vec<&Outcome> = outcomes.iter().filter(|outcome| !outcome.vacuous.is_empty()).collect();
            assert!(vacuous.is_empty(), "{preset}: these lists were empty: {vacuous:?}");
            for kind in Session::ALL {
                let judged = outcomes.iter().filter(|outcome| outcome.session == kind && outcome.verdict.is_judged());
                let routes: Vec<Outcome> = judged.cloned().collect();
                // Nobody presents a token to log in or, behind its end, to be logged out.
                let open: &[&str] = if kind == Session::Fresh { &[] } else { &["/login", "/logout"] };
                assert_eq!(uncovered(&coverage(&routes, false)), open, "{preset} {kind}");
            }
        });
    }
}

#[test]
fn every_case_holds_for_gin_vue_admin() {
    every_case_holds(&Engine::all(), "gin-vue-admin");
}

#[test]
fn every_case_holds_for_vue_element_admin() {
    every_case_holds(&[Engine::Sqlite], "vue-element-admin");
}

#[test]
fn every_case_holds_for_ruoyi() {
    every_case_holds(&[Engine::Sqlite], "ruoyi");
}

#[test]
fn every_case_holds_for_vben5() {
    every_case_holds(&[Engine::Sqlite], "vben5");
}

/// What judges is not blind: another preset's edge fails, and a route whose cases are gone is told.
#[test]
fn another_presets_names_and_an_uncovered_route_are_told() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let edge = Edge::start_whole(Engine::Sqlite, &[]).await;
        let mut outcomes = verify(&edge, "vben5").await;
        assert!(outcomes.iter().any(|outcome| outcome.verdict == Verdict::Failed));
        outcomes.retain(|outcome| !outcome.routes.contains(&"/shooter/sms/get"));
        assert_eq!(uncovered(&coverage(&outcomes, false)), ["/shooter/sms/get"]);
        // Nothing that the cases did moved money.
        let ledger = edge.wallet.get("/internal/ledger/verify").await.expect(200);
        assert_eq!((&ledger["ok"], &ledger["duplicates"]), (&json!(true), &json!([])), "{ledger}");
    });
}
