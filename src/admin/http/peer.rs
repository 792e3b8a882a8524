//! What recon answers, as routes answer it: pages of its lists, and its refusals in old words.

use serde_json::{Value, json};

use super::compat::Call;
use super::envelope::{Failure, Reply, Words, Wrong};
use super::params::PageAsked;
use super::words::Say;
use crate::admin::client::{Answer, Ask, Client, NoAnswer};
use crate::admin::frozen::old_name;

/// The largest page that recon gives.
const STEP: u64 = 500;
/// Pages far down a list are reached step by step; beyond so many steps a filter has to narrow the list.
const STEPS_MAX: u64 = 40;

/// A page of one of recon's lists, which go by cursor, as old programs ask for it, by number.
///
/// # Errors
/// 7400 for a page too far down, or what [`refused`] says.
pub async fn page(
    client: &Client,
    ask: impl Fn() -> Ask,
    asked: PageAsked,
    old: impl Fn(&Value) -> Value,
) -> Result<Reply, Failure> {
    page_of(client, ask, asked, old, &[]).await
}

/// The same of a list with filters, which recon names otherwise.
///
/// # Errors
/// As [`page`].
pub async fn page_of(
    client: &Client,
    ask: impl Fn() -> Ask,
    asked: PageAsked,
    old: impl Fn(&Value) -> Value,
    names: &[(&str, &'static str)],
) -> Result<Reply, Failure> {
    let skip = (asked.page - 1).saturating_mul(asked.page_size);
    let end = skip.saturating_add(asked.page_size);
    let (mut at, mut cursor, mut total, mut list) = (0, None, None, Vec::new());
    for _ in 0..STEPS_MAX {
        let mut next = ask().with("limit", (end - at).min(STEP));
        next = match &cursor {
            Some(cursor) => next.with("cursor", cursor),
            None => next.with("count", true),
        };
        let body = expect(client.call(&next).await?, names)?;
        let items = body["items"].as_array().cloned().unwrap_or_default();
        total = total.or_else(|| body["total"].as_u64());
        for item in &items {
            if at >= skip && at < end {
                list.push(old(item));
            }
            at += 1;
        }
        cursor = body["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() || at >= end {
            return Ok(Reply::Page { list, total: total.unwrap_or(at), asked });
        }
        // A page beyond the end needs no walk to it.
        if total.is_some_and(|total| skip >= total) {
            return Ok(Reply::Page { list, total: total.unwrap_or(at), asked });
        }
    }
    Err(Failure::Invalid(vec![Wrong { field: "page".to_owned(), say: Words::Key(Say::PageTooFar) }]))
}

/// Asks recon for a write on behalf of the operator; it is done once, however often it is sent.
///
/// # Errors
/// What [`refused`] says.
pub async fn write(call: &Call, ask: Ask, names: &[(&str, &'static str)]) -> Result<Value, Failure> {
    expect(write_answer(call, ask).await?, names)
}

/// The same, for a handler that reads refusals itself.
///
/// # Errors
/// 7503 where recon does not answer.
pub async fn write_answer(call: &Call, ask: Ask) -> Result<Answer, Failure> {
    let key = hex::encode(rand::random::<[u8; 16]>());
    let ask = ask.by(&call.operator()?.username).once(key);
    Ok(call.state.recon.call(&ask).await?)
}

/// The body of a success.
///
/// # Errors
/// What [`refused`] says.
pub fn expect(answer: Answer, names: &[(&str, &'static str)]) -> Result<Value, Failure> {
    if answer.is_success() { Ok(answer.body) } else { Err(refused(&answer, names)) }
}

/// A refusal in old words.
#[must_use]
pub fn refused(answer: &Answer, names: &[(&str, &'static str)]) -> Failure {
    match answer.status {
        404 => Failure::NotFound,
        409 => Failure::Conflict(answer.body.get("current").cloned().unwrap_or_else(|| json!({}))),
        413 | 422 => {
            let errors = answer.body["errors"].as_array().cloned().unwrap_or_default();
            let wrong = |error: &Value| Wrong {
                field: old_name(error["field"].as_str().unwrap_or_default(), names),
                say: Words::Text(error["message"].as_str().unwrap_or_default().to_owned()),
            };
            Failure::Invalid(errors.iter().map(wrong).collect())
        }
        status => {
            // The token or the address is wrong, or recon is no recon: nothing that the caller can mend.
            tracing::error!(status, "recon refuses the admin edge");
            Failure::Unavailable { retry_after_s: 30 }
        }
    }
}

impl From<NoAnswer> for Failure {
    fn from(none: NoAnswer) -> Self {
        Self::Unavailable { retry_after_s: none.retry_after.as_secs().max(1) }
    }
}
