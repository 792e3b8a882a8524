//! `recon actors`: the daemon's loops and owners of state, and what an operator does to one.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::client::Remote;
use super::{CliError, Context, output, printable::printable, table};
use crate::clock::Clock;
use crate::domain::time::UnixMs;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Replace an actor by a new instance, also a dead or stuck one
    Restart(Target),
    /// Stop an actor until it is started again
    Stop(Target),
    /// Start an actor that was stopped
    Start(Target),
}

#[derive(Debug, clap::Args)]
struct Target {
    /// The actor, such as order-matcher or pushbullet-listener/3
    id: String,
    /// Only in this process; else in every process that runs the actor
    #[arg(long)]
    process: Option<String>,
    /// Why, for the audit
    #[arg(long)]
    reason: Option<String>,
}

pub(super) fn run(context: &Context, args: Args) -> Result<(), CliError> {
    match args.action {
        None => list(context, &args.remote),
        Some(Action::Restart(target)) => act(context, &args.remote, "restart", &target),
        Some(Action::Stop(target)) => act(context, &args.remote, "stop", &target),
        Some(Action::Start(target)) => act(context, &args.remote, "start", &target),
    }
}

fn list(context: &Context, remote: &Remote) -> Result<(), CliError> {
    let client = remote.connect(context)?;
    let answer = super::block_on(async { client.get("/internal/v2/actors", &[]).await?.success() })?;
    if context.json() {
        return output::print_json(&answer);
    }
    let now = Clock::system().now();
    let mut items = answer.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    for item in &mut items {
        let age = age(item.get("last_progress_at"), now);
        if let Some(fields) = item.as_object_mut() {
            fields.insert("last_progress".to_owned(), json!(age));
        }
    }
    let columns = [
        ("id", "id"),
        ("process", "process"),
        ("state", "state"),
        ("fresh", "fresh"),
        ("critical", "critical"),
        ("restarts", "restarts"),
        ("last progress", "last_progress"),
        ("last error", "last_error"),
    ];
    output::print(&table::rows(&items, &columns))
}

/// How long ago a moment was, in whole seconds; the text as it is where it is no moment.
fn age(at: Option<&Value>, now: UnixMs) -> String {
    let Some(text) = at.and_then(Value::as_str) else { return String::new() };
    let Ok(at) = text.parse::<UnixMs>() else { return text.to_owned() };
    let seconds = now.since(at).as_secs();
    format!("{} ago", humantime::format_duration(std::time::Duration::from_secs(seconds)))
}

fn act(context: &Context, remote: &Remote, action: &str, target: &Target) -> Result<(), CliError> {
    let client = remote.connect(context)?;
    let path = format!("/internal/v2/actors/{}/{action}", utf8_percent_encode(&target.id, NON_ALPHANUMERIC));
    let given = [("reason", &target.reason), ("process", &target.process)];
    let body: Map<String, Value> =
        given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), json!(value.as_ref()?)))).collect();
    let answer = super::block_on(async { client.post(&path, &Value::Object(body)).await?.success() })?;
    if context.json() {
        return output::print_json(&answer);
    }
    let generation = answer.get("generation").map(table::cell).unwrap_or_default();
    output::print(&printable(&format!("{}: {action} accepted, generation {generation}", target.id)))
}
