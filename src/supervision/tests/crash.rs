//! Panics, errors and early ends: reliability rows 1, 2 and 4.

use futures_util::FutureExt;

use super::ActorState::{Backoff, Running, Starting};
use super::*;

async fn comes_back_after(trouble: Trouble, error: &str) {
    let supervision = supervision();
    let ledger = Ledger::will([]);
    let handle = spawn(&supervision, spec(), &ledger);
    until(&supervision, runs(1)).await;
    assert_eq!(handle.ask(trouble, SECOND).await, Err(AskError::Lost));
    let took = until(&supervision, runs(2)).await;
    assert!(took >= SECOND && took <= SECOND * 2, "{took:?}");
    let status = probe(&supervision);
    assert_eq!(status.last_error.as_deref(), Some(error));
    assert_eq!(status.restarts, 1);
    assert_eq!(ledger.alive(), 1);
    assert_eq!(handle.ask(Hear(7), SECOND).await, Ok(0));
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_handler_is_followed_by_a_new_instance_within_two_seconds() {
    on_one_thread(comes_back_after(Trouble::Panic, "panicked: poison")).await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_detached_answer_is_the_childs() {
    on_one_thread(comes_back_after(Trouble::PanicBeside, "panicked: poison beside")).await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_side_future_is_the_childs() {
    on_one_thread(async {
        let supervision = supervision();
        let handle = spawn(&supervision, spec(), &Ledger::will([]));
        handle.ask(Trouble::PanicLater(SECOND), SECOND).await.unwrap();
        until(&supervision, runs(2)).await;
        assert_eq!(probe(&supervision).last_error.as_deref(), Some("panicked: poison later"));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn every_way_to_fail_at_start_or_in_run_is_a_crash_that_is_named() {
    on_one_thread(async {
        for (run, error) in [
            (Run::FailToStart, "could not start: the store is away"),
            (Run::PanicAtStart, "panicked: no such table\\u{1b}"),
            (Run::Panic, "panicked: run gave up"),
            (Run::Fail, "polling the phone: connection refused"),
            (Run::Return, "returned without having been asked to stop"),
            (Run::HangAtStart, "made no progress within 60 s"),
            (Run::Hang, "made no progress within 60 s"),
        ] {
            let supervision = supervision();
            let ledger = Ledger::will([run]);
            let handle = spawn(&supervision, spec(), &ledger);
            until(&supervision, runs(2)).await;
            assert_eq!(probe(&supervision).last_error.as_deref(), Some(error));
            assert_eq!(handle.ask(Hear(1), SECOND).await, Ok(0));
            assert_eq!(ledger.alive(), 1);
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_returns_at_once_is_parked_after_five_restarts_and_tried_every_five_minutes() {
    on_one_thread(async {
        for critical in [false, true] {
            let supervision = supervision();
            let ledger = Ledger::will([Run::Return; 20]);
            let spec = if critical { spec().critical().source() } else { spec() };
            let handle = spawn(&supervision, spec, &ledger);
            let begun = tokio::time::Instant::now();
            let mut starts = Vec::new();
            loop {
                while starts.len() < ledger.made() {
                    starts.push(begun.elapsed());
                }
                if probe(&supervision).state == ActorState::Parked {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            assert_eq!(starts.len(), 6, "{starts:?}");
            assert!(starts.windows(2).all(|pair| pair[1] >= pair[0] + SECOND), "{starts:?}");
            assert!(starts[5] <= SECOND * 30, "{starts:?}");
            assert!(!probe(&supervision).fresh);
            assert_eq!(handle.ask(Hear(1), SECOND).await, Err(AskError::Down));
            tokio::time::sleep(SECOND * 290).await;
            assert_eq!(ledger.made(), 6);
            tokio::time::sleep(SECOND * 20).await;
            assert_eq!(ledger.made(), 7, "one trial each five minutes");
            assert_eq!(probe(&supervision).state, ActorState::Parked);
            assert!(supervision.escalated().now_or_never().is_none(), "a source is never escalated");
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_parked_source_whose_trial_goes_well_stays() {
    on_one_thread(async {
        let supervision = supervision();
        let ledger = Ledger::will([Run::Fail; 6]);
        let handle = spawn(&supervision, spec().source(), &ledger);
        until(&supervision, is(ActorState::Parked)).await;
        let took = until(&supervision, is(ActorState::Running)).await;
        assert!(took <= SECOND * 301, "{took:?}");
        assert_eq!(handle.ask(Hear(1), SECOND).await, Ok(0));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_critical_child_out_of_restarts_escalates_with_its_reason() {
    on_one_thread(async {
        let supervision = supervision();
        spawn(&supervision, spec().critical(), &Ledger::will([Run::Fail; 100]));
        let other = supervision.spawn(Spec::new("other", "other"), || Probe::make(Ledger::will([])));
        let reason = tokio::time::timeout(SECOND * 40, supervision.escalated()).await.unwrap();
        assert_eq!(reason, "probe/1 is out of restarts: polling the phone: connection refused");
        assert_eq!(other.ask(Hear(1), SECOND).await, Ok(0), "the others go on");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn changes_are_told() {
    on_one_thread(async {
        let supervision = supervision();
        let mut changes = supervision.changes();
        let handle = spawn(&supervision, spec(), &Ledger::will([]));
        until(&supervision, runs(1)).await;
        let _ = handle.ask(Trouble::Panic, SECOND).await;
        until(&supervision, runs(2)).await;
        let mut told = Vec::new();
        while let Ok(status) = changes.try_recv() {
            if status.id == "probe/1" {
                told.push((status.state, status.generation));
            }
        }
        assert_eq!(told, [(Starting, 1), (Running, 1), (Backoff, 1), (Starting, 2), (Running, 2)]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_child_that_is_started_over_and_over_without_getting_anything_done_is_not_fresh() {
    on_one_thread(async {
        let supervision = supervision();
        let ledger = Ledger::will([Run::Hang; 100]);
        spawn(&supervision, spec().progress_deadline(SECOND * 20), &ledger);
        tokio::time::sleep(SECOND * 10).await;
        assert!(probe(&supervision).fresh);
        tokio::time::sleep(SECOND * 20).await;
        assert!(is(ActorState::Running)(&probe(&supervision)));
        assert!(!probe(&supervision).fresh);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn restarts_and_successes_are_counted_for_others_to_see() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let seen = recorder.handle();
    let _local = metrics::set_default_local_recorder(&recorder);
    on_one_thread(async {
        let supervision = supervision();
        let handle = spawn(&supervision, spec(), &Ledger::will([]));
        let _ = handle.ask(Trouble::Panic, SECOND).await;
        until(&supervision, runs(2)).await;
        supervision.restart("probe/1", "").await.unwrap();
        until(&supervision, runs(3)).await;
        let text = seen.render();
        for line in [
            "recon_actor_restarts_total{actor_kind=\"probe\",reason=\"panic\"} 1",
            "recon_actor_restarts_total{actor_kind=\"probe\",reason=\"operator\"} 1",
            "recon_loop_last_success_timestamp_seconds{loop=\"supervisor\"} 17768",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    })
    .await;
}
