//! Whom intake believes, and when.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::*;
use sea_orm::DbBackend;

use crate::contract::device::DeviceInput;
use crate::domain::flags::{Flag, Flags};
use crate::domain::refusal::Refusal;
use crate::domain::sms::SmsState;
use crate::domain::source::SourceKey;
use crate::domain::time::UnixMs;
use crate::pipeline::inbox::TakenAs;
use crate::store::testing::{TestStore, base, caller, shooter, stores};

const WINDOW: Duration = Duration::from_mins(3);

async fn device(store: &TestStore, name: &str, trusted: bool) -> i64 {
    let input = DeviceInput { name: name.to_owned(), line: Some("line-1".to_owned()), secret: None };
    let added = store.add_device(&caller("a", None), &input, name, BTreeMap::new()).await.unwrap();
    let id = added.body["id"].as_i64().unwrap();
    store.trust_device(&caller("a", None), id, trusted).await.unwrap();
    id
}

/// What a request brings whose device was looked up a moment ago.
fn brings(device: i64, was_trusted: bool, sender: &str, key: &str) -> Deliver {
    let delivery = Delivery {
        key: SourceKey::from_id(key),
        external_id: None,
        format: "recon",
        sender: sender.to_owned(),
        is_sender_provisional: false,
        text: Some("입금 50,000원 홍길동".to_owned()),
        line: None,
        received_at: base(),
        raw: None,
        quarantine: None,
        old_event: false,
    };
    let line = Some("line-1".to_owned());
    Deliver::new(shooter(device), line, was_trusted, vec![delivery])
}

async fn taken(store: &TestStore, deliver: Deliver) -> (i64, TakenAs) {
    let taken = store.take(Arc::new([deliver]), WINDOW).await.unwrap().remove(0).remove(0);
    (taken.sms_id.unwrap(), taken.status)
}

/// INV-I6.
#[tokio::test]
async fn trust_is_what_it_is_when_the_message_is_stored() {
    for store in stores().await {
        let distrusted = device(&store, "counter-1", false).await;
        let (id, status) = taken(&store, brings(distrusted, true, "15881688", "a")).await;
        assert_eq!((store.state_of(id).await, status), (SmsState::Held, TakenAs::Held));
        let trusted = device(&store, "counter-2", true).await;
        let (same, status) = taken(&store, brings(trusted, false, "15881688", "a")).await;
        assert_eq!((same, store.state_of(id).await, status), (id, SmsState::Received, TakenAs::Stored));
        let (gone, status) = taken(&store, brings(99, false, "15889999", "a")).await;
        assert_eq!((store.state_of(gone).await, status), (SmsState::Held, TakenAs::Held), "a deleted device");
    }
}

/// INV-I6: else a phone that nobody trusts could lead a text past the whitelist.
#[tokio::test]
async fn a_device_that_is_not_trusted_says_of_no_message_who_sent_it() {
    for trusted_first in [true, false] {
        for store in stores().await {
            let (trusted, doubtful) = (device(&store, "a", true).await, device(&store, "b", false).await);
            let mut both = [brings(trusted, true, "", "a"), brings(doubtful, false, "15881688", "a")];
            if !trusted_first {
                both.reverse();
            }
            let mut ids = BTreeSet::new();
            for deliver in both {
                ids.insert(taken(&store, deliver).await.0);
            }
            assert_eq!(ids.len(), 1, "one message");
            let row = store.sms_row(*ids.first().unwrap()).await.unwrap().unwrap();
            assert_eq!((row.state.as_str(), row.sender_key.as_str()), ("received", ""), "{trusted_first}");
            // A source that is trusted does say so.
            let other = device(&store, "c", true).await;
            let (id, _) = taken(&store, brings(other, true, "15881688", "a")).await;
            assert_eq!(store.sms_row(id).await.unwrap().unwrap().sender_key, "15881688");
        }
    }
}

/// Rows are written by statements of several and of one.
#[tokio::test]
async fn however_many_come_at_once_each_is_stored_as_it_came() {
    for store in stores().await {
        let phone = device(&store, "counter-1", true).await;
        let mut total = 0;
        for count in [1, 15, 16, 17, 33] {
            let one = |nth: i64| Delivery {
                key: SourceKey::from_id(&format!("{count}-{nth}")),
                external_id: Some(format!("{count}-{nth}")),
                format: "recon",
                sender: format!("1588{nth:04}"),
                is_sender_provisional: false,
                text: (nth % 5 > 0).then(|| format!("입금 {count}원 {nth}번")),
                line: (nth % 2 > 0).then(|| format!("line-{nth}")),
                received_at: UnixMs(base().0 + nth),
                raw: (nth % 3 == 0).then(|| vec![0, 0xff, nth.try_into().unwrap()]),
                quarantine: (nth % 5 == 0).then(|| "unreadable".to_owned()),
                old_event: nth % 7 == 0,
            };
            let deliveries: Vec<Delivery> = (0..count).map(one).collect();
            let deliver = Deliver::new(shooter(phone), Some("line".to_owned()), true, deliveries.clone());
            let taken = store.take(Arc::new([deliver]), WINDOW).await.unwrap().remove(0);
            assert_eq!(taken.len(), deliveries.len());
            for (delivery, taken) in deliveries.iter().zip(taken) {
                let row = store.sms_row(taken.sms_id.unwrap()).await.unwrap().unwrap();
                let line = delivery.line.as_deref().or(Some("line"));
                assert_eq!((row.line.as_deref(), &row.sender, &row.text), (line, &delivery.sender, &delivery.text));
                assert_eq!((row.received_at, row.occurred_at), (delivery.received_at.0, delivery.received_at.0));
                assert!(row.stored_at >= base().0, "{row:?}");
                assert_eq!((row.state_since, row.updated_at), (row.stored_at, row.stored_at));
                assert_eq!(Flags(row.flags).has(Flag::OldEvent), delivery.old_event);
                let state = if delivery.text.is_some() { "received" } else { "quarantined" };
                assert_eq!((row.state.as_str(), row.version, row.attempts), (state, 1, 0));
                let detail = store.sms_detail(row.id).await.unwrap().unwrap();
                let [sighting] = &detail.sightings[..] else { panic!("{:?}", detail.sightings) };
                assert_eq!(sighting.external_id, delivery.external_id);
                let told: Vec<_> = detail.history.iter().filter_map(|change| change.reason.clone()).collect();
                assert_eq!(told, delivery.quarantine.clone().into_iter().collect::<Vec<_>>());
                let raw = delivery.raw.as_ref().map(|raw| String::from_utf8_lossy(raw).into_owned());
                assert_eq!(sighting.raw, raw);
                total += 1;
            }
        }
        assert_eq!(total, 82);
    }
}

/// Several processes are on PostgreSQL only; a SQLite file has one, which needs no lease.
#[tokio::test]
async fn what_comes_under_a_lease_that_another_process_took_is_not_stored() {
    for store in stores().await.iter().filter(|store| store.backend() == DbBackend::Postgres) {
        let phone = device(store, "counter-1", true).await;
        let first = store.take_lease(shooter(phone), "a", None, base()).await.unwrap().unwrap();
        let under = |key: &str| brings(phone, true, "15881688", key).under(Some(first.clone()));
        assert_eq!(taken(store, under("a")).await.1, TakenAs::Stored);
        let seen = store.leases().await.unwrap().remove(0);
        store.take_lease(shooter(phone), "b", Some(&seen), base()).await.unwrap().unwrap();
        let late = store.take(Arc::new([under("b")]), WINDOW).await;
        assert!(matches!(late, Err(StoreError::Refused(Refusal::Conflict(_)))), "{late:?}");
        let (_, again) = taken(store, brings(phone, true, "15881688", "b")).await;
        assert_eq!(again, TakenAs::Stored, "nothing of it was stored before");
    }
}
