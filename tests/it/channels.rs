//! One line that is heard in three ways at once: a Telegram bot, Pushbullet and a phone that posts (reliability row 10).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::strategy::{Just, Strategy as _, ValueTree as _};
use proptest::test_runner::TestRunner;
use recon::clock::Clock;
use recon::sim::pushbullet::Simulator;
use recon::sim::telegram::TelegramSim;
use recon::sim::telegram::fault::Quirks;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::support::api::client;
use crate::support::engine::Engine;
use crate::support::pushbullet::{DEVICES, PHONE, TOKEN, USER, sms};
use crate::support::texts::{BANK, deposit, start};
use crate::support::{Phone, TestApp};

const BOT: &str = "1001:AAE-token-of-the-stories";
const LINE: &str = "line-1";
const DEPOSITS: usize = 1_000;
/// In so many parts, from all channels in turn.
const STEPS: usize = 20;
const LOOK: Duration = Duration::from_millis(500);
/// All channels have told of all deposits within this time.
const TOLD_WITHIN: Duration = Duration::from_secs(90);

/// The deposits in an order of their own for each channel: none is always the first to tell.
fn shuffled(runner: &mut TestRunner, times: impl Fn(u64) -> u64) -> Vec<u64> {
    let all: Vec<u64> = (0..DEPOSITS as u64).flat_map(|number| (0..times(number)).map(move |_| number)).collect();
    Just(all).prop_shuffle().new_tree(runner).unwrap().current()
}

fn text(number: u64) -> String {
    deposit("홍길동", 10_000 + number)
}

/// Each channel tells of every deposit, the phone up to five times. Pushbullet's stream says everything twice and its history
/// once more; every tenth answer of Telegram breaks off, so that its updates are given again.
async fn a_thousand(app: &TestApp, pushbullet: &Simulator, telegram: &TelegramSim) {
    telegram.add_bot(BOT);
    let channel = telegram.add_channel("KB 알림");
    telegram.join(BOT, channel);
    let bot = json!({"name": "KB channel", "token": BOT, "line": LINE});
    app.post("/internal/v2/telegram/bots", &bot).await.expect(201);
    pushbullet.add_phone(TOKEN, USER, PHONE, None);
    pushbullet.quirks(|quirks| quirks.twice = true);
    let device = json!({"name": "shop phone", "access_token": TOKEN, "device_iden": PHONE, "line": LINE});
    app.post(DEVICES, &device).await.expect(201);
    app.until("the stream is open", async || pushbullet.open_streams() == 1).await;
    let phone = app.phone_on("a", LINE).await;

    let mut runner = TestRunner::deterministic();
    let by_telegram = shuffled(&mut runner, |_| 1);
    let by_pushbullet = shuffled(&mut runner, |_| 1);
    let by_phone = shuffled(&mut runner, |number| 1 + number % 5);
    telegram.set_quirks(Quirks { broken: 10, ..Quirks::default() });
    for step in 0..STEPS {
        for number in part(&by_telegram, step) {
            telegram.post(channel, &format!("sms from {BANK} with text: \"{}\"", text(*number)));
        }
        for number in part(&by_pushbullet, step) {
            pushbullet.receives(PHONE, &sms(&text(*number), 0));
        }
        let message = |number: &u64| Phone::message(&format!("m{number}"), &text(*number));
        let messages: Vec<Value> = part(&by_phone, step).iter().map(message).collect();
        phone.posts(&json!({ "messages": messages })).await.expect(200);
    }
    let deadline = Instant::now() + TOLD_WITHIN;
    let messages = loop {
        let messages = app.all_messages().await;
        if messages.iter().filter(|sms| sms["sources"] == json!(["pushbullet", "telegram", "shooter"])).count()
            >= DEPOSITS
        {
            break messages;
        }
        let mut told: BTreeMap<String, usize> = BTreeMap::new();
        messages.iter().for_each(|sms| *told.entry(sms["sources"].to_string()).or_default() += 1);
        assert!(Instant::now() < deadline, "not every channel has told of every deposit: {told:?}");
        // Lists of a thousand are work for the daemon, too.
        tokio::time::sleep(LOOK).await;
    };
    app.settle().await;
    assert_eq!(messages.len(), DEPOSITS, "a deposit became two");
    let texts: BTreeSet<&str> = messages.iter().map(|sms| sms["text"].as_str().unwrap()).collect();
    assert_eq!(texts.len(), DEPOSITS);
    assert!(messages.iter().all(|sms| !sms["flags"].to_string().contains("twin")), "different amounts are no twins");
    assert_eq!(app.all_messages().await.len(), DEPOSITS);
}

fn part(all: &[u64], step: usize) -> &[u64] {
    let end = |step: usize| all.len() * step / STEPS;
    &all[end(step)..end(step + 1)]
}

#[test]
fn a_thousand_deposits_that_three_kinds_of_channels_tell_of_are_a_thousand() {
    drop(client());
    for engine in Engine::all() {
        eprintln!("on {engine:?}:");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let telegram = TelegramSim::start(Clock::following_tokio(start()), 7).unwrap();
            let pushbullet = Simulator::start().unwrap();
            let values = [
                ("telegram.api_url", telegram.url()),
                ("telegram.poll_timeout", "5s".to_owned()),
                ("pushbullet.api_url", pushbullet.api_url()),
                ("pushbullet.stream_url", pushbullet.stream_url()),
            ];
            let values: Vec<(&str, &str)> = values.iter().map(|(key, value)| (*key, value.as_str())).collect();
            let app = TestApp::start(engine, &values).await;
            app.opens_the_shop().await;
            a_thousand(&app, &pushbullet, &telegram).await;
            app.stops().await;
        });
    }
}
