//! The process's end: reliability row 22.

use super::*;

/// Says when it was stopped.
struct Stage {
    name: &'static str,
    ledger: Arc<Ledger>,
    takes: Duration,
}

impl Child for Stage {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        cx.stopped().await;
        assert!(cx.stopping());
        tokio::time::sleep(self.takes).await;
        self.ledger.say(format!("{} down", self.name));
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.ledger.say(format!("{} dropped", self.name));
    }
}

fn stage(supervision: &Supervision, ledger: &Arc<Ledger>, name: &'static str, takes: Duration) -> Handle<Stage> {
    let ledger = Arc::clone(ledger);
    supervision.spawn(Spec::new(name, "stage"), move || {
        let ledger = Arc::clone(&ledger);
        async move { Ok(Stage { name, ledger, takes }) }
    })
}

#[tokio::test(start_paused = true)]
async fn children_stop_in_reverse_order_and_who_takes_too_long_is_aborted() {
    on_one_thread(async {
        let supervision = supervision();
        let ledger = Ledger::will([]);
        stage(&supervision, &ledger, "matcher", SECOND);
        stage(&supervision, &ledger, "parser", SECOND * 100);
        stage(&supervision, &ledger, "inbox", SECOND);
        tokio::time::sleep(SECOND).await;
        let begun = tokio::time::Instant::now();
        supervision.drain(SECOND * 25).await;
        assert!((SECOND * 7..SECOND * 8).contains(&begun.elapsed()), "{:?}", begun.elapsed());
        assert_eq!(
            ledger.lines(),
            ["inbox down", "inbox dropped", "parser dropped", "matcher down", "matcher dropped"]
        );
        assert!(supervision.list().iter().all(|status| status.state == ActorState::Stopped));
        assert!(supervision.restart("inbox", "too late").await.is_err());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_drain_keeps_to_its_time_whatever_the_graces() {
    on_one_thread(async {
        let supervision = supervision();
        let ledger = Ledger::will([]);
        for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            stage(&supervision, &ledger, name, SECOND * 100);
        }
        tokio::time::sleep(SECOND).await;
        let begun = tokio::time::Instant::now();
        supervision.drain(SECOND * 20).await;
        assert!(begun.elapsed() <= SECOND * 22, "{:?}", begun.elapsed());
        assert_eq!(ledger.lines().len(), 8, "all dropped: {:?}", ledger.lines());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_waits_is_served_before_the_end_and_what_comes_after_is_refused() {
    on_one_thread(async {
        for run in [Run::Serve, Run::Loop(SECOND * 20, true)] {
            let supervision = supervision();
            let ledger = Ledger::will([run]);
            let handle = spawn(&supervision, spec(), &ledger);
            until(&supervision, runs(1)).await;
            let slow = handle.ask(Trouble::Take(SECOND * 2), SECOND * 10);
            let queued = futures_util::future::join_all((0..10).map(|n| handle.ask(Hear(n), SECOND * 10)));
            let beside = handle.ask(Trouble::TakeBeside(SECOND), SECOND * 10);
            let late = async {
                tokio::time::sleep(SECOND).await;
                let drain = supervision.drain(SECOND * 25);
                let late = async {
                    tokio::time::sleep(Duration::from_millis(1)).await;
                    handle.ask(Hear(11), SECOND).await
                };
                futures_util::join!(late, drain).0
            };
            let (slow, queued, beside, late) = futures_util::join!(slow, queued, beside, late);
            assert_eq!((slow, beside, late), (Ok(()), Ok(()), Err(AskError::Down)));
            assert_eq!(queued, (0..10).map(Ok).collect::<Vec<_>>());
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_crash_during_the_drain_is_not_restarted() {
    on_one_thread(async {
        let supervision = supervision();
        let ledger = Ledger::will([]);
        let handle = spawn(&supervision, spec(), &ledger);
        stage(&supervision, &ledger, "last", SECOND * 3);
        handle.ask(Trouble::PanicLater(SECOND), SECOND).await.unwrap();
        supervision.drain(SECOND * 25).await;
        tokio::time::sleep(SECOND * 100).await;
        assert_eq!(ledger.made(), 1);
        assert_eq!(probe(&supervision).state, ActorState::Stopped);
    })
    .await;
}
