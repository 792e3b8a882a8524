//! What the compensator finds, mends, and asks people about.

use std::time::Duration;

use entity::sms_match;

use super::*;
use crate::domain::money::Money;
use crate::domain::order::Order;
use crate::domain::sms::Review;
use crate::store::order::put_orders;
use crate::store::testing::{TestStore, base, message, stores};

async fn order(store: &TestStore, order_id: &str, status: OrderStatus) {
    let order = Order {
        order_id: order_id.to_owned(),
        user_id: "u1".to_owned(),
        money: Money { minor: 50_000, currency: "KRW".parse().unwrap() },
        depositor: "홍길동".to_owned(),
        reference: None,
        account: None,
        status,
        created_at: base(),
        expires_at: None,
        version: 1,
    };
    let now = store.now();
    store.write(async |txn| put_orders(txn, std::slice::from_ref(&order), now).await).await.unwrap();
}

/// A message that somebody linked by hand with an order, whatever has become of that.
async fn linked(store: &TestStore, order_id: &str) -> i64 {
    let row = sms::Model {
        direction: Some("deposit".to_owned()),
        currency: Some("KRW".to_owned()),
        amount: Some(50_000),
        order_id: Some(order_id.to_owned()),
        review: Review::Confirmed.as_str().to_owned(),
        review_by: Some("kim".to_owned()),
        review_at: Some(base().0),
        ..message("15881688", SmsState::Matched, base())
    };
    let id = store.put_sms(row).await;
    let pair = sms_match::ActiveModel {
        id: NotSet,
        sms_id: Set(id),
        order_id: Set(order_id.to_owned()),
        active: Set(true),
        made_by: Set("operator:kim".to_owned()),
        made_at: Set(base().0),
        timing: Set("manual".to_owned()),
        released_at: Set(None),
        release_reason: Set(None),
    };
    store.write(async |txn| Ok(sms_match::Entity::insert(pair).exec(txn).await?)).await.unwrap();
    id
}

#[tokio::test]
async fn a_pair_whose_order_is_gone_is_mended_once_also_a_person_s() {
    for store in stores().await {
        order(&store, "CANCELLED", OrderStatus::Cancelled).await;
        order(&store, "APPROVED", OrderStatus::Approved).await;
        order(&store, "OPEN", OrderStatus::Open).await;
        let mut ids = Vec::new();
        for order_id in ["CANCELLED", "APPROVED", "OPEN", "UNKNOWN"] {
            ids.push(linked(&store, order_id).await);
        }
        assert_eq!(store.mend_matches(10).await.unwrap(), Mended { mended: 3, left: Vec::new() });
        let mut states = Vec::new();
        for id in &ids {
            states.push(store.state_of(*id).await);
        }
        assert_eq!(states, [SmsState::Parsed, SmsState::Settled, SmsState::Matched, SmsState::Parsed]);
        let freed = store.sms_row(ids[0]).await.unwrap().unwrap();
        assert_eq!((freed.order_id, freed.review.as_str(), freed.review_by), (None, "none", None));
        assert_eq!(store.mend_matches(10).await.unwrap(), Mended::default(), "nothing is left to be said again");
    }
}

#[tokio::test]
async fn what_cannot_be_mended_holds_up_nothing_and_is_named() {
    for store in stores().await {
        let torn = linked(&store, "UNKNOWN").await;
        let torn_row = sms::Model { id: torn, amount: Some(1), ..store.sms_row(torn).await.unwrap().unwrap() };
        let columns = sea_orm::ActiveModelTrait::reset_all(sms::ActiveModel::from(torn_row));
        store.write(async |txn| Ok(sea_orm::ActiveModelTrait::update(columns, txn).await?)).await.unwrap();
        let refuses = match store.backend() {
            sea_orm::DbBackend::Sqlite => {
                "CREATE TRIGGER refuses BEFORE INSERT ON match_bucket WHEN NEW.amount = 1 \
                 BEGIN SELECT RAISE(ABORT, 'torn'); END"
            }
            _ => "ALTER TABLE match_bucket ADD CONSTRAINT refuses CHECK (amount <> 1)",
        };
        store.write(async |txn| Ok(sea_orm::ConnectionTrait::execute_unprepared(txn, refuses).await?)).await.unwrap();
        let well = linked(&store, "UNKNOWN-2").await;
        let done = store.mend_matches(10).await.unwrap();
        assert_eq!((done.mended, done.left.len(), done.left[0].0), (1, 1, torn));
        assert_eq!(store.state_of(torn).await, SmsState::Matched);
        assert_eq!(store.state_of(well).await, SmsState::Parsed);
    }
}

/// Parsing and matching, section 7: 12 attempts with a growing delay, each visible; then people are asked.
#[tokio::test]
async fn what_stands_still_is_tried_twelve_times_and_then_asks_for_a_check() {
    for store in stores().await {
        let long_ago = store.now().minus(Duration::from_hours(2));
        let id = store.put_sms(message("15881688", SmsState::Received, long_ago)).await;
        let mut moved_on = message("15881688", SmsState::Received, long_ago);
        moved_on.next_attempt_at = Some(store.now().plus(Duration::from_mins(1)).0);
        store.put_sms(moved_on).await;
        let tries = async || store.try_stuck(SmsState::Received, store.now(), 10, || 1_000).await.unwrap();
        assert_eq!(tries().await, 1);
        assert_eq!(tries().await, 0, "the next attempt is not due");
        for nth in 2..=retry::TRIES {
            // The one before was made as long ago as it has to be.
            let at = store.now().minus(retry::delay(nth - 1, 1_000)).0;
            store
                .write(async |txn| {
                    let all = sms_attempt::Entity::update_many();
                    Ok(all.col_expr(sms_attempt::Column::At, Expr::value(at)).exec(txn).await?)
                })
                .await
                .unwrap();
            let row = store.sms_row(id).await.unwrap().unwrap();
            assert_eq!((row.review.as_str(), row.flags), ("none", 0), "attempt {nth}");
            assert_eq!(tries().await, 1, "attempt {nth}");
        }
        let detail = store.sms_detail(id).await.unwrap().unwrap();
        assert_eq!(detail.attempts.len(), 12);
        assert_eq!((detail.sms.state, detail.sms.review), (SmsState::Received, Review::NeedCheck));
        assert!(detail.sms.flags.has(Flag::RetriesExhausted));
        assert!(detail.history.last().unwrap().reason.as_ref().unwrap().contains("12 attempts"));
        assert_eq!(tries().await, 0, "people are asked: no more is noted");
    }
}
