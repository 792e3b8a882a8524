//! What one decision must not do to others, and what people's checks mean for it.

use std::sync::atomic::{AtomicU64, Ordering};

use entity::sms_decision;
use sea_orm::{ActiveModelTrait as _, Statement};

use super::write::pair_row;
use super::*;
use crate::contract::sms::CheckInput;
use crate::domain::matching::Timing;
use crate::domain::money::Money;
use crate::domain::order::Order;
use crate::domain::refusal::Refusal;
use crate::domain::sms::CheckDecision;
use crate::store::order::put_orders;
use crate::store::review::check;
use crate::store::testing::{TestStore, base, message, stores};

mod arrivals;

const WINDOWS: Windows = Windows { early: Duration::from_hours(24), late: Duration::from_hours(24) };
const KRW: i64 = 50_000;

/// A deposit that is told in words of its own, and so is nobody's twin.
fn deposit(name: &str, amount: i64) -> sms::Model {
    static NTH: AtomicU64 = AtomicU64::new(0);
    sms::Model {
        text: Some(format!("입금 {amount}원 {name} 거래 {}", NTH.fetch_add(1, Ordering::Relaxed))),
        direction: Some("deposit".to_owned()),
        currency: Some("KRW".to_owned()),
        amount: Some(amount),
        depositor: Some(name.to_owned()),
        ..message("15881688", SmsState::Parsed, base())
    }
}

fn order(order_id: &str, depositor: &str, amount: i64) -> Order {
    Order {
        order_id: order_id.to_owned(),
        user_id: format!("user-of-{order_id}"),
        money: Money { minor: amount, currency: "KRW".parse().unwrap() },
        depositor: depositor.to_owned(),
        reference: None,
        account: None,
        status: OrderStatus::Open,
        created_at: base().minus(Duration::from_mins(5)),
        expires_at: Some(base().plus(Duration::from_hours(1))),
        version: 1,
    }
}

fn next(order: &Order, status: OrderStatus) -> Order {
    Order { status, version: order.version + 1, ..order.clone() }
}

async fn tells(store: &TestStore, order: &Order) {
    let now = store.now();
    store.write(async |txn| put_orders(txn, std::slice::from_ref(order), now).await).await.unwrap();
}

/// Decides until nothing is left, and holds that this has an end.
async fn settles(store: &TestStore) {
    for _ in 0..10 {
        if store.decide_pending(&WINDOWS, 64).await.unwrap().buckets == 0 {
            return;
        }
    }
    panic!("the matcher never comes to rest");
}

async fn row(store: &TestStore, id: i64) -> sms::Model {
    store.sms_row(id).await.unwrap().unwrap()
}

async fn decided(store: &TestStore, id: i64) -> (String, String, Option<String>) {
    let row = row(store, id).await;
    (row.state, row.review, row.order_id)
}

fn is(state: &str, review: &str, order_id: Option<&str>) -> (String, String, Option<String>) {
    (state.to_owned(), review.to_owned(), order_id.map(str::to_owned))
}

async fn checks(store: &TestStore, id: i64, decision: CheckDecision, order_id: Option<&str>) {
    let version = row(store, id).await.version;
    let input = CheckInput { decision, order_id: order_id.map(str::to_owned), note: None, version };
    let now = store.now();
    store
        .write(async |txn| {
            let mut changes = SmsChanges::new(txn, now, "operator:a");
            check(&mut changes, id, &input, "a").await?;
            changes.finish().await
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_deposit_that_was_refused_before_it_was_decided_comes_to_rest() {
    for store in stores().await {
        let refused =
            sms::Model { review: "rejected".to_owned(), review_by: Some("a".to_owned()), ..deposit("홍길동", KRW) };
        let id = store.put_sms(refused).await;
        tells(&store, &order("R-1", "홍길동", KRW)).await;
        settles(&store).await;
        assert_eq!(decided(&store, id).await, is("unmatched", "rejected", None));
    }
}

#[tokio::test]
async fn a_deposit_known_to_the_minute_does_not_keep_the_matcher_busy_at_the_end_of_its_wait() {
    for store in stores().await {
        // The clock has just passed the minute: the first may have been made at its end, the second not.
        for (minutes, review) in [(0, "none"), (1, "need_check")] {
            let paid_at = base().minus(WINDOWS.early).minus(Duration::from_mins(minutes));
            let id = store
                .put_sms(sms::Model { to_the_minute: true, occurred_at: paid_at.0, ..deposit("홍길동", KRW) })
                .await;
            for _ in 0..3 {
                settles(&store).await;
                store.mark_expired_waits(&WINDOWS, 64).await.unwrap();
            }
            assert_eq!(store.mark_expired_waits(&WINDOWS, 64).await.unwrap(), 0, "{minutes} min");
            assert_eq!(decided(&store, id).await, is("unmatched", review, None), "{minutes} min");
        }
    }
}

/// INV-M14.
#[tokio::test]
async fn a_bucket_that_cannot_be_decided_holds_up_no_other() {
    for store in stores().await {
        let torn = store.put_sms(sms::Model { state: "ambiguous".to_owned(), ..deposit("홍길동", KRW) }).await;
        let decision = sms_decision::ActiveModel {
            id: NotSet,
            sms_id: Set(torn),
            at: Set(0),
            outcome: Set("ambiguous".to_owned()),
            rule: Set("x".to_owned()),
            explanation: Set("not json".to_owned()),
        };
        store.write(async |txn| Ok(decision.insert(txn).await?)).await.unwrap();
        let flagged = Flags::NONE.with(Flag::Ambiguous).0;
        let mut as_ruled = row(&store, torn).await;
        (as_ruled.flags, as_ruled.review) = (flagged, "need_check".to_owned());
        let columns = sms::ActiveModel::from(as_ruled).reset_all();
        store.write(async |txn| Ok(columns.update(txn).await?)).await.unwrap();
        let waits = store.put_sms(deposit("홍길동", KRW)).await;
        tells(&store, &order("R-1", "홍길동", KRW)).await;
        tells(&store, &order("R-2", "홍길동", KRW)).await;
        let well = store.put_sms(deposit("김철수", 60_000)).await;
        tells(&store, &order("R-3", "김철수", 60_000)).await;
        settles(&store).await;
        assert_eq!(decided(&store, well).await, is("matched", "none", Some("R-3")));
        // What cannot be decided is nobody's secret.
        for _ in 0..3 {
            let stands = row(&store, waits).await;
            let due = sms::ActiveModel { next_attempt_at: Set(None), ..sms::ActiveModel::from(stands) }.reset_all();
            store.write(async |txn| Ok(due.update(txn).await?)).await.unwrap();
            settles(&store).await;
        }
        let waits = row(&store, waits).await;
        assert_eq!((waits.state.as_str(), waits.review.as_str()), ("parsed", "need_check"));
        assert!(Flags(waits.flags).has(Flag::RetriesExhausted));
    }
}

/// INV-M1: whoever holds an order, holds it, also where this bucket does not know the holder.
#[tokio::test]
async fn an_order_with_a_pair_elsewhere_is_taken() {
    for store in stores().await {
        let holder = store.put_sms(message("15881688", SmsState::Quarantined, base())).await;
        let pair = pair_row(holder, "R-1".to_owned(), Timing::InWindow, base());
        store.write(async |txn| Ok(pair.insert(txn).await?)).await.unwrap();
        let id = store.put_sms(deposit("홍길동", KRW)).await;
        tells(&store, &order("R-1", "홍길동", KRW)).await;
        settles(&store).await;
        assert_eq!(decided(&store, id).await, is("unmatched", "need_check", None));
        assert!(Flags(row(&store, id).await.flags).has(Flag::OrderTaken));
    }
}

/// INV-M11: a confirmation of a text is none of a pair that was made afterwards.
#[tokio::test]
async fn what_a_person_has_not_seen_they_have_not_confirmed() {
    for store in stores().await {
        confirms_texts_and_then_pairs(&store).await;
    }
}

async fn confirms_texts_and_then_pairs(store: &TestStore) {
    let doubtful = Flags::NONE.with(Flag::ChainBreak).0;
    let ids = [
        store.put_sms(sms::Model { flags: doubtful, ..deposit("홍길동", KRW) }).await,
        store.put_sms(deposit("김철수", KRW)).await,
        store.put_sms(deposit("이영희", KRW)).await,
    ];
    settles(store).await;
    for id in ids {
        checks(store, id, CheckDecision::Confirm, None).await;
        settles(store).await;
        assert_eq!(decided(store, id).await, is("unmatched", "confirmed", None));
    }
    tells(store, &order("R-1", "홍길동", KRW)).await;
    let later = Order { created_at: base().plus(Duration::from_mins(10)), ..order("EARLY", "이영희", KRW) };
    tells(store, &later).await;
    settles(store).await;
    assert_eq!(decided(store, ids[0]).await.0, "matched", "a confirmed text is held back no longer");
    assert_eq!(decided(store, ids[2]).await, is("matched", "need_check", Some("EARLY")), "INV-M5");
    // INV-M4: a rival that comes later makes it unclear again, and somebody must look.
    let rival = store.put_sms(deposit("홍길동", KRW)).await;
    tells(store, &order("K-1", "김철수", KRW)).await;
    tells(store, &order("K-2", "김철수", KRW)).await;
    settles(store).await;
    assert_eq!(decided(store, rival).await, is("ambiguous", "need_check", None));
    for id in [ids[0], ids[1]] {
        let (state, review, order_id) = decided(store, id).await;
        assert_ne!(state, "matched");
        assert_eq!((review.as_str(), order_id), ("need_check", None), "INV-M9");
    }
    // A pair that a person has confirmed as it stands is theirs.
    checks(store, ids[2], CheckDecision::Confirm, None).await;
    store.put_sms(deposit("이영희", KRW)).await;
    settles(store).await;
    assert_eq!(decided(store, ids[2]).await, is("matched", "confirmed", Some("EARLY")));
}

/// INV-M13: the same text again after its deposit was credited may be the same deposit again.
#[tokio::test]
async fn a_twin_of_a_credited_deposit_is_looked_at() {
    for store in stores().await {
        let hour = u32::try_from(base().0 / 3_600_000).unwrap();
        let fingerprint = [&hour.to_be_bytes()[..], &[7; 12]].concat();
        let twin = || sms::Model {
            fingerprint: fingerprint.clone(),
            flags: Flags::NONE.with(Flag::Twin).0,
            ..deposit("홍길동", KRW)
        };
        let orders = [order("R-1", "홍길동", KRW), order("R-2", "홍길동", KRW)];
        tells(&store, &orders[0]).await;
        let first = store.put_sms(twin()).await;
        settles(&store).await;
        assert_eq!(decided(&store, first).await, is("matched", "none", Some("R-1")), "information on a clear match");
        tells(&store, &next(&orders[0], OrderStatus::Approved)).await;
        tells(&store, &orders[1]).await;
        let second = store.put_sms(twin()).await;
        settles(&store).await;
        assert_eq!(decided(&store, second).await, is("matched", "need_check", Some("R-2")));
        let alone = store.put_sms(sms::Model { amount: Some(1), fingerprint: vec![1; 16], ..twin() }).await;
        settles(&store).await;
        assert_eq!(decided(&store, alone).await, is("unmatched", "need_check", None));
    }
}

/// INV-M12: credited is credited, whatever the wallet says of the order afterwards.
#[tokio::test]
async fn a_settled_deposit_is_never_free_again() {
    for store in stores().await {
        let open = order("R-1", "홍길동", KRW);
        tells(&store, &open).await;
        let id = store.put_sms(deposit("홍길동", KRW)).await;
        settles(&store).await;
        let approved = next(&open, OrderStatus::Approved);
        tells(&store, &approved).await;
        assert_eq!(decided(&store, id).await, is("settled", "none", Some("R-1")));
        tells(&store, &next(&approved, OrderStatus::Cancelled)).await;
        tells(&store, &order("R-2", "홍길동", KRW)).await;
        settles(&store).await;
        assert_eq!(decided(&store, id).await, is("settled", "need_check", Some("R-1")));
    }
}

#[tokio::test]
async fn a_double_payment_is_none_once_its_order_is_gone() {
    for store in stores().await {
        let open = order("R-1", "홍길동", KRW);
        tells(&store, &open).await;
        let first = store.put_sms(deposit("홍길동", KRW)).await;
        settles(&store).await;
        checks(&store, first, CheckDecision::Confirm, None).await;
        let second = store.put_sms(deposit("홍길동", KRW)).await;
        settles(&store).await;
        assert_eq!(decided(&store, second).await, is("unmatched", "need_check", None));
        tells(&store, &next(&open, OrderStatus::Cancelled)).await;
        settles(&store).await;
        assert_eq!(decided(&store, second).await, is("unmatched", "none", None));
        assert_eq!(row(&store, second).await.flags, 0);
    }
}

/// On PostgreSQL the wallet's change may be under way while an operator links: whoever comes second sees the other's.
#[tokio::test]
async fn an_order_that_is_being_closed_cannot_be_linked() {
    for store in stores().await.into_iter().filter(|store| store.backend() == DbBackend::Postgres) {
        let open = order("R-1", "김철수", KRW);
        tells(&store, &open).await;
        let id = store.put_sms(deposit("홍길동", KRW)).await;
        settles(&store).await;
        let version = row(&store, id).await.version;
        let closed = next(&open, OrderStatus::Approved);
        let now = store.now();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
        let closes = store.write(async |txn| {
            put_orders(txn, std::slice::from_ref(&closed), now).await?;
            begun.send(()).unwrap();
            // Until the link waits for us.
            let sql = "SELECT count(*) AS waiting FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
            loop {
                let row = txn.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await?.unwrap();
                if row.try_get::<i64>("", "waiting")? > 0 {
                    return Ok(());
                }
                tokio::task::yield_now().await;
            }
        });
        let input =
            CheckInput { decision: CheckDecision::Confirm, order_id: Some("R-1".to_owned()), note: None, version };
        let links = store.write(async |txn| {
            has_begun.await.unwrap();
            let mut changes = SmsChanges::new(txn, now, "operator:a");
            check(&mut changes, id, &input, "a").await?;
            changes.finish().await
        });
        let (closed, linked) = tokio::join!(closes, links);
        closed.unwrap();
        assert!(matches!(linked, Err(StoreError::Refused(Refusal::Conflict(_)))), "{linked:?}");
        settles(&store).await;
        assert_eq!(decided(&store, id).await, is("unmatched", "none", None));
    }
}

/// On PostgreSQL the inbox may hold a message of one bucket: it never waits in a circle with the matcher, since several
/// buckets give way, and only the one is waited for.
#[tokio::test]
async fn several_buckets_give_way_to_whoever_holds_a_message_of_one() {
    for store in stores().await.into_iter().filter(|store| store.backend() == DbBackend::Postgres) {
        let ids = [store.put_sms(deposit("홍길동", KRW)).await, store.put_sms(deposit("김철수", KRW + 1)).await];
        let holds = store.write(async |txn| {
            sms::Entity::find_by_id(ids[1]).lock_exclusive().one(txn).await?;
            while store.state_of(ids[0]).await == SmsState::Parsed {
                tokio::task::yield_now().await;
            }
            Ok(())
        });
        let decides = async {
            while store.state_of(ids[1]).await == SmsState::Parsed {
                store.decide_pending(&WINDOWS, 64).await.unwrap();
            }
        };
        let within = Duration::from_secs(10);
        let (held, decided) = tokio::join!(tokio::time::timeout(within, holds), tokio::time::timeout(within, decides));
        held.unwrap().unwrap();
        decided.unwrap();
    }
}
