//! Which deliveries are one sms (INV-I1 to INV-I5; the crowds of reliability rows 10 and 11 stand in `phones`).

use std::time::Duration;

use futures_util::future::join_all;
use proptest::strategy::{Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::support::texts::{changed, deposit, deposit_at, order, start};
use crate::support::{Phone, TestApp, story};

fn after(message: &Value, seconds: u64) -> Value {
    let mut later = message.clone();
    later["received_at"] = json!(start().plus(Duration::from_secs(seconds)));
    later
}

#[test]
fn a_repeated_delivery_is_answered_as_the_first_was() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let message = Phone::message("m1", &deposit("홍길동", 50_000));
        let id = phone.sends_as(&message, "stored").await;
        app.settle().await;
        let before = app.sms(id).await;
        assert_eq!(phone.sends_as(&message, "duplicate").await, id);
        app.settle().await;
        assert_eq!(app.sms(id).await.all, before.all, "nothing has changed");
        // INV-I1: also where the phone says other things under the same id, but that is no secret.
        let other = Phone::message("m1", &deposit("김철수", 70_000));
        for _ in 0..2 {
            assert_eq!(phone.sends_as(&other, "duplicate").await, id);
        }
        app.settle().await;
        let after = app.sms(id).await.all;
        assert_eq!(after["flags"], serde_json::json!(["id_reused"]));
        let known = before.all["history"].as_array().unwrap().len();
        assert_eq!(after["history"].as_array().unwrap().len(), known + 1, "said once");
        for same in ["text", "state", "review", "money", "depositor", "sightings"] {
            assert_eq!(after[same], before.all[same], "{same}");
        }
        assert_eq!(app.list("").await.len(), 1);
    });
}

#[test]
fn an_id_that_stands_twice_in_a_batch_is_one_sms() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let [one, two] = ["m1", "m2"].map(|id| Phone::message(id, &deposit("홍길동", 50_000)));
        let body = json!({"messages": [one, two, one]});
        let results = phone.posts(&body).await.expect(200)["results"].clone();
        let told: Vec<_> =
            results.as_array().unwrap().iter().map(|result| (&result["id"], &result["status"])).collect();
        let expected =
            [("m1", "stored"), ("m2", "stored"), ("m1", "duplicate")].map(|(id, as_)| (json!(id), json!(as_)));
        assert_eq!(told, expected.iter().map(|(id, as_)| (id, as_)).collect::<Vec<_>>());
        assert_eq!(results[0]["sms_id"], results[2]["sms_id"]);
        assert_ne!(results[0]["sms_id"], results[1]["sms_id"]);
        assert_eq!(app.list("").await.len(), 2);
    });
}

#[test]
fn two_phones_on_one_line_hear_one_sms() {
    story(async |app| {
        let [first, second] =
            [app.phone_on("left", "01012345678").await, app.phone_on("right", "+82 10-1234-5678").await];
        let other_line = app.phone_on("elsewhere", "01099998888").await;
        app.put_orders(&[order("R-1", "홍길동", 50_000)]).await;
        let message = Phone::message("m1", &deposit("홍길동", 50_000));
        let id = first.sends_as(&message, "stored").await;
        assert_eq!(second.sends_as(&after(&message, 60), "stored").await, id);
        app.settle().await;
        let sms = app.sms(id).await;
        assert_eq!(sms.decided(), ("matched", "none", Some("R-1")), "one deposit, however many heard it");
        assert_eq!(sms.all["sightings"].as_array().unwrap().len(), 2);
        assert_eq!(sms.flags, [""; 0]);
        // INV-I3 and the window: another line, or too late, is another message.
        assert_ne!(other_line.sends_as(&message, "stored").await, id);
        let third = app.phone_on("third", "01012345678").await;
        assert_ne!(third.sends_as(&after(&message, 181), "stored").await, id);
    });
}

#[test]
fn two_equal_deposits_stay_two_and_are_not_told_apart_by_guessing() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        app.put_orders(&[order("R-1", "홍길동", 50_000)]).await;
        let ids = [phone.sends(&deposit("홍길동", 50_000)).await, phone.sends(&deposit("홍길동", 50_000)).await];
        assert_ne!(ids[0], ids[1]);
        app.settle().await;
        for (id, other) in [(ids[0], ids[1]), (ids[1], ids[0])] {
            let sms = app.sms(id).await;
            assert_eq!(sms.decided(), ("ambiguous", "need_check", None), "{}", sms.all);
            assert!(sms.has("twin") && sms.has("ambiguous"), "{:?}", sms.flags);
            assert_eq!(sms.all["twins"], json!([other]), "twins are shown side by side");
        }
        // A second order does not say which deposit is whose.
        app.put_orders(&[order("R-2", "홍길동", 50_000)]).await;
        app.settle().await;
        assert_eq!(app.sms(ids[0]).await.state, "ambiguous");
        assert_eq!(app.sms(ids[1]).await.state, "ambiguous");
    });
}

/// INV-I2: of n copies, as many messages as the phone that heard most of them heard, in whatever order and company they
/// come; each copy is delivered three times.
#[test]
fn multiplicity_is_kept_whatever_the_order_of_arrival() {
    story(async |app| {
        let mut runner = TestRunner::deterministic();
        let phones = [
            app.phone_on("left", "line-1").await,
            app.phone_on("right", "line-1").await,
            app.phone_on("middle", "line-1").await,
        ];
        for round in 0..12_u64 {
            let copies = [0..=4_usize, 0..=4, 1..=4].new_tree(&mut runner).unwrap().current();
            let amount = 10_000 + round;
            let mut deliveries: Vec<(usize, Value)> = Vec::new();
            for (phone, count) in copies.into_iter().enumerate() {
                for copy in 0..count {
                    let message = Phone::message(&format!("{round}-{copy}"), &deposit("홍길동", amount));
                    deliveries.extend(vec![(phone, after(&message, 5 * copy as u64)); 3]);
                }
            }
            let deliveries =
                proptest::strategy::Just(deliveries).prop_shuffle().new_tree(&mut runner).unwrap().current();
            // Some at once, some after one another.
            for chunk in deliveries.chunks(4) {
                join_all(chunk.iter().map(async |(phone, message)| phones[*phone].posts(message).await.expect(200)))
                    .await;
            }
            let made = with_amount(app, amount).await;
            assert_eq!(Some(made), copies.into_iter().max(), "{copies:?} copies in the order {deliveries:#?}");
        }
    });
}

async fn with_amount(app: &TestApp, amount: u64) -> usize {
    app.list(&format!("q={}", crate::support::texts::grouped(amount).replace(',', "%2C"))).await.len()
}

#[test]
fn messages_without_a_line_meet_only_within_their_own_source() {
    story(async |app| {
        let devices = ["a", "b"].map(|name| json!({"name": name}));
        let mut ids = Vec::new();
        for device in &devices {
            let added = app.post("/internal/v2/shooter/devices", device).await.expect(201);
            let phone = Phone::of(&app.api, &added);
            ids.push(phone.sends(&deposit("홍길동", 50_000)).await);
        }
        assert_ne!(ids[0], ids[1], "INV-I3");
    });
}

#[test]
fn a_message_may_name_another_line_than_its_phone() {
    story(async |app| {
        let phone = app.phone_on("gateway", "line-1").await;
        let other = app.phone_on("handset", "line-2").await;
        let mut message = Phone::message("m1", &deposit("홍길동", 50_000));
        message["line"] = json!("line-2");
        let id = phone.sends_as(&message, "stored").await;
        assert_eq!(other.sends(&deposit("홍길동", 50_000)).await, id);
        assert_eq!(app.sms(id).await.all["line"], "line-2");
    });
}

/// Two phones that were added without a line.
async fn two_phones_without_a_line(app: &TestApp) -> [Phone; 2] {
    let mut phones = Vec::new();
    for name in ["left", "right"] {
        let added = app.post("/internal/v2/shooter/devices", &json!({"name": name})).await.expect(201);
        phones.push(Phone::of(&app.api, &added));
    }
    phones.try_into().unwrap()
}

/// Two open orders that one deposit would fit.
fn two_orders() -> [Value; 2] {
    ["Oa", "Ob"].map(|id| order(id, "홍길동", 71_000))
}

async fn are_shown_side_by_side(app: &TestApp, ids: [i64; 2]) {
    for (id, other) in [(ids[0], ids[1]), (ids[1], ids[0])] {
        let sms = app.sms(id).await;
        assert!(sms.has("twin"), "{}", sms.all);
        assert_eq!(sms.all["twins"], json!([other]), "INV-I8: {}", sms.all);
    }
}

/// INV-M13: the copy of a deposit that a person has given its order pays no other one unseen, whichever came first.
#[test]
fn a_deposit_told_by_two_handsets_pays_no_second_order_unseen() {
    for confirmed in [0, 1] {
        for has_lines in [false, true] {
            story(async |app| {
                let phones = if has_lines {
                    [app.phone_on("left", "line-1").await, app.phone_on("right", "line-2").await]
                } else {
                    two_phones_without_a_line(app).await
                };
                app.put_orders(&two_orders()).await;
                let message = Phone::message("m1", &deposit("홍길동", 71_000));
                let first = phones[0].sends_as(&message, "stored").await;
                let second = phones[1].sends_as(&after(&message, 2), "stored").await;
                app.settle().await;
                let ids = [first, second];
                are_shown_side_by_side(app, ids).await;
                for id in ids {
                    assert_eq!(app.sms(id).await.decided(), ("ambiguous", "need_check", None));
                }
                app.check(ids[confirmed], json!({"decision": "confirm", "order_id": "Oa"})).await.expect(200);
                app.settle().await;
                let copy = app.sms(ids[1 - confirmed]).await;
                assert_eq!(copy.decided(), ("matched", "need_check", Some("Ob")), "{}", copy.all);
                are_shown_side_by_side(app, ids).await;
            });
        }
    }
}

/// INV-M13: the same, where the wallet has credited the first before the copy, and the order for it, came.
#[test]
fn a_copy_from_another_handset_after_the_credit_is_looked_at() {
    story(async |app| {
        let phones = two_phones_without_a_line(app).await;
        let [first_order, second_order] = two_orders();
        app.put_orders(std::slice::from_ref(&first_order)).await;
        let message = Phone::message("m1", &deposit("홍길동", 71_000));
        let first = phones[0].sends_as(&after(&message, 2), "stored").await;
        app.settle().await;
        assert_eq!(app.sms(first).await.decided(), ("matched", "none", Some("Oa")));
        app.put_orders(&[changed(&first_order, json!({"status": "approved"}))]).await;
        app.put_orders(&[second_order]).await;
        app.settle().await;
        let copy = phones[1].sends_as(&message, "stored").await;
        app.settle().await;
        assert_eq!(app.sms(first).await.state, "settled");
        assert_eq!(app.sms(copy).await.decided(), ("matched", "need_check", Some("Ob")), "{}", app.sms(copy).await.all);
        are_shown_side_by_side(app, [first, copy]).await;
    });
}

/// INV-I8: a phone's late retry under another id tells of the minute that it told of before.
#[test]
fn a_text_that_states_its_minute_is_a_twin_however_late_it_is_sent_again() {
    story(async |app| {
        let phone = app.phone("counter-1").await;
        let [first_order, second_order] = two_orders();
        app.put_orders(std::slice::from_ref(&first_order)).await;
        let message = Phone::message("m1", &deposit("홍길동", 71_000));
        let first = phone.sends_as(&message, "stored").await;
        app.settle().await;
        app.put_orders(&[changed(&first_order, json!({"status": "approved"})), second_order]).await;
        app.settle().await;
        let mut late = after(&message, 61 * 60);
        late["id"] = json!("m2");
        let copy = phone.sends_as(&late, "stored").await;
        app.settle().await;
        assert_eq!(app.sms(copy).await.decided(), ("matched", "need_check", Some("Ob")), "{}", app.sms(copy).await.all);
        are_shown_side_by_side(app, [first, copy]).await;
        // Another minute is another deposit.
        let other = phone.sends(&deposit_at("04/22 09:31", "홍길동", 71_000)).await;
        app.settle().await;
        assert!(!app.sms(other).await.has("twin"));
    });
}

/// INV-I8: both phones at once, so that on PostgreSQL neither may be stored when the other is read.
#[test]
fn copies_that_come_at_once_are_both_flagged() {
    story(async |app| {
        let phones = two_phones_without_a_line(app).await;
        for round in 0..8 {
            let message = Phone::message(&format!("m{round}"), &deposit("홍길동", 80_000 + round));
            let ids = join_all(phones.iter().map(|phone| phone.sends_as(&message, "stored"))).await;
            app.settle().await;
            are_shown_side_by_side(app, [ids[0], ids[1]]).await;
        }
    });
}

/// What is held, or from a sender that is not listed, is nobody's twin until it is read.
#[test]
fn a_copy_that_is_not_taken_in_is_no_twin() {
    story(async |app| {
        let [phone, other] = two_phones_without_a_line(app).await;
        let message = Phone::message("m1", &deposit("홍길동", 71_000));
        let id = phone.sends_as(&message, "stored").await;
        let mut forged = message.clone();
        forged["sender"] = json!("01099998888");
        let copy = other.sends_as(&forged, "stored").await;
        app.settle().await;
        assert_eq!(app.sms(copy).await.state, "rejected");
        assert!(!app.sms(id).await.has("twin") && !app.sms(copy).await.has("twin"));
    });
}
