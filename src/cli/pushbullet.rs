//! `recon pushbullet`: the phones that are heard through Pushbullet.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::client::Remote;
use super::{CliError, Context, output, printable::printable, secret, table};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Add a phone and listen to it; its access token is read from standard input, or from a file
    Add(New),
    /// List the phones, newest first
    List,
    /// Delete a phone and listen to it no longer; its messages stay
    Remove {
        /// The phone's id
        id: i64,
    },
}

#[derive(Debug, clap::Args)]
struct New {
    /// What to call it, such as counter-1
    #[arg(long)]
    name: String,
    /// File with the account's access token; - is standard input
    #[arg(long, value_name = "FILE", default_value = "-")]
    token_file: PathBuf,
    /// Pushbullet's own name of the phone; without it the account must have one phone with SMS
    #[arg(long)]
    device_iden: Option<String>,
    /// File with the password of the end-to-end encryption
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Its own number or label: messages of one line are compared across sources
    #[arg(long)]
    line: Option<String>,
    /// Add it without listening to it
    #[arg(long)]
    disabled: bool,
}

pub(super) fn run(context: &Context, args: Args) -> Result<(), CliError> {
    match args.action {
        Action::Add(new) => add(context, &args.remote, new),
        Action::List => list(context, &args.remote),
        Action::Remove { id } => remove(context, &args.remote, id),
    }
}

fn add(context: &Context, remote: &Remote, new: New) -> Result<(), CliError> {
    let both_of_stdin = new.token_file == Path::new("-") && new.password_file.as_deref() == Some(Path::new("-"));
    if both_of_stdin {
        return Err(CliError::Usage("token and password cannot both come from standard input".to_owned()));
    }
    let token = secret::read(&new.token_file, "access token")?;
    let password = new.password_file.map(|file| secret::read(&file, "encryption password")).transpose()?;
    let mut body = Map::from_iter([
        ("name".to_owned(), json!(new.name)),
        ("access_token".to_owned(), json!(token)),
        ("enabled".to_owned(), json!(!new.disabled)),
    ]);
    let optional = [("device_iden", new.device_iden), ("encryption_password", password), ("line", new.line)];
    body.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))));
    let client = remote.connect(context)?;
    let answer = super::block_on(async {
        client.post("/internal/v2/pushbullet/devices", &Value::Object(body)).await?.success()
    })?;
    if context.json() {
        return output::print_json(&answer);
    }
    let id = answer.get("id").map(table::cell).unwrap_or_default();
    output::print(&printable(&format!("device {id} is added; `recon pushbullet list` shows how it stands")))
}

fn list(context: &Context, remote: &Remote) -> Result<(), CliError> {
    let client = remote.connect(context)?;
    let query = [("limit", "500".to_owned())];
    let answer = super::block_on(async { client.get("/internal/v2/pushbullet/devices", &query).await?.success() })?;
    if context.json() {
        return output::print_json(&answer);
    }
    let items = answer.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let columns = [
        ("id", "id"),
        ("name", "name"),
        ("phone", "device_iden"),
        ("line", "line"),
        ("state", "state"),
        ("token", "token_hint"),
        ("last message", "last_event_at"),
        ("possible gap", "possible_gap_at"),
        ("last error", "last_error"),
    ];
    output::print(&table::rows(&items, &columns))
}

fn remove(context: &Context, remote: &Remote, id: i64) -> Result<(), CliError> {
    let client = remote.connect(context)?;
    super::block_on(async { client.delete(&format!("/internal/v2/pushbullet/devices/{id}")).await?.done() })?;
    output::print(&format!("device {id} is deleted; its messages stay"))
}
