//! The commands of the binary, one file each: parse, load the configuration, do one thing, print, and give an exit code.
//!
//! Commands that ask a running daemon use its HTTP API (`client`); they never open its database.

mod actors;
mod admin;
mod audit;
mod bench;
mod chain;
mod check_config;
mod client;
mod completions;
mod contract;
mod demo;
mod error;
mod eval;
mod global;
mod health;
mod import;
mod ingest;
mod migrate;
mod openapi;
mod output;
mod printable;
mod pushbullet;
mod run;
mod secret;
mod secrets;
mod signals;
mod sms;
mod table;
mod telegram;
mod template;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use error::CliError;
pub use global::{Context, Global};

/// Hears of bank deposits by SMS, reads them, and pairs each with its recharge order.
#[derive(Debug, Parser)]
#[command(name = "recon", version, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon: all roles in one process on embedded SQLite, unless the configuration says otherwise.
    Run(run::Args),
    /// Try recon out: a whole daemon on a fresh directory, fed by simulated banks, phones, Pushbullet and Telegram.
    Demo(demo::Args),
    /// Apply the database migrations (`run` does so at start, unless database.auto_migrate is false).
    Migrate(migrate::Args),
    /// Check the configuration and print it: every key, its value (secrets masked) and where it came from.
    CheckConfig(check_config::Args),
    /// Ask a running daemon whether it is healthy: exit 0 when it says so, else 1 and why.
    Health(health::Args),
    /// Post messages from a file of JSON lines to a running daemon.
    Ingest(ingest::Args),
    /// Look at messages.
    Sms(sms::Args),
    /// Look at the breaks of the balance chains; take one as it stands.
    Chain(chain::Args),
    /// Make templates of examples, and try them out.
    Template(template::Args),
    /// Look at the daemon's actors; restart, stop or start one.
    Actors(actors::Args),
    /// Add, list and delete the Telegram bots that read the channels which phones post to.
    Telegram(telegram::Args),
    /// Add, list and remove the phones that are heard through Pushbullet.
    Pushbullet(pushbullet::Args),
    /// Hold an admin server, ours or an old one, against the frozen contract.
    Contract(Box<contract::Args>),
    /// Take in the rows of an old server.
    Import(import::Args),
    /// The operators of the admin edge: add, list, disable, change their role or password.
    Admin(admin::Args),
    /// Check the audit log.
    Audit(audit::Args),
    /// Change the key that seals secrets at rest.
    Secrets(secrets::Args),
    /// Measure this build on this machine's disk: ingestion, parsing, matching, lists, memory.
    Bench(bench::Args),
    /// Measure how well texts are read and deposits are paired: on the shipped corpus, or on labelled texts and days of yours.
    Eval(eval::Args),
    /// Print the OpenAPI document of the service's HTTP interface.
    Openapi(openapi::Args),
    /// Print a completion script for a shell.
    Completions(completions::Args),
}

fn dispatch(context: &Context, command: Command) -> Result<(), CliError> {
    match command {
        Command::Run(args) => run::run(context, &args),
        Command::Demo(args) => demo::run(context, &args),
        Command::Migrate(args) => migrate::run(context, &args),
        Command::Contract(args) => contract::run(context, &args),
        Command::Import(args) => import::run(context, &args),
        Command::Admin(args) => admin::run(context, &args),
        Command::Audit(args) => audit::run(context, &args),
        Command::Secrets(args) => secrets::run(context, &args),
        Command::Bench(args) => bench::run(context, &args),
        Command::Eval(args) => eval::run(context, &args),
        Command::Openapi(args) => openapi::run(context, &args),
        Command::CheckConfig(args) => check_config::run(context, &args),
        Command::Health(args) => health::run(context, &args),
        Command::Ingest(args) => ingest::run(context, args),
        Command::Sms(args) => sms::run(context, args),
        Command::Chain(args) => chain::run(context, args),
        Command::Template(args) => template::run(context, &args),
        Command::Actors(args) => actors::run(context, args),
        Command::Telegram(args) => telegram::run(context, &args),
        Command::Pushbullet(args) => pushbullet::run(context, args),
        Command::Completions(args) => completions::run::<Cli>(&args),
    }
}

/// Runs the command line of this process. Errors go to stderr as sentences; the code is 0 for done, 1 where the answer is
/// no, 2 for wrong usage or configuration.
#[must_use]
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    match dispatch(&Context::new(cli.global), cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if let Some(sentence) = error.sentence() {
                eprintln!("recon: {}", printable::printable_lines(sentence));
            }
            error.exit_code()
        }
    }
}

/// Runs a command's future to its end on this thread.
fn block_on<T>(future: impl Future<Output = Result<T, CliError>>) -> Result<T, CliError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::No(format!("the runtime cannot be started: {error}")))?
        .block_on(future)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_commands_are_well_formed() {
        Cli::command().debug_assert();
    }
}
