//! `recon health`: one question to `/healthz`.

use serde_json::Value;

use super::client::{Client, Remote};
use super::printable::printable;
use super::{CliError, Context, output, table};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    remote: Remote,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), CliError> {
    let client = Client::new(args.remote.base(context)?, None)?;
    let answer = super::block_on(client.get("/healthz", &[]))?;
    let status = answer.body.get("status").and_then(Value::as_str).map(str::to_owned);
    if context.json() && !answer.body.is_null() {
        output::print_json(&answer.body)?;
    }
    match status.as_deref() {
        Some("healthy") if answer.status.is_success() => {
            if context.json() {
                Ok(())
            } else {
                output::print("healthy")
            }
        }
        Some(status) => Err(CliError::No(format!("{}: {}", printable(status), reasons(&answer.body)))),
        None => Err(CliError::No(format!(
            "the answer tells no health ({}): is this address a recon daemon's?",
            answer.sentence()
        ))),
    }
}

/// Why a daemon is not healthy: every loop that is not fresh and running, every check that is not passed.
fn reasons(body: &Value) -> String {
    let list = |name| body.get(name).and_then(Value::as_array).into_iter().flatten();
    let loops = list("loops").filter(|actor| !is_well(actor)).map(loop_reason);
    let checks = list("checks").filter(|check| !is_passed(check)).map(check_reason);
    let reasons: Vec<String> = loops.chain(checks).collect();
    if reasons.is_empty() { "the daemon names no reason".to_owned() } else { reasons.join("; ") }
}

fn text(item: &Value, name: &str) -> String {
    item.get(name).map(table::cell).unwrap_or_default()
}

fn is_well(actor: &Value) -> bool {
    matches!(text(actor, "state").as_str(), "running" | "starting") && actor.get("fresh") != Some(&Value::Bool(false))
}

fn loop_reason(actor: &Value) -> String {
    let state = text(actor, "state");
    let condition = if state == "running" { "stale" } else { state.as_str() };
    let reason = format!("{} is {condition}", text(actor, "id"));
    let error = text(actor, "last_error");
    printable(&if error.is_empty() { reason } else { format!("{reason} ({error})") })
}

fn is_passed(check: &Value) -> bool {
    let failed = check.get("ok") == Some(&Value::Bool(false));
    let status = text(check, "status");
    !failed && (status.is_empty() || matches!(status.as_str(), "ok" | "pass" | "healthy"))
}

fn check_reason(check: &Value) -> String {
    let detail = ["detail", "message", "status"].iter().map(|name| text(check, name)).find(|told| !told.is_empty());
    printable(&format!("{}: {}", text(check, "name"), detail.unwrap_or_else(|| "failed".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_wrong_is_named() {
        let body = json!({
            "status": "unhealthy",
            "loops": [
                {"id": "inbox", "state": "running", "fresh": true},
                {"id": "pushbullet-listener/3", "state": "parked", "fresh": false, "last_error": "401 \u{1b}[2J"},
                {"id": "order-matcher", "state": "running", "fresh": false},
            ],
            "checks": [{"name": "store", "ok": true}, {"name": "heartbeat", "ok": false, "detail": "none for 4 min"}],
        });
        assert_eq!(
            reasons(&body),
            "pushbullet-listener/3 is parked (401 \\u{1b}[2J); order-matcher is stale; heartbeat: none for 4 min"
        );
        assert_eq!(reasons(&json!({"status": "unhealthy"})), "the daemon names no reason");
    }
}
