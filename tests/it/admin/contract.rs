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
use serde_json::Value;

use super::edge::{Edge, PASSWORD};
use crate::support::engine::Engine;

/// Logs in and answers the token, wherever the preset has the envelope.
async fn token_of(edge: &Edge, username: &str) -> String {
    let login = edge.login(username, PASSWORD).await;
    login.body["data"]["token"].as_str().unwrap_or_else(|| panic!("{}", login.text)).to_owned()
}

/// Runs these cases as the command does.
async fn verify(edge: &Edge, preset: &str, library: &Library) -> Vec<Outcome> {
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
    let run = Run {
        server: &server,
        states: Some(&recon),
        state_files: &library.states,
        variables: &variables,
        tokens: &tokens,
        clock: edge.clock(),
    };
    run.all(&library.cases, &Session::ALL).await
}

fn told(outcome: &Outcome) -> String {
    let found: Vec<String> = outcome.found.iter().map(sentence).collect();
    let reason = outcome.verdict.reason().unwrap_or_default();
    format!("{} ({}): {} {reason}\n  {}", outcome.case, outcome.session, outcome.verdict.word(), found.join("\n  "))
}

fn uncovered(coverage: &[Coverage]) -> Vec<&str> {
    coverage.iter().filter(|route| route.coverage != "covered").map(|route| route.route).collect()
}

fn every_case_holds(engine: Engine, preset: &str, another: &str) {
    eprintln!("on {engine:?}:");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let edge = Edge::start_whole(engine, &[("admin.legacy.preset", preset)]).await;
        let library = Library::built_in().unwrap();
        let mut outcomes = verify(&edge, preset, &library).await;
        assert_eq!(outcomes.len(), 3 * library.cases.len());
        let is_bad = |outcome: &&Outcome| !matches!(outcome.verdict, Verdict::Passed | Verdict::NotFor(_));
        let bad: Vec<String> = outcomes.iter().filter(is_bad).map(told).collect();
        assert!(bad.is_empty(), "{preset}:\n{}", bad.join("\n"));
        let vacuous: Vec<&Outcome> = outcomes.iter().filter(|outcome| !outcome.vacuous.is_empty()).collect();
        assert!(vacuous.is_empty(), "{preset}: these lists were empty: {vacuous:?}");
        for kind in Session::ALL {
            let judged = outcomes.iter().filter(|outcome| outcome.session == kind && outcome.verdict.is_judged());
            let judged: Vec<Outcome> = judged.cloned().collect();
            // Nobody presents a token to log in, and each logout is that of a login of its own.
            let open: &[&str] = if kind == Session::Fresh { &[] } else { &["/login", "/logout"] };
            assert_eq!(uncovered(&coverage(&judged, false)), open, "{preset} {kind}");
        }
        // What judges is not blind: a route whose cases are gone is told, and so are the names of another preset.
        outcomes.retain(|outcome| !outcome.routes.contains(&"/shooter/sms/get"));
        assert_eq!(uncovered(&coverage(&outcomes, false)), ["/shooter/sms/get"]);
        let mut one = library;
        one.cases.retain(|case| case.name == "top-info");
        let misread = verify(&edge, another, &one).await;
        assert!(misread.iter().all(|outcome| outcome.verdict == Verdict::Failed), "{preset} read as {another}");
    });
}

/// On PostgreSQL where it is there.
#[test]
fn every_case_holds_for_gin_vue_admin() {
    every_case_holds(Engine::all().pop().unwrap(), "gin-vue-admin", "vben5");
}

#[test]
fn every_case_holds_for_vue_element_admin() {
    every_case_holds(Engine::Sqlite, "vue-element-admin", "ruoyi");
}

#[test]
fn every_case_holds_for_ruoyi() {
    every_case_holds(Engine::Sqlite, "ruoyi", "gin-vue-admin");
}

#[test]
fn every_case_holds_for_vben5() {
    every_case_holds(Engine::Sqlite, "vben5", "vue-element-admin");
}
