//! `recon ingest`: posts a file of JSON lines to a running daemon.
//!
//! A line is `{"id","sender","text","received_at","line"?}`. Everything may be repeated: the daemon knows a message by its
//! id, and a line without one gets an id made of its content (`lines`), so that posting a file again stores nothing twice.
//! A record beside the file (`progress`) only spares the daemon what it has acknowledged already.

mod delivery;
mod lines;
mod post;
mod progress;
mod signature;

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use secrecy::SecretString;
use serde_json::json;

use super::client::{Client, Remote};
use super::{CliError, Context, output};
use delivery::Delivery;
use lines::Lines;
use post::Poster;
use progress::{Progress, Record};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The file of JSON lines; - for stdin
    file: PathBuf,
    #[command(flatten)]
    remote: Remote,
    /// The phone's token [default: $RECON_DEVICE_TOKEN]
    #[arg(long, value_name = "TOKEN")]
    device_token: Option<String>,
    /// The phone's secret, for signed messages [default: $RECON_DEVICE_SECRET]
    #[arg(long, value_name = "SECRET")]
    secret: Option<String>,
    /// Messages a request, at most 1,000
    #[arg(long, default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=1000))]
    batch: u32,
}

pub(super) fn run(context: &Context, args: Args) -> Result<(), CliError> {
    let device_token = args.device_token.or_else(|| env("RECON_DEVICE_TOKEN")).ok_or_else(|| {
        CliError::Usage("no phone is named: give its token with --device-token or as RECON_DEVICE_TOKEN".to_owned())
    })?;
    let secret = args.secret.or_else(|| env("RECON_DEVICE_SECRET")).map(SecretString::from);
    let base = args.remote.base(context)?;
    let target = progress::target(base.as_str(), &device_token);
    let poster = Poster::new(Client::new(base, None)?, &SecretString::from(device_token), secret)?;
    let batch = usize::try_from(args.batch).unwrap_or(500);

    let outcome = if args.file == Path::new("-") {
        let lines = Lines::new(BufReader::new(std::io::stdin()));
        let bar = ProgressBar::new_spinner();
        super::block_on(Delivery::new(poster, bar, Record::default(), None).run(lines, batch))
    } else {
        let progress = Progress::beside(&args.file, target);
        let (lines, record) = progress.resume(&args.file)?;
        let bar = bar(&args.file)?;
        super::block_on(Delivery::new(poster, bar, record, Some(progress)).run(lines, batch))
    }?;
    report(context, &outcome)
}

fn env(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn bar(file: &Path) -> Result<ProgressBar, CliError> {
    let length = std::fs::metadata(file).map_err(|error| unreadable(file, &error))?.len();
    let style = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes}, {eta} left {msg}")
        .map_err(|error| CliError::No(format!("the progress bar cannot be drawn: {error}")))?;
    Ok(ProgressBar::new(length).with_style(style))
}

fn unreadable(file: &Path, error: &std::io::Error) -> CliError {
    CliError::Usage(format!("{} cannot be read: {error}", file.display()))
}

/// Tells what became of the lines; a refused line makes the answer no.
fn report(context: &Context, record: &Record) -> Result<(), CliError> {
    let refused = record.refused.len();
    if context.json() {
        let counts = &record.counts;
        output::print_json(&json!({
            "stored": counts.stored, "duplicate": counts.duplicate, "held": counts.held, "ignored": counts.ignored,
            "refused": record.refused,
        }))?;
    } else {
        output::print(&format!("{}, {refused} refused", record.counts))?;
    }
    if refused == 0 {
        return Ok(());
    }
    let lines: Vec<String> =
        record.refused.iter().map(|refused| format!("  line {}: {}", refused.line, refused.reason)).collect();
    Err(CliError::No(format!(
        "{refused} lines were refused and are not stored; correct them and run the same command again:\n{}",
        lines.join("\n")
    )))
}

/// A reader of lines from a file or stdin.
type Source = Box<dyn BufRead>;
