//! The outer net: the shell's own death, and the supervisor's.

use super::super::slot::Phase;
use super::*;

/// Kills the task of the child's shell, as nobody does.
fn kill(supervision: &Supervision, id: &str) {
    let slot = supervision.find(id).unwrap();
    let record = slot.lock();
    let Phase::Alive(instance) = &record.phase else { panic!("{id} is not alive") };
    instance.abort();
}

#[tokio::test(start_paused = true)]
async fn a_shell_that_dies_is_replaced_and_the_handle_points_at_the_new_one() {
    on_one_thread(async {
        let supervision = supervision();
        let ledger = Ledger::will([]);
        let handle = spawn(&supervision, spec(), &ledger);
        until(&supervision, runs(1)).await;
        let in_hand = handle.ask(Trouble::Take(SECOND * 5), SECOND * 10);
        let queued = handle.ask(Hear(1), SECOND * 10);
        let death = async {
            tokio::time::sleep(SECOND).await;
            kill(&supervision, "probe/1");
        };
        let (in_hand, queued, ()) = futures_util::join!(in_hand, queued, death);
        assert_eq!((in_hand, queued), (Err(AskError::Lost), Ok(0)), "what waits outlives the shell");
        assert_eq!(probe(&supervision).generation, 2);
        assert_eq!(probe(&supervision).last_error.as_deref(), Some("its shell or thread ended without a report"));
        assert_eq!(ledger.alive(), 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn the_supervisor_is_listed_and_is_itself_kept_alive() {
    on_one_thread(async {
        let supervision = supervision();
        let ledger = Ledger::will([]);
        let handle = spawn(&supervision, spec(), &ledger);
        until(&supervision, runs(1)).await;
        let own = supervision.list().into_iter().next().unwrap();
        assert_eq!((own.id.as_str(), own.kind.as_str(), own.state), ("supervisor", "supervisor", ActorState::Running));
        assert!(own.fresh && own.critical);

        kill(&supervision, "supervisor");
        let _ = handle.ask(Trouble::Panic, SECOND).await;
        until(&supervision, runs(2)).await;
        assert_eq!(supervision.get("supervisor").unwrap().generation, 2);
        assert_eq!(handle.ask(Hear(1), SECOND).await, Ok(0));
        assert_eq!(supervision.restart("supervisor", "to see").await, Ok(3));
        assert_eq!(supervision.stop("supervisor", "a slip").await.map(|_| ()), Ok(()));
        let _ = handle.ask(Trouble::Panic, SECOND).await;
        until(&supervision, runs(3)).await;
    })
    .await;
}
