//! `recon audit verify`.

use serde_json::json;

use super::{CliError, Context, block_on, migrate, output};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Read the whole audit log and check its hash chain: exit 1 names the first entry changed, removed or moved.
    Verify,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), CliError> {
    let Command::Verify = args.command;
    let config = context.load(None)?.config;
    block_on(async {
        let store = migrate::open(&config).await?;
        let verified = store.verify_audit().await.map_err(|error| {
            CliError::No(format!("the audit log cannot be read: {error}; has `recon migrate` run?"))
        })?;
        store.close().await;
        match verified {
            Ok(entries) if context.json() => output::print_json(&json!({"ok": true, "entries": entries})),
            Ok(entries) => output::print(&format!("The audit log holds: {entries} entries, an unbroken chain.")),
            Err(tampering) => {
                if context.json() {
                    output::print_json(&json!({"ok": false, "reason": tampering.to_string()}))?;
                }
                Err(CliError::No(format!("the audit log does not hold: {tampering}")))
            }
        }
    })
}
