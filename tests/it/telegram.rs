//! Telegram bots: the real daemon against the simulator of the Bot API (reliability rows 10, 12 and 23).

mod bots;
mod faults;
mod freshness;
mod offset;
mod reading;
mod senders;
mod webhook;

use std::time::Duration;

use recon::clock::Clock;
use recon::sim::telegram::TelegramSim;
use serde_json::{Value, json};

use crate::support::api::client;
use crate::support::engine::Engine;
use crate::support::sms::Sms;
use crate::support::texts::{BANK, start};
use crate::support::{Answer, TestApp};

const PATH: &str = "/internal/v2/telegram/bots";
const TOKEN: &str = "1001:AAE-token-of-the-stories";

/// A daemon with whitelist and templates, a simulator, and in it a bot and the channel that it reads.
struct Story<'a> {
    app: &'a TestApp,
    sim: &'a TelegramSim,
    channel: i64,
}

/// Tells a story on every engine, each time with a fresh daemon and a fresh simulator.
fn story(tell: impl AsyncFn(&Story<'_>)) {
    story_with(&[], tell);
}

fn story_with(values: &[(&str, &str)], tell: impl AsyncFn(&Story<'_>)) {
    for engine in Engine::all() {
        eprintln!("on {engine:?}:");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            // TLS is decided on before anybody makes a client.
            drop(client());
            let sim = TelegramSim::start(Clock::following_tokio(start()), 7).unwrap();
            let url = sim.url();
            let mut set = vec![("telegram.api_url", url.as_str()), ("telegram.poll_timeout", "5s")];
            set.extend(values);
            let app = TestApp::start(engine, &set).await;
            app.opens_the_shop().await;
            sim.add_bot(TOKEN);
            let channel = sim.add_channel("KB 알림");
            sim.join(TOKEN, channel);
            tell(&Story { app: &app, sim: &sim, channel }).await;
            app.stops().await;
        });
    }
}

/// A bank's text as a forwarder posts it.
fn forwarded(text: &str) -> String {
    format!("sms from {BANK} with text: \"{text}\"")
}

impl Story<'_> {
    /// Adds the bot to recon and answers it.
    async fn add(&self) -> Value {
        self.add_as(json!({"name": "KB channel", "token": TOKEN, "line": "line-1"})).await
    }

    async fn add_as(&self, bot: Value) -> Value {
        self.tries(&bot).await.expect(201)
    }

    async fn tries(&self, bot: &Value) -> Answer {
        self.app.post(PATH, bot).await
    }

    /// The bot as recon lists it.
    async fn bot(&self, id: &Value) -> Value {
        let list = self.app.get(PATH).await.expect(200);
        let bot = list["items"].as_array().unwrap().iter().find(|bot| bot["id"] == *id);
        bot.unwrap_or_else(|| panic!("no bot {id} in {list}")).clone()
    }

    /// All messages, oldest first, once there are so many and Telegram holds nothing back.
    async fn messages(&self, count: usize) -> Vec<Sms> {
        self.app.until(&format!("{count} messages"), async || self.app.list("").await.len() >= count).await;
        self.all_confirmed().await;
        let mut all = self.app.list("").await;
        all.reverse();
        assert_eq!(all.len(), count, "{all:?}");
        all
    }

    async fn all_confirmed(&self) {
        self.app.until("all is confirmed", async || self.sim.pending(TOKEN) == 0).await;
    }

    /// Waits until the bot's loop is in this state.
    async fn loop_is(&self, id: &Value, state: &str) -> Value {
        let actor = format!("telegram-poller/{id}");
        let is_so = async || {
            let list = self.app.get("/internal/v2/actors").await.expect(200);
            list["items"].as_array().unwrap().iter().any(|found| found["id"] == actor && found["state"] == state)
        };
        self.app.until(&format!("{actor} is {state}"), is_so).await;
        self.app.actor(&actor).await
    }

    async fn control(&self, id: &Value, what: &str) {
        let path = format!("/internal/v2/actors/telegram-poller/{id}/{what}");
        self.app.post(&path, &json!({})).await.expect(202);
    }

    fn polls(&self) -> usize {
        self.sim.calls(TOKEN).iter().filter(|call| call.method == "getupdates").count()
    }

    /// What health says of a check.
    async fn check(&self, name: &str) -> Value {
        let health = self.app.get("/healthz").await;
        health.body["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap().clone()
    }
}

const DAY: Duration = Duration::from_hours(24);
