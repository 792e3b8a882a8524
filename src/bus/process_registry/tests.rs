use super::*;
use sea_orm::ActiveValue::Set;
use sea_orm::EntityTrait as _;

use crate::clock::Clock;
use crate::store::testing::{TestStore, base, stores};
use crate::supervision::{Placement, Policy, Supervision};

fn process(store: &TestStore, name: &str, roles: &str) -> ProcessRegistry {
    let clock = Clock::following_tokio(base());
    let supervision = Supervision::start(clock.clone(), Policy::default(), Placement::Current, name.to_owned());
    let fleet = Fleet::new(name, supervision, clock);
    ProcessRegistry::new((*store).clone(), fleet, roles.to_owned(), Nudger::none())
}

async fn each(test: impl AsyncFn(&TestStore, ProcessRegistry, ProcessRegistry)) {
    let all = async {
        for store in stores().await {
            let (service, worker) = (process(&store, "a:1", "service"), process(&store, "b:2", "worker"));
            test(&store, service, worker).await;
        }
    };
    tokio::task::LocalSet::new().run_until(all).await;
}

#[tokio::test]
async fn each_process_sees_what_the_other_says() {
    each(async |store, mut service, mut worker| {
        service.round(true).await.unwrap();
        assert!(service.fleet.others().is_empty(), "nobody else has said anything");
        worker.round(true).await.unwrap();
        service.round(false).await.unwrap();
        let seen: Vec<_> = service.fleet.others().into_iter().map(|actor| (actor.process, actor.id)).collect();
        assert_eq!(seen, [("b:2".to_owned(), "supervisor".to_owned())]);
        assert!(service.fleet.has_other("worker") && worker.fleet.has_other("service"));

        store.forget_process("b:2").await.unwrap();
        service.round(false).await.unwrap();
        assert!(service.fleet.others().is_empty(), "it ended in good order");
    })
    .await;
}

#[tokio::test]
async fn a_process_that_starts_again_takes_its_row_over() {
    each(async |store, _, mut worker| {
        worker.round(true).await.unwrap();
        process(store, "b:2", "worker").round(true).await.unwrap();
        assert_eq!(store.processes().await.unwrap().len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_clock_that_is_ahead_keeps_no_dead_process_fresh() {
    each(async |_, mut service, _| {
        let now = base();
        let ahead = now.plus(Duration::from_mins(5)).0;
        let row = |at| process_state::Model {
            process: "b:2".to_owned(),
            roles: "worker".to_owned(),
            statuses: "[]".to_owned(),
            at,
        };
        assert_eq!(service.seen_at(&row(ahead), now), now, "nothing is seen in the future");
        assert_eq!(service.seen_at(&row(now.0 - 20_000), now), UnixMs(now.0 - 20_000), "an old row is old");
        service.seen.insert("b:2".to_owned(), (ahead, now));
        let later = now.plus(Duration::from_secs(20));
        assert_eq!(service.seen_at(&row(ahead), later), now, "it has said nothing new");
        assert_eq!(service.seen_at(&row(ahead + 1), later), later, "now it has");
    })
    .await;
}

#[tokio::test]
async fn what_is_old_is_forgotten() {
    each(async |store, mut service, _| {
        let row = process_state::ActiveModel {
            process: Set("c:3".to_owned()),
            roles: Set("worker".to_owned()),
            statuses: Set("[]".to_owned()),
            at: Set(store.now().minus(FORGET_AFTER + Duration::from_secs(1)).0),
        };
        let put = async |txn: &sea_orm::DatabaseTransaction| {
            process_state::Entity::insert(row).exec_without_returning(txn).await?;
            Ok(())
        };
        store.write(put).await.unwrap();
        service.round(true).await.unwrap();
        let left: Vec<_> = store.processes().await.unwrap().into_iter().map(|row| row.process).collect();
        assert_eq!(left, ["a:1"]);
    })
    .await;
}
