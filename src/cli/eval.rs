//! `recon eval`: measures how well texts are read and deposits are paired, on labelled texts and scripted days.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::output::{print, print_json};
use super::printable::printable;
use super::{CliError, Context, block_on, table};
use crate::eval::corpus::{Corpus, LineError, read, shipped};
use crate::eval::evaluate;
use crate::eval::report::Report;

/// Failures that are shown unless all are asked for.
const FAILURES_SHOWN: usize = 20;

/// Days that are named where none was meant.
const DAYS_SHOWN: usize = 10;

/// The largest day of a quick run.
const QUICK_MESSAGES_MAX: usize = 100;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A file of labelled texts and days, as JSON lines; may be repeated [default: the corpus that is shipped]
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Only the days with this in their name, and no texts; may be repeated
    #[arg(long, value_name = "NAME")]
    day: Vec<String>,
    /// Leave out days of more than 100 messages
    #[arg(long)]
    quick: bool,
    /// Where to keep the store while it is used; it is removed afterwards [default: the system's directory for such files]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Show every failure and every day
    #[arg(long)]
    all: bool,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), CliError> {
    let mut corpus = corpus_of(args)?;
    if !args.day.is_empty() {
        corpus.texts.clear();
        known_days(&args.day, &corpus)?;
        corpus.days.retain(|day| args.day.iter().any(|name| day.name.contains(name.as_str())));
    }
    if args.quick {
        corpus.days.retain(|day| day.messages.len() <= QUICK_MESSAGES_MAX);
    }
    if corpus.texts.is_empty() && corpus.days.is_empty() {
        return Err(CliError::Usage("there is nothing to evaluate: no text and no day".to_owned()));
    }
    let dir = args.dir.clone().unwrap_or_else(std::env::temp_dir);
    let report = block_on(async {
        let done = evaluate(&corpus, &dir).await;
        done.map_err(|error| CliError::No(format!("the corpus cannot be played: {error:#}")))
    })?;
    let value = serde_json::to_value(&report).map_err(|error| CliError::No(error.to_string()))?;
    if context.json() {
        print_json(&value)?;
    } else {
        print(&tables(&value, args.all))?;
    }
    verdict(&report)
}

fn corpus_of(args: &Args) -> Result<Corpus, CliError> {
    if args.files.is_empty() {
        return shipped().map_err(|errors| CliError::No(told(&errors)));
    }
    let mut corpus = Corpus::default();
    for file in &args.files {
        let name = file.display().to_string();
        let bytes =
            std::fs::read(file).map_err(|error| CliError::Usage(format!("the file {name} cannot be read: {error}")))?;
        let content = String::from_utf8(bytes).map_err(|error| {
            let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = before.split(|byte| *byte == b'\n').count();
            CliError::Usage(format!("{name}, line {line}: this is not UTF-8"))
        })?;
        read(&name, &content, &mut corpus).map_err(|errors| CliError::Usage(told(&errors)))?;
    }
    Ok(corpus)
}

/// Refuses a name that no day has in its own.
fn known_days(asked: &[String], corpus: &Corpus) -> Result<(), CliError> {
    let Some(name) = asked.iter().find(|name| corpus.days.iter().all(|day| !day.name.contains(name.as_str()))) else {
        return Ok(());
    };
    let mut some: Vec<&str> = corpus.days.iter().take(DAYS_SHOWN).map(|day| day.name.as_str()).collect();
    let more = corpus.days.len() - some.len();
    let more_told = format!("and {more} more");
    if more > 0 {
        some.push(&more_told);
    }
    let there = if some.is_empty() { "there are none".to_owned() } else { format!("there are {}", some.join(", ")) };
    Err(CliError::Usage(format!("no day has {name:?} in its name: {there}")))
}

fn told(errors: &[LineError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn verdict(report: &Report) -> Result<(), CliError> {
    let missed: Vec<String> = report
        .goals
        .iter()
        .filter(|goal| !goal.met)
        .map(|goal| format!("{} (found {})", goal.goal, goal.found))
        .collect();
    if missed.is_empty() { Ok(()) } else { Err(CliError::No(format!("goals missed: {}", missed.join("; ")))) }
}

/// The report for people, from its own JSON: what is printed and what machines read is one thing.
fn tables(report: &Value, all: bool) -> String {
    let mut parts = Vec::new();
    let mut add = |title: &str, rows: Vec<Value>, columns: &[(&str, &str)]| {
        if !rows.is_empty() {
            parts.push(format!("{title}\n{}", table::rows(&rows, columns)));
        }
    };
    let text_rows = named("bank", &report["texts_by_bank"], &report["texts"]);
    add("Texts", text_rows, TEXT_COLUMNS);
    let days: Vec<Value> = items(&report["by_day"])
        .filter(|day| all || day["found"] != day["certain"] || day["wrong_credits"] != 0 || day["silent_drops"] != 0)
        .map(per_cent)
        .collect();
    add(if all { "Days" } else { "Days on which something certain was not found" }, days, &day_columns("day", "name"));
    let bank_rows = named("bank", &report["days_by_bank"], &report["days"]);
    add("Days by bank", bank_rows, &day_columns("bank", "bank"));
    let reasons = report["by_reason"].as_object().into_iter().flatten();
    let reasons = reasons.map(|(reason, counts)| merged(counts, "reason", reason)).collect();
    add(
        "People were asked because of",
        reasons,
        &[("reason", "reason"), ("on days", "days"), ("of a certain pair", "certain"), ("on texts", "texts")],
    );
    add("Matchers on the same days", matchers(report), MATCHER_COLUMNS);
    add("Goals", items(&report["goals"]).cloned().collect(), &[("goal", "goal"), ("found", "found"), ("met", "met")]);
    let failures: Vec<&str> = items(&report["failures"]).filter_map(Value::as_str).collect();
    if !failures.is_empty() {
        let shown = if all { failures.len() } else { failures.len().min(FAILURES_SHOWN) };
        let mut lines: Vec<String> = failures.iter().take(shown).map(|line| format!("  {}", printable(line))).collect();
        if failures.len() > shown {
            lines.push(format!("  and {} more: --all shows them", failures.len() - shown));
        }
        parts.push(format!("Not as it should be\n{}", lines.join("\n")));
    }
    parts.join("\n\n")
}

const TEXT_COLUMNS: &[(&str, &str)] = &[
    ("bank", "bank"),
    ("texts", "texts"),
    ("deposits", "deposits"),
    ("read right", "right"),
    ("recall %", "recall"),
    ("wrong amounts", "wrong_amounts"),
    ("wrong fields", "wrong_fields"),
    ("negatives", "negatives"),
    ("booked", "negatives_booked"),
    ("dropped", "silent_drops"),
    ("review %", "review_rate"),
];

const MATCHER_COLUMNS: &[(&str, &str)] = &[
    ("matcher", "name"),
    ("recall %", "recall"),
    ("precision %", "precision"),
    ("wrong credits", "wrong_credits"),
    ("unproven", "unproven"),
    ("double use", "double_use"),
    ("left to people %", "review_rate"),
];

fn day_columns(heading: &'static str, path: &'static str) -> Vec<(&'static str, &'static str)> {
    vec![
        (heading, path),
        ("deposits", "deposits"),
        ("certain", "certain"),
        ("found", "found"),
        ("recall %", "recall"),
        ("precision %", "precision"),
        ("wrong", "wrong_credits"),
        ("double", "double_use"),
        ("dropped", "silent_drops"),
        ("left to people %", "review_rate"),
    ]
}

fn items(list: &Value) -> impl Iterator<Item = &Value> {
    list.as_array().into_iter().flatten()
}

/// The figures by name, and the total below them.
fn named(key: &str, by_name: &Value, total: &Value) -> Vec<Value> {
    let named = by_name.as_object().into_iter().flatten();
    let mut rows: Vec<Value> = named.map(|(name, figures)| per_cent(&merged(figures, key, name))).collect();
    if !total.is_null() {
        rows.push(per_cent(&merged(total, key, "all")));
    }
    rows
}

fn merged(figures: &Value, key: &str, name: &str) -> Value {
    let mut row = figures.clone();
    row[key] = json!(name);
    row
}

/// The shares as per cent with one decimal, rounded down.
fn per_cent(figures: &Value) -> Value {
    let mut row = figures.clone();
    for field in ["recall", "precision", "review_rate"] {
        if let Some(share) = row[field].as_f64() {
            row[field] = json!(shown(share));
        }
    }
    row
}

#[allow(clippy::float_arithmetic, reason = "a share for people; goals are decided in whole numbers")]
fn shown(share: f64) -> String {
    // The hair's breadth keeps 0.29 from being shown as 28.9.
    let permille = (share * 1_000.0 + 1e-6).floor();
    format!("{:.1}", permille / 10.0)
}

/// Ours first, then the others.
fn matchers(report: &Value) -> Vec<Value> {
    if report["days"].is_null() {
        return Vec::new();
    }
    let ours = merged(&report["days"], "name", "recon");
    std::iter::once(per_cent(&ours)).chain(items(&report["baselines"]).map(per_cent)).collect()
}
