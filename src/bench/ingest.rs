//! Durable ingestion over HTTP against what the disk itself commits. An answer counts once it says "stored", which it
//! says after the commit; validator, parser and matcher work on the same messages meanwhile.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use serde_json::json;
use tokio::time::Instant;

use super::daemon::Daemon;
use super::samples::rate;
use super::scratch::Scratch;
use super::traffic::{SENDER, delivery, message, text};
use super::wire::{self, Connection};
use super::{Figure, Scale, Target};
use crate::clock::Clock;
use crate::domain::source::{SourceKind, SourceRef};
use crate::pipeline::inbox::Deliver;
use crate::store::bench::{PlainRow, PlainTable};

const CONNECTIONS: u32 = 64;
/// Of batches: enough that the daemon always has the next one.
const BATCH_CONNECTIONS: u32 = 4;
const BATCH: u32 = 500;

/// What was done, and in which time, over all rounds.
#[derive(Debug, Default)]
struct Total {
    count: u64,
    within: Duration,
}

impl Total {
    fn add(&mut self, (count, within): (u64, Duration)) {
        self.count += count;
        self.within += within;
    }

    fn rate(&self) -> f64 {
        rate(self.count, self.within)
    }
}

/// In rounds, so that a disk which others use at times slows down all of it alike. No daemon runs beside the disk's rounds.
pub(super) async fn measure(scale: Scale, scratch: &Scratch) -> anyhow::Result<Vec<Figure>> {
    let within = Duration::from_secs(scale.pick(3, 1));
    let [mut disk_one, mut disk_many, mut store, mut singles, mut batches] = [(); 5].map(|()| Total::default());
    for round in 0..scale.pick(5, 2) {
        disk_one.add(disk(scratch, &format!("one-{round}.db"), 1, within).await?);
        disk_many.add(disk(scratch, &format!("many-{round}.db"), BATCH, within).await?);
        store.add(store_alone(scratch, &format!("store-{round}.db"), within).await?);
        singles.add(http(scratch, &format!("singles-{round}"), CONNECTIONS, None, within).await?);
        batches.add(http(scratch, &format!("batches-{round}"), BATCH_CONNECTIONS, Some(BATCH), within).await?);
    }
    let ratio = |of: &Total, to: &Total| of.rate() / to.rate();
    Ok(vec![
        Figure::new("disk: commits of one row", disk_one.rate(), "rows/s"),
        Figure::new("disk: commits of 500 rows", disk_many.rate(), "rows/s"),
        Figure::new("store alone: commits of 500 messages", store.rate(), "messages/s"),
        Figure::new("ingest: single posts, 64 connections", singles.rate(), "messages/s"),
        Figure::new("ingest: single posts / commits of one row", ratio(&singles, &disk_one), "x")
            .to(Target::AtLeast(5.0)),
        Figure::new("ingest: batches of 500", batches.rate(), "messages/s"),
        Figure::new("ingest: batches / commits of 500 rows", ratio(&batches, &disk_many), "x")
            .to(Target::AtLeast(0.25)),
    ])
}

/// Messages that a new daemon acknowledged.
async fn http(
    scratch: &Scratch,
    name: &str,
    connections: u32,
    batch: Option<u32>,
    within: Duration,
) -> anyhow::Result<(u64, Duration)> {
    let daemon = Daemon::start(&scratch.path(name)).await?;
    let path = daemon.add_phone().await?;
    let load = Load { daemon: &daemon, path: &path, next: &Cell::new(0), batch };
    load.run(connections, within).await
}

/// Rows into a plain table, `batch` in each commit.
async fn disk(scratch: &Scratch, file: &str, batch: u32, within: Duration) -> anyhow::Result<(u64, Duration)> {
    let table = PlainTable::create(&scratch.path(file)).await?;
    let now = Clock::system().now();
    let began = Instant::now();
    let mut rows = 0;
    while began.elapsed() < within {
        let row = |nth| PlainRow { sender: SENDER.to_owned(), text: text(nth, now), at: now.0 };
        let chunk: Vec<PlainRow> = (rows..rows + batch).map(row).collect();
        table.commit(&chunk).await?;
        rows += batch;
    }
    let elapsed = began.elapsed();
    table.close().await?;
    Ok((rows.into(), elapsed))
}

/// Messages into the store, 500 in each commit: ingestion without HTTP and without the stages.
async fn store_alone(scratch: &Scratch, file: &str, within: Duration) -> anyhow::Result<(u64, Duration)> {
    let store = scratch.store(file).await?;
    let began = Instant::now();
    let mut stored = 0;
    while began.elapsed() < within {
        let now = store.now();
        let deliveries = (stored..stored + BATCH).map(|nth| delivery(nth, now)).collect();
        let source = SourceRef { kind: SourceKind::Shooter, id: 1 };
        let deliver = Deliver::new(source, Some("counter-1".to_owned()), true, deliveries);
        store.take(Arc::new([deliver]), Duration::from_mins(3)).await?;
        stored += BATCH;
    }
    let elapsed = began.elapsed();
    store.close().await;
    Ok((stored.into(), elapsed))
}

struct Load<'a> {
    daemon: &'a Daemon,
    path: &'a str,
    next: &'a Cell<u32>,
    batch: Option<u32>,
}

impl Load<'_> {
    /// Posts over so many connections, each with one request on its way; answers how many messages were acknowledged.
    async fn run(&self, connections: u32, within: Duration) -> anyhow::Result<(u64, Duration)> {
        let began = Instant::now();
        let all = (0..connections).map(|_| self.post_until(began + within));
        let stored = futures_util::future::try_join_all(all).await?.into_iter().sum();
        Ok((stored, began.elapsed()))
    }

    async fn post_until(&self, end: Instant) -> anyhow::Result<u64> {
        let mut connection = Connection::open(self.daemon.address()).await?;
        let mut stored = 0;
        while Instant::now() < end {
            let request = wire::request("POST", self.path, None, &self.body());
            let answer = connection.send(&request).await?;
            let text = std::str::from_utf8(answer.body)?;
            ensure!(answer.status == 200, "the daemon answered {}: {text}", answer.status);
            let taken = text.matches("\"stored\"").count();
            ensure!(taken == self.batch.unwrap_or(1) as usize, "not every message was stored: {text}");
            stored += taken as u64;
        }
        Ok(stored)
    }

    fn body(&self) -> String {
        let now = Clock::system().now();
        let first = self.next.get();
        let count = self.batch.unwrap_or(1);
        self.next.set(first + count);
        if self.batch.is_none() {
            message(first, now).to_string()
        } else {
            let messages: Vec<_> = (first..first + count).map(|nth| message(nth, now)).collect();
            json!({"messages": messages}).to_string()
        }
    }
}
