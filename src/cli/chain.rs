//! `recon chain`: the breaks of the balance chains.

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
    /// List the open breaks: messages whose balance does not follow, newest first
    Breaks(Filter),
    /// Take a break as it stands: its deposit is released, and its balance is the account's from then on
    Accept {
        /// The message's id
        id: u64,
        /// Why, for the record
        #[arg(long)]
        note: String,
        /// The version of the message that you saw; without it, as it stands now
        #[arg(long)]
        version: Option<i64>,
    },
}

/// The filters of the API's list.
#[derive(Debug, clap::Args)]
struct Filter {
    /// Account, as the texts write it
    #[arg(long)]
    account: Option<String>,
    /// Line (phone) that received it
    #[arg(long)]
    line: Option<String>,
    /// Sender's number
    #[arg(long)]
    sender: Option<String>,
    /// How many, at most 500
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: Option<u32>,
    /// Where the list goes on, as the page before it said
    #[arg(long)]
    cursor: Option<String>,
}

pub(super) fn run(context: &Context, args: Args) -> Result<(), CliError> {
    match args.action {
        Action::Breaks(filter) => breaks(context, &args.remote, filter),
        Action::Accept { id, note, version } => accept(context, &args.remote, id, &note, version),
    }
}

fn breaks(context: &Context, remote: &Remote, filter: Filter) -> Result<(), CliError> {
    let client = remote.connect(context)?;
    let pairs = [
        ("account", filter.account),
        ("line", filter.line),
        ("sender", filter.sender),
        ("limit", filter.limit.map(|limit| limit.to_string())),
        ("cursor", filter.cursor),
    ];
    let query: Vec<_> = pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let answer = super::block_on(async { client.get("/internal/v2/chain/breaks", &query).await?.listed() })?;
    if context.json() {
        return output::print_json(&answer);
    }
    let items = answer.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let columns = [
        ("sms", "sms_id"),
        ("state", "state"),
        ("occurred", "occurred_at"),
        ("account", "account"),
        ("after sms", "previous_sms_id"),
        ("expected", "expected"),
        ("stated", "stated"),
        ("missing", "missing"),
        ("what", "sentence"),
    ];
    output::print(&table::rows(items, &columns))?;
    match answer.get("next_cursor").and_then(Value::as_str) {
        Some(cursor) => output::print(&format!("There are more: --cursor {}", printable(cursor))),
        None => Ok(()),
    }
}

fn accept(context: &Context, remote: &Remote, id: u64, note: &str, version: Option<i64>) -> Result<(), CliError> {
    let client = remote.connect(context)?;
    let mut body = json!({ "note": note });
    if let Some(version) = version {
        body["version"] = json!(version);
    }
    let path = format!("/internal/v2/chain/breaks/{id}/accept");
    let answer = super::block_on(async { client.post(&path, &body).await?.success() })?;
    match &answer {
        Value::Object(link) if !context.json() => output::print(&table::object(link)),
        _ => output::print_json(&answer),
    }
}
