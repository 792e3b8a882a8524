use sea_orm::{ConnectionTrait as _, DbBackend, QueryTrait as _};

use super::*;
use crate::store::testing::{message, stores};

fn deposit(state: SmsState, at: i64, currency: &str, minor: i64) -> sms::Model {
    let mut row = message("1588-1688", state, UnixMs(at));
    row.direction = Some("deposit".to_owned());
    row.currency = Some(currency.to_owned());
    row.amount = Some(minor);
    row
}

fn money(minor: i64, currency: &str) -> Money {
    Money { minor, currency: currency.parse().unwrap() }
}

#[tokio::test]
async fn the_day_counts_what_was_received_in_it_and_sums_its_deposits_by_currency() {
    for store in stores().await {
        for row in [
            deposit(SmsState::Parsed, 1_000, "KRW", 50_000),
            deposit(SmsState::Settled, 1_999, "KRW", 30_000),
            deposit(SmsState::Unmatched, 1_500, "USD", 1_250),
            deposit(SmsState::Unparsed, 1_500, "KRW", 7),
            deposit(SmsState::Matched, 999, "KRW", 11),
            deposit(SmsState::Matched, 2_000, "KRW", 13),
            message("1588-1688", SmsState::Rejected, UnixMs(1_500)),
        ] {
            store.put_sms(row).await;
        }
        let mut withdrawal = deposit(SmsState::Ignored, 1_500, "KRW", 17);
        withdrawal.direction = Some("withdrawal".to_owned());
        store.put_sms(withdrawal).await;
        let mut heartbeat = deposit(SmsState::Unmatched, 1_500, "XTS", 1);
        heartbeat.id = -1;
        heartbeat.review = "need_check".to_owned();
        store.put_sms(heartbeat).await;

        let counts = store.counts(UnixMs(1_000), UnixMs(2_000)).await.unwrap();
        assert_eq!(counts.today, 6);
        assert_eq!(counts.today_amount, [money(80_000, "KRW"), money(1_250, "USD")]);
        assert_eq!((counts.unmatched, counts.unparsed, counts.need_check), (1, 1, 0));
    }
}

#[tokio::test]
async fn sums_past_the_integers_of_a_database_do_not_break_the_count() {
    for store in stores().await {
        for _ in 0..3 {
            store.put_sms(deposit(SmsState::Parsed, 5, "KRW", i64::MAX)).await;
        }
        let counts = store.counts(UnixMs(0), UnixMs(10)).await.unwrap();
        assert_eq!(counts.today_amount, [money(i64::MAX, "KRW")]);
    }
}

#[tokio::test]
async fn waits_are_counted_from_the_oldest() {
    for store in stores().await {
        assert_eq!(store.waits().await.unwrap(), Waits::default());
        for (state, review, at) in [
            (SmsState::Accepted, "none", 300),
            (SmsState::Received, "none", 200),
            (SmsState::Ambiguous, "need_check", 100),
            (SmsState::Unmatched, "need_check", 50),
            (SmsState::Unmatched, "confirmed", 10),
        ] {
            let mut row = message("1588-1688", state, UnixMs(at));
            row.review = review.to_owned();
            store.put_sms(row).await;
        }
        let waits = store.waits().await.unwrap();
        assert_eq!(waits.review_since, Some(UnixMs(50)));
        assert_eq!(waits.undecided_since, Some(UnixMs(200)));
    }
}

#[tokio::test]
async fn the_review_queue_is_counted_by_its_own_index() {
    let store = stores().await.remove(0);
    let query = sms::Entity::find().filter(need_check()).filter(real()).select_only().column(sms::Column::Id);
    let mut statement = query.build(DbBackend::Sqlite);
    statement.sql = format!("EXPLAIN QUERY PLAN {}", statement.sql);
    let plan = store.reader().query_one_raw(statement).await.unwrap().unwrap();
    let detail: String = plan.try_get("", "detail").unwrap();
    assert!(detail.contains("sms_need_check"), "{detail}");
}
