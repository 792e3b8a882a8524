//! INV-M4 through the store: whatever came when, and wherever the daemon was stopped and started again, what is decided
//! in the end is what the pure function says of everything.

use proptest::prelude::*;
use sea_orm::QueryOrder as _;

use super::*;
use crate::domain::matching::{BucketOrder, MATCHING_FLAGS, Outcome, decide};
use crate::store::order::order_of;

/// What happens to a shop. Names, amounts and times come from small sets, so that collisions are common.
#[derive(Clone, Debug)]
enum Happening {
    Deposit {
        name: usize,
        amount: i64,
        minute: i64,
    },
    Order {
        name: usize,
        amount: i64,
        minute: i64,
        lasts: i64,
    },
    /// Of an order of before, by its number.
    Closes(usize, OrderStatus),
    /// A person confirms what stands, of a deposit of before.
    Confirms(usize),
    /// The matcher has a look, at so many buckets.
    Decides(u64),
    Restarts,
}

const NAMES: [&str; 4] = ["홍길동", "홍 길동", "홍*동", "김철수"];
const TIMES: Windows = Windows { early: Duration::from_mins(20), late: Duration::from_mins(30) };

fn happening() -> impl Strategy<Value = Happening> {
    let status = prop::sample::select(vec![OrderStatus::Cancelled, OrderStatus::Expired, OrderStatus::Approved]);
    prop_oneof![
        4 => (0..NAMES.len(), 1..3_i64, -60..60_i64)
            .prop_map(|(name, amount, minute)| Happening::Deposit { name, amount, minute }),
        4 => (0..NAMES.len(), 1..3_i64, -60..60_i64, 0..40_i64)
            .prop_map(|(name, amount, minute, lasts)| Happening::Order { name, amount, minute, lasts }),
        2 => (0..16_usize, status).prop_map(|(nth, status)| Happening::Closes(nth, status)),
        1 => (0..16_usize).prop_map(Happening::Confirms),
        3 => (1..4_u64).prop_map(Happening::Decides),
        1 => Just(Happening::Restarts),
    ]
}

#[derive(Default)]
struct Shop {
    orders: Vec<Order>,
    deposits: Vec<i64>,
}

impl Shop {
    async fn goes_on(&mut self, store: &mut Option<Store>, test: &TestStore, next: Happening) {
        let at = |minute: i64| UnixMs(base().0 + minute * 60_000);
        match next {
            Happening::Deposit { name, amount, minute } => {
                let row = sms::Model {
                    occurred_at: at(minute).0,
                    to_the_minute: minute % 2 == 0,
                    ..deposit(NAMES[name], amount)
                };
                self.deposits.push(test.put_sms(row).await);
            }
            Happening::Order { name, amount, minute, lasts } => {
                let expires_at = (lasts > 0).then(|| at(minute + lasts));
                let new = order(&format!("R-{}", self.orders.len()), NAMES[name], amount);
                self.orders.push(Order { created_at: at(minute), expires_at, ..new });
                tells(test, &self.orders[self.orders.len() - 1]).await;
            }
            Happening::Closes(nth, status) => {
                let Some(order) = self.orders.get_mut(nth).filter(|order| order.status == OrderStatus::Open) else {
                    return;
                };
                *order = super::next(order, status);
                tells(test, order).await;
            }
            Happening::Confirms(nth) => {
                let Some(id) = self.deposits.get(nth) else { return };
                let (state, review, _) = decided(test, *id).await;
                if state == "matched" && review != "confirmed" {
                    checks(test, *id, CheckDecision::Confirm, None).await;
                }
            }
            Happening::Decides(buckets) => {
                let decides = store.as_ref().map_or(&**test, |again| again);
                decides.decide_pending(&TIMES, buckets).await.unwrap();
            }
            Happening::Restarts => {
                // Whatever one process holds in memory is gone.
                if let Some(before) = store.take() {
                    before.close().await;
                }
                let secrets = crate::secrets::SecretBox::open_or_create(&test.key_path()).unwrap();
                *store = Some(test.with_secrets(secrets).await);
            }
        }
    }
}

/// What the pure function says of all that is in the store: state, order, its flags and whether somebody must look.
async fn expected(store: &Store) -> BTreeMap<i64, (String, Option<String>, i64, bool)> {
    let rows = sms::Entity::find().order_by_asc(sms::Column::Id).all(store.reader()).await.unwrap();
    let orders = entity::recharge_order::Entity::find().all(store.reader()).await.unwrap();
    let mut said = BTreeMap::new();
    let mut deposits = Vec::new();
    for row in &rows {
        let mut deposit = deposit_of(row, bucket_of(row).unwrap(), false);
        if row.state == "settled" {
            deposit.bond = Bond::Firm { order_id: row.order_id.clone().unwrap() };
        }
        if deposit.bond != Bond::Free {
            said.insert(row.id, (row.state.clone(), row.order_id.clone(), row.flags, row.review == "need_check"));
        }
        deposits.push(deposit);
    }
    let orders: Vec<BucketOrder> =
        orders.iter().map(|row| BucketOrder { order: order_of(row).unwrap(), firm_sms: None }).collect();
    for decision in decide(&deposits, &orders, &TIMES, store.now()) {
        let (state, order_id) = match decision.outcome {
            Outcome::Matched { order_id, .. } => ("matched", Some(order_id)),
            Outcome::Ambiguous => ("ambiguous", None),
            Outcome::Unmatched => ("unmatched", None),
        };
        said.insert(decision.sms_id, (state.to_owned(), order_id, decision.flags.0, decision.need_check));
    }
    said
}

async fn stands(store: &Store) -> BTreeMap<i64, (String, Option<String>, i64, bool)> {
    let rows = sms::Entity::find().all(store.reader()).await.unwrap();
    let of = |row: sms::Model| (row.state, row.order_id, row.flags & MATCHING_FLAGS.0, row.review == "need_check");
    rows.into_iter().map(|row| (row.id, of(row))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn whatever_came_when_the_same_is_decided_in_the_end(story in prop::collection::vec(happening(), 1..28)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (stands, expected) = runtime.block_on(async {
            let test = stores().await.remove(0);
            let (mut again, mut shop) = (None, Shop::default());
            for happening in story {
                shop.goes_on(&mut again, &test, happening).await;
            }
            while test.decide_pending(&TIMES, 64).await.unwrap().buckets > 0 {}
            while test.mark_expired_waits(&TIMES, 64).await.unwrap() > 0 {
                test.decide_pending(&TIMES, 64).await.unwrap();
            }
            (stands(&test).await, expected(&test).await)
        });
        prop_assert_eq!(stands, expected);
    }
}
