//! That each query reads a stretch of its index, and no more than it may.

use sea_orm::{ConnectionTrait as _, DbBackend, QueryTrait as _};

use super::*;
use crate::domain::matching::{NEAR_MISSES_MAX, NearReason};
use crate::store::testing::{base, message, stores};

fn won(minor: i64) -> Money {
    Money { minor, currency: "KRW".parse().unwrap() }
}

fn order_row(nth: i64, depositor: &str, amount: i64) -> recharge_order::ActiveModel {
    use sea_orm::{ActiveValue::NotSet, ActiveValue::Set};
    recharge_order::ActiveModel {
        id: NotSet,
        order_id: Set(format!("R-{nth:05}")),
        user_id: Set("u1".to_owned()),
        currency: Set("KRW".to_owned()),
        amount: Set(amount),
        depositor: Set(depositor.to_owned()),
        reference: Set(None),
        account: Set(None),
        status: Set("open".to_owned()),
        created_at: Set(base().0 - nth),
        expires_at: Set(None),
        version: Set(1),
        updated_at: Set(base().0),
    }
}

const WINDOWS: Windows = Windows { early: Duration::from_hours(24), late: Duration::from_hours(24) };

#[tokio::test]
async fn each_query_is_served_by_its_own_index() {
    let store = stores().await.remove(0);
    let (at, name) = (base().0, "홍길동");
    let plans = [
        (
            open_orders(won(1))
                .filter(recharge_order::Column::Amount.eq(1))
                .filter(recharge_order::Column::CreatedAt.lt(at))
                .order_by_desc(recharge_order::Column::CreatedAt)
                .build(DbBackend::Sqlite),
            "recharge_order_open_age (currency=? AND amount=? AND created_at<?)",
        ),
        (
            open_orders(won(1))
                .filter(recharge_order::Column::Amount.gt(1))
                .order_by_asc(recharge_order::Column::Amount)
                .build(DbBackend::Sqlite),
            "recharge_order_open_age (currency=? AND amount>?)",
        ),
        (
            open_orders(won(1))
                .filter(is_payer(name))
                .filter(recharge_order::Column::CreatedAt.gte(at))
                .order_by_asc(recharge_order::Column::CreatedAt)
                .build(DbBackend::Sqlite),
            "recharge_order_payer (currency=? AND <expr>=? AND created_at>?)",
        ),
        (
            recharge_order::Entity::find()
                .filter(recharge_order::Column::Currency.eq("KRW"))
                .filter(recharge_order::Column::Amount.eq(1))
                .filter(Expr::cust(CLOSED))
                .filter(recharge_order::Column::UpdatedAt.lt(at))
                .order_by_desc(recharge_order::Column::UpdatedAt)
                .build(DbBackend::Sqlite),
            "recharge_order_closed (currency=? AND amount=? AND updated_at<?)",
        ),
        (
            bucket_messages(won(1))
                .filter(sms::Column::Amount.eq(1))
                .filter(sms::Column::OccurredAt.lt(at))
                .order_by_desc(sms::Column::OccurredAt)
                .build(DbBackend::Sqlite),
            "sms_bucket (currency=? AND amount=? AND occurred_at<?)",
        ),
        (
            sms::Entity::find()
                .filter(sms::Column::Currency.eq("KRW"))
                .filter(is_payer(name))
                .filter(Expr::cust("state = 'unmatched'"))
                .filter(sms::Column::OccurredAt.lt(at))
                .order_by_desc(sms::Column::OccurredAt)
                .build(DbBackend::Sqlite),
            "sms_payer (currency=? AND <expr>=? AND occurred_at<?)",
        ),
    ];
    for (mut statement, expected) in plans {
        statement.sql = format!("EXPLAIN QUERY PLAN {}", statement.sql);
        let plan = store.reader().query_all_raw(statement).await.unwrap();
        let details: Vec<String> = plan.iter().map(|row| row.try_get("", "detail").unwrap()).collect();
        // One step, so nothing is sorted afterwards either.
        assert!(details.len() == 1 && details[0].contains(expected), "{expected}: {details:?}");
    }
}

/// However many orders there are of an amount: the exact name is found by name, and what is read has an end.
#[tokio::test]
async fn among_thousands_of_equal_amounts_the_nearest_are_found_and_little_is_read() {
    for store in stores().await {
        let amount = won(50_000);
        let mut rows: Vec<_> = (1..=2_000).map(|nth| order_row(nth, "김철수", amount.minor)).collect();
        rows.push(order_row(3_000, "Hong Gildong", amount.minor));
        rows.push(order_row(10, "HONG GIL DONG", amount.minor));
        rows.push(order_row(5_000, " 홍 길동 ", 51_000));
        rows.last_mut().unwrap().order_id = sea_orm::ActiveValue::Set("AMOUNT".to_owned());
        rows[2_001].order_id = sea_orm::ActiveValue::Set("SOUND".to_owned());
        store.write(async |txn| crate::store::rows::insert(txn, rows).await).await.unwrap();
        let read = store.open_of_amount(amount, base()).await.unwrap();
        assert_eq!(read.len(), 300, "on one side of the moment, since all lie there");
        let id = store
            .put_sms(sms::Model {
                direction: Some("deposit".to_owned()),
                currency: Some("KRW".to_owned()),
                amount: Some(amount.minor),
                depositor: Some("홍길동".to_owned()),
                ..message("15881688", SmsState::Unmatched, base())
            })
            .await;
        let misses = store.near_misses_of_sms(id, &WINDOWS).await.unwrap();
        let found: Vec<_> = misses.iter().map(|miss| (miss.reason, miss.order_ids[0].as_str())).collect();
        assert_eq!(
            found,
            [(NearReason::SameSound, "SOUND"), (NearReason::AmountDiffers, "AMOUNT")],
            "one that sounds alike is looked for among the nearest in time only"
        );
        let misses = store.near_misses_of_order("AMOUNT", &WINDOWS).await.unwrap();
        assert_eq!(misses.iter().map(|miss| miss.sms_ids.as_slice()).collect::<Vec<_>>(), [&[id][..]]);
        assert!(misses.len() <= NEAR_MISSES_MAX);
    }
}

/// The rows of the heartbeat, of what people refused and of what is matched are no suggestion.
#[tokio::test]
async fn only_what_waits_is_suggested() {
    for store in stores().await {
        store
            .write(async |txn| crate::store::rows::insert(txn, vec![order_row(1, "홍길동", 51_000)]).await)
            .await
            .unwrap();
        let waiting = sms::Model {
            direction: Some("deposit".to_owned()),
            currency: Some("KRW".to_owned()),
            amount: Some(50_000),
            depositor: Some("홍길동".to_owned()),
            ..message("15881688", SmsState::Unmatched, base())
        };
        let others = [
            sms::Model { review: "rejected".to_owned(), ..waiting.clone() },
            sms::Model { state: "settled".to_owned(), ..waiting.clone() },
            sms::Model { state: "ambiguous".to_owned(), ..waiting.clone() },
            sms::Model { direction: Some("withdrawal".to_owned()), ..waiting.clone() },
            sms::Model { id: -1, ..waiting.clone() },
        ];
        for other in others {
            let id = store.put_sms(other).await;
            assert_eq!(store.near_misses_of_sms(id, &WINDOWS).await.unwrap(), []);
        }
        assert_eq!(store.near_misses_of_order("R-00001", &WINDOWS).await.unwrap(), []);
        let id = store.put_sms(waiting).await;
        let misses = store.near_misses_of_order("R-00001", &WINDOWS).await.unwrap();
        assert_eq!(misses.iter().map(|miss| miss.sms_ids.as_slice()).collect::<Vec<_>>(), [&[id][..]]);
    }
}
