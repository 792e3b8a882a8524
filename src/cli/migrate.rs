//! `recon migrate`.

use super::{CliError, Context, admin, block_on, output};
use crate::clock::Clock;
use crate::config::Role;
use crate::database::StoreError;
use crate::private_file;
use crate::secrets::SecretBox;
use crate::store::{Store, StoreOptions};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Only the databases of these roles, separated by commas
    #[arg(long, value_name = "ROLES")]
    roles: Option<String>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), CliError> {
    let config = context.load(args.roles.as_deref())?.config;
    block_on(async {
        let mut applied = Vec::new();
        if config.roles.has(Role::Service) || config.roles.has(Role::Worker) {
            let store = open(&config).await?;
            applied.extend(store.pending_migrations().await.map_err(|error| failed(&error))?);
            store.migrate().await.map_err(|error| failed(&error))?;
            store.close().await;
        }
        if config.roles.has(Role::Admin) {
            let store = admin::open(&config).await?;
            applied.extend(store.pending_migrations().await.map_err(|error| failed(&error))?);
            store.migrate().await.map_err(|error| failed(&error))?;
            store.close().await;
        }
        match applied.as_slice() {
            [] => output::print("Nothing to do: the database has all migrations."),
            names => output::print(&format!("Applied {}: {}.", names.len(), names.join(", "))),
        }
    })
}

fn failed(error: &StoreError) -> CliError {
    CliError::No(format!("the database cannot be migrated: {error}"))
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
