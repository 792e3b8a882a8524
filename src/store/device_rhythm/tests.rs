use std::time::Duration;

use super::*;
use crate::contract::device::DeviceInput;
use crate::contract::page::PageRequest;
use crate::domain::sms::SmsState;
use crate::store::testing::{TestStore, base, caller, message, shooter, stores};

fn seoul() -> TimeZone {
    TimeZone::get("Asia/Seoul").unwrap()
}

async fn device(store: &TestStore, name: &str) -> i64 {
    let input = DeviceInput { name: name.to_owned(), line: None, secret: None };
    let added = store.add_device(&caller("a", None), &input, name, BTreeMap::new()).await.unwrap();
    added.body["id"].as_i64().unwrap()
}

async fn delivers(store: &TestStore, device: i64, at: UnixMs) {
    let id = store.put_sms(message("1588-1688", SmsState::Received, at)).await;
    store.put_sighting(id, shooter(device), at).await;
}

async fn silent(store: &TestStore) -> Vec<Option<UnixMs>> {
    let page = store.device_page(PageRequest::default()).await.unwrap();
    page.items.into_iter().rev().map(|device| device.silent_since).collect()
}

/// The clock stands at 09:30 in Seoul on a Wednesday. The phone worked from 09:30 to 19:30 through the fortnight before it,
/// but for the last hours of Tuesday.
async fn a_fortnight_of(store: &TestStore, device: i64, missed: u32) {
    for day in 1..15_u32 {
        let hours = if day == 1 { 11 - missed } else { 11 };
        for hour in 0..hours {
            let at = base().minus(Duration::from_hours(24) * day).plus(Duration::from_hours(1) * hour);
            delivers(store, device, at).await;
        }
    }
}

#[tokio::test]
async fn a_phone_that_falls_silent_is_named_until_it_delivers() {
    for store in stores().await {
        let (well, dead) = (device(&store, "counter-1").await, device(&store, "counter-2").await);
        a_fortnight_of(&store, well, 2).await;
        a_fortnight_of(&store, dead, 3).await;
        store.note_devices_seen(&seoul()).await.unwrap();
        let last = base().minus(Duration::from_hours(17));
        let expected = Hearing { id: dead, name: "counter-2".to_owned(), silent_since: Some(last), known: true };
        assert_eq!(store.judge_silence(&seoul()).await.unwrap(), std::slice::from_ref(&expected));
        assert_eq!(store.judge_silence(&seoul()).await.unwrap(), [], "told once");
        assert_eq!(silent(&store).await, [None, Some(last)]);
        let other = Hearing { id: well, name: "counter-1".to_owned(), silent_since: None, known: true };
        assert_eq!(store.hearings().await.unwrap(), [other, expected]);

        delivers(&store, dead, store.now()).await;
        store.note_devices_seen(&seoul()).await.unwrap();
        assert_eq!(silent(&store).await, [None, None], "a delivery ends it");
        assert_eq!(store.judge_silence(&seoul()).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_phone_that_never_delivered_is_named_while_somebody_trusts_it() {
    for store in stores().await {
        let never = device(&store, "counter-1").await;
        assert_eq!(store.judge_silence(&seoul()).await.unwrap(), []);
        let yesterday = base().minus(Duration::from_hours(25));
        let change = shooter_device::ActiveModel { id: Set(never), created_at: Set(yesterday.0), ..Default::default() };
        store.write(async |txn| Ok(shooter_device::Entity::update(change.clone()).exec(txn).await?)).await.unwrap();
        store.judge_silence(&seoul()).await.unwrap();
        assert_eq!(silent(&store).await, [Some(yesterday)]);
        store.trust_device(&caller("a", None), never, false).await.unwrap();
        store.judge_silence(&seoul()).await.unwrap();
        assert_eq!(silent(&store).await, [None], "what nobody trusts is nobody's loss");
        assert_eq!(store.hearings().await.unwrap(), []);
    }
}

#[tokio::test]
async fn what_came_in_one_go_counts_by_its_hours() {
    for store in stores().await {
        let phone = device(&store, "counter-1").await;
        // A catching-up daemon sees fourteen days at once.
        a_fortnight_of(&store, phone, 0).await;
        store.note_devices_seen(&seoul()).await.unwrap();
        let row = shooter_device::Entity::find_by_id(phone).one(store.reader()).await.unwrap().unwrap();
        assert_eq!(row.last_seen_at, Some(base().minus(Duration::from_hours(14)).0));
        let days: Vec<(i32, u32)> = serde_json::from_str(&row.rhythm.unwrap()).unwrap();
        assert_eq!(days.len(), 14);
        let hours = (9..20).map(|hour| 1 << hour).sum::<u32>();
        assert!(days.iter().all(|(_, known)| *known == hours), "{days:?}");
    }
}
