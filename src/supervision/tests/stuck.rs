//! Children that no longer get anywhere: reliability row 3.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_child_frozen_in_an_endless_await_is_replaced_within_its_deadline_and_five_seconds() {
    on_one_thread(async {
        let supervision = supervision();
        let ledger = Ledger::will([]);
        let handle = spawn(&supervision, spec().progress_deadline(SECOND * 10), &ledger);
        tokio::time::sleep(SECOND * 100).await;
        assert!(probe(&supervision).fresh, "waiting for messages is no lack of progress");
        let asked = tokio::time::Instant::now();
        assert_eq!(handle.ask(Trouble::Hang, SECOND * 60).await, Err(AskError::Lost));
        assert!(asked.elapsed() >= SECOND * 10);
        until(&supervision, runs(2)).await;
        assert!(asked.elapsed() <= SECOND * 15, "{:?}", asked.elapsed());
        assert_eq!(probe(&supervision).last_error.as_deref(), Some("made no progress within 10 s"));
        assert_eq!((ledger.alive(), ledger.alive_max.load(Ordering::SeqCst)), (1, 1));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_freezes_each_time_is_replaced_each_time_within_its_deadline_and_five_seconds() {
    on_one_thread(async {
        let supervision = supervision();
        let ledger = Ledger::will([Run::Hang; 8]);
        spawn(&supervision, spec().progress_deadline(SECOND * 10), &ledger);
        until(&supervision, runs(1)).await;
        for generation in 2..=8 {
            let took = until(&supervision, runs(generation)).await;
            assert!(took <= SECOND * 15, "{took:?}");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_sweeps_stays_and_one_that_only_waits_does_not() {
    on_one_thread(async {
        let supervision = supervision();
        let ledger = Ledger::will([Run::Loop(SECOND * 5, true)]);
        let handle = spawn(&supervision, spec().progress_deadline(SECOND * 10), &ledger);
        tokio::time::sleep(SECOND * 100).await;
        assert_eq!(probe(&supervision).generation, 1);
        assert!(ledger.lines().len() >= 18);

        let other = Ledger::will([Run::Loop(SECOND * 5, false)]);
        let spec = Spec::new("other/1", "probe").progress_deadline(SECOND * 10);
        let of = Arc::clone(&other);
        supervision.spawn(spec, move || Probe::make(Arc::clone(&of)));
        tokio::time::sleep(SECOND * 14).await;
        assert_eq!(other.made(), 2);
        assert_eq!(handle.ask(Hear(1), SECOND).await, Ok(0));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn answered_messages_are_no_progress_of_a_loop() {
    on_one_thread(async {
        let supervision = supervision();
        let ledger = Ledger::will([Run::Loop(SECOND * 1000, false)]);
        let handle = spawn(&supervision, spec().progress_deadline(SECOND * 60), &ledger);
        for second in 0..40 {
            handle.ask(Hear(second), SECOND).await.unwrap();
            tokio::time::sleep(SECOND).await;
        }
        assert_eq!(probe(&supervision).generation, 1);
        tokio::time::sleep(SECOND * 25).await;
        assert_eq!(probe(&supervision).generation, 2);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_detached_answer_that_never_comes_is_given_up_without_the_child() {
    on_one_thread(async {
        let supervision = supervision();
        let handle = spawn(&supervision, spec().progress_deadline(SECOND * 10), &Ledger::will([]));
        assert_eq!(handle.ask(Trouble::HangBeside, SECOND * 60).await, Err(AskError::Lost));
        assert_eq!(handle.ask(Hear(1), SECOND).await, Ok(0));
        assert_eq!(probe(&supervision).generation, 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_process_that_was_paused_as_a_whole_finds_nobody_frozen() {
    on_one_thread(async {
        let supervision = supervision();
        let ledger = Ledger::will([Run::Hang]);
        spawn(&supervision, spec().progress_deadline(SECOND * 30), &ledger);
        until(&supervision, runs(1)).await;
        tokio::time::advance(SECOND * 60).await;
        tokio::time::sleep(SECOND * 29).await;
        assert_eq!(ledger.made(), 1);
        tokio::time::sleep(SECOND * 4).await;
        assert_eq!(ledger.made(), 2, "it is frozen all the same");
    })
    .await;
}
