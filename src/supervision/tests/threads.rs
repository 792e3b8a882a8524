//! On real threads: what paused time on one thread cannot show.

use super::*;

fn assert_send_sync<T: Send + Sync>() {}

#[test]
fn what_is_handed_around_can_be() {
    assert_send_sync::<Supervision>();
    assert_send_sync::<Handle<std::rc::Rc<()>>>();
    assert_send_sync::<Nudger>();
    assert_send_sync::<watchdog::Watchdog>();
}

#[test]
fn children_run_on_their_threads_and_crash_there_alone() {
    actix_rt::System::new().block_on(async {
        let policy = Policy { backoff_min: Duration::from_millis(1), ..Policy::default() };
        let supervision = Supervision::start(Clock::system(), policy, Placement::Own, "test".to_owned());
        let blocked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&blocked);
        let watchdog = watchdog::Watchdog::start_with(Duration::from_millis(5), 10_000, move |name| {
            seen.lock().unwrap().push(name.to_owned());
        })
        .unwrap();
        supervision.watch_with(&watchdog);
        let ledger = Ledger::will([]);
        let shared = spawn(&supervision, spec(), &ledger);
        let of = Arc::clone(&ledger);
        let own = supervision
            .spawn(Spec::new("own", "probe").placement(Placement::Own), move || Probe::make(Arc::clone(&of)));
        assert_eq!(shared.ask(Hear(1), SECOND * 10).await, Ok(0));
        assert_eq!(own.ask(Hear(2), SECOND * 10).await, Ok(1));
        assert_eq!(own.ask(Trouble::Panic, SECOND * 10).await, Err(AskError::Lost));
        assert_eq!(own.ask(Hear(3), SECOND * 10).await, Ok(2));
        assert_eq!(probe(&supervision).generation, 1);
        assert_eq!(supervision.get("own").unwrap().generation, 2);
        supervision.drain(SECOND * 10).await;
        assert_eq!(ledger.alive(), 0);
        assert!(blocked.lock().unwrap().is_empty());
    });
}
