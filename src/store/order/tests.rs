//! Which telling of an order stands.

use super::*;
use crate::contract::order::OrdersTaken;
use crate::domain::order::OrderStatus;
use crate::store::testing::{TestStore, base, stores};

fn order(order_id: &str, minor: i64, version: i64) -> Order {
    Order {
        order_id: order_id.to_owned(),
        user_id: "u1".to_owned(),
        money: Money { minor, currency: "KRW".parse().unwrap() },
        depositor: "홍길동".to_owned(),
        reference: None,
        account: None,
        status: OrderStatus::Open,
        created_at: base(),
        expires_at: None,
        version,
    }
}

async fn tells(store: &TestStore, orders: &[Order]) -> OrdersPut {
    let now = store.now();
    store.write(async |txn| put_orders(txn, orders, now).await).await.unwrap()
}

async fn amount_of(store: &TestStore, order_id: &str) -> String {
    store.order_view(order_id).await.unwrap().unwrap().amount
}

#[tokio::test]
async fn the_same_version_with_other_content_changes_nothing_and_is_named() {
    for store in stores().await {
        assert_eq!(tells(&store, &[order("R-1", 50_000, 3)]).await.taken.upserted, 1);
        let told = tells(&store, &[order("R-1", 70_000, 3), order("R-2", 10_000, 1)]).await;
        assert_eq!(told.taken, OrdersTaken { upserted: 1, unchanged: 1, stale: 0, conflicting: 1 });
        assert_eq!(told.conflicting, [("R-1".to_owned(), 3)]);
        assert_eq!(amount_of(&store, "R-1").await, "50000");
        let same = tells(&store, &[order("R-1", 50_000, 3)]).await;
        assert_eq!(same.taken, OrdersTaken { unchanged: 1, ..OrdersTaken::default() });
        let older = tells(&store, &[order("R-1", 70_000, 2)]).await;
        assert_eq!(older.taken, OrdersTaken { stale: 1, ..OrdersTaken::default() }, "what is old may differ");
    }
}

#[tokio::test]
async fn of_a_new_order_told_twice_in_one_batch_the_newer_version_stands() {
    for store in stores().await {
        let told =
            tells(&store, &[order("R-1", 1, 2), order("R-1", 2, 3), order("R-1", 3, 1), order("R-1", 4, 3)]).await;
        assert_eq!(told.taken, OrdersTaken { upserted: 2, unchanged: 1, stale: 1, conflicting: 1 });
        assert_eq!(amount_of(&store, "R-1").await, "2");
    }
}
