//! `recon migrate`.

use super::{CliError, Context, admin, block_on, output};
use crate::clock::Clock;
use crate::config::{Config, Role};
use crate::private_file;
use crate::secrets::SecretBox;
use crate::store::{Store, StoreOptions};
use crate::wallet::store::WalletStore;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only the databases of these roles, separated by commas [default: all]
    #[arg(long, value_name = "ROLES")]
    roles: Option<String>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), CliError> {
    let config = context.load(args.roles.as_deref())?.config;
    let has = |role| config.roles.has(role);
    block_on(async {
        if has(Role::Service) || has(Role::Worker) {
            let failed = |error| CliError::No(format!("the database cannot be migrated: {error}"));
            let store = open(&config).await?;
            let pending = store.pending_migrations().await.map_err(failed)?;
            store.migrate().await.map_err(failed)?;
            store.close().await;
            say("the database", &pending)?;
        }
        if has(Role::Wallet) {
            let failed = |error| CliError::No(format!("the wallet's database cannot be migrated: {error}"));
            let store = open_wallet(&config).await?;
            let pending = store.pending_migrations().await.map_err(failed)?;
            store.migrate().await.map_err(failed)?;
            store.close().await;
            say("the wallet's database", &pending)?;
        }
        if has(Role::Admin) {
            let failed = |error| CliError::No(format!("the admin edge's database cannot be migrated: {error}"));
            let store = admin::open(&config).await?;
            let pending = store.pending_migrations().await.map_err(failed)?;
            store.migrate().await.map_err(failed)?;
            store.close().await;
            say("the admin edge's database", &pending)?;
        }
        Ok(())
    })
}

fn say(database: &str, applied: &[String]) -> Result<(), CliError> {
    match applied {
        [] => output::print(&format!("Nothing to do: {database} has all migrations.")),
        names => output::print(&format!("Applied {} to {database}: {}.", names.len(), names.join(", "))),
    }
}

async fn open_wallet(config: &Config) -> Result<WalletStore, CliError> {
    private_file::create_dir(&config.data_dir).map_err(|error| CliError::No(error.to_string()))?;
    WalletStore::open(&StoreOptions::new(config.wallet.database_url.expose()), Clock::system()).await.map_err(|error| {
        CliError::No(format!("the wallet's database cannot be opened: {error}; check wallet.database_url"))
    })
}

/// Opens the store for a command that works on it while no daemon needs to run.
pub(super) async fn open(config: &Config) -> Result<Store, CliError> {
    private_file::create_dir(&config.data_dir).map_err(|error| CliError::No(error.to_string()))?;
    let secrets =
        SecretBox::open_or_create(&config.secrets.key_file).map_err(|error| CliError::No(error.to_string()))?;
    Store::open(&StoreOptions::new(config.database.url.expose()), Clock::system(), secrets)
        .await
        .map_err(|error| CliError::No(format!("the database cannot be opened: {error}; check database.url")))
}
