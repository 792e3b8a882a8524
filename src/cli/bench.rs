//! `recon bench`: measures this build on this machine.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::output::{print, print_json};
use super::{CliError, Context, block_on, table};
use crate::bench::{self, Figure, Measurement, Scale};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where to measure; files are made in directories of their own and removed [default: the data directory]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Measure less, in a few seconds
    #[arg(long)]
    quick: bool,
    /// Only this measurement: ingest, decided, sources, parse, chain, match, list or idle; may be repeated
    #[arg(long, value_name = "NAME")]
    only: Vec<Measurement>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), CliError> {
    let dir = match &args.dir {
        Some(dir) => dir.clone(),
        None => context.load(None)?.config.data_dir,
    };
    let scale = if args.quick { Scale::Quick } else { Scale::Full };
    let all = Measurement::ALL.iter().filter(|what| args.only.is_empty() || args.only.contains(what));
    let mut rows = Vec::new();
    for what in all {
        if std::io::stderr().is_terminal() {
            eprintln!("measuring {what}");
        }
        let figures = block_on(async {
            let measured = bench::measure(*what, scale, &dir).await;
            measured.map_err(|error| CliError::No(format!("{what} cannot be measured: {error:#}")))
        })?;
        rows.extend(figures.iter().map(row));
    }
    if context.json() {
        return print_json(&json!({"quick": args.quick, "cores": cores(), "figures": rows}));
    }
    print(&table::rows(
        &rows,
        &[("measured", "name"), ("value", "shown"), ("unit", "unit"), ("target", "target"), ("", "verdict")],
    ))
}

fn row(figure: &Figure) -> Value {
    json!({
        "name": figure.name, "value": figure.value, "shown": figure.shown(), "unit": figure.unit,
        "target": figure.target.map(|target| target.to_string()), "verdict": figure.verdict(),
    })
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}
