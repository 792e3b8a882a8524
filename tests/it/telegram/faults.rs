//! What Telegram and the network do to a poller.

use std::time::Duration;

use recon::clock::Clock;
use recon::sim::telegram::TelegramSim;
use recon::sim::telegram::fault::{Fault, Quirks};
use serde_json::json;

use super::{PATH, TOKEN, forwarded, story, story_with};
use crate::support::api::client;
use crate::support::daemon::{Daemon, recon};
use crate::support::texts::{BANK, deposit};

/// Row 4, for Telegram.
#[test]
fn a_revoked_token_parks_its_bot_alone() {
    story(async |story| {
        let revoked = story.add().await;
        story.sim.add_bot("1002:other");
        let channel = story.sim.add_channel("다른 은행");
        story.sim.join("1002:other", channel);
        let other = story.add_as(json!({"name": "other", "token": "1002:other"})).await;
        story.loop_is(&revoked["id"], "running").await;
        story.sim.revoke(TOKEN);
        let parked = story.loop_is(&revoked["id"], "parked").await;
        assert!(parked["last_error"].as_str().unwrap().contains("does not know this token"), "{parked}");
        let polls = story.polls();
        assert!(!story.check("sources").await["ok"].as_bool().unwrap());

        story.sim.post(channel, &forwarded(&deposit("홍길동", 50_000)));
        story.app.until("the other is read", async || story.app.list("").await.len() == 1).await;
        story.loop_is(&other["id"], "running").await;
        assert_eq!(story.polls(), polls, "it is not asked for again");
        assert_eq!(story.bot(&revoked["id"]).await["state"], "parked");

        // An operator who knows better asks once, and again when the token is one.
        story.control(&revoked["id"], "restart").await;
        story.app.until("it was asked for", async || story.polls() == polls + 1).await;
        story.loop_is(&revoked["id"], "parked").await;
        story.sim.restore(TOKEN);
        story.sim.post(story.channel, &forwarded(&deposit("김철수", 10_000)));
        assert_eq!(story.polls(), polls + 1, "one call for each time that it is asked to");
        story.control(&revoked["id"], "restart").await;
        story.messages(2).await;
        story.loop_is(&revoked["id"], "running").await;
    });
}

#[test]
fn a_webhook_of_somebody_else_is_named_with_its_cure() {
    story(async |story| {
        let bot = story.add().await;
        story.loop_is(&bot["id"], "running").await;
        story.sim.set_foreign_webhook(TOKEN, "http://127.0.0.1:9/x");
        let parked = story.loop_is(&bot["id"], "parked").await;
        assert!(parked["last_error"].as_str().unwrap().contains("deleteWebhook"), "{parked}");
        story.sim.drop_webhook(TOKEN);
        story.sim.post(story.channel, &forwarded(&deposit("홍길동", 50_000)));
        story.control(&bot["id"], "restart").await;
        story.messages(1).await;
    });
}

#[test]
fn another_poller_is_borne_a_few_times_and_then_named() {
    story(async |story| {
        let bot = story.add().await;
        story.sim.fail(Fault::Conflict, 2);
        story.sim.post(story.channel, &forwarded(&deposit("홍길동", 50_000)));
        story.messages(1).await;
        story.loop_is(&bot["id"], "running").await;
        story.sim.let_another_poll(TOKEN, true);
        let parked = story.loop_is(&bot["id"], "parked").await;
        assert!(parked["last_error"].as_str().unwrap().contains("another program polls"), "{parked}");
        story.sim.let_another_poll(TOKEN, false);
        story.sim.post(story.channel, &forwarded(&deposit("김철수", 10_000)));
        story.control(&bot["id"], "restart").await;
        story.messages(2).await;
    });
}

#[test]
fn pages_broken_answers_and_pauses_cost_time_and_no_message() {
    story(async |story| {
        let bot = story.add().await;
        story.loop_is(&bot["id"], "running").await;
        for (number, fault) in
            [Fault::Page, Fault::ServerError, Fault::NoJson, Fault::Torn, Fault::Cut, Fault::TooMany(1)]
                .into_iter()
                .enumerate()
        {
            story.sim.fail(fault, 1);
            story.sim.post(story.channel, &forwarded(&deposit("홍길동", 50_000 + u64::try_from(number).unwrap())));
            story.messages(number + 1).await;
        }
        // A pause that is long is shown, and kept.
        story.sim.fail(Fault::TooMany(86_400), 1);
        story.sim.post(story.channel, &forwarded(&deposit("김철수", 1_000)));
        let parked = async || story.loop_is(&bot["id"], "parked").await;
        let parked = parked().await;
        assert!(parked["last_error"].as_str().unwrap().contains("86400 s"), "{parked}");
    });
}

/// Row 6, for Telegram: what was not stored was not confirmed, and comes again.
#[test]
fn a_daemon_that_is_killed_again_and_again_misses_and_doubles_nothing() {
    const COUNT: u64 = 200;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        drop(client());
        let sim = TelegramSim::start(Clock::system(), 11).unwrap();
        sim.add_bot(TOKEN);
        let channel = sim.add_channel("KB 알림");
        sim.join(TOKEN, channel);
        sim.set_quirks(Quirks { broken: 20, ..Quirks::default() });
        let dir = tempfile::tempdir().unwrap();
        let start = async || {
            let mut command = recon(dir.path());
            command.arg("run").env("RECON_TELEGRAM__API_URL", sim.url()).env("RECON_TELEGRAM__POLL_TIMEOUT", "1s");
            Daemon::start_as(command, dir.path()).await
        };
        let mut daemon = start().await;
        daemon.api.post(PATH, &json!({"name": "KB", "token": TOKEN})).await.expect(201);
        for number in 0..COUNT {
            sim.post(channel, &forwarded(&deposit("홍길동", 10_000 + number)));
            // The fault's moment is what is random here; nothing waits for it.
            tokio::time::sleep(Duration::from_millis(rand::random_range(0..20))).await;
            if number % 25 == 24 {
                daemon.kill();
                daemon = start().await;
            }
        }
        let deadline = tokio::time::Instant::now() + Duration::from_secs(30);
        while sim.pending(TOKEN) > 0 {
            assert!(tokio::time::Instant::now() < deadline, "{} are left:\n{}", sim.pending(TOKEN), daemon.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let list = daemon.api.get("/internal/v2/sms?limit=500").await.expect(200);
        let texts: Vec<&str> =
            list["items"].as_array().unwrap().iter().map(|sms| sms["text"].as_str().unwrap()).collect();
        let different: std::collections::BTreeSet<&&str> = texts.iter().collect();
        assert_eq!((texts.len(), different.len()), (200, 200));
        assert!(!daemon.log().contains("AAE-token"), "the token is in the log");
    });
}

/// Rows 10 and 24: everything at once, and nothing lost or doubled.
#[test]
fn a_thousand_messages_through_every_quirk_are_a_thousand() {
    story_with(&[("telegram.poll_timeout", "1s")], async |story| {
        const COUNT: usize = 1_000;
        story.sim.set_quirks(Quirks { undecodable: 0, ..Quirks::all() });
        story.add().await;
        for burst in 0..20 {
            for number in 0..COUNT / 20 {
                let amount = u64::try_from(10_000 + burst * 100 + number).unwrap();
                story.sim.post(story.channel, &forwarded(&deposit("홍길동", amount)));
            }
            story.app.until("most of it came", async || story.sim.pending(TOKEN) < 120).await;
        }
        story.all_confirmed().await;
        let mut amounts = std::collections::BTreeSet::new();
        let all = story.app.all_messages().await;
        for item in &all {
            assert_eq!(item["sender"], BANK, "{item}");
            amounts.insert(item["text"].as_str().unwrap().to_owned());
        }
        assert_eq!((all.len(), amounts.len()), (COUNT, COUNT));
        assert_eq!(story.sim.expired(TOKEN), 0);
        let calls = story.sim.calls(TOKEN);
        assert!(calls.iter().filter_map(|call| call.offset).all(|offset| offset >= 0));
    });
}
