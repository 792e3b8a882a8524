//! What people may link by hand, and what a reset lets go.

use super::*;
use crate::contract::device::DeviceInput;
use crate::domain::money::Money;
use crate::domain::time::UnixMs;
use crate::store::order::put_orders;
use crate::store::testing::{TestStore, base, caller, message, shooter, stores};

fn order(order_id: &str, minor: i64, currency: &str) -> Order {
    Order {
        order_id: order_id.to_owned(),
        user_id: "u1".to_owned(),
        money: Money { minor, currency: currency.parse().unwrap() },
        depositor: "홍길동".to_owned(),
        reference: None,
        account: None,
        status: OrderStatus::Open,
        created_at: base(),
        expires_at: None,
        version: 1,
    }
}

fn read(direction: Option<&str>, amount: Option<i64>) -> sms::Model {
    sms::Model {
        direction: direction.map(str::to_owned),
        currency: amount.map(|_| "KRW".to_owned()),
        amount,
        ..message("15881688", SmsState::Unmatched, base())
    }
}

async fn links(store: &TestStore, id: i64, order_id: &str) -> Result<sms::Model, Refusal> {
    confirms(store, id, Some(order_id.to_owned())).await
}

async fn confirms(store: &TestStore, id: i64, order_id: Option<String>) -> Result<sms::Model, Refusal> {
    let version = store.sms_row(id).await.unwrap().unwrap().version;
    let input = CheckInput { decision: CheckDecision::Confirm, order_id, note: None, version };
    let now = store.now();
    let linked = store.write(async |txn| {
        let mut changes = SmsChanges::new(txn, now, "operator:kim");
        let row = check(&mut changes, id, &input, "kim").await?;
        changes.finish().await?;
        Ok(row)
    });
    linked.await.map_err(Refusal::from)
}

/// INV-M15.
#[tokio::test]
async fn a_person_links_a_deposit_only_with_an_order_of_its_money() {
    for store in stores().await {
        let orders = [order("SAME", 50_000, "KRW"), order("MORE", 60_000, "KRW"), order("USD", 50_000, "USD")];
        let now = store.now();
        store.write(async |txn| put_orders(txn, &orders, now).await).await.unwrap();
        let deposit = store.put_sms(read(Some("deposit"), Some(50_000))).await;
        for (order_id, asked) in [("MORE", "60000 KRW"), ("USD", "500.00 USD")] {
            let Err(Refusal::Invalid(errors)) = links(&store, deposit, order_id).await else { panic!("{order_id}") };
            assert_eq!(errors[0].field, "order_id");
            assert!(errors[0].message.contains(asked) && errors[0].message.contains("50000 KRW"), "{errors:?}");
        }
        for no_deposit in [read(Some("withdrawal"), Some(50_000)), read(None, None), read(Some("deposit"), None)] {
            let id = store.put_sms(no_deposit).await;
            let refused = links(&store, id, "SAME").await;
            assert!(matches!(refused, Err(Refusal::Conflict(_))), "{refused:?}");
        }
        let linked = links(&store, deposit, "SAME").await.unwrap();
        assert_eq!((linked.state.as_str(), linked.order_id.as_deref()), ("matched", Some("SAME")));
    }
}

/// The import keeps what the old server read, also of what it did not match.
#[tokio::test]
async fn a_person_links_an_imported_deposit_whatever_became_of_it() {
    for store in stores().await {
        for state in [SmsState::Unparsed, SmsState::Ignored, SmsState::Rejected, SmsState::Quarantined] {
            let (order_id, now) = (format!("OLD-{state}"), store.now());
            let orders = [order(&order_id, 50_000, "KRW")];
            store.write(async |txn| put_orders(txn, &orders, now).await).await.unwrap();
            let flags = Flags::NONE.with(Flag::OldEvent).0;
            let imported =
                sms::Model { state: state.as_str().to_owned(), flags, ..read(Some("deposit"), Some(50_000)) };
            let id = store.put_sms(imported).await;
            let linked = links(&store, id, &order_id).await.unwrap();
            assert_eq!((linked.state.as_str(), linked.order_id), ("matched", Some(order_id)), "{state}");
        }
    }
}

#[tokio::test]
async fn what_has_not_been_read_cannot_be_confirmed() {
    for store in stores().await {
        for state in [SmsState::Held, SmsState::Received, SmsState::Accepted] {
            let id = store.put_sms(message("15881688", state, base())).await;
            let refused = confirms(&store, id, None).await;
            assert!(matches!(refused, Err(Refusal::Conflict(_))), "{state}: {refused:?}");
        }
        for state in [SmsState::Unparsed, SmsState::Quarantined, SmsState::Rejected, SmsState::Unmatched] {
            let id = store.put_sms(message("15881688", state, base())).await;
            assert_eq!(confirms(&store, id, None).await.unwrap().review, "confirmed", "{state}");
        }
    }
}

async fn resets(store: &TestStore, ids: &[i64], release_held: bool) -> ResetDone {
    let now: UnixMs = store.now();
    let done = store.write(async |txn| {
        let mut changes = SmsChanges::new(txn, now, "operator:kim");
        let done = reset(&mut changes, ids, release_held).await?;
        changes.finish().await?;
        Ok(done)
    });
    done.await.unwrap()
}

#[tokio::test]
async fn a_held_message_is_released_by_a_person_once_its_device_is_deleted() {
    for store in stores().await {
        let device = store.enrol_device("counter-1", 100).await.unwrap().id;
        let trusted = DeviceInput { name: "counter-2".to_owned(), line: None, secret: None };
        store.add_device(&caller("kim", None), &trusted, "token-2", std::collections::BTreeMap::new()).await.unwrap();
        let unreadable = sms::Model { text: None, ..message("", SmsState::Held, base()) };
        let mut ids = Vec::new();
        for row in [message("15881688", SmsState::Held, base()), unreadable] {
            let id = store.put_sms(row).await;
            store.put_sighting(id, shooter(device), base()).await;
            ids.push(id);
        }
        let skipped = resets(&store, &ids, true).await;
        assert_eq!((skipped.reset, skipped.skipped.len()), (0, 2));
        assert_eq!(skipped.skipped[0].reason, format!("its device shooter/{device} is not trusted"));
        store.delete_device(&caller("kim", None), device).await.unwrap();
        let by_the_way = resets(&store, &ids, false).await;
        assert_eq!((by_the_way.reset, by_the_way.skipped.len()), (0, 2), "nobody asked for held messages");
        let released = resets(&store, &ids, true).await;
        assert_eq!((released.reset, &released.released), (2, &ids));
        assert_eq!(store.state_of(ids[0]).await, SmsState::Received);
        assert_eq!(store.state_of(ids[1]).await, SmsState::Received, "the validator quarantines it: people see it");
    }
}
