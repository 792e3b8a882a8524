//! What operators ask for: reliability row 5.

use super::*;

#[tokio::test(start_paused = true)]
async fn fifty_restarts_at_once_make_fifty_generations_and_never_two_instances() {
    on_one_thread(async {
        for run in [Run::Serve, Run::Hang, Run::Loop(SECOND, true)] {
            let supervision = supervision();
            let ledger = Ledger::will([run; 60]);
            spawn(&supervision, spec(), &ledger);
            until(&supervision, runs(1)).await;
            let asked = (0..50).map(|_| supervision.restart("probe/1", "fifty at once"));
            let mut given: Vec<u64> =
                futures_util::future::join_all(asked).await.into_iter().map(Result::unwrap).collect();
            until(&supervision, runs(51)).await;
            given.sort_unstable();
            assert_eq!(given, (2..=51).collect::<Vec<u64>>());
            assert_eq!(ledger.made(), 51, "each generation has lived");
            assert_eq!((ledger.alive(), ledger.alive_max.load(Ordering::SeqCst)), (1, 1));
            let status = probe(&supervision);
            assert_eq!((status.restarts, status.last_error), (0, None), "an operator's restart is no crash");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_frozen_child_is_restarted_on_request_within_two_seconds() {
    on_one_thread(async {
        for run in [Run::Hang, Run::HangAtStart] {
            let supervision = supervision();
            let ledger = Ledger::will([run]);
            let handle = spawn(&supervision, spec(), &ledger);
            tokio::time::sleep(SECOND * 5).await;
            assert_eq!(supervision.restart("probe/1", "stuck").await, Ok(2));
            let took = until(&supervision, runs(2)).await;
            assert!(took <= SECOND * 2, "{took:?}");
            assert_eq!(handle.ask(Hear(1), SECOND).await, Ok(0));
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn parked_stopped_and_backing_off_children_are_restarted_on_request() {
    on_one_thread(async {
        let supervision = supervision();
        let handle = spawn(&supervision, spec(), &Ledger::will([Run::Fail; 6]));
        until(&supervision, is(ActorState::Parked)).await;
        let generation = supervision.restart("probe/1", "token renewed").await.unwrap();
        until(&supervision, runs(generation)).await;
        assert_eq!(handle.ask(Hear(1), SECOND).await, Ok(0));

        assert_eq!(supervision.stop("probe/1", "").await, Ok(generation));
        until(&supervision, is(ActorState::Stopped)).await;
        assert_eq!(handle.ask(Hear(1), SECOND).await, Err(AskError::Down));
        assert!(!probe(&supervision).fresh);
        tokio::time::sleep(SECOND * 1000).await;
        assert_eq!(probe(&supervision).state, ActorState::Stopped, "nobody started it");
        assert_eq!(supervision.start_again("probe/1", "").await, Ok(generation + 1));
        assert_eq!(supervision.start_again("probe/1", "").await, Ok(generation + 1), "it runs already");
        supervision.stop("probe/1", "").await.unwrap();
        assert_eq!(supervision.restart("probe/1", "").await, Ok(generation + 2));
        until(&supervision, runs(generation + 2)).await;

        let _ = handle.ask(Trouble::Panic, SECOND).await;
        until(&supervision, is(ActorState::Backoff)).await;
        assert_eq!(supervision.restart("probe/1", "").await, Ok(generation + 3));
        let took = until(&supervision, runs(generation + 3)).await;
        assert!(took < SECOND, "the backoff is cut short: {took:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn operators_restarts_do_not_use_up_the_window() {
    on_one_thread(async {
        let supervision = supervision();
        let handle = spawn(&supervision, spec(), &Ledger::will([]));
        for generation in 2..=20 {
            supervision.restart("probe/1", "").await.unwrap();
            until(&supervision, runs(generation)).await;
        }
        let _ = handle.ask(Trouble::Panic, SECOND).await;
        let took = until(&supervision, runs(21)).await;
        assert!(took <= SECOND * 2, "{took:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_stop_in_progress_is_not_taken_for_a_crash() {
    on_one_thread(async {
        let supervision = supervision();
        let ledger = Ledger::will([Run::Hang]);
        spawn(&supervision, spec(), &ledger);
        until(&supervision, runs(1)).await;
        supervision.stop("probe/1", "").await.unwrap();
        let took = until(&supervision, is(ActorState::Stopped)).await;
        assert!(took >= SECOND * 4 && took <= SECOND * 6, "aborted after its grace: {took:?}");
        tokio::time::sleep(SECOND * 100).await;
        assert_eq!((ledger.made(), ledger.alive()), (1, 0));
        assert_eq!(probe(&supervision).last_error, None);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_removed_child_is_gone_and_its_successor_waits_for_it() {
    on_one_thread(async {
        let supervision = supervision();
        let ledger = Ledger::will([Run::Hang]);
        let old = spawn(&supervision, spec(), &ledger);
        until(&supervision, runs(1)).await;
        let new = spawn(&supervision, spec(), &ledger);
        assert_eq!(new.ask(Hear(1), SECOND * 10).await, Ok(0));
        assert_eq!(old.ask(Hear(1), SECOND).await, Err(AskError::Down));
        assert_eq!(ledger.alive_max.load(Ordering::SeqCst), 1);
        assert_eq!(supervision.remove("probe/1").await, Ok(()));
        assert_eq!(supervision.get("probe/1"), None);
        assert_eq!(supervision.restart("probe/1", "").await, Err(UnknownActor("probe/1".to_owned())));
        assert_eq!(ledger.alive(), 0);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn an_unknown_actor_is_said_to_be_unknown() {
    on_one_thread(async {
        let supervision = supervision();
        let error = supervision.stop("probe/9", "").await.unwrap_err();
        assert_eq!(error.to_string(), "no actor of the id \"probe/9\" runs here");
        assert_eq!(supervision.remove("supervisor").await, Err(UnknownActor("supervisor".to_owned())));
    })
    .await;
}
