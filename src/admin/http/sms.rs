//! `/shooter/sms/*`. A check is review state and nothing else: no route here knows of the wallet.

use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

use super::compat::Call;
use super::envelope::{Failure, Reply};
use super::params::Params;
use super::peer::{expect, page_of, refused, write_answer};
use super::words::Say;
use crate::admin::client::Ask;
use crate::admin::frozen::sms;
use crate::domain::sms::CheckDecision;

const SMS: &str = "/internal/v2/sms";

type Answering = LocalBoxFuture<'static, Result<Reply, Failure>>;

/// The messages that the filters find, newest first.
pub fn list(mut call: Call) -> Answering {
    Box::pin(async move {
        let asked = call.params.page();
        let filter = filter(&mut call.params);
        call.params.done()?;
        let ask = || filter.iter().fold(Ask::get(SMS), |ask, (name, value)| ask.with(name, value));
        page_of(&call.state.recon, ask, asked, sms::old, sms::NAMES).await
    })
}

/// Recon's names and values of what is asked for. Both bounds are inclusive, to the second.
fn filter(params: &mut Params) -> Vec<(&'static str, String)> {
    let state = params.one_of("status", sms::states);
    let review = params.one_of("check_status", sms::review).map(|review| review.to_string());
    let from = params.integer("start_time").map(sms::from);
    let to = params.integer("end_time").and_then(sms::to);
    let texts = [("sender", "phone"), ("order_id", "order_id"), ("q", "keyword")];
    let texts = texts.map(|(recon, old)| (recon, params.text(old)));
    let found = [("state", state), ("review", review), ("from", from), ("to", to)].into_iter().chain(texts);
    found.filter_map(|(name, value)| Some((name, value?))).collect()
}

/// One message with the orders that it could belong to.
pub fn get(mut call: Call) -> Answering {
    Box::pin(async move {
        let id = call.params.needed_integer("id");
        call.params.done()?;
        Ok(Reply::Object(sms::old_with_candidates(&read(&call, id).await?)))
    })
}

async fn read(call: &Call, id: i64) -> Result<Value, Failure> {
    if id < 1 {
        return Err(Failure::NotFound);
    }
    expect(call.state.recon.call(&Ask::get(format!("{SMS}/{id}"))).await?, sms::NAMES)
}

/// Has messages read and matched again.
pub fn reset(mut call: Call) -> Answering {
    Box::pin(async move {
        let mut ids = call.params.integers("ids");
        ids.extend(call.params.integers("id"));
        if ids.is_empty() && call.params.is_right("ids") && call.params.is_right("id") {
            call.params.refuse("ids", Say::Missing);
        }
        call.params.done()?;
        let answer = write_answer(&call, Ask::post(format!("{SMS}/reset"), json!({"ids": ids}))).await?;
        let done = expect(answer, sms::NAMES)?;
        Ok(Reply::Object(json!({"reset": done["reset"], "skipped": done["skipped"]})))
    })
}

/// What is to be written of a message.
struct Check {
    id: i64,
    decision: CheckDecision,
    order_id: Option<String>,
    note: Option<String>,
}

/// Writes an operator's check.
///
/// Old programs know of no versions: the message is checked as it stands now. Where the pipeline moved it on between reading
/// and checking, that is done once more; where another person has checked it, or a `version` was given, it is a conflict.
pub fn check(mut call: Call) -> Answering {
    Box::pin(async move {
        let id = call.params.needed_integer("id");
        let decision = call.params.needed_one_of("check_status", sms::decision);
        let (order_id, note) = (call.params.text("order_id"), call.params.text("note"));
        let version = call.params.integer("version");
        call.params.done()?;
        let check = Check { id, decision: decision.unwrap_or(CheckDecision::Reopen), order_id, note };
        if let Some(version) = version {
            return match attempt(&call, &check, version).await? {
                Ok(checked) => Ok(Reply::Object(sms::old(&checked))),
                Err(now) => Err(Failure::Conflict(sms::old(&now))),
            };
        }
        let mut seen = read(&call, id).await?;
        let mut is_first = true;
        loop {
            let now = match attempt(&call, &check, seen["version"].as_i64().unwrap_or_default()).await? {
                Ok(checked) => return Ok(Reply::Object(sms::old(&checked))),
                Err(now) => now,
            };
            let is_only_moved = now["version"] != seen["version"] && now["check"] == seen["check"];
            if !(is_first && is_only_moved) {
                return Err(Failure::Conflict(sms::old(&now)));
            }
            (seen, is_first) = (now, false);
        }
    })
}

/// The message as it was checked, or as it stands where that cannot be.
async fn attempt(call: &Call, check: &Check, version: i64) -> Result<Result<Value, Value>, Failure> {
    if check.id < 1 {
        return Err(Failure::NotFound);
    }
    let body = sms::check(check.decision, check.order_id.as_deref(), check.note.as_deref(), version);
    let answer = write_answer(call, Ask::post(format!("{SMS}/{}/check", check.id), body)).await?;
    match answer.status {
        409 => Ok(Err(read(call, check.id).await?)),
        _ if answer.is_success() => Ok(Ok(answer.body)),
        _ => Err(refused(&answer, sms::NAMES)),
    }
}
