//! What the shop is heard by: three handsets with apps of all five formats, one of them in Pushbullet too, one in a Telegram
//! channel. All of it is added as an operator adds it.

use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Api, Simulators};
use crate::domain::time::UnixMs;
use crate::secrets::new_token;
use crate::sim::bank_day::{LINES, Line, SimSms, banks};
use crate::sim::phone::{ReceivedSms, SimPhone};
use crate::sim::pushbullet::Sms;
use crate::sources::shooter::Format;

/// The apps on each handset.
const APPS: [&[Format]; 3] =
    [&[Format::Recon], &[Format::SmsForwarder, Format::AndroidSmsGateway], &[Format::IncomingSms, Format::HttpSms]];
const PUSHBULLET_ON: Line = 0;
const TELEGRAM_ON: Line = 1;

const PUSHBULLET_PHONE: &str = "ujzDemoPhone";
/// What listens is listening by then, or never will.
const LISTENING_WITHIN: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(50);

/// One way in which a handset is heard.
#[derive(Debug)]
pub(super) struct Source {
    /// What people call it.
    pub(super) name: &'static str,
    /// The handset.
    pub(super) line: Line,
    /// As the API names it: `shooter/1`.
    pub(super) id: String,
    /// How many messages it was given.
    pub(super) told: u64,
    /// Whether it is given no more, and why.
    pub(super) ended: Option<&'static str>,
    pub(super) way: Way,
}

#[derive(Debug)]
pub(super) enum Way {
    App(SimPhone),
    Pushbullet,
    Telegram { token: String, channel: i64 },
}

impl Source {
    fn new(name: &'static str, line: Line, id: String, way: Way) -> Self {
        Self { name, line, id, told: 0, ended: None, way }
    }

    /// Gives a message to what is not an app that posts.
    pub(super) fn tell(&self, simulators: &Simulators, sms: &SimSms, at: UnixMs) {
        match &self.way {
            Way::App(_) => {}
            Way::Pushbullet => {
                let at_s = at.0.div_euclid(1000);
                let sms = Sms { sender: sms.sender.clone(), body: sms.text.clone(), at_s };
                simulators.pushbullet.receives(PUSHBULLET_PHONE, &sms);
            }
            Way::Telegram { channel, .. } => {
                // As a forwarder writes it.
                let post = format!("sms from {} with text: \"{}\" sent at {}", sms.sender, sms.text, at.0);
                simulators.telegram.post(*channel, &post);
            }
        }
    }
}

/// What a handset receives.
pub(super) fn received(sms: &SimSms, at: UnixMs) -> ReceivedSms {
    ReceivedSms { number: sms.number, sender: sms.sender.clone(), text: sms.text.clone(), at }
}

/// Sets the shop up: whose texts are read and how, and by what they are heard.
pub(super) async fn set_up(api: &Api, simulators: &Simulators) -> anyhow::Result<Vec<Source>> {
    for bank in banks() {
        api.post("/internal/v2/phones", &json!({"phone": bank.sender, "bank": bank.name})).await?;
        for template in bank.templates() {
            api.post("/internal/v2/templates", &template).await?;
        }
    }
    let mut sources = Vec::new();
    for (line, apps) in APPS.iter().enumerate() {
        for format in *apps {
            sources.push(add_app(api, line, *format).await?);
        }
    }
    let pushbullet = add_pushbullet(api, simulators).await?;
    let telegram = add_telegram(api, simulators).await?;
    let loops = [
        format!("missing-sms-sync/{pushbullet}"),
        format!("telegram-poller/{}", telegram.id.trim_start_matches("telegram/")),
    ];
    sources.push(Source::new("pushbullet", PUSHBULLET_ON, format!("pushbullet/{pushbullet}"), Way::Pushbullet));
    sources.push(telegram);
    until_listening(api, simulators, &loops).await?;
    Ok(sources)
}

async fn add_app(api: &Api, line: Line, format: Format) -> anyhow::Result<Source> {
    let secret = format.signable().then(new_token);
    let number = LINES.get(line).copied().unwrap_or_default();
    let device = json!({"name": format!("{format} on {number}"), "line": number, "secret": secret});
    let added = api.post("/internal/v2/shooter/devices", &device).await?;
    let url = added.pointer(&format!("/ingest_urls/{format}")).and_then(Value::as_str);
    let url = url.context("the daemon gave no URL for the app")?.to_owned();
    let phone = SimPhone { format, url, secret, number: number.to_owned() };
    Ok(Source::new(format.as_str(), line, format!("shooter/{}", id_of(&added)?), Way::App(phone)))
}

async fn add_pushbullet(api: &Api, simulators: &Simulators) -> anyhow::Result<i64> {
    let token = format!("o.{}", new_token());
    simulators.pushbullet.add_phone(&token, "ujDemo", PUSHBULLET_PHONE, None);
    let device = json!({
        "name": "counter phone", "access_token": token, "device_iden": PUSHBULLET_PHONE, "line": LINES[PUSHBULLET_ON],
    });
    id_of(&api.post("/internal/v2/pushbullet/devices", &device).await?)
}

async fn add_telegram(api: &Api, simulators: &Simulators) -> anyhow::Result<Source> {
    let token = format!("123456789:{}", new_token());
    let telegram = &simulators.telegram;
    telegram.add_bot(&token);
    let channel = telegram.add_channel("은행 알림");
    telegram.join(&token, channel);
    let bot = json!({"name": "bank channel", "token": token, "chat_ids": [channel], "line": LINES[TELEGRAM_ON]});
    let id = id_of(&api.post("/internal/v2/telegram/bots", &bot).await?)?;
    Ok(Source::new("telegram", TELEGRAM_ON, format!("telegram/{id}"), Way::Telegram { token, channel }))
}

fn id_of(added: &Value) -> anyhow::Result<i64> {
    added.get("id").and_then(Value::as_i64).context("the daemon gave no id")
}

/// Waits until the stream is open and each of these loops has done its work once.
async fn until_listening(api: &Api, simulators: &Simulators, loops: &[String]) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let actors = api.get("/internal/v2/actors").await?;
        let items = actors.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let listens =
            |id: &&String| items.iter().any(|actor| actor["id"] == id.as_str() && actor["last_success_at"].is_string());
        let deaf = loops.iter().find(|id| !listens(id)).map(String::as_str);
        // A stream that is open has nothing to tell yet.
        let deaf = deaf.or((simulators.pushbullet.open_streams() == 0).then_some("the Pushbullet stream"));
        let Some(deaf) = deaf else { return Ok(()) };
        anyhow::ensure!(began.elapsed() < LISTENING_WITHIN, "{deaf} does not listen");
        tokio::time::sleep(LOOK).await;
    }
}
