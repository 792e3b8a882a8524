//! Phones with the five apps, over HTTP: signatures, quirks, crowds (reliability rows 10 and 11), and a whole day of banks.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::future::join_all;
use proptest::strategy::{Just, Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use recon::domain::time::UnixMs;
use recon::sim::bank_day::{self, Counts, DayPlan, Event, Fate, LINES, SimOrder};
use recon::sim::phone::{ReceivedSms, SimPhone};
use recon::sources::shooter::Format;
use serde_json::{Value, json};

use crate::support::app::story_with;
use crate::support::sim::{posts, send, sim_phone};
use crate::support::texts::{deposit, start};
use crate::support::{BANK, Phone, TestApp, story};

const SECRET: &str = "a-long-random-word";

fn received(number: u64, text: &str) -> ReceivedSms {
    let at = start().plus(Duration::from_millis(number));
    ReceivedSms { number, sender: BANK.to_owned(), text: text.to_owned(), at }
}

#[test]
fn every_app_is_heard_as_its_add_call_says() {
    story(async |app| {
        for (place, format) in Format::ALL.iter().enumerate() {
            for secret in [None, Some(SECRET)] {
                let name = format!("{format}-{}", secret.is_some());
                let phone = sim_phone(app, &name, &name, *format, secret).await;
                let sms = received(1, &deposit("홍길동", 50_000 + place as u64));
                if secret.is_some() && !format.signable() {
                    send(&app.api, phone.post(&sms, start())).await.expect_problem(403);
                    continue;
                }
                let id = posts(&app.api, &phone, &sms, start(), "stored").await;
                assert_eq!(posts(&app.api, &phone, &sms, start(), "duplicate").await, id, "{format}");
                app.settle().await;
                let heard = app.sms(id).await;
                assert_eq!(heard.state, "unmatched", "{format}: {}", heard.all);
                assert_eq!((&heard.all["sender"], &heard.all["text"]), (&json!(BANK), &json!(sms.text)), "{format}");
                assert_eq!(heard.all["line"], name, "{format}");
            }
        }
    });
}

#[test]
fn a_signed_device_takes_no_other_signature() {
    story(async |app| {
        for format in Format::ALL.iter().filter(|format| format.signable()) {
            let phone = sim_phone(app, format.as_str(), format.as_str(), *format, Some(SECRET)).await;
            let sms = received(1, &deposit("홍길동", 50_000));
            let unsigned = SimPhone { secret: None, ..phone.clone() };
            let status = if *format == Format::AndroidSmsGateway { 403 } else { 401 };
            send(&app.api, unsigned.post(&sms, start())).await.expect_problem(status);
            let wrong = SimPhone { secret: Some("another".to_owned()), ..phone.clone() };
            send(&app.api, wrong.post(&sms, start())).await.expect_problem(403);
            let late = start().minus(Duration::from_hours(2));
            send(&app.api, phone.post(&sms, late)).await.expect_problem(403);
            // Nothing of these was stored, and the phone itself goes on.
            posts(&app.api, &phone, &sms, start(), "stored").await;
        }
        assert_eq!(app.list("").await.len(), 4);
        // The token of one device's URL says nothing about another's.
        let mine = sim_phone(app, "mine", "mine", Format::HttpSms, Some(SECRET)).await;
        let other = sim_phone(app, "other", "other", Format::HttpSms, Some(SECRET)).await;
        let mut replayed = mine.post(&received(2, "x"), start());
        replayed.url = other.url;
        send(&app.api, replayed).await.expect_problem(403);
    });
}

#[test]
fn what_is_no_sms_is_counted_and_left() {
    story(async |app| {
        let before = ignored(app).await;
        for format in [Format::HttpSms, Format::AndroidSmsGateway] {
            let phone = sim_phone(app, format.as_str(), format.as_str(), format, Some(SECRET)).await;
            let body = send(&app.api, phone.ping(start()).unwrap()).await.expect(200);
            assert_eq!(
                (&body["results"][0]["status"], &body["results"][0]["sms_id"]),
                (&json!("ignored"), &json!(null))
            );
        }
        assert_eq!(ignored(app).await, before + 2);
        assert!(app.list("").await.is_empty());
    });
}

/// The counter, which all tests of this process share; nextest gives each its own.
async fn ignored(app: &TestApp) -> u64 {
    let text = app.get("/metrics").await.text;
    let of_shooter = |line: &&str| line.starts_with("recon_sms_ingested_total{") && line.contains("\"ignored\"");
    text.lines().find(of_shooter).and_then(|line| line.rsplit(' ').next()?.parse().ok()).unwrap_or(0)
}

#[test]
fn an_encrypted_message_is_shown_and_not_read() {
    story(async |app| {
        let phone = sim_phone(app, "sealed", "sealed", Format::HttpSms, None).await;
        let mut post = phone.post(&received(1, "c2VjcmV0"), start());
        let mut event: Value = serde_json::from_slice(&post.body).unwrap();
        event["data"]["encrypted"] = json!(true);
        post.body = event.to_string().into_bytes();
        let body = send(&app.api, post).await.expect(200);
        let id = body["results"][0]["sms_id"].as_i64().unwrap();
        app.settle().await;
        let sms = app.sms(id).await;
        assert_eq!(sms.state, "quarantined", "{}", sms.all);
        assert_eq!((&sms.all["text"], sms.review.as_str()), (&json!(null), "need_check"));
        assert!(sms.all["sightings"][0]["raw"].as_str().unwrap().contains("c2VjcmV0"), "{}", sms.all);
        assert_eq!(app.list("state=quarantined").await.len(), 1);
    });
}

#[test]
fn no_chunked_body_is_longer_than_allowed() {
    story(async |app| {
        let phone = sim_phone(app, "long", "long", Format::IncomingSms, None).await;
        send(&app.api, phone.post(&received(1, &"가".repeat(30_000)), start())).await.expect_problem(413);
        posts(&app.api, &phone, &received(2, &deposit("홍길동", 50_000)), start(), "stored").await;
    });
}

/// Three phones with different apps on one line.
async fn three_phones(app: &TestApp) -> [SimPhone; 3] {
    [
        sim_phone(app, "a", "line-1", Format::Recon, Some(SECRET)).await,
        sim_phone(app, "b", "line-1", Format::IncomingSms, None).await,
        sim_phone(app, "c", "line-1", Format::AndroidSmsGateway, Some(SECRET)).await,
    ]
}

/// Posts all of these in a random order, some at once.
async fn posts_all(app: &TestApp, deliveries: Vec<(&SimPhone, ReceivedSms)>) {
    let mut runner = TestRunner::deterministic();
    let order: Vec<usize> = (0..deliveries.len()).collect();
    let order = Just(order).prop_shuffle().new_tree(&mut runner).unwrap().current();
    let all = futures_util::stream::iter(order).map(async |place| {
        let (phone, sms) = &deliveries[place];
        send(&app.api, phone.post(sms, start())).await.expect(200)
    });
    all.buffer_unordered(48).for_each(async |_| {}).await;
}

/// Reliability row 10. Two of the phones post in batches, which is faster.
#[test]
fn a_thousand_deposits_over_three_channels_are_a_thousand() {
    story(async |app| {
        let batching = [app.phone_on("a", "line-1").await, app.phone_on("b", "line-1").await];
        let single = sim_phone(app, "c", "line-1", Format::AndroidSmsGateway, Some(SECRET)).await;
        let mut deliveries = Vec::new();
        for number in 0..1_000_u64 {
            // Each channel saw it at its own time; up to five deliveries each.
            deliveries.extend((0..=number % 5).map(|_| (0, number)));
            deliveries.extend((0..=(number + 2) % 5).map(|_| (1, number)));
            deliveries.extend((0..if number % 5 == 3 { 5 } else { 1 }).map(|_| (2, number)));
        }
        let mut runner = TestRunner::deterministic();
        let deliveries = Just(deliveries).prop_shuffle().new_tree(&mut runner).unwrap().current();
        for chunk in deliveries.chunks(200) {
            let of = |channel: usize| chunk.iter().filter(move |one| one.0 == channel).map(|one| one.1);
            let text = |number: u64| deposit("홍길동", 10_000 + number);
            let batch = async |channel: usize| {
                let message = |number: u64| {
                    let mut message = Phone::message(&format!("m{number}"), &text(number));
                    message["received_at"] = json!(start().plus(Duration::from_secs(channel as u64)));
                    message
                };
                let messages: Vec<Value> = of(channel).map(message).collect();
                batching[channel].posts(&json!({"messages": messages})).await.expect(200);
            };
            let singles = join_all(of(2).map(|number| {
                let sms = received(number, &text(number));
                send(&app.api, single.post(&sms, start()))
            }));
            let ((), (), singles) = tokio::join!(batch(0), batch(1), singles);
            assert!(singles.iter().all(|answer| answer.status == 200));
        }
        app.settle().await;
        let messages = app.all_messages().await;
        assert_eq!(messages.len(), 1_000);
        assert!(
            messages.iter().all(|sms| !sms["flags"].to_string().contains("twin")),
            "different amounts are no twins"
        );
    });
}

/// Reliability row 11.
#[test]
fn two_hundred_pairs_of_equal_deposits_stay_pairs() {
    story(async |app| {
        let phones = three_phones(app).await;
        let mut deliveries = Vec::new();
        for pair in 0..200_u64 {
            for half in 0..2_u64 {
                let mut sms = received(2 * pair + half, &deposit("홍길동", 10_000 + pair));
                sms.at = sms.at.plus(Duration::from_secs(40 * half));
                deliveries.extend(phones.iter().map(|phone| (phone, sms.clone())));
            }
        }
        posts_all(app, deliveries).await;
        app.settle().await;
        let messages = app.all_messages().await;
        assert_eq!(messages.len(), 400);
        let flagged = messages.iter().filter(|sms| sms["flags"].to_string().contains("twin")).count();
        assert_eq!(flagged, 400);
    });
}

fn order_of(order: &SimOrder) -> Value {
    json!({
        "order_id": order.order_id, "user_id": order.user_id, "amount": order.amount.to_string(), "currency": "KRW",
        "depositor": order.depositor, "status": "open", "created_at": order.created_at,
        "expires_at": order.expires_at, "version": 1,
    })
}

/// What became of an sms, in the words of the day.
fn fate_of(sms: &Value) -> Fate {
    let order_id = || sms["order_id"].as_str().unwrap().to_owned();
    let has = |flag: &str| sms["flags"].as_array().unwrap().contains(&json!(flag));
    match sms["state"].as_str().unwrap() {
        "matched" if has("early") => Fate::Early(order_id()),
        "matched" if has("late") => Fate::Late(order_id()),
        "matched" => Fate::Matched(order_id()),
        "ambiguous" => Fate::Twin,
        "unmatched" if has("chain_break") => Fate::Broken,
        "unmatched" => Fate::Unmatched,
        "ignored" => Fate::Ignored,
        "rejected" => Fate::Rejected,
        "unparsed" => Fate::Unparsed,
        other => panic!("{other}: {sms}"),
    }
}

#[test]
fn a_day_of_banks_ends_as_its_script_says() {
    story_with(&[], async |app| {
        for bank in bank_day::banks() {
            app.add_phone(bank.sender).await;
            for template in bank.templates() {
                app.add_template(&template).await;
            }
        }
        let phones = [
            sim_phone(app, "a", LINES[0], Format::AndroidSmsGateway, Some(SECRET)).await,
            sim_phone(app, "b", LINES[1], Format::IncomingSms, None).await,
            sim_phone(app, "c", LINES[2], Format::HttpSms, Some(SECRET)).await,
        ];
        let length = Duration::from_hours(8);
        let time_zone = jiff::tz::TimeZone::get("Asia/Seoul").unwrap();
        let before = Counts::default();
        let day = DayPlan { seed: 11, start: start().minus(length), length, deposits: 150, time_zone, before };
        let mut expected = Vec::new();
        for step in bank_day::script(&day) {
            match step.what {
                Event::Order(order) => drop(app.put_orders(&[order_of(&order)]).await),
                Event::FallsSilent(_) => {}
                Event::Sms(sms) if sms.fate == Fate::NeverHeard => {}
                Event::Sms(sms) => {
                    let heard = ReceivedSms { number: sms.number, sender: sms.sender, text: sms.text, at: step.at };
                    let now: UnixMs = start();
                    expected.push((posts(&app.api, &phones[sms.line], &heard, now, "stored").await, sms.fate));
                }
            }
        }
        app.settle().await;
        let messages = app.all_messages().await;
        assert_eq!(messages.len(), expected.len());
        for (id, fate) in expected {
            let sms = messages.iter().find(|sms| sms["id"] == id).unwrap();
            assert_eq!(fate_of(sms), fate, "{sms}");
        }
    });
}
