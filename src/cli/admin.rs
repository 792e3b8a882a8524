//! `recon admin user`: the operators of the admin edge. Works on its database, whether the daemon runs or not.

use std::path::PathBuf;

use serde_json::json;

use super::{CliError, Context, block_on, output, secret, table};
use crate::admin::http::login::USERNAME_MAX;
use crate::admin::password;
use crate::admin::permission::Role;
use crate::admin::store::{AdminStore, NewUser, User};
use crate::app;
use crate::clock::Clock;
use crate::config::Config;
use crate::database::{StoreError, StoreOptions};
use crate::private_file;

/// The variable that a password may come in.
const PASSWORD_VARIABLE: &str = "RECON_ADMIN_PASSWORD";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// The operators of the admin edge.
    #[command(subcommand)]
    User(UserCommand),
}

#[derive(Debug, clap::Subcommand)]
enum UserCommand {
    /// Add an operator. Without a password of yours one is made and printed, this once.
    Add {
        /// By which they log in
        username: String,
        /// What they may do: viewer, operator, approver or admin
        #[arg(long, default_value = "viewer")]
        role: String,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// List the operators.
    List,
    /// Shut an operator out; their sessions end at once.
    Disable {
        /// By which they log in
        username: String,
    },
    /// Let an operator who was disabled log in again.
    Enable {
        /// By which they log in
        username: String,
    },
    /// Give an operator another role; their sessions end at once.
    Role {
        /// By which they log in
        username: String,
        /// What they may do from now on: viewer, operator, approver or admin
        role: String,
    },
    /// Give an operator another password; their sessions end at once. Without one of yours it is made and printed, this once.
    Password {
        /// By which they log in
        username: String,
        #[command(flatten)]
        password: PasswordArgs,
    },
}

#[derive(Debug, clap::Args)]
struct PasswordArgs {
    /// Read the password from this file; - is standard input [or give it as RECON_ADMIN_PASSWORD]
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// A password, and whether it was made here.
struct Chosen {
    hash: String,
    made: Option<String>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), CliError> {
    let Command::User(command) = &args.command;
    let config = context.load(None)?.config;
    block_on(async {
        let store = open(&config).await?;
        store.migrate().await.map_err(|error| failed(&error))?;
        let done = carry_out(context, &config, &store, command).await;
        store.close().await;
        done
    })
}

async fn carry_out(
    context: &Context,
    config: &Config,
    store: &AdminStore,
    command: &UserCommand,
) -> Result<(), CliError> {
    match command {
        UserCommand::List => list(context, store).await,
        UserCommand::Add { username, role, password } => {
            let (username, role) = (checked(username)?, role_of(role)?);
            let chosen = choose(password)?;
            let added = store.add_user(NewUser { username, role, password_hash: chosen.hash.clone() }).await;
            if !added.map_err(|error| failed(&error))? {
                return Err(CliError::No(format!("there is an operator {username:?} already")));
            }
            told(context, username, &format!("Added {username} as {role}."), chosen.made.as_deref())
        }
        UserCommand::Disable { username } => {
            store.set_disabled(username, true).await.map_err(|error| failed(&error))?;
            told(context, username, &format!("Disabled {username}; their sessions are over."), None)
        }
        UserCommand::Enable { username } => {
            store.set_disabled(username, false).await.map_err(|error| failed(&error))?;
            told(context, username, &format!("Enabled {username}."), None)
        }
        UserCommand::Role { username, role } => {
            let role = role_of(role)?;
            store.set_role(username, role).await.map_err(|error| failed(&error))?;
            told(context, username, &format!("{username} is {role} now; their sessions are over."), None)
        }
        UserCommand::Password { username, password } => {
            let chosen = choose(password)?;
            store.set_password(username, &chosen.hash).await.map_err(|error| failed(&error))?;
            forget_first(config, username)?;
            let what = format!("Changed the password of {username}; their sessions are over.");
            told(context, username, &what, chosen.made.as_deref())
        }
    }
}

/// Opens the edge's database; does not migrate it.
pub(super) async fn open(config: &Config) -> Result<AdminStore, CliError> {
    private_file::create_dir(&config.data_dir).map_err(|error| CliError::No(error.to_string()))?;
    let url = config.admin.database_url.expose();
    let store = AdminStore::open(&StoreOptions::new(url), Clock::system()).await;
    store.map_err(|error| {
        CliError::No(format!("the admin edge's database cannot be opened: {error}; check admin.database_url"))
    })
}

fn failed(error: &StoreError) -> CliError {
    match error {
        StoreError::Refused(refusal) => CliError::No(refusal.to_string()),
        error => CliError::No(format!("the operators cannot be changed: {error}")),
    }
}

fn checked(username: &str) -> Result<&str, CliError> {
    let is_fine = |c: char| c.is_alphanumeric() || "-_.@".contains(c);
    if username.is_empty() || username.chars().count() > USERNAME_MAX || !username.chars().all(is_fine) {
        return Err(CliError::Usage(format!(
            "{username:?} cannot be an operator's name: give 1 to {USERNAME_MAX} letters, digits, and - _ . @"
        )));
    }
    Ok(username)
}

fn role_of(word: &str) -> Result<Role, CliError> {
    word.parse().map_err(|_| CliError::Usage(format!("{word:?} is no role: give viewer, operator, approver or admin")))
}

/// The password of the file or the variable, else a random one.
fn choose(args: &PasswordArgs) -> Result<Chosen, CliError> {
    let given = match &args.password_file {
        Some(path) => Some(secret::read(path, "password")?),
        None => std::env::var(PASSWORD_VARIABLE).ok().filter(|password| !password.is_empty()),
    };
    let made = given.is_none().then(password::random);
    let password = given.or_else(|| made.clone()).unwrap_or_default();
    let hash = password::hash(&password).map_err(|error| CliError::Usage(error.to_string()))?;
    Ok(Chosen { hash, made })
}

/// The first operator's password is in a file until it is changed.
fn forget_first(config: &Config, username: &str) -> Result<(), CliError> {
    if username != app::FIRST_OPERATOR {
        return Ok(());
    }
    let path = app::first_password_file(&config.data_dir);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(CliError::No(format!("the password was changed, and {} cannot be removed: {error}", path.display())))
        }
        _ => Ok(()),
    }
}

fn told(context: &Context, username: &str, what: &str, made: Option<&str>) -> Result<(), CliError> {
    if context.json() {
        return output::print_json(&json!({"username": username, "password": made}));
    }
    match made {
        Some(made) => output::print(&format!("{what}\nThe password, shown this once: {made}")),
        None => output::print(what),
    }
}

async fn list(context: &Context, store: &AdminStore) -> Result<(), CliError> {
    let users = store.users().await.map_err(|error| failed(&error))?;
    let items: Vec<_> = users.iter().map(row).collect();
    if context.json() {
        return output::print_json(&json!({ "items": items }));
    }
    let columns = [("username", "username"), ("role", "role"), ("state", "state"), ("added", "created_at")];
    output::print(&table::rows(&items, &columns))
}

fn row(user: &User) -> serde_json::Value {
    let state = user.disabled_at.map_or_else(|| "enabled".to_owned(), |since| format!("disabled since {since}"));
    json!({"id": user.id, "username": user.username, "role": user.role, "state": state, "created_at": user.created_at})
}
