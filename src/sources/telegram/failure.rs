//! What a refusal of Telegram means, and what is done about it.

use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

/// A call that brought no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// 409: a webhook takes the bot's updates.
    #[error(
        "a webhook takes this bot's updates, so that they cannot be polled: remove it with deleteWebhook (or let the program that set it do so), then restart this actor"
    )]
    WebhookActive,
    /// 409: somebody else polls with this token.
    #[error(
        "another program polls with this bot's token, and each takes the other's updates: stop that one, or give recon a bot of its own"
    )]
    OtherPoller,
    /// 429.
    #[error("Telegram wants a pause of {0} s")]
    TooMany(u64),
    /// 401 or 404 in Telegram's own words.
    #[error(
        "Telegram does not know this token ({0}): it was revoked or mistyped; delete the bot here and add it with its new token"
    )]
    BadToken(u16),
    /// The chat has another id now.
    #[error("the group is a supergroup now and has the id {0}")]
    Migrated(i64),
    /// Telegram refused in its own words.
    #[error("Telegram refuses: {code} {description}")]
    Refused {
        /// `error_code`.
        code: i64,
        /// `description`.
        description: String,
    },
    /// The answer is not in Telegram's shape: a gateway's page, or an error of the server.
    #[error("no answer of Telegram but HTTP {status} {what}")]
    NotTelegram {
        /// HTTP status.
        status: u16,
        /// What came instead.
        what: String,
    },
    /// Nothing came.
    #[error("Telegram cannot be reached: {0}")]
    Unreachable(String),
}

#[derive(Deserialize)]
struct Envelope<'a> {
    ok: bool,
    #[serde(borrow)]
    result: Option<&'a RawValue>,
    error_code: Option<i64>,
    description: Option<String>,
    parameters: Option<Parameters>,
}

#[derive(Default, Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

/// The `result` of an answer as it stands.
///
/// # Errors
/// What the answer means where it brings none.
pub fn result_of(status: u16, body: &str) -> Result<&str, Failure> {
    let not_telegram = |what: &str| Failure::NotTelegram { status, what: what.to_owned() };
    let envelope: Envelope<'_> = serde_json::from_str(body).map_err(|_| {
        let looks = body.trim_start();
        not_telegram(match looks.as_bytes().first() {
            None => "with nothing in it",
            Some(b'<') => "with a page in it",
            Some(_) => "with something else than Telegram's JSON in it",
        })
    })?;
    match envelope {
        Envelope { ok: true, result: Some(result), .. } => Ok(result.get()),
        Envelope { ok: true, .. } => Err(not_telegram("without a result")),
        refused => Err(classify(status, refused)),
    }
}

fn classify(status: u16, refused: Envelope<'_>) -> Failure {
    /// Where a 429 does not say how long.
    const PAUSE_S: u64 = 5;
    let code = refused.error_code.unwrap_or_else(|| status.into());
    let description = refused.description.unwrap_or_default();
    let parameters = refused.parameters.unwrap_or_default();
    if let Some(to) = parameters.migrate_to_chat_id {
        return Failure::Migrated(to);
    }
    match code {
        401 => Failure::BadToken(401),
        404 => Failure::BadToken(404),
        409 if description.to_lowercase().contains("webhook") => Failure::WebhookActive,
        409 => Failure::OtherPoller,
        429 => Failure::TooMany(parameters.retry_after.unwrap_or(PAUSE_S)),
        500.. => Failure::NotTelegram { status, what: format!("and error {code}") },
        _ => Failure::Refused { code, description: description.chars().take(200).collect() },
    }
}

/// What the poller does about a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Tries again after this long.
    Wait(Duration),
    /// Gives up, so that everybody sees why, and is tried again after this long; none: after supervision's time.
    Park(Option<Duration>),
}

/// What is done about the `streak`th failure in a row (from 1). `jitter` is drawn by the caller, 0 to 1,000.
#[must_use]
pub fn remedy(failure: &Failure, streak: u32, jitter: u32) -> Remedy {
    /// So many conflicts in a row are no overlap of an old poll with a new one.
    const CONFLICTS: u32 = 4;
    /// A loop that waits for longer is shown as parked.
    const WAIT_MAX: Duration = Duration::from_mins(1);
    match failure {
        Failure::BadToken(_) | Failure::WebhookActive => Remedy::Park(None),
        Failure::TooMany(seconds) if *seconds > WAIT_MAX.as_secs() => Remedy::Park(Some(Duration::from_secs(*seconds))),
        Failure::TooMany(seconds) => Remedy::Wait(Duration::from_secs(*seconds).max(Duration::from_secs(1))),
        Failure::OtherPoller if streak >= CONFLICTS => Remedy::Park(Some(WAIT_MAX)),
        _ => Remedy::Wait(backoff(streak, jitter)),
    }
}

/// From a second, doubling, up to a minute; between half of that and all of it.
pub(super) fn backoff(streak: u32, jitter: u32) -> Duration {
    const LONGEST: Duration = Duration::from_mins(1);
    let whole = Duration::from_secs(1 << streak.saturating_sub(1).min(6)).min(LONGEST);
    whole / 2 + whole / 2 * jitter.min(1_000) / 1_000
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(code: u16, description: &str, parameters: &str) -> Failure {
        let body = format!(r#"{{"ok":false,"error_code":{code},"description":"{description}"{parameters}}}"#);
        result_of(code, &body).unwrap_err()
    }

    #[test]
    fn a_result_is_taken_as_it_stands() {
        assert_eq!(
            result_of(200, r#"{"ok":true,"result":[ 1, {"a":"\ud800"}],"more":1}"#),
            Ok(r#"[ 1, {"a":"\ud800"}]"#)
        );
    }

    #[test]
    fn each_refusal_is_known() {
        assert_eq!(refused(401, "Unauthorized", ""), Failure::BadToken(401));
        assert_eq!(refused(404, "Not Found", ""), Failure::BadToken(404));
        let webhook = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
        assert_eq!(refused(409, webhook, ""), Failure::WebhookActive);
        let other = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
        assert_eq!(refused(409, other, ""), Failure::OtherPoller);
        let wait = r#","parameters":{"retry_after":4294967296}"#;
        assert_eq!(refused(429, "Too Many Requests: retry after 4294967296", wait), Failure::TooMany(4_294_967_296));
        assert_eq!(refused(429, "Too Many Requests", ""), Failure::TooMany(5));
        let moved = r#","parameters":{"migrate_to_chat_id":-1009}"#;
        assert_eq!(refused(400, "Bad Request: group chat was upgraded", moved), Failure::Migrated(-1009));
        assert!(matches!(refused(400, "Bad Request", ""), Failure::Refused { code: 400, .. }));
        assert!(matches!(refused(502, "Bad Gateway", ""), Failure::NotTelegram { status: 502, .. }));
    }

    #[test]
    fn what_is_not_telegram_s_json_is_no_word_about_the_token() {
        for (status, body) in
            [(404, "<html>not here</html>"), (401, "{}"), (502, ""), (200, r#"{"ok":true}"#), (200, "[]")]
        {
            let failure = result_of(status, body).unwrap_err();
            assert!(matches!(failure, Failure::NotTelegram { .. }), "{body}: {failure:?}");
        }
    }

    #[test]
    fn the_token_and_the_webhook_need_people_and_the_rest_needs_time() {
        assert_eq!(remedy(&Failure::BadToken(401), 1, 0), Remedy::Park(None));
        assert_eq!(remedy(&Failure::WebhookActive, 1, 0), Remedy::Park(None));
        assert_eq!(remedy(&Failure::TooMany(60), 1, 0), Remedy::Wait(Duration::from_mins(1)));
        assert_eq!(remedy(&Failure::TooMany(86_400), 1, 0), Remedy::Park(Some(Duration::from_hours(24))));
        assert!(matches!(remedy(&Failure::OtherPoller, 3, 0), Remedy::Wait(_)));
        assert_eq!(remedy(&Failure::OtherPoller, 4, 0), Remedy::Park(Some(Duration::from_mins(1))));
    }

    #[test]
    fn pauses_grow_with_jitter_to_a_minute() {
        let down = Failure::Unreachable(String::new());
        let pause = |streak, jitter| match remedy(&down, streak, jitter) {
            Remedy::Wait(pause) => pause.as_millis(),
            Remedy::Park(after) => panic!("parked for {after:?}"),
        };
        assert_eq!((pause(1, 0), pause(1, 1_000)), (500, 1_000));
        assert_eq!((pause(3, 0), pause(3, 1_000)), (2_000, 4_000));
        assert_eq!((pause(7, 1_000), pause(u32::MAX, u32::MAX)), (60_000, 60_000));
    }
}
