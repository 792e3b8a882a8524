//! `recon template`: templates made of examples, tried out, and installed from packs, by a running daemon. Only
//! `install` stores anything, and works without a daemon too.

mod install;
mod marked;
mod place;
mod plan;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::client::Remote;
use super::printable::printable_lines;
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
    /// Make a template of one to five messages with marked values, and tell what it would change
    Suggest(Suggest),
    /// Try a template on texts
    Test(Test),
    /// Try a stored template on stored messages: what it would read anew, no more, or otherwise
    Backtest(Backtest),
    /// Add the checked templates of a pack; what is there already is left as it is
    Install(install::Args),
    /// List the packs and their banks
    Packs,
}

#[derive(Debug, clap::Args)]
struct Suggest {
    /// The messages, values marked {amount=50,000} {name=홍길동}, with a line --- between two; or the body of
    /// POST /internal/v2/templates/suggest as a .json file; - for stdin
    file: PathBuf,
    /// The template's sender; may be given several times [default: *]
    #[arg(long)]
    sender: Vec<String>,
    /// ISO 4217 code of its amounts [default: KRW]
    #[arg(long)]
    currency: Option<String>,
    /// IANA name of the time zone of its times [default: Asia/Seoul]
    #[arg(long)]
    timezone: Option<String>,
    /// deposit, withdrawal or ignore [default: what the words of the messages say]
    #[arg(long)]
    direction: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Test {
    /// The template as a JSON file
    template: PathBuf,
    /// The texts, with a line --- between two; - for stdin
    #[arg(default_value = "-")]
    texts: PathBuf,
}

#[derive(Debug, clap::Args)]
struct Backtest {
    /// The template's id
    id: u64,
    /// Messages received at or after this time (RFC 3339)
    #[arg(long)]
    since: Option<String>,
    /// How many messages, at most 5,000 [default: 1000]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=5000))]
    limit: Option<u32>,
    /// Where an earlier back-test ended
    #[arg(long)]
    cursor: Option<String>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), CliError> {
    let (path, body) = match &args.action {
        Action::Install(install) => return install::run(context, &args.remote, install),
        Action::Packs => return install::list(context),
        Action::Suggest(suggest) => ("/internal/v2/templates/suggest".to_owned(), suggest.body()?),
        Action::Test(test) => ("/internal/v2/templates/test".to_owned(), test.body()?),
        Action::Backtest(test) => (format!("/internal/v2/templates/{}/backtest", test.id), test.body()),
    };
    let client = args.remote.connect(context)?;
    let answer = super::block_on(async { client.post(&path, &body).await?.success() })?;
    if context.json() {
        return output::print_json(&answer);
    }
    let shown = match &args.action {
        Action::Suggest(_) => shown_suggestion(&answer),
        Action::Test(_) => table::rows(items(&answer, "results"), &RESULT),
        Action::Backtest(_) => shown_backtest(&answer),
        Action::Install(_) | Action::Packs => return Ok(()),
    };
    output::print(&shown)
}

/// Columns of what a template reads from a text.
const RESULT: [(&str, &str); 6] = [
    ("reads it", "matched"),
    ("amount", "fields.amount"),
    ("name", "fields.name"),
    ("balance", "fields.balance"),
    ("at", "fields.occurred_at"),
    ("flags", "flags"),
];

/// Columns of what changes about stored messages.
const SAMPLE: [(&str, &str); 8] = [
    ("sms", "sms_id"),
    ("change", "change"),
    ("amount before", "before.amount"),
    ("after", "after.amount"),
    ("name before", "before.name"),
    ("after", "after.name"),
    ("flags", "flags"),
    ("text", "text"),
];

fn items<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn shown_suggestion(answer: &Value) -> String {
    let text = |value: Option<&Value>| printable_lines(value.and_then(Value::as_str).unwrap_or_default());
    let template = answer.get("template");
    let mut shown = vec![
        format!("{}:", text(template.and_then(|template| template.get("name")))),
        text(template.and_then(|template| template.get("pattern"))),
        String::new(),
        "the examples\n".to_owned() + &table::rows(items(answer, "results"), &RESULT),
    ];
    shown.extend(items(answer, "warnings").iter().map(|warning| format!("note: {}", text(Some(warning)))));
    if let Some(history) = answer.get("history") {
        let count = |name: &str| history.get(name).and_then(Value::as_u64).unwrap_or_default();
        shown.push(format!(
            "of {} stored messages it fits {}: {} that nothing read, {} that would be read otherwise",
            count("examined"),
            count("matched"),
            count("new"),
            count("changed"),
        ));
        let samples = items(history, "samples");
        if !samples.is_empty() {
            shown.push(table::rows(samples, &SAMPLE));
        }
    }
    shown.push("Nothing is stored; --json prints the template as POST /internal/v2/templates takes it.".to_owned());
    shown.join("\n")
}

fn shown_backtest(answer: &Value) -> String {
    let mut counts = Map::new();
    for name in ["examined", "new", "lost", "changed"] {
        counts.insert(name.to_owned(), answer.get(name).cloned().unwrap_or_default());
    }
    let mut shown = vec![table::object(&counts)];
    let samples = items(answer, "samples");
    if !samples.is_empty() {
        shown.push(table::rows(samples, &SAMPLE));
    }
    if let Some(cursor) = answer.get("next_cursor").and_then(Value::as_str) {
        shown.push(format!("There are older messages: --cursor {}", super::printable::printable(cursor)));
    }
    shown.join("\n")
}

impl Suggest {
    fn body(&self) -> Result<Value, CliError> {
        let text = read(&self.file)?;
        let mut body = if self.file.extension().is_some_and(|extension| extension == "json") {
            json_of(&self.file, &text)?
        } else {
            json!({ "examples": marked::examples(&text).map_err(CliError::Usage)? })
        };
        let given = [("currency", &self.currency), ("timezone", &self.timezone), ("direction", &self.direction)];
        for (name, value) in given.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
            body[name] = json!(value);
        }
        if !self.sender.is_empty() {
            body["senders"] = json!(self.sender);
        }
        Ok(body)
    }
}

impl Test {
    fn body(&self) -> Result<Value, CliError> {
        let template = json_of(&self.template, &read(&self.template)?)?;
        Ok(json!({ "template": template, "texts": marked::parts(&read(&self.texts)?) }))
    }
}

impl Backtest {
    fn body(&self) -> Value {
        let mut body = Map::new();
        body.extend(self.since.as_ref().map(|since| ("since".to_owned(), json!(since))));
        body.extend(self.limit.map(|limit| ("limit".to_owned(), json!(limit))));
        body.extend(self.cursor.as_ref().map(|cursor| ("cursor".to_owned(), json!(cursor))));
        Value::Object(body)
    }
}

fn json_of(path: &Path, text: &str) -> Result<Value, CliError> {
    let value: Value = serde_json::from_str(text)
        .map_err(|error| CliError::Usage(format!("{} is no JSON: {error}", path.display())))?;
    if value.is_object() { Ok(value) } else { Err(CliError::Usage(format!("{} is no JSON object", path.display()))) }
}

fn read(path: &Path) -> Result<String, CliError> {
    let read = if path == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).map(|_| text)
    } else {
        std::fs::read_to_string(path)
    };
    read.map_err(|error| CliError::Usage(format!("{} cannot be read: {error}", path.display())))
}
