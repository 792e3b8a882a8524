use std::time::Duration;

use serde_json::Value;

use super::history::{Read, Streamed};
use super::rekey::Named;
use super::*;
use crate::domain::source::SourceKey;
use crate::pipeline::inbox::{Deliver, Delivery};
use crate::store::testing::{TestStore, base, caller, stores};

fn input(token: &str, iden: Option<&str>) -> PushbulletDeviceInput {
    PushbulletDeviceInput {
        name: "counter-1".to_owned(),
        access_token: token.to_owned(),
        device_iden: iden.map(str::to_owned),
        encryption_password: Some("canary-password".to_owned()),
        line: Some("010-1111-2222".to_owned()),
        enabled: None,
    }
}

async fn add(store: &TestStore, token: &str, iden: Option<&str>) -> i64 {
    let added = store.add_pushbullet(&caller("a", None), &input(token, iden)).await.unwrap();
    added.body["id"].as_i64().unwrap()
}

async fn phone(store: &TestStore, id: i64) -> PushbulletPhone {
    store.pushbullet_phone(id).await.unwrap().unwrap()
}

#[tokio::test]
async fn secrets_are_sealed_and_gone_when_the_phone_is() {
    use secrecy::ExposeSecret as _;
    for store in stores().await {
        let id = add(&store, "o.canary-token", Some("ujz")).await;
        let row = Entity::find_by_id(id).one(store.reader()).await.unwrap().unwrap();
        let bytes = format!("{row:?}");
        assert!(!bytes.contains("canary"), "{bytes}");
        let opened = phone(&store, id).await;
        assert_eq!(opened.token.expose_secret(), "o.canary-token");
        assert_eq!(opened.password.unwrap().expose_secret(), "canary-password");
        assert_eq!(store.pushbullet_wanted().await.unwrap(), [Wanted { id, revision: 1 }]);
        store.delete_pushbullet(&caller("a", None), id).await.unwrap();
        let row = Entity::find_by_id(id).one(store.reader()).await.unwrap().unwrap();
        assert_eq!((row.token, row.password), (None, None));
        assert!(store.pushbullet_wanted().await.unwrap().is_empty());
        assert!(store.pushbullet_phone(id).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn the_same_token_and_phone_are_there_once_and_a_phone_keeps_its_source() {
    for store in stores().await {
        let first = add(&store, "o.one", Some("ujz")).await;
        let same = store.add_pushbullet(&caller("a", None), &input("o.one", Some("ujz"))).await;
        assert!(matches!(same, Err(Refusal::There { .. })));
        let other = add(&store, "o.one", Some("ujy")).await;
        assert_ne!(phone(&store, first).await.source, phone(&store, other).await.source);
        store.delete_pushbullet(&caller("a", None), first).await.unwrap();
        let again = add(&store, "o.two", Some("ujz")).await;
        assert_eq!(phone(&store, again).await.source.id, first, "deleted and added again");
        // One that is named only later finds its source then, and yields to the row that listens already.
        let unnamed = add(&store, "o.three", None).await;
        let idens = Idens { device: "ujz".to_owned(), user: Some("ujShop".to_owned()) };
        let taken = store.identify_pushbullet(unnamed, &idens, None).await;
        assert!(matches!(taken, Err(StoreError::Refused(Refusal::Conflict(_)))), "{taken:?}");
        store.delete_pushbullet(&caller("a", None), again).await.unwrap();
        assert_eq!(store.identify_pushbullet(unnamed, &idens, None).await.unwrap().id, first);
    }
}

fn streamed(at_s: i64) -> Streamed {
    let at = UnixMs(at_s * 1000);
    Streamed { thread_id: "57".to_owned(), digest: [7; 16], at, key: SourceKey::from_parts(at, &["stream"]) }
}

fn read(id: u64, at_s: i64) -> Read {
    Read {
        thread_id: "57".to_owned(),
        message_id: format!("sms/{id}"),
        digest: [7; 16],
        at: UnixMs(at_s * 1000),
        key: SourceKey::from_id(&format!("exact-{id}")),
    }
}

#[tokio::test]
async fn an_event_is_new_once() {
    for store in stores().await {
        let source = source(1);
        assert!(store.note_streamed(source, &streamed(10), None).await.unwrap());
        assert!(!store.note_streamed(source, &streamed(10), None).await.unwrap(), "told twice");
        assert!(store.note_streamed(source, &streamed(11), None).await.unwrap(), "another second is another message");
        // Read from the history before the stream tells of it, a little later by its clock.
        store.note_read(source, &[read(3, 100)], None).await.unwrap();
        assert!(!store.note_streamed(source, &streamed(104), None).await.unwrap());
        assert!(store.note_streamed(source, &streamed(106), None).await.unwrap(), "that one was told of already");
        assert!(store.note_streamed(source, &streamed(120), None).await.unwrap(), "too late to be it");
    }
}

async fn deliver(store: &TestStore, key: SourceKey, sender: &str) -> i64 {
    let delivery = Delivery {
        key,
        external_id: None,
        format: "pushbullet",
        sender: sender.to_owned(),
        is_sender_provisional: false,
        text: Some("입금 50,000원 홍길동".to_owned()),
        line: None,
        received_at: base(),
        raw: None,
        quarantine: None,
        old_event: false,
    };
    let deliver = Deliver::new(source(1), None, true, vec![delivery]);
    let taken = store.take(std::sync::Arc::new([deliver]), Duration::from_mins(3)).await.unwrap();
    taken[0][0].sms_id.unwrap()
}

#[tokio::test]
async fn a_message_of_the_stream_gets_its_exact_key_once_and_its_sender() {
    for store in stores().await {
        let source = source(1);
        store.note_streamed(source, &streamed(10), None).await.unwrap();
        let id = deliver(&store, streamed(10).key, "").await;
        let notes = store.unnamed_messages(source, UnixMs(0)).await.unwrap().remove("57").unwrap();
        // Noted as read, too, and never delivered: we were stopped in between.
        store.note_read(source, &[read(652, 10)], None).await.unwrap();
        let named = store.name_message(source, notes[0].id, &read(652, 10), "15881688", None).await.unwrap();
        assert_eq!(named, Named::Renamed { asked_again: false });
        let row = store.sms_row(id).await.unwrap().unwrap();
        assert_eq!((row.sender.as_str(), row.sender_key.as_str()), ("15881688", "15881688"));
        assert!(store.unnamed_messages(source, UnixMs(0)).await.unwrap().is_empty());
        let keys = [read(652, 10).key, streamed(10).key];
        let known = store.known_keys(source, &keys).await.unwrap();
        assert_eq!(known, [read(652, 10).key].into());
        assert_eq!(deliver(&store, read(652, 10).key, "15881688").await, id, "a duplicate from now on");

        // A note whose message never reached the inbox leaves it to the history.
        store.note_streamed(source, &streamed(20), None).await.unwrap();
        let notes = store.unnamed_messages(source, UnixMs(0)).await.unwrap().remove("57").unwrap();
        let named = store.name_message(source, notes[0].id, &read(653, 20), "15881688", None).await.unwrap();
        assert_eq!(named, Named::NotThere);
    }
}

/// Reliability row 14.
#[tokio::test]
async fn what_is_written_under_another_s_lease_is_refused() {
    for store in stores().await {
        let id = add(&store, "o.one", Some("ujz")).await;
        let source = phone(&store, id).await.source;
        let until = base().plus(Duration::from_secs(15));
        let lease = store.take_lease(source, "a:1", None, until).await.unwrap().unwrap();
        store.note_streamed(source, &streamed(1), Some(&lease)).await.unwrap();
        let seen = store.leases().await.unwrap().remove(0);
        store.take_lease(source, "b:2", Some(&seen), until).await.unwrap().unwrap();
        let refused = |done: Result<(), StoreError>| assert!(matches!(done, Err(StoreError::Refused(_))), "{done:?}");
        refused(store.note_streamed(source, &streamed(2), Some(&lease)).await.map(drop));
        refused(store.note_read(source, &[], Some(&lease)).await);
        let cursor = threads::ThreadRead { thread_id: "57", sender: "", latest: Some("sms/9"), gap: true, news: true };
        refused(store.advance_thread(id, source, &cursor, Some(&lease)).await);
        refused(store.name_message(source, 1, &read(1, 1), "", Some(&lease)).await.map(drop));
        assert!(store.pushbullet_threads(source).await.unwrap().is_empty());
        assert!(store.pushbullet_gaps(UnixMs(0)).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_cursor_keeps_its_gap_and_old_notes_are_forgotten() {
    for store in stores().await {
        let id = add(&store, "o.one", Some("ujz")).await;
        let source = phone(&store, id).await.source;
        let mut cursor =
            threads::ThreadRead { thread_id: "57", sender: "15881688", latest: Some("sms/9"), gap: true, news: true };
        store.advance_thread(id, source, &cursor, None).await.unwrap();
        cursor.gap = false;
        cursor.latest = Some("sms/10");
        store.advance_thread(id, source, &cursor, None).await.unwrap();
        let threads = store.pushbullet_threads(source).await.unwrap();
        assert_eq!((threads["57"].latest.as_deref(), threads["57"].sender.as_str()), (Some("sms/10"), "15881688"));
        assert_eq!(store.pushbullet_gaps(UnixMs(0)).await.unwrap(), [(id, "counter-1".to_owned())]);
        let page =
            store.pushbullet_page(crate::contract::page::PageRequest { limit: 5, before: None, count: false }).await;
        let page: Value = serde_json::to_value(page.unwrap()).unwrap();
        assert!(page["items"][0]["possible_gap_at"].is_string() && page["items"][0]["last_event_at"].is_string());

        store.note_streamed(source, &streamed(1), None).await.unwrap();
        store.note_read(source, &[read(3, 100)], None).await.unwrap();
        let later = base().plus(Duration::from_hours(1));
        assert_eq!(store.forget_notes(source, later, UnixMs(0)).await.unwrap(), 1, "what has no id is kept longer");
        assert_eq!(store.forget_notes(source, later, later).await.unwrap(), 1);
    }
}
