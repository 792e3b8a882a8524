//! A Pushbullet of our own beside the daemon, and phones that are heard through it.

use recon::sim::pushbullet::{Simulator, Sms};
use serde_json::{Value, json};

use super::app::story_with;
use super::texts::start;
use super::{BANK, TestApp};

pub const TOKEN: &str = "o.token-of-the-shop";
pub const PHONE: &str = "ujzShopPhone";
pub const USER: &str = "ujShop";
pub const DEVICES: &str = "/internal/v2/pushbullet/devices";

/// Tells a story on every engine to a fresh daemon with an open shop, which is pointed at a fresh simulator with one phone.
/// A stream is dead after half a second there, and gives a sign of life ten times in a second.
pub fn pushbullet_story(tell: impl AsyncFn(&TestApp, &Simulator)) {
    for_each_engine(None, tell);
}

/// The same with a phone whose SMS are encrypted.
pub fn encrypted_story(password: &str, tell: impl AsyncFn(&TestApp, &Simulator)) {
    for_each_engine(Some(password), tell);
}

fn for_each_engine(password: Option<&str>, tell: impl AsyncFn(&TestApp, &Simulator)) {
    let sim = Simulator::start().unwrap();
    sim.quirks(|quirks| quirks.nop_every = std::time::Duration::from_millis(100));
    let values = [
        ("pushbullet.api_url", sim.api_url()),
        ("pushbullet.stream_url", sim.stream_url()),
        ("pushbullet.silence_timeout", "500ms".to_owned()),
        ("pushbullet.sync_interval", "1s".to_owned()),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(key, value)| (*key, value.as_str())).collect();
    story_with(&values, async |app| {
        // A further engine begins with nothing, too.
        app.until("the streams of the engine before are closed", async || sim.open_streams() == 0).await;
        sim.starts_anew();
        sim.quirks(|quirks| quirks.nop_every = std::time::Duration::from_millis(100));
        sim.add_phone(TOKEN, USER, PHONE, password);
        app.opens_the_shop().await;
        tell(app, &sim).await;
    });
}

/// How far the time of a message is from the start: a phone that is added on a slow machine must not come after it.
const ADDED_WITHIN_S: i64 = 45;

/// An SMS of the bank, some seconds after the phone was added.
pub fn sms(body: &str, after_s: i64) -> Sms {
    sms_of(BANK, body, after_s)
}

pub fn sms_of(sender: &str, body: &str, after_s: i64) -> Sms {
    Sms { sender: sender.to_owned(), body: body.to_owned(), at_s: start().0 / 1000 + ADDED_WITHIN_S + after_s }
}

impl TestApp {
    /// Adds the simulator's phone, and waits until its stream is open and its history was read.
    pub async fn listens_to(&self, more: Value) -> i64 {
        let id = self.adds_pushbullet(more).await;
        self.until_listener(id, "running").await;
        self.until("its stream is open and its history read", async || {
            let actor = |kind: &str| format!("{kind}/{id}");
            let listener = self.find_actor(&actor("pushbullet-listener")).await;
            let sync = self.find_actor(&actor("missing-sms-sync")).await;
            [listener, sync]
                .iter()
                .all(|actor| actor.as_ref().is_some_and(|actor| actor["last_success_at"].is_string()))
        })
        .await;
        id
    }

    /// Adds the simulator's phone.
    pub async fn adds_pushbullet(&self, more: Value) -> i64 {
        let mut device =
            json!({"name": "shop phone", "access_token": TOKEN, "device_iden": PHONE, "line": "010-1111-2222"});
        for (name, value) in more.as_object().into_iter().flatten() {
            device[name] = value.clone();
        }
        self.post(DEVICES, &device).await.expect(201)["id"].as_i64().unwrap()
    }

    /// Waits until the listener of a phone is in that state.
    pub async fn until_listener(&self, id: i64, state: &str) {
        let actor = format!("pushbullet-listener/{id}");
        self.until(&format!("{actor} is {state}"), async || {
            self.find_actor(&actor).await.is_some_and(|actor| actor["state"] == state)
        })
        .await;
    }

    /// An actor as it stands; none where there is none.
    pub async fn find_actor(&self, id: &str) -> Option<Value> {
        let list = self.get("/internal/v2/actors").await.expect(200);
        list["items"].as_array().unwrap().iter().find(|actor| actor["id"] == id).cloned()
    }

    /// Waits until there are so many messages, all decided and all with their exact key.
    pub async fn has_messages(&self, count: usize) -> Vec<super::sms::Sms> {
        self.until(&format!("there are {count} messages"), async || self.list("").await.len() == count).await;
        self.settle().await;
        self.list("").await
    }

    /// The ids upstream of the sightings of a message; an empty one where the stream alone has told of it.
    pub async fn upstream_ids(&self, id: i64) -> Vec<String> {
        let detail = self.sms(id).await.all;
        let sightings = detail["sightings"].as_array().unwrap();
        sightings.iter().map(|sighting| sighting["external_id"].as_str().unwrap_or_default().to_owned()).collect()
    }
}
