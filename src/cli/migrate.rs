//! `recon migrate`.

use super::{CliError, Context, block_on, output};
use crate::clock::Clock;
use crate::private_file;
use crate::secrets::SecretBox;
use crate::store::{Store, StoreOptions};

#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(context: &Context, _args: &Args) -> Result<(), CliError> {
    let config = context.load(None)?.config;
    block_on(async {
        let store = open(&config).await?;
        let failed = |error| CliError::No(format!("the database cannot be migrated: {error}"));
        let pending = store.pending_migrations().await.map_err(failed)?;
        store.migrate().await.map_err(failed)?;
        store.close().await;
        match pending.as_slice() {
            [] => output::print("Nothing to do: the database has all migrations."),
            names => output::print(&format!("Applied {}: {}.", names.len(), names.join(", "))),
        }
    })
}

/// Opens the store for a command that works on it while no daemon needs to run.
pub(super) async fn open(config: &crate::config::Config) -> Result<Store, CliError> {
    private_file::create_dir(&config.data_dir).map_err(|error| CliError::No(error.to_string()))?;
    let secrets =
        SecretBox::open_or_create(&config.secrets.key_file).map_err(|error| CliError::No(error.to_string()))?;
    Store::open(&StoreOptions::new(config.database.url.expose()), Clock::system(), secrets)
        .await
        .map_err(|error| CliError::No(format!("the database cannot be opened: {error}; check database.url")))
}
