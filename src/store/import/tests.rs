//! What is imported stays what it was, and stands in nobody's way.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::PaginatorTrait as _;
use secrecy::ExposeSecret as _;

use super::*;
use crate::contract::phone::PhoneInput;
use crate::domain::flags::{Flag, Flags};
use crate::domain::matching::Windows;
use crate::domain::money::Money;
use crate::domain::old_shooter::read_line;
use crate::domain::order::{Order, OrderStatus};
use crate::domain::sms::{Review, SmsState};
use crate::domain::source::{SourceKey, SourceKind, SourceRef};
use crate::pipeline::inbox::{Deliver, Delivery};
use crate::store::order::put_orders;
use crate::store::testing::{TestStore, base, caller, stores};

const WINDOWS: Windows = Windows { early: Duration::from_hours(24), late: Duration::from_hours(24) };

const HOW: Importing<'static> = Importing { by: "a test", dry_run: false };

async fn import(store: &TestStore, lines: &[&str]) -> Vec<Imported> {
    let rows: Vec<OldRow> = lines.iter().map(|line| read_line(line).unwrap()).collect();
    store.import_rows(&rows, HOW).await.unwrap()
}

fn sms(id: i64, rest: &str) -> String {
    let at = base().0 / 1000 - 60;
    format!(
        r#"{{"table":"sms","row":{{"id":{id},"phone":"15881688","content":"입금 50,000원 홍길동 {id}","money":50000,
        "currency":"KRW","depositor":"홍길동","sms_time":{at},"create_time":{at},"update_time":{at},{rest}}}}}"#
    )
}

fn is_taken(one: &Imported) -> bool {
    matches!(one, Imported::Taken(_))
}

/// INV-M16.
#[tokio::test]
async fn every_status_keeps_its_meaning_and_no_loop_takes_it_up() {
    use SmsState::{Ambiguous, Held, Ignored, Matched, Quarantined, Rejected, Settled, Unmatched, Unparsed};
    let states =
        [Unparsed, Unmatched, Matched, Unmatched, Ambiguous, Unparsed, Ignored, Rejected, Held, Quarantined, Settled];
    for store in stores().await {
        let lines: Vec<String> = (0..=10)
            .map(|status| sms(100 + status, &format!(r#""status":{status},"check_status":0,"order_id":"R-{status}""#)))
            .collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let told = import(&store, &lines).await;
        assert!(told.iter().all(is_taken), "{told:?}");
        for (id, state) in (100..).zip(states) {
            let row = store.sms_row(id).await.unwrap().unwrap();
            assert_eq!(row.state, state.as_str(), "{id}");
            assert!(Flags(row.flags).has(Flag::OldEvent));
            let review = if id < 102 { Review::NeedCheck } else { Review::None };
            assert_eq!(row.review, review.as_str(), "{id}: what was not finished asks people");
            assert_eq!(row.order_id.is_some(), [Matched, Settled].contains(&state), "{id}");
            assert_eq!(row.received_at, base().0 - 60_000);
        }
        assert_eq!(store.undecided().await.unwrap(), 0);
        let before = store.sms_row(102).await.unwrap();
        assert_eq!(store.mark_expired_waits(&WINDOWS, 100).await.unwrap(), 0);
        assert_eq!(store.mend_matches(100).await.unwrap().mended, 0, "its order is not told yet");
        assert_eq!(store.decide_pending(&WINDOWS, 100).await.unwrap().changed, 0);
        assert_eq!(store.sms_row(102).await.unwrap(), before);
        assert_eq!(store.events_after(0, 100).await.unwrap().len(), 0, "none of it is news");
    }
}

async fn tells(store: &TestStore, order_id: &str, status: OrderStatus, version: i64) {
    let order = Order {
        order_id: order_id.to_owned(),
        user_id: "u1".to_owned(),
        money: Money { minor: 50_000, currency: "KRW".parse().unwrap() },
        depositor: "홍길동".to_owned(),
        reference: None,
        account: None,
        status,
        created_at: UnixMs(base().0 - 120_000),
        expires_at: None,
        version,
    };
    let now = store.now();
    store.write(async |txn| put_orders(txn, &[order], now).await).await.unwrap();
    store.decide_pending(&WINDOWS, 100).await.unwrap();
    store.mend_matches(100).await.unwrap();
}

/// INV-M16, INV-M1.
#[tokio::test]
async fn an_imported_pair_stands_until_the_wallet_credits_it_and_is_never_made_anew() {
    for store in stores().await {
        let lines = [
            sms(1, r#""status":2,"order_id":"R-1""#),
            sms(2, r#""status":3,"check_status":0"#),
            sms(3, r#""status":10,"order_id":"R-3""#),
        ];
        assert!(import(&store, &[&lines[0], &lines[1], &lines[2]]).await.iter().all(is_taken));
        tells(&store, "R-1", OrderStatus::Open, 1).await;
        tells(&store, "R-2", OrderStatus::Open, 1).await;
        let row = store.sms_row(1).await.unwrap().unwrap();
        assert_eq!((row.state.as_str(), row.order_id.as_deref()), ("matched", Some("R-1")));
        let row = store.sms_row(2).await.unwrap().unwrap();
        assert_eq!((row.state.as_str(), row.order_id), ("unmatched", None), "it fits R-2, and is left to people");
        tells(&store, "R-1", OrderStatus::Approved, 2).await;
        tells(&store, "R-3", OrderStatus::Approved, 1).await;
        for (id, order) in [(1, "R-1"), (3, "R-3")] {
            let row = store.sms_row(id).await.unwrap().unwrap();
            assert_eq!((row.state.as_str(), row.order_id.as_deref()), ("settled", Some(order)));
        }
        let told = import(&store, &[&sms(4, r#""status":10,"order_id":"R-1""#)]).await;
        assert_eq!(told, [Imported::Refused("order R-1 is paired with message 1 already".to_owned())]);
    }
}

#[tokio::test]
async fn an_import_can_be_run_again_and_overwrites_nothing() {
    for store in stores().await {
        let first = sms(7, r#""status":5,"check_note":"a""#);
        let lines = [first.as_str(), r#"{"table":"phone","id":5,"phone":"1588-1688","remark":"KB"}"#];
        assert!(import(&store, &lines).await.iter().all(is_taken));
        assert_eq!(import(&store, &lines).await, [Imported::There, Imported::There]);
        let changed = sms(7, r#""status":5,"check_note":"b""#);
        assert_eq!(import(&store, &[&changed]).await, [Imported::Changed]);
        assert_eq!(store.sms_row(7).await.unwrap().unwrap().review_note.as_deref(), Some("a"));
        let twice = sms(8, r#""status":5"#);
        let told = import(&store, &[&twice, &twice]).await;
        assert!(is_taken(&told[0]) && matches!(&told[1], Imported::Refused(why) if why.contains("twice")), "{told:?}");
        let same = import(&store, &[r#"{"table":"phone","id":6,"phone":"15881688"}"#]).await;
        assert!(matches!(&same[0], Imported::Refused(why) if why.contains("as phone 5")), "{same:?}");
        let input = PhoneInput { phone: "15990000".to_owned(), label: None, bank: None };
        let added = store.add_phone(&caller("a", None), &input, "15990000").await.unwrap();
        assert!(added.body["id"].as_i64().unwrap() > 5, "new ids follow imported ones");
        let next = store.put_sms(crate::store::testing::message("15881688", SmsState::Ignored, base())).await;
        assert!(next > 8, "{next}");
        assert_eq!(store.verify_audit().await.unwrap().unwrap(), 3, "two imports that took something, one phone");
    }
}

#[tokio::test]
async fn a_dry_run_stores_nothing() {
    for store in stores().await {
        let row = read_line(&sms(7, r#""status":5"#)).unwrap();
        let told =
            store.import_rows(std::slice::from_ref(&row), Importing { by: "a test", dry_run: true }).await.unwrap();
        assert!(is_taken(&told[0]));
        assert!(store.sms_row(7).await.unwrap().is_none());
        assert_eq!(imported_row::Entity::find().count(store.reader()).await.unwrap(), 0);
        assert_eq!(store.verify_audit().await.unwrap().unwrap(), 0);
        assert!(is_taken(&store.import_rows(&[row], HOW).await.unwrap()[0]));
    }
}

#[tokio::test]
async fn a_template_that_cannot_be_read_comes_in_disabled_and_says_why() {
    for store in stores().await {
        let told = import(
            &store,
            &[
                r#"{"table":"template","row":{"id":3,"name":"KB","phone":"15881688,15991699","template":"입금 {amount}원 {name}","status":1}}"#,
                r#"{"table":"template","row":{"id":4,"name":"old","phone":"","template":"(?<=입금)(\\d+","kind":"regex","status":1}}"#,
                r#"{"table":"template","row":{"id":5,"name":"off","template":"출금 {amount}원","status":0}}"#,
            ],
        )
        .await;
        assert_eq!(told[0], Imported::Taken(Vec::new()));
        assert!(
            matches!(&told[1], Imported::Taken(notes) if notes[0].starts_with("it cannot be read and is disabled: pattern")),
            "{told:?}"
        );
        let enabled = store.templates_enabled().await.unwrap();
        assert_eq!(enabled.iter().map(|(id, ..)| *id).collect::<Vec<_>>(), [3]);
        assert_eq!(enabled[0].2.senders, ["15881688", "15991699"]);
        assert_eq!(store.template(4).await.unwrap().unwrap().1.senders, ["*"]);
        assert!(store.template_revision(3, 1).await.unwrap().is_some());
    }
}

fn brings(source: SourceRef, text: &str) -> Deliver {
    let delivery = Delivery {
        key: SourceKey::from_id("anew"),
        external_id: None,
        format: "pushbullet",
        sender: "15881688".to_owned(),
        is_sender_provisional: false,
        text: Some(text.to_owned()),
        line: None,
        received_at: UnixMs(base().0 - 59_000),
        raw: None,
        quarantine: None,
        old_event: false,
    };
    Deliver::new(source, Some("counter-1".to_owned()), true, vec![delivery])
}

#[tokio::test]
async fn a_phone_keeps_its_token_sealed_and_what_it_brings_again_is_known() {
    for store in stores().await {
        let told = import(
            &store,
            &[
                r#"{"table":"pushbullet_device","id":2,"name":"counter-1","iden":"ujA","token":"o.aaaabbbbccccdddd","password":"right horse","phone":"counter-1","status":1,"create_time":1700000000}"#,
                r#"{"table":"pushbullet_device","id":3,"name":"counter-2","iden":"ujB","token":"o.a***d","status":1}"#,
                r#"{"table":"pushbullet_device","id":4,"name":"counter-3","iden":"ujA","token":"o.x","status":1}"#,
            ],
        )
        .await;
        assert!(is_taken(&told[0]), "{told:?}");
        assert!(matches!(&told[1], Imported::Taken(notes) if notes[0].contains("masked")));
        assert!(matches!(&told[2], Imported::Refused(why) if why.contains("device 2")));
        let phone = store.pushbullet_phone(2).await.unwrap().unwrap();
        assert_eq!(phone.token.expose_secret(), "o.aaaabbbbccccdddd");
        assert_eq!(phone.password.unwrap().expose_secret(), "right horse");
        assert!(phone.created_at >= base(), "what came before the import is history");
        assert_eq!(store.pushbullet_wanted().await.unwrap().len(), 1);
        assert!(is_taken(&import(&store, &[&sms(41, r#""status":10,"order_id":"R-1","device_iden":"ujA""#)]).await[0]));
        let source = SourceRef { kind: SourceKind::Pushbullet, id: 2 };
        let again = [brings(source, "입금 50,000원 홍길동 41")];
        let taken = store.take(Arc::new(again), Duration::from_mins(3)).await.unwrap().remove(0).remove(0);
        assert_eq!(taken.sms_id, Some(41));
        assert_eq!(store.state_of(41).await, SmsState::Settled);
    }
}

#[tokio::test]
async fn a_posting_phone_comes_in_without_an_address_and_can_be_given_one() {
    for store in stores().await {
        let told = import(
            &store,
            &[
                r#"{"table":"shooter_device","id":8,"device_id":"d-8","name":"counter-1","trusted":1,"online":1,"last_time":1700000000}"#,
                r#"{"table":"shooter_device","id":9,"device_id":"d-9","trusted":0}"#,
            ],
        )
        .await;
        assert!(matches!(&told[0], Imported::Taken(notes) if notes[0].contains("no address")), "{told:?}");
        let known = store.known_devices().await.unwrap();
        assert_eq!(known.by_token.values().map(|device| device.id).collect::<Vec<_>>(), [8]);
        assert_eq!(known.enrolled["d-9"].id, 9);
        let trusted = store.trust_device(&caller("a", None), 9, true).await.unwrap();
        assert_eq!(trusted.body["device_token"], "own-token");
    }
}
