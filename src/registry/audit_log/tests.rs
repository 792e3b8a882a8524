use std::time::Duration;

use super::*;
use crate::clock::Clock;
use crate::store::testing::{TestStore, base, caller, stores};
use crate::supervision::{Handle, Placement, Policy, Spec};

const WITHIN: Duration = Duration::from_secs(20);

struct Idle;

impl Child for Idle {}

async fn each(test: impl AsyncFn(&TestStore, Supervision, Handle<AuditLog>)) {
    let all = async {
        for store in stores().await {
            let clock = Clock::following_tokio(base());
            let supervision = Supervision::start(clock, Policy::default(), Placement::Current, "test".to_owned());
            supervision.spawn(Spec::new("idle/1", "idle"), || async { Ok(Idle) });
            let (of, actors) = ((*store).clone(), supervision.clone());
            let log = supervision.spawn(Spec::new(KIND, KIND), move || {
                let child = AuditLog::new(of.clone(), actors.clone());
                async move { Ok(child) }
            });
            // Once the later one answers, both are up.
            log.ask(everything(), WITHIN).await.unwrap().unwrap();
            test(&store, supervision, log).await;
        }
    };
    tokio::task::LocalSet::new().run_until(all).await;
}

fn everything() -> ListAudit {
    ListAudit { filter: AuditFilter::default(), page: PageRequest::default() }
}

fn asked(id: &str, control: Control, key: Option<(&str, u8)>) -> ControlActor {
    let reason = Some("it looked stuck".to_owned());
    ControlActor { caller: caller("김철수", key), id: id.to_owned(), control, reason }
}

/// What is on record, oldest first.
async fn actions(store: &TestStore) -> Vec<String> {
    let page = store.audit_page(&AuditFilter::default(), PageRequest::default()).await.unwrap();
    page.items.into_iter().rev().map(|entry| format!("{} {}", entry.action, entry.subject)).collect()
}

#[tokio::test]
async fn a_restart_is_recorded_carried_out_and_its_outcome_recorded() {
    each(async |store, supervision, log| {
        let before = supervision.get("idle/1").unwrap().generation;
        let answer = log.ask(asked("idle/1", Control::Restart, None), WITHIN).await.unwrap().unwrap();
        assert_eq!(answer.status, 202);
        assert_eq!(answer.body, json!({ "id": "idle/1", "generation": before + 1 }));
        assert_eq!(supervision.get("idle/1").unwrap().generation, before + 1);
        assert_eq!(actions(store).await, ["actor.restart actor/idle/1", "actor.restarted actor/idle/1"]);
    })
    .await;
}

#[tokio::test]
async fn a_repeated_request_restarts_nothing() {
    each(async |store, supervision, log| {
        let first = log.ask(asked("idle/1", Control::Restart, Some(("k", 1))), WITHIN).await.unwrap().unwrap();
        let repeat = log.ask(asked("idle/1", Control::Restart, Some(("k", 1))), WITHIN).await.unwrap().unwrap();
        assert_eq!((repeat.replayed, &repeat.body), (true, &first.body));
        assert_eq!(supervision.get("idle/1").unwrap().generation, first.body["generation"].as_u64().unwrap());
        assert_eq!(actions(store).await.len(), 2);
        let other = log.ask(asked("idle/1", Control::Restart, Some(("k", 2))), WITHIN).await.unwrap();
        assert!(matches!(other, Err(Refusal::Invalid(_))), "{other:?}");
    })
    .await;
}

#[tokio::test]
async fn an_unknown_actor_is_not_found_and_nothing_is_recorded() {
    each(async |store, _, log| {
        let answer = log.ask(asked("idle/2", Control::Restart, None), WITHIN).await.unwrap();
        assert!(matches!(answer, Err(Refusal::NotFound(_))), "{answer:?}");
        assert!(actions(store).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_is_stopped_stays_down_until_it_is_started() {
    each(async |_, supervision, log| {
        let generation = supervision.get("idle/1").unwrap().generation;
        let answer = log.ask(asked("idle/1", Control::Stop, None), WITHIN).await.unwrap().unwrap();
        assert_eq!(answer.status, 202);
        assert_eq!(supervision.get("idle/1").unwrap().state.as_str(), "stopped");
        let answer = log.ask(asked("idle/1", Control::Start, None), WITHIN).await.unwrap().unwrap();
        assert!(answer.body["generation"].as_u64().unwrap() > generation);
        assert_ne!(supervision.get("idle/1").unwrap().state.as_str(), "stopped");
    })
    .await;
}

#[tokio::test]
async fn the_audit_log_itself_restarts_and_still_answers() {
    each(async |store, supervision, log| {
        let before = supervision.get(KIND).unwrap().generation;
        for (control, grown) in [(Control::Restart, 1), (Control::Stop, 2)] {
            let answer = log.ask(asked(KIND, control, None), WITHIN).await.unwrap().unwrap();
            assert_eq!((answer.status, &answer.body["generation"]), (202, &json!(before + grown)));
            // The next instance answers, since the mailbox stands outside of both.
            log.ask(everything(), WITHIN).await.unwrap().unwrap();
            assert_eq!(supervision.get(KIND).unwrap().generation, before + grown);
        }
        assert_eq!(actions(store).await.len(), 4);
    })
    .await;
}
