//! `recon telegram`: the bots that read the channels which phones post to.

use std::io::Read as _;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::client::Remote;
use super::{CliError, Context, output, printable::printable, table};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Add a bot; its token is read from standard input or a file, never from the command line
    Add(Add),
    /// List the bots
    List,
    /// Delete a bot: it is stopped at once, its messages stay
    Remove(Target),
    /// Say that you have looked into a bot's loss window: ends the alarm
    LossSeen(Target),
}

#[derive(Debug, clap::Args)]
struct Add {
    /// What you call it
    #[arg(long)]
    name: String,
    /// A file that holds the token [default: standard input]
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// A chat that is read; may be given again. Without it: every chat that the bot is in
    #[arg(long = "chat", value_name = "ID", allow_negative_numbers = true)]
    chats: Vec<i64>,
    /// The number or label of the phone that posts there
    #[arg(long)]
    line: Option<String>,
    /// Have Telegram post to service.public_url instead of polling
    #[arg(long)]
    webhook: bool,
    /// Add it without reading it
    #[arg(long)]
    disabled: bool,
}

#[derive(Debug, clap::Args)]
struct Target {
    /// The bot's id, as `recon telegram list` shows it
    id: i64,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), CliError> {
    match &args.action {
        Action::Add(add) => run_add(context, &args.remote, add),
        Action::List => list(context, &args.remote),
        Action::Remove(target) => remove(context, &args.remote, target),
        Action::LossSeen(target) => loss_seen(context, &args.remote, target),
    }
}

const PATH: &str = "/internal/v2/telegram/bots";

fn run_add(context: &Context, remote: &Remote, add: &Add) -> Result<(), CliError> {
    let client = remote.connect(context)?;
    let mut body = json!({
        "name": add.name, "token": token(add)?, "enabled": !add.disabled, "webhook": add.webhook, "line": add.line,
    });
    if !add.chats.is_empty() {
        body["chat_ids"] = json!(add.chats);
    }
    let bot = super::block_on(async { client.post(PATH, &body).await?.success() })?;
    if context.json() {
        return output::print_json(&bot);
    }
    let text = |name: &str| bot.get(name).map(table::cell).unwrap_or_default();
    let mut said = format!("added telegram bot {}", text("id"));
    if !text("username").is_empty() {
        said = format!("{said}, @{}", text("username"));
    }
    let warnings = bot.get("warnings").and_then(Value::as_array).into_iter().flatten();
    for warning in warnings.filter_map(Value::as_str) {
        said = format!("{said}\nwarning: {warning}");
    }
    let lines: Vec<String> = said.lines().map(printable).collect();
    output::print(&lines.join("\n"))
}

/// The token: arguments are seen by every user of the machine, and kept in the shell's history.
fn token(add: &Add) -> Result<String, CliError> {
    let (read, from) = if let Some(path) = &add.token_file {
        (std::fs::read_to_string(path), path.display().to_string())
    } else {
        let mut text = String::new();
        (std::io::stdin().read_to_string(&mut text).map(|_| text), "standard input".to_owned())
    };
    let text = read.map_err(|error| CliError::Usage(format!("the token cannot be read from {from}: {error}")))?;
    let token = text.trim();
    if token.is_empty() {
        return Err(CliError::Usage(format!("no token came from {from}: put the bot's token there, alone")));
    }
    Ok(token.to_owned())
}

fn list(context: &Context, remote: &Remote) -> Result<(), CliError> {
    let client = remote.connect(context)?;
    let query = [("limit", "500".to_owned())];
    let answer = super::block_on(async { client.get(PATH, &query).await?.success() })?;
    if context.json() {
        return output::print_json(&answer);
    }
    let items = answer.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let columns = [
        ("id", "id"),
        ("name", "name"),
        ("bot", "username"),
        ("token", "token_hint"),
        ("chats", "chat_ids"),
        ("line", "line"),
        ("state", "state"),
        ("last message", "last_event_at"),
        ("last answer", "last_poll_at"),
        ("loss since", "loss.from"),
        ("warnings", "warnings"),
    ];
    output::print(&table::rows(&items, &columns))
}

fn remove(context: &Context, remote: &Remote, target: &Target) -> Result<(), CliError> {
    let client = remote.connect(context)?;
    let path = format!("{PATH}/{}", target.id);
    super::block_on(async { client.delete(&path).await?.done() })?;
    output::print(&format!("telegram bot {} is deleted; its messages stay", target.id))
}

fn loss_seen(context: &Context, remote: &Remote, target: &Target) -> Result<(), CliError> {
    let client = remote.connect(context)?;
    let path = format!("{PATH}/{}/loss-seen", target.id);
    let bot = super::block_on(async { client.post(&path, &json!({})).await?.success() })?;
    if context.json() {
        return output::print_json(&bot);
    }
    output::print(&format!("the loss window of telegram bot {} is noted as seen", target.id))
}
