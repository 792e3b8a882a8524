//! Where a pack is installed: at the running daemon, or on the store where none runs.

use std::fs::File;

use serde::Serialize;
use serde_json::{Value, json};

use crate::app::sole;
use crate::cli::client::{Client, Remote, operator};
use crate::cli::{CliError, Context, migrate};
use crate::config::Config;
use crate::config::credentials::{CredentialError, existing_service_token};
use crate::contract::caller::{Answer, Caller};
use crate::contract::page::{LIMIT_MAX, Page, PageRequest, id_of_cursor};
use crate::domain::refusal::Refusal;
use crate::domain::template::TemplateSpec;
use crate::private_file;
use crate::registry::{phone_whitelist, template_book};
use crate::store::Store;

/// Where templates and senders are read and written.
pub(super) enum Place {
    Daemon(Client),
    Store(Own),
}

/// The store in this process's own hands; on SQLite no daemon starts meanwhile.
pub(super) struct Own {
    store: Store,
    caller: Caller,
    _sole: Option<File>,
}

impl Place {
    /// The daemon that `--url` names, or the configuration's; the store where no address is given, and no daemon ever ran
    /// here or none listens. A dry run migrates nothing.
    pub(super) async fn find(context: &Context, remote: &Remote, dry_run: bool) -> Result<Self, CliError> {
        if remote.url.is_some() {
            return Ok(Self::Daemon(remote.connect(context)?));
        }
        let config = context.load(None)?.config;
        let why = match existing_service_token(&config) {
            Err(CredentialError::Missing(_)) => "no daemon ever ran on this data_dir".to_owned(),
            Err(error) => return Err(error.into()),
            Ok(token) => {
                let base = remote.base(context)?;
                let why = format!("nobody listens at {base}");
                let client = Client::new(base, Some(token))?;
                if !client.is_refused().await {
                    return Ok(Self::Daemon(client));
                }
                why
            }
        };
        Ok(Self::Store(Own::open(&config, &why, dry_run).await?))
    }

    /// As `--json` says it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Daemon(_) => "daemon",
            Self::Store(_) => "store",
        }
    }

    pub(super) async fn close(self) {
        if let Self::Store(own) = self {
            own.store.close().await;
        }
    }

    /// All templates, as the list of templates has them.
    pub(super) async fn templates(&self) -> Result<Vec<Value>, CliError> {
        match self {
            Self::Daemon(client) => client.all("/internal/v2/templates").await,
            Self::Store(own) => all(async |page| own.store.template_page(page).await).await,
        }
    }

    /// Adds a template and answers it with its id and warnings.
    pub(super) async fn add_template(&self, spec: &TemplateSpec) -> Result<Value, CliError> {
        match self {
            Self::Daemon(client) => client.post("/internal/v2/templates", &json!(spec)).await?.success(),
            Self::Store(own) => done(template_book::add(&own.store, &own.caller, spec.clone()).await),
        }
    }

    /// Replaces a template by a new version of it and answers that.
    pub(super) async fn replace_template(&self, id: i64, spec: &TemplateSpec) -> Result<Value, CliError> {
        match self {
            Self::Daemon(client) => client.put(&format!("/internal/v2/templates/{id}"), &json!(spec)).await?.success(),
            Self::Store(own) => done(template_book::replace(&own.store, &own.caller, id, spec.clone()).await),
        }
    }

    /// All senders on the phone whitelist.
    pub(super) async fn phones(&self) -> Result<Vec<Value>, CliError> {
        match self {
            Self::Daemon(client) => client.all("/internal/v2/phones").await,
            Self::Store(own) => all(async |page| own.store.phone_page(page).await).await,
        }
    }

    /// Puts a bank's sender on the phone whitelist.
    pub(super) async fn add_phone(&self, sender: &str, bank: &str) -> Result<(), CliError> {
        let phone = json!({ "phone": sender, "bank": bank });
        match self {
            Self::Daemon(client) => client.post("/internal/v2/phones", &phone).await?.success().map(drop),
            Self::Store(own) => {
                let input = crate::contract::phone::PhoneInput {
                    phone: sender.to_owned(),
                    label: None,
                    bank: Some(bank.to_owned()),
                };
                done(phone_whitelist::add(&own.store, &own.caller, input).await).map(drop)
            }
        }
    }
}

impl Own {
    /// Takes the store as a daemon does that starts. `why` says why no daemon is asked.
    async fn open(config: &Config, why: &str, dry_run: bool) -> Result<Self, CliError> {
        // The lock stands in it, where there is no database yet, too.
        private_file::create_dir(&config.data_dir).map_err(|error| CliError::No(error.to_string()))?;
        let sole = sole::hold(config.database.url.expose()).map_err(|error| {
            CliError::No(format!("{why}, and the store cannot be taken: {error:#}; or name that daemon with --url"))
        })?;
        let store = migrate::open(config).await?;
        let failed = |error| CliError::No(format!("the database cannot be migrated: {error}"));
        if !dry_run && config.database.auto_migrate {
            store.migrate().await.map_err(failed)?;
        }
        if !store.pending_migrations().await.map_err(failed)?.is_empty() {
            return Err(CliError::No("the database lacks migrations: run `recon migrate`".to_owned()));
        }
        // With another database's key nothing of it would open.
        store.check_key().await.map_err(|error| CliError::No(error.to_string()))?;
        Ok(Self { store, caller: Caller { operator: Some(operator()), idempotency: None }, _sole: sole })
    }
}

/// All items of a list of the store, page after page.
async fn all<T: Serialize, E: std::fmt::Display>(
    read: impl AsyncFn(PageRequest) -> Result<Page<T>, E>,
) -> Result<Vec<Value>, CliError> {
    let mut items = Vec::new();
    let mut before = None;
    loop {
        let asked = PageRequest { limit: LIMIT_MAX, before, count: false };
        let page = read(asked).await.map_err(|error| CliError::No(format!("the database cannot be read: {error}")))?;
        items.extend(page.items.iter().map(|item| json!(item)));
        before = page.next_cursor.as_deref().and_then(id_of_cursor);
        if before.is_none() {
            return Ok(items);
        }
    }
}

/// What a write answered; a refusal names its fields, as the daemon's does.
fn done(answer: Result<Answer, Refusal>) -> Result<Value, CliError> {
    let refused = |what: &str| CliError::No(format!("the store refuses: {what}"));
    match answer {
        Ok(answer) => match answer.refused() {
            Some(what) => Err(refused(what)),
            None => Ok(answer.body),
        },
        Err(Refusal::Invalid(errors)) => {
            let told: Vec<String> = errors.iter().map(|error| format!("{} {}", error.field, error.message)).collect();
            Err(refused(&told.join("; ")))
        }
        Err(refusal) => Err(refused(&refusal.to_string())),
    }
}
