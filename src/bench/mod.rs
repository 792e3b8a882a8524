//! `recon bench`: what this build does on this machine and disk, each figure beside what it is to reach.
//!
//! One file a measurement. HTTP is measured on the daemon's own binary in a process of its own, with the load generator on
//! the same cores; the rest calls the store and the domain directly. Uses `store`, `domain`, `sim` and the binary; only the
//! command line uses it. Figures are shown and never decide anything, so they are floats here.
#![allow(
    clippy::float_arithmetic,
    clippy::cast_precision_loss,
    reason = "rates and ratios for people; no money and no decision is made of them"
)]

mod chain;
mod daemon;
mod decided;
mod figure;
mod idle;
mod ingest;
mod lists;
mod matching;
mod parse;
mod samples;
pub(crate) mod scratch;
mod sources;
mod traffic;
mod wire;

use std::path::Path;

pub use figure::{Figure, Target};
use scratch::Scratch;

crate::text_enum! {
    /// What can be measured.
    pub enum Measurement {
        /// Durable ingestion over HTTP, and the disk's own rate beside it.
        Ingest = "ingest",
        /// From the post of a message until it is decided.
        Decided = "decided",
        /// From a message of Pushbullet or Telegram until it is stored.
        Sources = "sources",
        /// Reading a text with many templates.
        Parse = "parse",
        /// Judging a message by the balance chain of its account.
        Chain = "chain",
        /// Finding an order among many.
        Match = "match",
        /// Pages of a long list.
        List = "list",
        /// Memory at rest and the time to start.
        Idle = "idle",
    }
}

/// How large the measurements are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// As the targets are given.
    Full,
    /// A tenth or less, to see that it works.
    Quick,
}

impl Scale {
    /// The first where measured in full, else the second.
    const fn pick<T: Copy>(self, full: T, quick: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
        }
    }
}

/// Carries out one measurement with its files in a directory of its own under `dir`, which is removed afterwards.
///
/// # Errors
/// Where something that is measured fails, or the files cannot be made.
pub async fn measure(what: Measurement, scale: Scale, dir: &Path) -> anyhow::Result<Vec<Figure>> {
    let scratch = Scratch::make(dir, what.as_str())?;
    match what {
        Measurement::Ingest => ingest::measure(scale, &scratch).await,
        Measurement::Decided => decided::measure(scale, &scratch).await,
        Measurement::Sources => sources::measure(scale, &scratch).await,
        Measurement::Parse => parse::measure(scale),
        Measurement::Chain => chain::measure(scale, &scratch).await,
        Measurement::Match => matching::measure(scale, &scratch).await,
        Measurement::List => lists::measure(scale, &scratch).await,
        Measurement::Idle => idle::measure(scale, &scratch).await,
    }
}
