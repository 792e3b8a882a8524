//! `recon sms`: messages as operators see them.

use serde_json::Value;

use super::client::Remote;
use super::{CliError, Context, output, table};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    remote: Remote,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List messages, newest first
    List(Box<Filter>),
    /// Show one message: where it was heard, what was read in it, and why it was matched or not
    Show {
        /// The message's id
        id: u64,
    },
}

/// The filters of the API's list.
#[derive(Debug, clap::Args)]
struct Filter {
    /// State, such as matched or unparsed
    #[arg(long)]
    state: Option<String>,
    /// Review, such as need_check
    #[arg(long)]
    review: Option<String>,
    /// Sender's number
    #[arg(long)]
    sender: Option<String>,
    /// Source that told of it
    #[arg(long)]
    source: Option<String>,
    /// Line (phone) that received it
    #[arg(long)]
    line: Option<String>,
    /// Order that it was matched with
    #[arg(long)]
    order_id: Option<String>,
    /// Template that read it
    #[arg(long)]
    template_id: Option<u64>,
    /// Words in its text
    #[arg(long)]
    q: Option<String>,
    /// Received at or after this time (RFC 3339)
    #[arg(long)]
    from: Option<String>,
    /// Received before this time (RFC 3339)
    #[arg(long)]
    to: Option<String>,
    /// How many, at most 500
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: Option<u32>,
    /// Where the list goes on, as the page before it said
    #[arg(long)]
    cursor: Option<String>,
}

impl Filter {
    fn query(&self) -> Vec<(&'static str, String)> {
        let pairs = [
            ("state", self.state.clone()),
            ("review", self.review.clone()),
            ("sender", self.sender.clone()),
            ("source", self.source.clone()),
            ("line", self.line.clone()),
            ("order_id", self.order_id.clone()),
            ("template_id", self.template_id.map(|id| id.to_string())),
            ("q", self.q.clone()),
            ("from", self.from.clone()),
            ("to", self.to.clone()),
            ("limit", self.limit.map(|limit| limit.to_string())),
            ("cursor", self.cursor.clone()),
        ];
        pairs.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }
}

pub(super) fn run(context: &Context, args: Args) -> Result<(), CliError> {
    match args.action {
        Action::List(filter) => list(context, &args.remote, &filter),
        Action::Show { id } => show(context, &args.remote, id),
    }
}

fn list(context: &Context, remote: &Remote, filter: &Filter) -> Result<(), CliError> {
    let client = remote.connect(context)?;
    let answer = super::block_on(async { client.get("/internal/v2/sms", &filter.query()).await?.listed() })?;
    if context.json() {
        return output::print_json(&answer);
    }
    let items = answer.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let columns = [
        ("id", "id"),
        ("state", "state"),
        ("review", "review"),
        ("received", "received_at"),
        ("sender", "sender"),
        ("depositor", "depositor"),
        ("money", "money"),
        ("order", "order_id"),
        ("flags", "flags"),
        ("text", "text"),
    ];
    output::print(&table::rows(items, &columns))?;
    match answer.get("next_cursor").and_then(Value::as_str) {
        Some(cursor) => output::print(&format!("There are more: --cursor {}", super::printable::printable(cursor))),
        None => Ok(()),
    }
}

fn show(context: &Context, remote: &Remote, id: u64) -> Result<(), CliError> {
    let client = remote.connect(context)?;
    let path = format!("/internal/v2/sms/{id}");
    let answer = super::block_on(async { client.get(&path, &[]).await?.success() })?;
    match &answer {
        Value::Object(sms) if !context.json() => output::print(&table::object(sms)),
        _ => output::print_json(&answer),
    }
}
