//! What becomes of messages and nudges.

use super::*;

#[tokio::test(start_paused = true)]
async fn queued_messages_survive_a_crash_and_the_one_in_hand_is_lost() {
    on_one_thread(async {
        let supervision = supervision();
        let ledger = Ledger::will([]);
        let handle = spawn(&supervision, spec(), &ledger);
        let poison = handle.ask(Trouble::Panic, SECOND * 10);
        let queued = futures_util::future::join_all((0..100).map(|n| handle.ask(Hear(n), SECOND * 10)));
        let (poison, queued) = futures_util::future::join(poison, queued).await;
        assert_eq!(poison, Err(AskError::Lost));
        assert_eq!(queued, (0..100).map(Ok).collect::<Vec<_>>());
        assert_eq!(ledger.made(), 2);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn one_panic_in_fifty_loses_no_innocent_message() {
    on_one_thread(async {
        let policy = Policy { max_restarts: u32::MAX, ..Policy::default() };
        let supervision = supervision_with(policy);
        let ledger = Ledger::will([]);
        let handle = spawn(&supervision, spec().mailbox(5_000), &ledger);
        // A fixed seed: which messages panic is the same each time.
        let mut state = 20_260_422_u64;
        let mut poisoned = 0;
        let asks = (0..5_000_u64).map(|n| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let poison = (state >> 33).is_multiple_of(50);
            poisoned += usize::from(poison);
            let handle = handle.clone();
            async move {
                if poison {
                    let answer = handle.ask(Trouble::Panic, SECOND * 100_000).await;
                    assert_eq!(answer, Err(AskError::Lost));
                    None
                } else {
                    handle.ask(Hear(n), SECOND * 100_000).await.unwrap();
                    Some(n)
                }
            }
        });
        let innocent: Vec<u64> = futures_util::future::join_all(asks).await.into_iter().flatten().collect();
        assert!(poisoned > 50, "{poisoned}");
        assert_eq!(innocent.len() + poisoned, 5_000);
        assert_eq!(ledger.heard(), innocent, "each once, in the order of asking");
        until(&supervision, |status| status.restarts == u64::try_from(poisoned).unwrap()).await;
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_full_mailbox_says_so_and_has_room_again_when_askers_have_gone() {
    on_one_thread(async {
        let supervision = supervision();
        let handle = spawn(&supervision, spec().mailbox(2), &Ledger::will([]));
        until(&supervision, runs(1)).await;
        let story = async {
            tokio::time::sleep(SECOND).await;
            let first = handle.ask(Hear(1), SECOND);
            let second = handle.ask(Hear(2), SECOND * 20);
            let third = async {
                assert_eq!(handle.ask(Hear(3), SECOND).await, Err(AskError::Full));
                tokio::time::sleep(SECOND * 2).await;
                handle.ask(Hear(4), SECOND * 20).await
            };
            futures_util::join!(first, second, third)
        };
        let (slow, answers) = futures_util::join!(handle.ask(Trouble::Take(SECOND * 10), SECOND * 20), story);
        assert_eq!(slow, Ok(()));
        assert_eq!(answers, (Err(AskError::Late), Ok(0), Ok(1)), "who has gone is not served");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_detached_answer_lets_others_pass_and_an_exclusive_one_does_not() {
    on_one_thread(async {
        let supervision = supervision();
        let handle = spawn(&supervision, spec(), &Ledger::will([]));
        let begun = tokio::time::Instant::now();
        let beside = handle.ask(Trouble::TakeBeside(SECOND * 5), SECOND * 10);
        let hear = async {
            let answer = handle.ask(Hear(1), SECOND).await;
            (answer, begun.elapsed() < SECOND)
        };
        assert_eq!(futures_util::join!(beside, hear), (Ok(()), (Ok(0), true)));
        let exclusive = handle.ask(Trouble::Take(SECOND * 5), SECOND * 10);
        assert_eq!(futures_util::join!(exclusive, handle.ask(Hear(1), SECOND)), (Ok(()), Err(AskError::Late)));
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn nudges_given_while_the_loop_is_busy_are_kept_as_one() {
    on_one_thread(async {
        let supervision = supervision();
        let ledger = Ledger::will([Run::Loop(SECOND * 20, true)]);
        let handle = spawn(&supervision, spec(), &ledger);
        until(&supervision, runs(1)).await;
        let busy = handle.ask(Trouble::Take(SECOND * 5), SECOND * 10);
        let nudges = async {
            tokio::time::sleep(SECOND).await;
            for _ in 0..100 {
                handle.nudge();
                handle.nudger().nudge();
            }
        };
        let (busy, ()) = futures_util::join!(busy, nudges);
        busy.unwrap();
        tokio::time::sleep(SECOND).await;
        assert_eq!(ledger.lines(), ["Nudged"]);
        tokio::time::sleep(SECOND * 20).await;
        assert_eq!(ledger.lines(), ["Nudged", "Elapsed"]);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_nudge_outlives_the_instance_that_did_not_hear_it() {
    on_one_thread(async {
        let supervision = supervision();
        let ledger = Ledger::will([Run::Panic, Run::Loop(SECOND * 20, true)]);
        let handle = spawn(&supervision, spec(), &ledger);
        handle.nudge();
        until(&supervision, runs(2)).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
        assert_eq!(ledger.lines(), ["Nudged"]);
    })
    .await;
}

/// Collects in batches, as the inbox does.
struct Batcher {
    batches: Arc<Mutex<Vec<usize>>>,
    waiting: Vec<tokio::sync::oneshot::Sender<usize>>,
}

impl Child for Batcher {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        loop {
            for envelope in cx.receive_many(64).await {
                envelope.apply(self, cx).await;
            }
            tokio::time::sleep(Duration::from_millis(10)).await; // the commit
            self.batches.lock().unwrap().push(self.waiting.len());
            for reply in self.waiting.drain(..) {
                let _ = reply.send(1);
            }
            cx.succeeded();
        }
    }
}

impl Serve<Hear> for Batcher {
    fn serve<'a>(&'a mut self, _msg: Hear, _cx: &'a mut Context<Self>) -> Serving<'a, usize> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        self.waiting.push(reply);
        Serving::detached(async move { answer.await.unwrap_or(0) })
    }
}

#[tokio::test(start_paused = true)]
async fn a_loop_can_gather_what_waits_and_answer_it_together() {
    on_one_thread(async {
        let supervision = supervision();
        let batches = Arc::<Mutex<Vec<usize>>>::default();
        let of = Arc::clone(&batches);
        let handle = supervision.spawn(spec(), move || {
            let batches = Arc::clone(&of);
            async move { Ok(Batcher { batches, waiting: Vec::new() }) }
        });
        let answers = futures_util::future::join_all((0..200).map(|n| handle.ask(Hear(n), SECOND))).await;
        assert!(answers.iter().all(|answer| *answer == Ok(1)), "{answers:?}");
        assert_eq!(*batches.lock().unwrap(), [64, 64, 64, 8]);
        supervision.stop("probe/1", "").await.unwrap();
        let took = until(&supervision, is(ActorState::Stopped)).await;
        assert!(took < SECOND, "a loop that waits for messages ends in good order: {took:?}");
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn no_more_answers_are_worked_out_at_once_than_messages_may_wait() {
    on_one_thread(async {
        for run in [Run::Serve, Run::Loop(SECOND * 20, true)] {
            let supervision = supervision();
            let handle = spawn(&supervision, spec().mailbox(2), &Ledger::will([run]));
            until(&supervision, runs(1)).await;
            let begun = tokio::time::Instant::now();
            let asks = (0..3).map(|n| {
                let handle = handle.clone();
                async move {
                    tokio::time::sleep(Duration::from_millis(n)).await;
                    handle.ask(Trouble::TakeBeside(SECOND), SECOND * 10).await
                }
            });
            assert_eq!(futures_util::future::join_all(asks).await, [Ok(()); 3]);
            assert!(begun.elapsed() >= SECOND * 2, "the third waits for one of the first two");
        }
    })
    .await;
}
