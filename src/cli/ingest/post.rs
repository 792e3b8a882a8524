//! Posts one batch until the daemon has judged it: what is busy or away is asked again, what is refused is not.

use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rand::RngExt as _;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::signature::Signer;
use crate::cli::client::{Answer, Client};
use crate::cli::{CliError, printable::printable};
use crate::clock::Clock;

/// Failures in a row after which the daemon counts as gone: about a minute and a half.
const FAILURES_MAX: u32 = 8;
const BACKOFF_MIN: Duration = Duration::from_millis(500);
const BACKOFF_MAX: Duration = Duration::from_secs(30);
/// A daemon that asks for a longer pause is left alone; the record keeps the place.
const PAUSE_MAX: Duration = Duration::from_mins(10);

/// What the daemon said of a batch.
#[derive(Debug)]
pub(super) enum Verdict {
    /// Taken; one result for each message, in order.
    Taken(Vec<Value>),
    /// None of it is stored, since these messages are wrong (by index; none where the daemon names none).
    Wrong { indexes: Vec<usize>, reason: String },
    /// None of it is stored: more than one request may carry.
    TooLarge,
}

/// Posts batches of one phone.
#[derive(Debug)]
pub(super) struct Poster {
    client: Client,
    path: SecretString,
    signer: Option<Signer>,
    clock: Clock,
    answered: bool,
}

impl Poster {
    pub(super) fn new(
        client: Client,
        device_token: &SecretString,
        secret: Option<SecretString>,
    ) -> Result<Self, CliError> {
        let token = utf8_percent_encode(device_token.expose_secret(), NON_ALPHANUMERIC);
        let signer = secret.map(|secret| Signer::new(&secret)).transpose().map_err(CliError::Usage)?;
        let path = SecretString::from(format!("/ingest/{token}/recon"));
        Ok(Self { client, path, signer, clock: Clock::system(), answered: false })
    }

    /// Posts the messages (JSON objects) as one request. `pause` is told of every wait.
    pub(super) async fn post(&mut self, messages: &[&str], pause: impl Fn(&str)) -> Result<Verdict, CliError> {
        let body = format!("{{\"messages\":[{}]}}", messages.join(","));
        let mut failures = 0;
        loop {
            let (why, asked) = match self.once(&body).await {
                Ok(answer) => {
                    self.answered = true;
                    match judge(&answer, messages.len())? {
                        Ok(verdict) => return Ok(verdict),
                        Err(busy) => busy,
                    }
                }
                // An address that never answered is more likely wrong than busy.
                Err(sentence) if !self.answered => return Err(CliError::No(sentence)),
                Err(sentence) => (sentence, None),
            };
            // A daemon that names a pause is well: waiting for it is no failure.
            failures = if asked.is_some() { 0 } else { failures + 1 };
            if failures > FAILURES_MAX {
                return Err(CliError::No(format!(
                    "{why}; given up after {FAILURES_MAX} tries: run the same command again later"
                )));
            }
            let wait = asked.unwrap_or_else(|| backoff(failures));
            pause(&format!("(waiting {} s: {})", wait.as_secs().max(1), printable(&why)));
            tokio::time::sleep(wait).await;
            pause("");
        }
    }

    async fn once(&self, body: &str) -> Result<Answer, String> {
        let mut headers =
            self.signer.as_ref().map_or_else(HeaderMap::new, |signer| signer.headers(body, self.clock.now()));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        self.client.post_raw(self.path.expose_secret(), headers, body.to_owned()).await
    }
}

/// Why to wait, and for how long where the daemon said so.
type Busy = (String, Option<Duration>);

/// A verdict, a reason to ask again, or an error that ends the run.
fn judge(answer: &Answer, messages: usize) -> Result<Result<Verdict, Busy>, CliError> {
    let status = answer.status;
    match status.as_u16() {
        200 => taken(answer, messages).map(Ok),
        400 | 422 => {
            Ok(Ok(Verdict::Wrong { indexes: wrong_indexes(&answer.body, messages), reason: answer.sentence() }))
        }
        413 => Ok(Ok(Verdict::TooLarge)),
        429 | 503 => {
            let asked = retry_after(answer);
            if let Some(asked) = asked.filter(|asked| *asked > PAUSE_MAX) {
                return Err(CliError::No(format!(
                    "the daemon asks for a pause of {}: run the same command again then",
                    humantime::format_duration(asked)
                )));
            }
            Ok(Err((answer.sentence(), asked)))
        }
        408 | 425 | 500..=599 => Ok(Err((answer.sentence(), None))),
        401 | 403 | 404 => Err(CliError::Usage(format!(
            "the daemon refuses this phone ({}): check --device-token, --secret and --url",
            answer.sentence()
        ))),
        _ => Err(CliError::No(format!("the daemon refuses: {}", answer.sentence()))),
    }
}

/// Only an answer that speaks of every message is an acknowledgement.
fn taken(answer: &Answer, messages: usize) -> Result<Verdict, CliError> {
    match answer.body.get("results").and_then(Value::as_array) {
        Some(results) if results.len() == messages => Ok(Verdict::Taken(results.clone())),
        _ => Err(CliError::No(format!(
            "the answer does not speak of each of the {messages} messages, so none counts as stored: is this address a recon daemon's?"
        ))),
    }
}

fn retry_after(answer: &Answer) -> Option<Duration> {
    let seconds = answer.headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).max(BACKOFF_MIN))
}

/// Between half and all of a pause that doubles with each failure.
fn backoff(failures: u32) -> Duration {
    let doubled = BACKOFF_MIN.saturating_mul(2u32.saturating_pow(failures.saturating_sub(1))).min(BACKOFF_MAX);
    let millis = u64::try_from(doubled.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(rand::rng().random_range(millis / 2..=millis))
}

/// The messages that a 422 names, as `messages[3].text`, `messages.3.text` or `/messages/3/text`.
fn wrong_indexes(body: &Value, messages: usize) -> Vec<usize> {
    let errors = body.get("errors").and_then(Value::as_array).into_iter().flatten();
    let fields = errors.filter_map(|error| error.get("field").and_then(Value::as_str));
    let mut indexes: Vec<usize> = fields.filter_map(message_index).filter(|index| *index < messages).collect();
    indexes.sort_unstable();
    indexes.dedup();
    indexes
}

fn message_index(field: &str) -> Option<usize> {
    let rest = field.trim_start_matches('/').strip_prefix("messages")?;
    let rest = rest.trim_start_matches(['[', '.', '/']);
    let digits = rest.find(|c: char| !c.is_ascii_digit()).map_or(rest, |end| rest.get(..end).unwrap_or_default());
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::StatusCode;
    use serde_json::json;

    fn answer(status: u16, body: Value) -> Answer {
        Answer { status: StatusCode::from_u16(status).unwrap(), headers: HeaderMap::new(), body }
    }

    #[test]
    fn an_answer_that_does_not_speak_of_every_message_acknowledges_none() {
        assert!(matches!(judge(&answer(200, json!({"results": [{}, {}]})), 2), Ok(Ok(Verdict::Taken(_)))));
        for body in [json!({"results": [{}]}), json!({}), Value::Null] {
            assert!(judge(&answer(200, body), 2).is_err());
        }
    }

    #[test]
    fn the_wrong_messages_are_found_by_their_index() {
        let body = json!({"errors": [
            {"field": "messages[3].sender"}, {"field": "messages.1.text"}, {"field": "/messages/3/text"},
            {"field": "messages[99].text"}, {"field": "text"}, {"field": "messages"}]});
        assert_eq!(wrong_indexes(&body, 10), [1, 3]);
    }

    #[test]
    fn busy_daemons_are_asked_again_and_refusals_are_not() {
        for status in [408, 425, 429, 500, 502, 503, 504] {
            assert!(matches!(judge(&answer(status, Value::Null), 1), Ok(Err(_))), "{status}");
        }
        for status in [301, 401, 403, 404, 405, 415] {
            assert!(judge(&answer(status, Value::Null), 1).is_err(), "{status}");
        }
        let mut later = answer(429, Value::Null);
        later.headers.insert(RETRY_AFTER, HeaderValue::from_static("7"));
        assert_eq!(judge(&later, 1).unwrap().unwrap_err().1, Some(Duration::from_secs(7)));
        later.headers.insert(RETRY_AFTER, HeaderValue::from_static("3600"));
        assert!(judge(&later, 1).unwrap_err().to_string().contains("1h"));
    }

    #[test]
    fn pauses_double_up_to_half_a_minute() {
        for (failures, max_ms) in [(1, 500), (2, 1_000), (5, 8_000), (8, 30_000), (60, 30_000)] {
            let pause = backoff(failures).as_millis();
            assert!(pause >= max_ms / 2 && pause <= max_ms, "{failures}: {pause}");
        }
    }
}
