//! `recon secrets rotate`.

use std::time::Duration;

use serde_json::json;

use super::{CliError, Context, block_on, migrate, output};
use crate::app::sole;
use crate::config::Config;
use crate::secrets::SecretBox;
use crate::store::Store;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a new key, seal every secret in the database with it, and drop the old one. No daemon may run; interrupted at
    /// any point, it is finished by running it again, and until then a daemon starts as usual.
    Rotate {
        /// Do not wait for the last sign of life on PostgreSQL to be old: I have stopped every daemon.
        #[arg(long)]
        stopped: bool,
    },
}

/// A daemon shows itself in the database this often, and a bit.
const SIGN_OF_LIFE_WITHIN: Duration = Duration::from_secs(150);

pub(super) fn run(context: &Context, args: &Args) -> Result<(), CliError> {
    let Command::Rotate { stopped } = args.command;
    let config = context.load(None)?.config;
    // Held to the end: a daemon that ran meanwhile would go on sealing with the key that is dropped.
    let _sole = sole::hold(config.database.url.expose()).map_err(|error| CliError::No(format!("{error:#}")))?;
    let (values, version, resumed) = block_on(rotate(&config, stopped))?;
    if context.json() {
        return output::print_json(&json!({"values": values, "key_version": version, "resumed": resumed}));
    }
    let what = if resumed { "Finished the rotation that was interrupted" } else { "Rotated" };
    output::print(&format!(
        "{what}: {values} sealed values are sealed with key {version}, and the old key is gone from {}. Keep a copy of that \
         file apart; the copy before it opens backups made before now.",
        config.secrets.key_file.display()
    ))
}

async fn rotate(config: &Config, stopped: bool) -> Result<(u64, u32, bool), CliError> {
    let failed = |error: &dyn std::fmt::Display| {
        CliError::No(format!("the secrets could not be rotated: {error}; what is sealed opens as before"))
    };
    let path = &config.secrets.key_file;
    let store = migrate::open(config).await?;
    let pending = store.pending_migrations().await.map_err(|error| failed(&error))?;
    if !pending.is_empty() {
        return Err(CliError::No("the database lacks migrations; run `recon migrate`".to_owned()));
    }
    // With another database's key nothing opens, and nothing is changed.
    store.check_key().await.map_err(|error| failed(&error))?;
    if !stopped {
        nobody_lives(&store).await?;
    }
    let resumed = store.secrets().has_older();
    store.close().await;
    if !resumed {
        SecretBox::with_new_key(path).map_err(|error| failed(&error))?;
    }
    // From here on the key file has both keys, until everything is sealed with the new one.
    let store = migrate::open(config).await?;
    let values = store.seal_anew("recon secrets rotate").await.map_err(|error| failed(&error))?;
    // What somebody sealed with the old key after all is seen now rather than lost.
    let late = store.seal_anew("recon secrets rotate").await.map_err(|error| failed(&error))?;
    store.check_key().await.map_err(|error| failed(&error))?;
    store.close().await;
    let newest = SecretBox::with_newest_key_only(path).map_err(|error| failed(&error))?;
    Ok((values + late, newest.newest(), resumed))
}

/// On PostgreSQL nothing but its rows tells of other daemons.
async fn nobody_lives(store: &Store) -> Result<(), CliError> {
    if store.is_sole() {
        return Ok(());
    }
    let unread = |error: crate::store::StoreError| CliError::No(format!("the database cannot be read: {error}"));
    let beat = store.heartbeat_arrived_at().await.map_err(unread)?;
    let processes = store.processes().await.map_err(unread)?;
    let last = processes.iter().map(|process| crate::domain::time::UnixMs(process.at)).chain(beat).max();
    match last {
        Some(last) if store.now().since(last) <= SIGN_OF_LIFE_WITHIN => Err(CliError::No(format!(
            "a daemon worked on this database at {last}: stop every daemon, then wait until {} or say --stopped",
            last.plus(SIGN_OF_LIFE_WITHIN)
        ))),
        _ => Ok(()),
    }
}
