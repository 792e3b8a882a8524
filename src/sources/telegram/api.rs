//! The Bot API over HTTP. The token stands in every URL, so no URL leaves this file: not in an error, not in a log.

use std::fmt;
use std::time::Duration;

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::ALLOWED_UPDATES;
use super::failure::{Failure, result_of};
use super::update::{RawUpdate, split};
use crate::config::BaseUrl;
use crate::domain::time::UnixMs;

/// How long a connection may take to come about.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// How much longer than the poll itself its answer may take.
const POLL_SLACK: Duration = Duration::from_secs(15);
/// How long any other call may take: somebody waits for it.
const ANSWER_WITHIN: Duration = Duration::from_secs(4);
/// No batch of a hundred messages is larger.
const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;
/// What Telegram gives at once at most.
const BATCH_MAX: u32 = 100;

/// The Bot API for one bot.
#[derive(Clone)]
pub struct BotApi {
    http: reqwest::Client,
    base: String,
    token: SecretString,
}

impl fmt::Debug for BotApi {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BotApi").field("base", &self.base).finish_non_exhaustive()
    }
}

/// The answer of `getMe`, as far as it matters.
#[derive(Clone, Debug, Deserialize)]
pub struct Me {
    /// Its name, without the `@`.
    pub username: Option<String>,
    /// Whether privacy mode is off, so that it sees all that is said in groups.
    pub can_read_all_group_messages: Option<bool>,
}

/// The answer of `getWebhookInfo`, as far as it matters.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct WebhookInfo {
    /// Where updates are posted; empty: nowhere.
    #[serde(default)]
    pub url: String,
    /// Updates that wait to be posted.
    #[serde(default)]
    pub pending_update_count: i64,
    /// When a post last failed (Unix seconds).
    pub last_error_date: Option<i64>,
    /// Why.
    pub last_error_message: Option<String>,
}

impl WebhookInfo {
    /// Why posts fail, where some wait and one has failed since `since`.
    #[must_use]
    pub fn fails_since(&self, since: UnixMs) -> Option<&str> {
        let failed_at = self.last_error_date.and_then(|at| at.checked_mul(1000))?;
        let fails = self.pending_update_count > 0 && failed_at >= since.0;
        self.last_error_message.as_deref().filter(|_| fails)
    }
}

impl BotApi {
    /// The API at `base` for the bot of `token`. Asks nothing yet.
    ///
    /// # Errors
    /// Where the HTTP client cannot be made.
    pub fn new(base: &BaseUrl, token: SecretString) -> anyhow::Result<Self> {
        crate::tls::use_ring();
        let mut http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_WITHIN)
            .user_agent(concat!("recon/", env!("CARGO_PKG_VERSION")));
        if base.is_loopback() {
            // A proxy would be asked for an address of its own machine, and shown the token.
            http = http.no_proxy();
        }
        let http = http.build().map_err(reqwest::Error::without_url).context("the HTTP client cannot be made")?;
        Ok(Self { http, base: base.as_str().to_owned(), token })
    }

    /// What came since `offset`, which confirms all before it; none: all that was not confirmed. Waits up to `held` for
    /// something to come.
    ///
    /// # Errors
    /// Why there is no batch.
    pub async fn updates(&self, offset: Option<i64>, held: Duration) -> Result<Vec<RawUpdate>, Failure> {
        let mut params = json!({
            "timeout": held.as_secs(), "limit": BATCH_MAX, "allowed_updates": ALLOWED_UPDATES,
        });
        if let Some(offset) = offset {
            params["offset"] = json!(offset);
        }
        let (body, garbled) = self.call("getUpdates", &params, held + POLL_SLACK).await?;
        let mut updates = split(result_of(body.0, &body.1)?)
            .map_err(|_| Failure::NotTelegram { status: body.0, what: "with updates that are no list".to_owned() })?;
        for update in &mut updates {
            update.garbled = garbled && update.json.contains(char::REPLACEMENT_CHARACTER);
        }
        Ok(updates)
    }

    /// Who the bot is.
    ///
    /// # Errors
    /// Why that is not known.
    pub async fn me(&self) -> Result<Me, Failure> {
        self.ask("getMe", &json!({})).await
    }

    /// Whether a webhook takes its updates.
    ///
    /// # Errors
    /// Why that is not known.
    pub async fn webhook(&self) -> Result<WebhookInfo, Failure> {
        self.ask("getWebhookInfo", &json!({})).await
    }

    /// Has updates posted to `url`, each with `secret` in its header, one at a time.
    ///
    /// # Errors
    /// Why Telegram does not.
    pub async fn set_webhook(&self, url: &str, secret: &SecretString) -> Result<(), Failure> {
        let params = json!({
            "url": url, "secret_token": secret.expose_secret(), "allowed_updates": ALLOWED_UPDATES,
            "max_connections": 1,
        });
        self.ask::<Value>("setWebhook", &params).await.map(drop)
    }

    /// Has updates posted nowhere; those that wait stay.
    ///
    /// # Errors
    /// Why Telegram does not.
    pub async fn delete_webhook(&self) -> Result<(), Failure> {
        self.ask::<Value>("deleteWebhook", &json!({})).await.map(drop)
    }

    async fn ask<T: DeserializeOwned>(&self, method: &str, params: &Value) -> Result<T, Failure> {
        let ((status, body), _) = self.call(method, params, ANSWER_WITHIN).await?;
        let result = result_of(status, &body)?;
        let odd = |_| Failure::NotTelegram { status, what: format!("with an unknown answer to {method}") };
        serde_json::from_str(result).map_err(odd)
    }

    /// The status and the body as text, and whether bytes that were no text were replaced in it.
    async fn call(&self, method: &str, params: &Value, within: Duration) -> Result<((u16, String), bool), Failure> {
        let url = format!("{}/bot{}/{method}", self.base, self.token.expose_secret());
        let answered = async {
            let mut response = self.http.post(url).json(params).timeout(within).send().await?;
            let status = response.status().as_u16();
            let mut body = Vec::new();
            while let Some(chunk) = response.chunk().await? {
                if body.len() + chunk.len() > BODY_BYTES_MAX {
                    return Ok(Err(Failure::NotTelegram { status, what: "without an end".to_owned() }));
                }
                body.extend_from_slice(&chunk);
            }
            Ok::<_, reqwest::Error>(Ok((status, body)))
        };
        let (status, body) = answered.await.map_err(|error| self.unreachable(error))??;
        let (text, garbled) = match String::from_utf8(body) {
            Ok(text) => (text, false),
            Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), true),
        };
        Ok(((status, self.without_token(text)), garbled))
    }

    /// Nobody should answer with our token; if somebody does, it stays here.
    fn without_token(&self, text: String) -> String {
        let token = self.token.expose_secret();
        if text.contains(token) { text.replace(token, "(token)") } else { text }
    }

    /// The innermost cause, which is what people can act on. Outer ones repeat the address, token and all.
    fn unreachable(&self, error: reqwest::Error) -> Failure {
        if error.is_timeout() {
            return Failure::Unreachable("no answer in time".to_owned());
        }
        let error = error.without_url();
        let mut cause: &dyn std::error::Error = &error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        Failure::Unreachable(self.without_token(cause.to_string()))
    }
}
