use serde_json::json;

use super::listeners::BUFFER;
use super::*;
use crate::clock::Clock;
use crate::store::event::{NewEvent, append};
use crate::store::testing::{TestStore, base, stores};
use crate::supervision::{Placement, Policy, Spec, Supervision};

/// A feed over each engine's store that has looked at it once.
async fn each(test: impl AsyncFn(&TestStore, EventFeed)) {
    let all = async {
        for store in stores().await {
            let clock = Clock::following_tokio(base());
            let supervision =
                Supervision::start(clock.clone(), Policy::default(), Placement::Current, "test".to_owned());
            let mut feed = EventFeed::new(
                (*store).clone(),
                Fleet::new("test", supervision, clock),
                Arc::new(watch::Sender::new(None)),
                Nudger::none(),
            );
            tell(&store, 3).await;
            feed.follow().await.unwrap();
            test(&store, feed).await;
        }
    };
    tokio::task::LocalSet::new().run_until(all).await;
}

/// Stores events, each with its number.
async fn tell(store: &TestStore, count: usize) {
    let events = (0..count).map(|_| NewEvent::new("sms.updated", &json!({ "id": 1 }))).collect();
    store.write(async |txn| append(txn, store.now(), events).await).await.unwrap();
}

/// The ids of what has arrived so far.
fn arrived(events: &mut mpsc::Receiver<Event>) -> Vec<i64> {
    std::iter::from_fn(|| events.try_recv().ok()).filter_map(|event| event.id).collect()
}

fn ids(from: i64, to: i64) -> Vec<i64> {
    (from..=to).collect()
}

#[tokio::test]
async fn a_new_listener_hears_only_what_comes() {
    each(async |store, mut feed| {
        let mut events = feed.subscribe(None).unwrap();
        tell(store, 2).await;
        feed.follow().await.unwrap();
        assert_eq!(arrived(&mut events), ids(4, 5));
        feed.follow().await.unwrap();
        assert!(arrived(&mut events).is_empty(), "nothing twice");
    })
    .await;
}

#[tokio::test]
async fn a_listener_that_comes_back_misses_nothing_and_gets_nothing_twice() {
    each(async |store, mut feed| {
        let mut events = feed.subscribe(Some(1)).unwrap();
        // These are stored after it came back and before it has read what it missed.
        tell(store, 2).await;
        feed.follow().await.unwrap();
        assert_eq!(arrived(&mut events), ids(2, 5));
        tell(store, 1).await;
        feed.follow().await.unwrap();
        assert_eq!(arrived(&mut events), ids(6, 6));
    })
    .await;
}

#[tokio::test]
async fn more_than_the_buffer_holds_comes_in_pieces_without_a_gap() {
    each(async |store, mut feed| {
        let last = i64::try_from(BUFFER * 2 + 50).unwrap();
        let mut behind = feed.subscribe(Some(0)).unwrap();
        let mut level = feed.subscribe(None).unwrap();
        tell(store, BUFFER * 2 + 47).await;
        let mut heard = (Vec::new(), Vec::new());
        for _ in 0..4 {
            feed.follow().await.unwrap();
            heard.0.extend(arrived(&mut behind));
            heard.1.extend(arrived(&mut level));
        }
        assert_eq!(heard.0, ids(1, last));
        assert_eq!(heard.1, ids(4, last), "a burst larger than its buffer does not cost a listener its place");
        assert!(!feed.listeners.is_catching_up() || feed.follow().await.is_ok());
        tell(store, 1).await;
        feed.follow().await.unwrap();
        assert_eq!((arrived(&mut behind), arrived(&mut level)), (ids(last + 1, last + 1), ids(last + 1, last + 1)));
    })
    .await;
}

#[tokio::test]
async fn one_who_does_not_read_holds_up_nobody() {
    each(async |store, mut feed| {
        let idle = feed.subscribe(None).unwrap();
        let mut reader = feed.subscribe(None).unwrap();
        for _ in 0..3 {
            tell(store, BUFFER).await;
            feed.follow().await.unwrap();
            assert_eq!(arrived(&mut reader).len(), BUFFER);
        }
        assert_eq!(idle.len(), BUFFER, "what waits for it is bounded");
        drop(idle);
        feed.follow().await.unwrap();
        assert_eq!(feed.listeners.len(), 1, "one that went away is forgotten");
    })
    .await;
}

#[tokio::test]
async fn an_id_that_was_never_given_hides_nothing() {
    each(async |store, mut feed| {
        let mut events = feed.subscribe(Some(i64::MAX)).unwrap();
        feed.follow().await.unwrap();
        tell(store, 1).await;
        feed.follow().await.unwrap();
        assert_eq!(arrived(&mut events), [4]);
    })
    .await;
}

#[tokio::test]
async fn what_retention_has_forgotten_is_skipped() {
    each(async |store, mut feed| {
        tell(store, 1).await;
        // All but what was told last.
        store.forget_events(store.now().plus(Duration::from_mins(1))).await.unwrap();
        tell(store, 2).await;
        let mut events = feed.subscribe(Some(1)).unwrap();
        feed.follow().await.unwrap();
        assert_eq!(arrived(&mut events), [4, 5, 6]);
    })
    .await;
}

#[tokio::test]
async fn counters_are_asked_for_only_while_somebody_listens() {
    each(async |_, mut feed| {
        let board = Arc::clone(&feed.top_info);
        assert_eq!(board.receiver_count(), 0);
        let mut events = feed.subscribe(None).unwrap();
        assert_eq!(board.receiver_count(), 1);
        board.send_replace(Some(TopInfo {
            sms_need_check_cnt: 1,
            sms_unmatched_cnt: 0,
            sms_unparsed_cnt: 0,
            sms_today_cnt: 0,
            sms_today_amount: Vec::new(),
            shooter_device_untrusted_cnt: 0,
            loops_stale_cnt: 0,
            as_of: base(),
        }));
        feed.tell_counters(false);
        let event = events.try_recv().unwrap();
        assert_eq!((event.id, event.kind.as_str(), &event.data["sms_need_check_cnt"]), (None, "top_info", &json!(1)));
        drop(events);
        feed.follow().await.unwrap();
        assert_eq!(board.receiver_count(), 0);
    })
    .await;
}

#[tokio::test]
async fn a_running_feed_tells_commits_and_actors_as_they_happen() {
    let all = async {
        for store in stores().await {
            let clock = Clock::following_tokio(base());
            let supervision =
                Supervision::start(clock.clone(), Policy::default(), Placement::Current, "test".to_owned());
            let (of, actors) = ((*store).clone(), Fleet::new("test", supervision.clone(), clock));
            let feed = supervision.spawn(Spec::new(KIND, KIND), move || {
                let child =
                    EventFeed::new(of.clone(), actors.clone(), Arc::new(watch::Sender::new(None)), Nudger::none());
                async move { Ok(child) }
            });
            let within = Duration::from_secs(20);
            let mut events = feed.ask(Subscribe { after: None }, within).await.unwrap().unwrap();
            tell(&store, 1).await;
            assert_eq!(next(&mut events, "sms.updated").await.id, Some(1));
            supervision.spawn(Spec::new("idle/1", "idle"), || async { Ok(Idle) });
            assert_eq!(next(&mut events, "actor.changed").await.data["id"], "idle/1");
        }
    };
    tokio::task::LocalSet::new().run_until(Box::pin(all)).await;
}

/// The next event of a kind.
async fn next(events: &mut mpsc::Receiver<Event>, kind: &str) -> Event {
    let of_kind = async {
        loop {
            let event = events.recv().await.unwrap();
            if event.kind == kind && event.data["id"] != KIND {
                return event;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), of_kind).await.unwrap()
}

struct Idle;

impl Child for Idle {}
