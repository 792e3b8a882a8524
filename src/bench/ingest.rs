//! Durable ingestion over HTTP against what the disk itself commits. An answer counts once it says "stored", which it
//! says after the commit; validator, parser and matcher work on the same messages meanwhile.

use std::cell::Cell;
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

pub(super) async fn measure(scale: Scale, scratch: &Scratch) -> anyhow::Result<Vec<Figure>> {
    let within = Duration::from_secs(scale.pick(10, 2));
    let disk_one = disk_rate(scratch, 1, within).await?;
    let disk_batch = disk_rate(scratch, BATCH, within).await?;
    let store_batch = store_rate(scratch, within).await?;
    let daemon = Daemon::start(&scratch.path("daemon")).await?;
    let path = daemon.add_phone().await?;
    let next = Cell::new(0);
    let singles = Load { daemon: &daemon, path: &path, next: &next, batch: None };
    let singles = singles.run(CONNECTIONS, within).await?;
    let batches = Load { daemon: &daemon, path: &path, next: &next, batch: Some(BATCH) };
    let batches = batches.run(BATCH_CONNECTIONS, within).await?;
    Ok(vec![
        Figure::new("disk: commits of one row", disk_one, "rows/s"),
        Figure::new("disk: commits of 500 rows", disk_batch, "rows/s"),
        Figure::new("store alone: commits of 500 messages", store_batch, "messages/s"),
        Figure::new("ingest: single posts, 64 connections", singles, "messages/s"),
        Figure::new("ingest: single posts / commits of one row", singles / disk_one, "x").to(Target::AtLeast(5.0)),
        Figure::new("ingest: batches of 500", batches, "messages/s"),
        Figure::new("ingest: batches / commits of 500 rows", batches / disk_batch, "x").to(Target::AtLeast(0.25)),
    ])
}

/// Rows a second into a plain table, `batch` in each commit.
async fn disk_rate(scratch: &Scratch, batch: u32, within: Duration) -> anyhow::Result<f64> {
    let table = PlainTable::create(&scratch.path(&format!("plain-{batch}.db"))).await?;
    let now = Clock::system().now();
    let began = Instant::now();
    let mut rows = 0;
    while began.elapsed() < within {
        let row = |nth| PlainRow { sender: SENDER.to_owned(), text: text(nth, now), at: now.0 };
        let chunk: Vec<PlainRow> = (rows..rows + batch).map(row).collect();
        table.commit(&chunk).await?;
        rows += batch;
    }
    let rate = rate(rows.into(), began.elapsed());
    table.close().await?;
    Ok(rate)
}

/// Messages a second into the store, 500 in each commit: ingestion without HTTP and without the stages.
async fn store_rate(scratch: &Scratch, within: Duration) -> anyhow::Result<f64> {
    let store = scratch.store("store.db").await?;
    let began = Instant::now();
    let mut stored = 0;
    while began.elapsed() < within {
        let now = store.now();
        let deliveries = (stored..stored + BATCH).map(|nth| delivery(nth, now)).collect();
        let source = SourceRef { kind: SourceKind::Shooter, id: 1 };
        let deliver = Deliver { source, line: Some("counter-1".to_owned()), trusted: true, deliveries };
        store.take(&[deliver], Duration::from_mins(3)).await?;
        stored += BATCH;
    }
    let rate = rate(stored.into(), began.elapsed());
    store.close().await;
    Ok(rate)
}

struct Load<'a> {
    daemon: &'a Daemon,
    path: &'a str,
    next: &'a Cell<u32>,
    batch: Option<u32>,
}

impl Load<'_> {
    /// Posts over so many connections, each with one request on its way; answers the acknowledged messages a second.
    async fn run(&self, connections: u32, within: Duration) -> anyhow::Result<f64> {
        let began = Instant::now();
        let all = (0..connections).map(|_| self.post_until(began + within));
        let stored: u64 = futures_util::future::try_join_all(all).await?.into_iter().sum();
        Ok(rate(stored, began.elapsed()))
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
