//! `recon audit verify`.

use serde_json::{Value, json};

use super::{CliError, Context, admin, block_on, migrate, output};
use crate::config::{Config, Role};
use crate::database::StoreError;
use crate::domain::audit::Tampering;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Read the whole audit log, and the admin edge's where there is one, and check their hash chains: exit 1 names the first
    /// entry changed, removed or moved.
    Verify,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), CliError> {
    let Command::Verify = args.command;
    let config = context.load(None)?.config;
    block_on(async {
        let store = migrate::open(&config).await?;
        let of_recon = store.verify_audit().await.map_err(|error| unreadable("the audit log", &error));
        store.close().await;
        let of_recon = of_recon?;
        let of_edge = edge(&config).await?;
        if context.json() {
            let mut told = told(&of_recon);
            if let Some(of_edge) = &of_edge {
                told["edge"] = self::told(of_edge);
            }
            output::print_json(&told)?;
        }
        say(context, "the audit log", of_recon)?;
        of_edge.map_or(Ok(()), |of_edge| say(context, "the admin edge's audit log", of_edge))
    })
}

/// How many entries hold, or the first that does not.
type Verified = Result<i64, Tampering>;

/// The admin edge's own log, where this machine has one.
async fn edge(config: &Config) -> Result<Option<Verified>, CliError> {
    let file = config.admin.database_url.expose().strip_prefix("sqlite://").map(std::path::Path::new);
    if !config.roles.has(Role::Admin) || file.is_some_and(|file| !file.exists()) {
        return Ok(None);
    }
    let store = admin::open(config).await?;
    let verified = store.verify_audit().await.map_err(|error| unreadable("the admin edge's audit log", &error));
    store.close().await;
    verified.map(Some)
}

fn unreadable(log: &str, error: &StoreError) -> CliError {
    CliError::No(format!("{log} cannot be read: {error}; has `recon migrate` run?"))
}

fn told(verified: &Verified) -> Value {
    match verified {
        Ok(entries) => json!({"ok": true, "entries": entries}),
        Err(tampering) => json!({"ok": false, "reason": tampering.to_string()}),
    }
}

fn say(context: &Context, log: &str, verified: Verified) -> Result<(), CliError> {
    match verified {
        Ok(_) if context.json() => Ok(()),
        Ok(entries) => {
            let log = log.replacen("the", "The", 1);
            output::print(&format!("{log} holds: {entries} entries, an unbroken chain."))
        }
        Err(tampering) => Err(CliError::No(format!("{log} does not hold: {tampering}"))),
    }
}
