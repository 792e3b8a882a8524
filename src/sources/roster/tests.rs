use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;

use super::*;
use crate::clock::Clock;
use crate::domain::source::SourceKind;
use crate::store::lease::check_lease;
use crate::store::testing::{TestStore, base, stores};
use crate::store::{StoreError, lease::Lease};
use crate::supervision::{ActorState, Placement, Policy, Spec};

/// A kind of source whose rows the test writes.
#[derive(Default)]
struct Rows {
    wanted: Mutex<Vec<Wanted>>,
    started: AtomicUsize,
    claims: Mutex<Vec<Claim>>,
}

impl Rows {
    fn are(&self, rows: &[(i64, i64)]) {
        *self.wanted.lock().unwrap() =
            rows.iter().map(|(id, revision)| Wanted { id: *id, revision: *revision }).collect();
    }

    fn started(&self) -> usize {
        self.started.load(Ordering::SeqCst)
    }

    fn last_lease(&self) -> Option<Lease> {
        self.claims.lock().unwrap().last().and_then(|claim| claim.lease().cloned())
    }
}

struct Listener;

impl Child for Listener {}

impl Family for Rows {
    fn kind(&self) -> SourceKind {
        SourceKind::Telegram
    }

    fn loops(&self) -> &'static [&'static str] {
        &["telegram_poller", "telegram_check"]
    }

    fn wanted(&self) -> BoxFuture<'_, Result<Vec<Wanted>, StoreError>> {
        async { Ok(self.wanted.lock().unwrap().clone()) }.boxed()
    }

    fn start(&self, supervision: &Supervision, source: Wanted, claim: &Claim) {
        self.started.fetch_add(1, Ordering::SeqCst);
        self.claims.lock().unwrap().push(claim.clone());
        for kind in self.loops() {
            supervision.spawn(Spec::new(loop_id(kind, source.id), kind).source(), || async { Ok(Listener) });
        }
    }
}

/// A worker with a roster of one kind.
struct Worker {
    rows: Arc<Rows>,
    supervision: Supervision,
    roster: SourceRoster,
}

impl Worker {
    fn new(store: &TestStore, process: Option<&str>) -> Self {
        let clock = Clock::following_tokio(base());
        let supervision = Supervision::start(clock, Policy::default(), Placement::Current, "test".to_owned());
        let rows = Arc::new(Rows::default());
        let families: Arc<[Arc<dyn Family>]> = Arc::new([Arc::clone(&rows) as Arc<dyn Family>]);
        let process = process.map(str::to_owned);
        let roster = SourceRoster::new((*store).clone(), supervision.clone(), families, process);
        Self { rows, supervision, roster }
    }

    async fn looks(&mut self) {
        self.roster.round().await.unwrap();
        self.roster.stop_uncovered().await;
    }

    /// The ids of the loops that are there.
    fn loops(&self) -> Vec<String> {
        let all = self.supervision.list().into_iter().filter(|actor| actor.id != "supervisor");
        all.filter(|actor| actor.state != ActorState::Stopped).map(|actor| actor.id).collect()
    }
}

async fn each(test: impl AsyncFn(&TestStore)) {
    let all = async {
        for store in stores().await {
            test(&store).await;
        }
    };
    tokio::task::LocalSet::new().run_until(all).await;
}

async fn later(by: Duration) {
    tokio::time::pause();
    tokio::time::advance(by).await;
    tokio::time::resume();
}

#[tokio::test]
async fn loops_follow_the_rows() {
    each(async |store| {
        let mut worker = Worker::new(store, None);
        worker.looks().await;
        assert!(worker.loops().is_empty());
        worker.rows.are(&[(1, 1), (2, 1)]);
        worker.looks().await;
        let both = ["telegram-poller/1", "telegram-check/1", "telegram-poller/2", "telegram-check/2"];
        assert_eq!(worker.loops(), both);
        worker.looks().await;
        assert_eq!(worker.rows.started(), 2, "what runs is left alone");
        worker.rows.are(&[(1, 2), (2, 1)]);
        worker.looks().await;
        assert_eq!((worker.rows.started(), worker.loops().len()), (3, 4), "what changed is replaced");
        worker.rows.are(&[(1, 2)]);
        worker.looks().await;
        assert_eq!(worker.loops(), ["telegram-poller/1", "telegram-check/1"]);
        assert!(worker.supervision.get("telegram-poller/2").is_none(), "forgotten");
        assert!(store.leases().await.unwrap().is_empty(), "alone, no lease is needed");
    })
    .await;
}

#[tokio::test]
async fn a_roster_that_is_made_again_begins_with_nothing() {
    each(async |store| {
        let mut worker = Worker::new(store, None);
        worker.rows.are(&[(1, 1)]);
        worker.looks().await;
        let families = Arc::clone(&worker.roster.families);
        worker.roster = SourceRoster::new((*store).clone(), worker.supervision.clone(), families, None);
        worker.roster.take_down_leftovers().await;
        assert!(worker.loops().is_empty());
        worker.looks().await;
        assert_eq!((worker.rows.started(), worker.loops().len()), (2, 2));
    })
    .await;
}

/// Reliability row 14.
#[tokio::test]
async fn one_worker_runs_a_source_and_another_takes_over_within_twenty_seconds() {
    each(async |store| {
        let (mut a, mut b) = (Worker::new(store, Some("a:1")), Worker::new(store, Some("b:2")));
        a.rows.are(&[(1, 1)]);
        b.rows.are(&[(1, 1)]);
        for _ in 0..3 {
            a.looks().await;
            b.looks().await;
            later(Duration::from_secs(5)).await;
        }
        a.looks().await;
        b.looks().await;
        assert_eq!((a.loops().len(), b.loops().len()), (2, 0), "it is renewed");

        // The process is stopped: it neither renews nor notices.
        let before = a.rows.last_lease().unwrap();
        later(Duration::from_secs(14)).await;
        b.looks().await;
        assert_eq!(b.loops().len(), 0, "not before the lease is over");
        later(Duration::from_secs(2)).await;
        b.looks().await;
        assert_eq!(b.loops().len(), 2, "taken over");
        let write = async |lease: Lease| store.write(async |txn| check_lease(txn, Some(&lease)).await).await;
        assert!(write(before).await.is_err(), "what the former owner writes is refused");
        write(b.rows.last_lease().unwrap()).await.unwrap();

        // It runs again.
        a.looks().await;
        assert_eq!((a.loops().len(), b.loops().len()), (0, 2));
    })
    .await;
}

#[tokio::test]
async fn a_holder_that_cannot_renew_stops_before_its_lease_is_over() {
    each(async |store| {
        let mut worker = Worker::new(store, Some("a:1"));
        worker.rows.are(&[(1, 1)]);
        worker.looks().await;
        later(Duration::from_secs(13)).await;
        worker.roster.stop_uncovered().await;
        assert_eq!(worker.loops().len(), 2);
        later(Duration::from_secs(1)).await;
        worker.roster.stop_uncovered().await;
        assert!(worker.loops().is_empty());
    })
    .await;
}

#[tokio::test]
async fn what_is_given_back_or_was_left_by_the_same_process_is_taken_at_once() {
    each(async |store| {
        let mut a = Worker::new(store, Some("a:1"));
        a.rows.are(&[(1, 1)]);
        a.looks().await;
        // It was killed, and its successor has the same name.
        let mut again = Worker::new(store, Some("a:1"));
        again.rows.are(&[(1, 1)]);
        again.looks().await;
        assert_eq!(again.loops().len(), 2);
        assert_eq!(again.rows.last_lease().unwrap().fence, 2);

        let mut b = Worker::new(store, Some("b:2"));
        b.rows.are(&[(1, 1)]);
        b.looks().await;
        assert!(b.loops().is_empty());
        let all = again.roster.running.keys().copied().collect();
        again.roster.take_down(all, |_| false).await;
        b.looks().await;
        assert_eq!(b.loops().len(), 2, "given back");
    })
    .await;
}
