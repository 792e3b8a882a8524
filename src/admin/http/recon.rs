//! `/recon/*`: recon's actors, its trials of templates, and the audit. What recon says is passed on in its own shape.

use futures_util::future::LocalBoxFuture;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use super::compat::Call;
use super::envelope::{Failure, Reply};
use super::params::PageAsked;
use super::peer::{expect, page, write};
use super::words::Say;
use crate::admin::audit_log::{AuditEntry, AuditFilter, ListAudit};
use crate::admin::client::Ask;
use crate::domain::time::UnixMs;
use crate::http::ports::ANSWER_WITHIN;

const ACTORS: &str = "/internal/v2/actors";
const TEMPLATES: &str = "/internal/v2/templates";
const AUDIT: &str = "/internal/v2/audit";

/// Pages of the edge's own audit further down than so many entries are not given: a filter has to narrow the list.
const SKIPPED_MAX: u64 = 20_000;

type Answering = LocalBoxFuture<'static, Result<Reply, Failure>>;

/// Every actor of recon's processes, and the edge's own. They are few: all of them, where no page is asked for.
pub fn actors(mut call: Call) -> Answering {
    Box::pin(async move {
        let asked = if call.params.asks_page() { Some(call.params.page()) } else { None };
        call.params.done()?;
        let of_recon = expect(call.state.recon.call(&Ask::get(ACTORS)).await?, &[])?;
        let mut list = of_recon["items"].as_array().cloned().unwrap_or_default();
        // In one process recon's list has them already.
        let is_listed = |list: &[Value], own: &Value| {
            list.iter().any(|actor| actor["id"] == own["id"] && actor["process"] == own["process"])
        };
        for own in call.state.own_actors.list() {
            let own = json!(own);
            if !is_listed(&list, &own) {
                list.push(own);
            }
        }
        let total = u64::try_from(list.len()).unwrap_or(u64::MAX);
        let Some(asked) = asked else {
            return Ok(Reply::Page { list, total, asked: PageAsked { page: 1, page_size: total.max(1) } });
        };
        let skip = usize::try_from((asked.page - 1).saturating_mul(asked.page_size)).unwrap_or(usize::MAX);
        let size = usize::try_from(asked.page_size).unwrap_or(usize::MAX);
        Ok(Reply::Page { list: list.into_iter().skip(skip).take(size).collect(), total, asked })
    })
}

/// A new instance of an actor.
pub fn restart(call: Call) -> Answering {
    control(call, "restart")
}

/// No instance of an actor until somebody starts it.
pub fn stop(call: Call) -> Answering {
    control(call, "stop")
}

/// An instance of an actor, where there is none.
pub fn start(call: Call) -> Answering {
    control(call, "start")
}

fn control(mut call: Call, what: &'static str) -> Answering {
    Box::pin(async move {
        let id = call.params.needed_text("id");
        let (reason, process) = (call.params.text("reason"), call.params.text("process"));
        call.params.done()?;
        let mut body = Map::new();
        body.extend(reason.map(|reason| ("reason".to_owned(), Value::String(reason))));
        body.extend(process.map(|process| ("process".to_owned(), Value::String(process))));
        let path = format!("{ACTORS}/{}/{what}", utf8_percent_encode(&id, NON_ALPHANUMERIC));
        Ok(Reply::Object(write(&call, Ask::post(path, Value::Object(body)), &[]).await?))
    })
}

/// Tries a template on texts.
pub fn test_template(call: Call) -> Answering {
    tries(call, &["template", "texts"], "test")
}

/// Makes a template of messages with marked values.
pub fn suggest_template(call: Call) -> Answering {
    tries(call, &["examples", "currency", "timezone", "senders"], "suggest")
}

/// Tries a stored template on stored messages.
pub fn backtest_template(mut call: Call) -> Answering {
    Box::pin(async move {
        let id = call.params.needed_integer("id");
        let since = time(&mut call, "since");
        let limit = call.params.integer("limit");
        call.params.done()?;
        let mut body = Map::new();
        body.extend(since.map(|since| ("since".to_owned(), Value::String(since))));
        body.extend(limit.map(|limit| ("limit".to_owned(), Value::from(limit))));
        let ask = Ask::post(format!("{TEMPLATES}/{id}/backtest"), Value::Object(body));
        Ok(Reply::Object(expect(call.state.recon.call(&ask).await?, &[])?))
    })
}

/// Passes the fields that recon knows on; it changes nothing.
fn tries(mut call: Call, fields: &'static [&'static str], what: &'static str) -> Answering {
    Box::pin(async move {
        call.params.done()?;
        let given = fields.iter().filter_map(|name| Some(((*name).to_owned(), call.params.json(name)?)));
        let ask = Ask::post(format!("{TEMPLATES}/{what}"), Value::Object(given.collect()));
        Ok(Reply::Object(expect(call.state.recon.call(&ask).await?, &[])?))
    })
}

/// The audit: recon's, or with `of=edge` what operators did at the edge itself.
pub fn audit(mut call: Call) -> Answering {
    Box::pin(async move {
        let asked = call.params.page();
        let (actor, subject) = (call.params.text("actor"), call.params.text("subject"));
        let (from, to) = (time(&mut call, "from"), time(&mut call, "to"));
        let of = call.params.text("of");
        match of.as_deref() {
            None | Some("recon") => {
                call.params.done()?;
                let given = [("actor", actor), ("subject", subject), ("from", from), ("to", to)];
                let ask = || {
                    let given = given.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
                    given.fold(Ask::get(AUDIT), |ask, (name, value)| ask.with(name, value))
                };
                page(&call.state.recon, ask, asked, Value::clone).await
            }
            Some("edge") => {
                let mut moment = |name: &str, text: Option<String>| {
                    let parsed = text.map(|text| text.parse::<UnixMs>());
                    if matches!(parsed, Some(Err(_))) {
                        call.params.refuse(name, Say::GiveTime);
                    }
                    parsed.and_then(Result::ok)
                };
                let filter = AuditFilter { actor, subject, from: moment("from", from), to: moment("to", to) };
                own_audit(call, filter, asked).await
            }
            Some(_) => {
                call.params.refuse("of", Say::GiveAudit);
                call.params.done()?;
                Err(Failure::Failed)
            }
        }
    })
}

async fn own_audit(mut call: Call, filter: AuditFilter, asked: PageAsked) -> Result<Reply, Failure> {
    let skip = (asked.page - 1).saturating_mul(asked.page_size);
    if skip > SKIPPED_MAX {
        call.params.refuse("page", Say::PageTooFar);
    }
    call.params.done()?;
    let list = ListAudit { filter, skip, size: asked.page_size };
    let (entries, total) = call.state.audit.ask(list, ANSWER_WITHIN).await?.map_err(|error| {
        tracing::warn!(%error, "the edge's audit cannot be read");
        Failure::Unavailable { retry_after_s: 1 }
    })?;
    Ok(Reply::Page { list: entries.iter().map(entry).collect(), total, asked })
}

/// An entry in the shape that recon gives its own.
fn entry(entry: &AuditEntry) -> Value {
    let AuditEntry { row, hash } = entry;
    let detail = serde_json::from_str(&row.detail).unwrap_or_else(|_| Value::String(row.detail.clone()));
    json!({
        "id": row.id, "at": row.at, "operator": row.operator, "action": row.action, "subject": row.subject,
        "detail": detail, "hash": hash,
    })
}

/// A time as recon has it: Unix seconds are taken too.
fn time(call: &mut Call, name: &str) -> Option<String> {
    let text = call.params.text(name)?;
    let seconds = text.parse::<i64>().ok().and_then(|seconds| seconds.checked_mul(1000));
    Some(seconds.map_or(text, |ms| UnixMs(ms).to_string()))
}
