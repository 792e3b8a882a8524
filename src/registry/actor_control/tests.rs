use std::time::Duration;

use super::*;
use crate::clock::Clock;
use crate::contract::page::PageRequest;
use crate::contract::system::AuditFilter;
use crate::registry::audit_log::{self, AuditLog, ListAudit};
use crate::store::testing::{TestStore, base, caller, stores};
use crate::supervision::{Child, Placement, Policy, Spec, Supervision};

const WITHIN: Duration = Duration::from_secs(20);

struct Idle;

impl Child for Idle {}

async fn each(test: impl AsyncFn(&TestStore, Supervision, ActorControl)) {
    let all = async {
        for store in stores().await {
            let clock = Clock::following_tokio(base());
            let supervision =
                Supervision::start(clock.clone(), Policy::default(), Placement::Current, "test".to_owned());
            supervision.spawn(Spec::new("idle/1", "idle"), || async { Ok(Idle) });
            let of = (*store).clone();
            let log = supervision.spawn(Spec::new(audit_log::KIND, audit_log::KIND), move || {
                let child = AuditLog::new(of.clone());
                async move { Ok(child) }
            });
            // Once the later one answers, both are up.
            let everything = ListAudit { filter: AuditFilter::default(), page: PageRequest::default() };
            log.ask(everything, WITHIN).await.unwrap().unwrap();
            let fleet = Fleet::new("test", supervision.clone(), clock);
            test(&store, supervision, ActorControl::new((*store).clone(), fleet, Nudger::none())).await;
        }
    };
    tokio::task::LocalSet::new().run_until(all).await;
}

fn asked(id: &str, control: Control, key: Option<(&str, u8)>) -> ControlActor {
    let reason = Some("it looked stuck".to_owned());
    ControlActor { caller: caller("김철수", key), id: id.to_owned(), process: None, control, reason }
}

/// What is on record, oldest first.
async fn actions(store: &TestStore) -> Vec<String> {
    let page = store.audit_page(&AuditFilter::default(), PageRequest::default()).await.unwrap();
    page.items.into_iter().rev().map(|entry| format!("{} {}", entry.action, entry.subject)).collect()
}

#[tokio::test]
async fn a_restart_is_recorded_carried_out_and_its_outcome_recorded() {
    each(async |store, supervision, actors| {
        let before = supervision.get("idle/1").unwrap().generation;
        let answer = actors.control(asked("idle/1", Control::Restart, None)).await.unwrap();
        assert_eq!(answer.status, 202);
        let processes = json!([{ "process": "test", "generation": before + 1 }]);
        assert_eq!(answer.body, json!({ "id": "idle/1", "generation": before + 1, "processes": processes }));
        assert_eq!(supervision.get("idle/1").unwrap().generation, before + 1);
        assert_eq!(actions(store).await, ["actor.restart actor/idle/1", "actor.restarted actor/idle/1"]);
    })
    .await;
}

#[tokio::test]
async fn a_repeated_request_restarts_nothing() {
    each(async |store, supervision, actors| {
        let first = actors.control(asked("idle/1", Control::Restart, Some(("k", 1)))).await.unwrap();
        let repeat = actors.control(asked("idle/1", Control::Restart, Some(("k", 1)))).await.unwrap();
        assert_eq!((repeat.replayed, &repeat.body), (true, &first.body));
        assert_eq!(supervision.get("idle/1").unwrap().generation, first.body["generation"].as_u64().unwrap());
        assert_eq!(actions(store).await.len(), 2);
        let other = actors.control(asked("idle/1", Control::Restart, Some(("k", 2)))).await;
        assert!(matches!(other, Err(Refusal::Invalid(_))), "{other:?}");
    })
    .await;
}

#[tokio::test]
async fn an_unknown_actor_is_not_found_and_nothing_is_recorded() {
    each(async |store, _, actors| {
        let answer = actors.control(asked("idle/2", Control::Restart, None)).await;
        assert!(matches!(answer, Err(Refusal::NotFound(_))), "{answer:?}");
        assert!(actions(store).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_is_stopped_stays_down_until_it_is_started() {
    each(async |_, supervision, actors| {
        let generation = supervision.get("idle/1").unwrap().generation;
        let answer = actors.control(asked("idle/1", Control::Stop, None)).await.unwrap();
        assert_eq!(answer.status, 202);
        // The answer says that it is begun.
        let stopped = async {
            while supervision.get("idle/1").unwrap().state.as_str() != "stopped" {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(WITHIN, stopped).await.unwrap();
        let answer = actors.control(asked("idle/1", Control::Start, None)).await.unwrap();
        assert!(answer.body["generation"].as_u64().unwrap() > generation);
        assert_ne!(supervision.get("idle/1").unwrap().state.as_str(), "stopped");
    })
    .await;
}

#[tokio::test]
async fn the_audit_log_and_the_supervisor_obey_like_any_other() {
    each(async |store, supervision, actors| {
        for id in [audit_log::KIND, "supervisor"] {
            let before = supervision.get(id).unwrap().generation;
            for (control, grown) in [(Control::Restart, 1), (Control::Stop, if id == "supervisor" { 2 } else { 1 })] {
                let answer = actors.control(asked(id, control, None)).await.unwrap();
                assert_eq!(
                    (answer.status, &answer.body["generation"]),
                    (202, &json!(before + grown)),
                    "{id} {control}"
                );
            }
            let answer = actors.control(asked(id, Control::Start, None)).await.unwrap();
            assert_eq!((answer.status, &answer.body["generation"]), (202, &json!(before + 2)), "{id}");
        }
        assert_eq!(actions(store).await.len(), 12);
    })
    .await;
}

#[tokio::test]
async fn a_process_that_runs_no_such_actor_is_not_found() {
    each(async |store, _, actors| {
        let elsewhere = ControlActor { process: Some("other".to_owned()), ..asked("idle/1", Control::Restart, None) };
        let answer = actors.control(elsewhere).await;
        assert!(matches!(answer, Err(Refusal::NotFound(_))), "{answer:?}");
        let here = ControlActor { process: Some("test".to_owned()), ..asked("idle/1", Control::Restart, None) };
        assert_eq!(actors.control(here).await.unwrap().status, 202);
        assert_eq!(actions(store).await.len(), 2);
    })
    .await;
}
