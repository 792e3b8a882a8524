//! From the post of a message until its decision is told on the event stream: what an operator waits.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use futures_util::future::try_join;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::daemon::Daemon;
use super::samples::{Samples, ms};
use super::scratch::Scratch;
use super::traffic::{message, order};
use super::wire::{self, Connection};
use super::{Figure, Scale, Target};
use crate::clock::Clock;

/// One message each: 50 a second.
const EVERY: Duration = Duration::from_millis(20);
/// The matcher is done with the orders within this time.
const SETTLE: Duration = Duration::from_secs(3);
/// After the last post, its decision must come within this time.
const LAST_WITHIN: Duration = Duration::from_secs(10);

/// When each message was posted, and when its decision was told; by our id of it.
#[derive(Debug, Default)]
struct Seen {
    posted: HashMap<i64, Instant>,
    decided: HashMap<i64, (Instant, String)>,
}

pub(super) async fn measure(scale: Scale, scratch: &Scratch) -> anyhow::Result<Vec<Figure>> {
    let count = scale.pick(1_000, 100);
    let daemon = Daemon::start(&scratch.path("daemon")).await?;
    let path = daemon.add_phone().await?;
    let now = Clock::system().now();
    let orders: Vec<Value> = (0..count).map(|nth| order(nth, now)).collect();
    for chunk in orders.chunks(500) {
        daemon.ask("PUT", "/internal/v2/orders", &json!({ "orders": chunk })).await?;
    }
    // The orders came before, as they do: what is measured is not how a thousand at once are taken.
    tokio::time::sleep(SETTLE).await;
    let seen = RefCell::new(Seen::default());
    let stream = listen(&daemon).await?;
    try_join(post_all(&daemon, &path, count, &seen), follow(stream, count as usize, &seen)).await?;
    let seen = seen.into_inner();
    let mut samples = Samples::default();
    let mut matched = 0;
    for (id, posted) in &seen.posted {
        let (decided, state) = seen.decided.get(id).context("a message was not decided")?;
        samples.push(decided.duration_since(*posted));
        matched += u32::from(state == "matched");
    }
    ensure!(samples.len() == count as usize, "{} of {count} messages were taken", samples.len());
    Ok(vec![
        Figure::new("decided: messages that matched", f64::from(matched) * 100.0 / f64::from(count), "%"),
        Figure::new("decided: p50 from post, 50 messages/s", ms(samples.median()), "ms"),
        Figure::new("decided: p99 from post, 50 messages/s", ms(samples.percentile(99)), "ms")
            .to(Target::AtMost(100.0)),
    ])
}

/// Posts on the minute, whether or not the answers come: a slow daemon is not spared.
async fn post_all(daemon: &Daemon, path: &str, count: u32, seen: &RefCell<Seen>) -> anyhow::Result<()> {
    const SLOTS: u32 = 8;
    let began = Instant::now();
    let slots = (0..SLOTS).map(|slot| async move {
        let mut connection = Connection::open(daemon.address()).await?;
        for nth in (slot..count).step_by(SLOTS as usize) {
            let due = began + EVERY * nth;
            tokio::time::sleep_until(due).await;
            let body = message(nth, Clock::system().now()).to_string();
            let answer = connection.send(&wire::request("POST", path, None, &body)).await?.json()?;
            let id = answer.pointer("/results/0/sms_id").and_then(Value::as_i64).context("no sms_id")?;
            // The moment it was due: waiting for this connection's turn is part of it.
            seen.borrow_mut().posted.insert(id, due);
        }
        anyhow::Ok(())
    });
    futures_util::future::try_join_all(slots).await?;
    Ok(())
}

/// The daemon's event stream.
pub(super) async fn listen(daemon: &Daemon) -> anyhow::Result<reqwest::Response> {
    let url = format!("http://{}/internal/v2/events", daemon.address());
    let client = reqwest::Client::builder().no_proxy().build()?;
    Ok(client.get(url).bearer_auth(daemon.token()).send().await?.error_for_status()?)
}

/// Notes the first decision of each message until there are `count`.
async fn follow(mut stream: reqwest::Response, count: usize, seen: &RefCell<Seen>) -> anyhow::Result<()> {
    let mut rest = Vec::new();
    while seen.borrow().decided.len() < count {
        let patience = EVERY * u32::try_from(count).unwrap_or(u32::MAX) + LAST_WITHIN;
        let chunk = timeout(patience, stream.chunk()).await.context("decisions do not come")??;
        let now = Instant::now();
        rest.extend_from_slice(&chunk.context("the event stream ended")?);
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = rest.drain(..=end).collect();
            if let Some((id, state)) = decision_of(&line) {
                seen.borrow_mut().decided.entry(id).or_insert((now, state));
            }
        }
    }
    Ok(())
}

/// The message and its new state, where the line tells of a decision.
fn decision_of(line: &[u8]) -> Option<(i64, String)> {
    let data: Value = serde_json::from_slice(line.strip_prefix(b"data:")?).ok()?;
    let state = data.get("state")?.as_str()?;
    let decided = ["matched", "ambiguous", "unmatched", "unparsed", "rejected", "ignored"].contains(&state);
    decided.then(|| Some((data.get("id")?.as_i64()?, state.to_owned())))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_the_pipeline_is_a_decision() {
        let line = |state: &str| decision_of(format!("data: {{\"id\":41,\"state\":\"{state}\"}}\n").as_bytes());
        assert_eq!(line("matched"), Some((41, "matched".to_owned())));
        assert_eq!(line("parsed"), None);
        assert_eq!(decision_of(b": heartbeat\n"), None);
    }
}
