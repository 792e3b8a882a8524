//! From the moment a source has a message until it is told on the event stream as stored: the daemon's own binary beside
//! simulators of the sources, which run in this process.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures_util::future::try_join;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::daemon::Daemon;
use super::decided::listen;
use super::samples::{Samples, ms};
use super::scratch::Scratch;
use super::traffic::{SENDER, text};
use super::{Figure, Scale, Target};
use crate::clock::Clock;
use crate::sim::pushbullet::{Simulator, Sms};
use crate::sim::telegram::TelegramSim;

/// One message each: 50 a second.
const EVERY: Duration = Duration::from_millis(20);
/// After the last post, all must be stored within this time.
const LAST_WITHIN: Duration = Duration::from_secs(10);
/// A source is listened to within this time.
const LISTENS_WITHIN: Duration = Duration::from_secs(20);
/// A message on its own, posted until the source is heard: no message of the measurement has its number.
const FIRST: u32 = u32::MAX / 2;

const TOKEN: &str = "o.bench";
const PHONE: &str = "ujzBench";
const BOT: &str = "1001:bench";

/// When each text was posted, and when each message was told as stored.
#[derive(Debug, Default)]
struct Seen {
    posted: HashMap<String, Instant>,
    stored: HashMap<i64, Instant>,
}

pub(super) async fn measure(scale: Scale, scratch: &Scratch) -> anyhow::Result<Vec<Figure>> {
    let count = scale.pick(1_000, 100);
    let (pushbullet, telegram) = (Simulator::start()?, TelegramSim::start(Clock::system(), 1)?);
    pushbullet.add_phone(TOKEN, "ujBench", PHONE, None);
    telegram.add_bot(BOT);
    let channel = telegram.add_channel("bench");
    telegram.join(BOT, channel);
    let mut figures = Vec::new();

    let set = [
        format!("pushbullet.api_url={}", pushbullet.api_url()),
        format!("pushbullet.stream_url={}", pushbullet.stream_url()),
    ];
    let daemon = Daemon::start_with(&scratch.path("pushbullet"), &set).await?;
    let device = json!({"name": "bench", "access_token": TOKEN, "device_iden": PHONE, "line": "counter-1"});
    daemon.ask("POST", "/internal/v2/pushbullet/devices", &device).await?;
    let posts = |nth: u32| {
        let now = Clock::system().now();
        let body = text(nth, now);
        pushbullet.receives(PHONE, &Sms { sender: SENDER.to_owned(), body: body.clone(), at_s: now.0 / 1000 });
        body
    };
    figures.extend(figures_of("Pushbullet", &one(&daemon, count, posts).await.context("Pushbullet")?));
    drop(daemon);

    let set = [format!("telegram.api_url={}", telegram.url())];
    let daemon = Daemon::start_with(&scratch.path("telegram"), &set).await?;
    let bot = json!({"name": "bench", "token": BOT, "line": "counter-1"});
    daemon.ask("POST", "/internal/v2/telegram/bots", &bot).await?;
    let posts = |nth: u32| {
        let body = text(nth, Clock::system().now());
        telegram.post(channel, &format!("sms from {SENDER} with text: \"{body}\""));
        body
    };
    figures.extend(figures_of("Telegram", &one(&daemon, count, posts).await.context("Telegram")?));
    Ok(figures)
}

fn figures_of(source: &str, samples: &Samples) -> [Figure; 2] {
    let p99 = ms(samples.percentile(99));
    [
        Figure::new(format!("{source}: p50 from stream to stored, 50 messages/s"), ms(samples.median()), "ms"),
        Figure::new(format!("{source}: p99 from stream to stored, 50 messages/s"), p99, "ms").to(Target::AtMost(200.0)),
    ]
}

/// Has one source send `count` messages by `posts`, which answers each one's text; answers how long each took.
async fn one(daemon: &Daemon, count: u32, posts: impl Fn(u32) -> String) -> anyhow::Result<Samples> {
    daemon.add_phone().await?;
    is_heard(daemon, &posts).await?;
    // Their events may come late.
    let before = texts(daemon).await?;
    let stream = listen(daemon).await?;
    let seen = RefCell::new(Seen::default());
    let followed = try_join(post_all(count, &posts, &seen), follow(stream, count as usize, &before, &seen)).await;
    let texts = texts(daemon).await?;
    // A message that is lost and an event that is lost are different faults.
    let there = texts.values().filter(|text| seen.borrow().posted.contains_key(*text)).count();
    followed.with_context(|| format!("{there} of {} messages are in the store", seen.borrow().posted.len()))?;
    let Seen { posted, stored } = seen.into_inner();
    let mut samples = Samples::default();
    for (id, stored) in stored {
        let posted = texts.get(&id).and_then(|text| posted.get(text)).context("a message that nobody posted")?;
        samples.push(stored.duration_since(*posted));
    }
    Ok(samples)
}

/// The text of every message.
async fn texts(daemon: &Daemon) -> anyhow::Result<HashMap<i64, String>> {
    let (mut texts, mut cursor) = (HashMap::new(), String::new());
    loop {
        let page = daemon.ask("GET", &format!("/internal/v2/sms?limit=500{cursor}"), &Value::Null).await?;
        for sms in page.get("items").and_then(Value::as_array).into_iter().flatten() {
            let text = sms.get("text").and_then(Value::as_str).unwrap_or_default();
            texts.insert(sms.get("id").and_then(Value::as_i64).context("no id")?, text.to_owned());
        }
        match page.get("next_cursor").and_then(Value::as_str) {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return Ok(texts),
        }
    }
}

/// Sends a message now and then until one is stored, and waits until all of those are.
async fn is_heard(daemon: &Daemon, posts: impl Fn(u32) -> String) -> anyhow::Result<()> {
    let deadline = Instant::now() + LISTENS_WITHIN;
    let mut sent = 0;
    loop {
        let page = daemon.ask("GET", "/internal/v2/sms?limit=1&count=true", &Value::Null).await?;
        let stored = page.get("total").and_then(Value::as_u64).unwrap_or_default();
        if sent > 0 && stored >= u64::from(sent) {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "the source is not heard: {stored} of {sent} messages");
        if stored == 0 {
            posts(FIRST + sent);
            sent += 1;
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// Posts by the clock, whether or not the daemon keeps up.
async fn post_all(count: u32, posts: impl Fn(u32) -> String, seen: &RefCell<Seen>) -> anyhow::Result<()> {
    let began = Instant::now();
    for nth in 0..count {
        tokio::time::sleep_until(began + EVERY * nth).await;
        let at = Instant::now();
        seen.borrow_mut().posted.insert(posts(nth), at);
    }
    Ok(())
}

/// Notes when each message that was not there before is told of until there are `count`.
async fn follow(
    mut stream: reqwest::Response,
    count: usize,
    before: &HashMap<i64, String>,
    seen: &RefCell<Seen>,
) -> anyhow::Result<()> {
    let patience = EVERY * u32::try_from(count).unwrap_or(u32::MAX) + LAST_WITHIN;
    let (mut rest, mut kind) = (Vec::new(), Vec::new());
    while seen.borrow().stored.len() < count {
        let chunk = timeout(patience, stream.chunk()).await;
        let chunk = chunk.with_context(|| format!("{} of {count} events came", seen.borrow().stored.len()))??;
        let now = Instant::now();
        rest.extend_from_slice(&chunk.context("the event stream ended")?);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            if line.starts_with(b"event:") {
                kind = line;
            } else if let Some(id) = created(&kind, &line).filter(|id| !before.contains_key(id)) {
                seen.borrow_mut().stored.entry(id).or_insert(now);
            }
        }
    }
    Ok(())
}

/// The message whose storing these two lines tell.
fn created(kind: &[u8], line: &[u8]) -> Option<i64> {
    if kind.strip_prefix(b"event:")?.trim_ascii() != b"sms.created" {
        return None;
    }
    let data: Value = serde_json::from_slice(line.strip_prefix(b"data:")?).ok()?;
    data.get("id")?.as_i64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_event_of_a_message_is_its_storing() {
        let data = b"data: {\"id\":41}\n";
        assert_eq!(created(b"event: sms.created\n", data), Some(41));
        assert_eq!(created(b"event: sms.updated\n", data), None);
        assert_eq!(created(b"", data), None);
    }
}
