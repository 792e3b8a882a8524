//! How twins are read.

use sea_orm::{DbBackend, QueryTrait as _};

use super::*;
use crate::domain::money::Currency;
use crate::store::testing::stores;

/// Both stretches are read from an index, in its order: what is looked at does not grow with history.
#[tokio::test]
async fn equal_texts_are_found_by_amount_and_moment() {
    let store = stores().await.remove(0);
    let words = Words {
        bucket: Bucket { currency: Currency::TEST, amount: 1 },
        depositor: Some("홍길동".to_owned()),
        text: String::new(),
        from: 0,
        to: 1,
    };
    let plans = [
        (IN_BUCKET, "sms_bucket (currency=? AND amount=? AND occurred_at>? AND occurred_at<?)"),
        (SETTLED, "sms_settled (state=? AND currency=? AND amount=? AND occurred_at>? AND occurred_at<?)"),
    ];
    for (states, expected) in plans {
        for find in [words.among(states), words.among(states).filter(holds_order())] {
            let mut statement = find.build(DbBackend::Sqlite);
            statement.sql = format!("EXPLAIN QUERY PLAN {}", statement.sql);
            let plan = store.reader().query_all_raw(statement).await.unwrap();
            let details: Vec<String> = plan.iter().map(|row| row.try_get("", "detail").unwrap()).collect();
            assert!(details.len() == 1 && details[0].contains(expected), "{expected}: {details:?}");
        }
    }
}
