use super::*;
use crate::store::testing::base;
use crate::supervision::{ActorState, Child, Placement, Policy, Spec};

struct Idle;

impl Child for Idle {}

fn loop_of(process: &str, id: &str) -> ActorStatus {
    ActorStatus {
        id: id.to_owned(),
        kind: id.to_owned(),
        process: process.to_owned(),
        state: ActorState::Running,
        critical: true,
        generation: 3,
        started_at: None,
        last_progress_at: None,
        last_success_at: None,
        last_message_at: None,
        deadline_s: 60,
        fresh: true,
        lag_s: None,
        restarts: 0,
        last_error: None,
    }
}

fn worker(process: &str, seen_at: UnixMs) -> OtherProcess {
    let actors = vec![loop_of(process, "order_matcher"), loop_of(process, "order_book")];
    OtherProcess { process: process.to_owned(), roles: "worker".to_owned(), seen_at, actors }
}

async fn with_fleet(test: impl AsyncFn(Fleet)) {
    let story = async {
        let clock = Clock::following_tokio(base());
        let supervision = Supervision::start(clock.clone(), Policy::default(), Placement::Current, "here".to_owned());
        supervision.spawn(Spec::new("order_book", "order_book"), || async { Ok(Idle) });
        test(Fleet::new("here", supervision, clock)).await;
    };
    tokio::task::LocalSet::new().run_until(story).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_process_said_long_ago_makes_nothing_fresh() {
    with_fleet(async |fleet| {
        fleet.replace_others(vec![worker("there", fleet.now())]);
        assert!(fleet.has_other("worker") && !fleet.has_other("service"));
        assert_eq!(fleet.silent(), []);
        assert!(fleet.others().iter().all(|actor| actor.fresh));
        tokio::time::advance(STALE_AFTER + Duration::from_millis(1)).await;
        assert!(!fleet.has_other("worker"), "a dead worker is no worker");
        let silent = Silent { process: "there".to_owned(), roles: "worker".to_owned(), since: base() };
        assert_eq!(fleet.silent(), [silent]);
        assert!(fleet.others().iter().all(|actor| !actor.fresh && actor.state == ActorState::Running));
        assert!(fleet.list().iter().any(|actor| actor.id == "order_matcher" && !actor.fresh), "it stays in the list");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_actor_is_found_here_first_and_wherever_else_it_runs() {
    with_fleet(async |fleet| {
        let long_ago = fleet.now().minus(Duration::from_mins(1));
        fleet.replace_others(vec![worker("dead", long_ago), worker("there", fleet.now())]);
        let places: Vec<_> = fleet.places_of("order_book");
        let shown: Vec<_> = places.iter().map(|place| (place.process.as_str(), place.here, place.stale)).collect();
        assert_eq!(shown, [("here", true, false), ("dead", false, true), ("there", false, false)]);
        assert_eq!(fleet.places_of("order_matcher").len(), 2);
        assert!(fleet.places_of("nobody").is_empty());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn changes_of_all_processes_are_followed_as_one() {
    with_fleet(async |fleet| {
        let mut changes = fleet.changes();
        fleet.tell(loop_of("there", "order_matcher"));
        let mut told = Vec::new();
        while !told.contains(&("there".to_owned(), "order_matcher".to_owned()))
            || !told.contains(&("here".to_owned(), "order_book".to_owned()))
        {
            let changed = changes.next().await.unwrap();
            told.push((changed.process, changed.id));
        }
    })
    .await;
}
