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
    let checks: Vec<String> = list("checks").filter(|check| !is_passed(check)).map(check_reason).collect();
    // A check of sources says of a loop what the loop says of itself; each is told once.
    let is_told = |told: &str| !told.is_empty() && checks.iter().any(|check| check.contains(told));
    let loops = list("loops").filter(|actor| !is_well(actor));
    let loops: Vec<String> = loops
        .map(|actor| (loop_reason(actor), text(actor, "last_error")))
        .filter(|(reason, _)| !is_told(reason))
        .map(|(reason, error)| if is_told(&printable(&error)) { reason } else { with_error(&reason, &error) })
        .collect();
    let mut reasons: Vec<String> = Vec::new();
    for reason in loops.into_iter().chain(checks) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
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
    printable(&format!("{} is {condition}", text(actor, "id")))
}

fn with_error(reason: &str, error: &str) -> String {
    if error.is_empty() { reason.to_owned() } else { format!("{reason} ({})", printable(error)) }
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
        let twice = json!({
            "loops": [{"id": "telegram_poller/1", "state": "parked", "last_error": "the token is refused"}],
            "checks": [{"name": "sources", "ok": false, "detail": "telegram_poller/1 is parked: the token is refused"}],
        });
        assert_eq!(reasons(&twice), "sources: telegram_poller/1 is parked: the token is refused");
        assert_eq!(reasons(&json!({"status": "unhealthy"})), "the daemon names no reason");
    }
}
