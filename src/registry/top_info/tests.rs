use super::*;
use crate::clock::Clock;
use crate::domain::sms::SmsState;
use crate::store::testing::{base, message, stores};
use crate::supervision::{Placement, Policy, Supervision};

fn at(text: &str) -> UnixMs {
    text.parse().unwrap()
}

#[test]
fn a_day_is_the_operators_and_not_always_24_hours() {
    let seoul = TimeZone::get("Asia/Seoul").unwrap();
    let day = (at("2026-04-21T15:00:00Z"), at("2026-04-22T15:00:00Z"));
    assert_eq!(day_of(at("2026-04-21T15:00:00Z"), &seoul), day);
    assert_eq!(day_of(at("2026-04-22T14:59:59.999Z"), &seoul), day);
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let (from, to) = day_of(at("2026-03-29T10:00:00Z"), &berlin);
    assert_eq!(to.since(from), Duration::from_hours(23));
}

#[tokio::test]
async fn counters_are_kept_for_a_second_and_told_where_they_changed() {
    let all = async {
        for store in stores().await {
            let clock = Clock::following_tokio(base());
            let supervision =
                Supervision::start(clock.clone(), Policy::default(), Placement::Current, "test".to_owned());
            let changes = Arc::new(watch::Sender::new(None));
            let zone = TimeZone::get("Asia/Seoul").unwrap();
            let mut board =
                TopInfoBoard::new((*store).clone(), Fleet::new("test", supervision, clock), zone, Arc::clone(&changes));
            store.put_sms(message("1588-1688", SmsState::Unparsed, store.now())).await;
            board.follow().await.unwrap();
            assert!(changes.borrow().is_none(), "nobody listens");

            let mut listener = changes.subscribe();
            board.follow().await.unwrap();
            let told = listener.borrow_and_update().clone().unwrap();
            assert_eq!((told.sms_unparsed_cnt, told.sms_today_cnt), (1, 1));
            store.put_sms(message("1588-1688", SmsState::Unparsed, store.now())).await;
            assert_eq!(board.current().await.unwrap(), told, "younger than a second");
            board.count().await.unwrap();
            assert!(listener.has_changed().unwrap());
            listener.mark_unchanged();
            board.count().await.unwrap();
            assert!(!listener.has_changed().unwrap(), "the same counters at a later time are no news");
        }
    };
    tokio::task::LocalSet::new().run_until(Box::pin(all)).await;
}
