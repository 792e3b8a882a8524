//! `recon eval`: labelled texts and scripted days, played through the real stages, and what came of them against what is
//! true. Beside our matcher, matchers written from the behaviour of known systems decide the same days.
//!
//! `corpus` reads the files, `world` is the daemon without its loops and with a clock that is moved, `texts` and `day` play,
//! `score` compares, `report` sums up. Uses `store`, `pipeline`, `registry`, `packs`, `domain`; only the command line uses it.
//! The figures' ratios are floats for people; whether a goal is met is decided in whole numbers.

pub mod baseline;
pub mod corpus;
mod day;
pub mod figures;
pub mod goals;
pub mod ratio;
pub mod report;
mod score;
mod texts;
mod world;

use std::path::Path;

use crate::bench::scratch::Scratch;

use self::corpus::Corpus;
use self::report::Report;

/// Plays a corpus with its files in a directory of its own under `dir`, which is removed afterwards.
///
/// # Errors
/// Where the store cannot be made or fails.
pub async fn evaluate(corpus: &Corpus, dir: &Path) -> anyhow::Result<Report> {
    let scratch = Scratch::make(dir, "eval")?;
    world::prepare(&scratch, corpus).await?;
    let mut report = Report::default();
    for (nth, day) in corpus.days.iter().enumerate() {
        let played = day::play(day, &scratch, &format!("day-{nth}.db")).await?;
        report.add_day(day, &played);
    }
    if !corpus.texts.is_empty() {
        for read in texts::read(corpus, &scratch).await? {
            report.add_text(&read);
        }
    }
    report.sum_up();
    Ok(report)
}
