//! Children that ask to be parked, and children that fail without being frozen: reliability row 4.

use super::*;

const MINUTE: Duration = Duration::from_mins(1);

#[tokio::test(start_paused = true)]
async fn a_child_that_asks_for_it_is_parked_at_once_and_tried_when_it_said() {
    on_one_thread(async {
        for (asked, retry_in) in [(None, MINUTE * 5), (Some(SECOND * 20), SECOND * 20)] {
            let supervision = supervision();
            let ledger = Ledger::will([Run::Park(asked), Run::Park(asked), Run::Serve]);
            let handle = spawn(&supervision, spec().source(), &ledger);
            until(&supervision, is(ActorState::Parked)).await;
            assert_eq!(ledger.made(), 1, "no restart is spent on it");
            assert_eq!(probe(&supervision).last_error.as_deref(), Some("the token is refused"));
            assert!(!probe(&supervision).fresh);
            assert_eq!(handle.ask(Hear(1), SECOND).await, Err(AskError::Down));
            tokio::time::sleep(retry_in.saturating_sub(SECOND)).await;
            assert_eq!(ledger.made(), 1);
            tokio::time::sleep(SECOND * 2).await;
            assert_eq!((ledger.made(), probe(&supervision).state), (2, ActorState::Parked));
            tokio::time::sleep(retry_in).await;
            assert_eq!((ledger.made(), probe(&supervision).state), (3, ActorState::Running));
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_child_that_tries_in_vain_is_not_replaced_and_not_fresh() {
    on_one_thread(async {
        let supervision = supervision();
        let ledger = Ledger::will([Run::Try(SECOND * 5)]);
        spawn(&supervision, spec(), &ledger);
        until(&supervision, runs(1)).await;
        tokio::time::sleep(MINUTE * 10).await;
        let status = probe(&supervision);
        assert_eq!((ledger.made(), status.generation, status.fresh), (1, 1, false));
    })
    .await;
}
