//! How soon the daemon is ready on an empty database, and its memory when nothing happens.

use std::time::Duration;

use super::daemon::Daemon;
use super::samples::{Samples, ms};
use super::scratch::Scratch;
use super::{Figure, Scale, Target};

pub(super) async fn measure(scale: Scale, scratch: &Scratch) -> anyhow::Result<Vec<Figure>> {
    let mut starts = Samples::default();
    for nth in 0..scale.pick(5, 2) {
        starts.push(Daemon::start(&scratch.path(&format!("start-{nth}"))).await?.ready_after);
    }
    let daemon = Daemon::start(&scratch.path("daemon")).await?;
    starts.push(daemon.ready_after);
    tokio::time::sleep(Duration::from_secs(scale.pick(10, 2))).await;
    Ok(vec![
        Figure::new("idle: resident memory", daemon.resident_mb()?, "MB").to(Target::AtMost(60.0)),
        // The slowest of the starts.
        Figure::new("idle: ready on an empty database", ms(starts.percentile(100)), "ms").to(Target::AtMost(1_000.0)),
    ])
}
