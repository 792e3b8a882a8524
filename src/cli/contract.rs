//! `recon contract`: holds an admin server, ours or an old one, against the frozen contract.

mod diff;
mod record;
mod show;
mod target;
mod verify;

use super::{CliError, Context};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Run the contract's cases against a server: exit 0 where it answers as frozen, else 1
    Verify(verify::Verify),
    /// Ask two servers the same reads and show what the new one answers otherwise; nothing is changed on either
    Diff(diff::Diff),
    /// Record the reads of a live server as new cases, with tokens, phone numbers, names and texts redacted
    Record(record::Record),
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), CliError> {
    match &args.command {
        Command::Verify(verify) => verify::run(context, verify),
        Command::Diff(diff) => diff::run(context, diff),
        Command::Record(record) => record::run(context, record),
    }
}
