//! The running summary: what the daemon says of itself now.

use anyhow::Context as _;
use serde_json::Value;

use super::Api;
use super::sources::Source;

/// So many lines, then the heading once more.
const LINES_UNDER_HEADING: u64 = 20;

/// Prints the summary line by line.
#[derive(Debug, Default)]
pub(super) struct Watch {
    lines: u64,
}

impl Watch {
    /// The next line, the heading before it where it is due.
    pub(super) async fn line(&mut self, api: &Api, sources: &[Source], seconds: u64) -> anyhow::Result<String> {
        let names: Vec<&str> = sources.iter().map(|source| source.name).collect();
        let mut text = String::new();
        if self.lines.is_multiple_of(LINES_UNDER_HEADING) {
            text =
                format!(" time  heard by: {}  | stored  matched  need check  unmatched  | health\n", names.join("  "));
        }
        self.lines += 1;
        let mut heard = Vec::new();
        for source in sources {
            let count = heard_by(api, source).await?;
            heard.push(format!("{count:>width$}", width = source.name.len()));
        }
        let stored = api.count("/internal/v2/sms?").await?;
        let matched = api.count("/internal/v2/sms?state=matched&").await?;
        let need_check = api.count("/internal/v2/sms?review=need_check&").await?;
        let unmatched = api.count("/internal/v2/sms?state=unmatched&").await?;
        let health = health(&api.probe("/healthz").await?)?;
        Ok(format!(
            "{text}{:02}:{:02}            {}  | {stored:>6}  {matched:>7}  {need_check:>10}  {unmatched:>9}  | {health}",
            seconds / 60,
            seconds % 60,
            heard.join("  "),
        ))
    }
}

/// How many messages recon heard from a source.
pub(super) async fn heard_by(api: &Api, source: &Source) -> anyhow::Result<u64> {
    api.count(&format!("/internal/v2/sms?source={}&", source.id)).await
}

/// The status, and what is not well.
fn health(body: &Value) -> anyhow::Result<String> {
    let status = body.get("status").and_then(Value::as_str).context("no status of health")?;
    let list = |name: &str| body.get(name).and_then(Value::as_array).into_iter().flatten();
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let loops = list("loops")
        .filter(|actor| actor.get("fresh") != Some(&Value::Bool(true)) || text(actor, "state") == "parked")
        .map(|actor| format!("{} {}", text(actor, "id"), text(actor, "state")));
    let checks = list("checks")
        .filter(|check| check.get("ok") == Some(&Value::Bool(false)))
        .map(|check| format!("check {}", text(check, "name")));
    let unwell: Vec<String> = loops.chain(checks).collect();
    Ok(if unwell.is_empty() { status.to_owned() } else { format!("{status}: {}", unwell.join(", ")) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn health_names_what_is_not_well() {
        let fresh = json!({"id": "a", "state": "running", "fresh": true});
        let parked = json!({"id": "telegram-poller/1", "state": "parked", "fresh": false});
        let check = json!({"name": "phones", "ok": false});
        let of = |status: &str, loops: &[&Value], checks: &[&Value]| {
            health(&json!({"status": status, "loops": loops, "checks": checks})).unwrap()
        };
        assert_eq!(of("healthy", &[&fresh], &[]), "healthy");
        assert_eq!(of("degraded", &[&fresh, &parked], &[&check]), "degraded: telegram-poller/1 parked, check phones");
    }
}
