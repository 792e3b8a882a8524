//! Telegram bots in the channels that phones post to.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::domain::time::UnixMs;

/// A bot to be added.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BotInput {
    /// What operators call it: 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100, example = "KB channel")]
    pub name: String,
    /// Its token, as BotFather gave it.
    #[schema(min_length = 1, max_length = 256, example = "123456789:AAE-example")]
    pub token: String,
    /// The chats that are read, up to 100; none: every chat that the bot is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_items = 100)]
    pub chat_ids: Option<Vec<i64>>,
    /// The number or label of the handset that posts there; messages of one line are compared across sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub line: Option<String>,
    /// Whether it is read from now on; true where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Whether Telegram posts to `service.public_url` instead of being polled; false where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub webhook: Option<bool>,
}

impl fmt::Debug for BotInput {
    /// Without the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BotInput").field("name", &self.name).field("line", &self.line).finish_non_exhaustive()
    }
}

/// A bot. Its token is never shown.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Bot {
    /// Ours.
    pub id: i64,
    /// What operators call it.
    pub name: String,
    /// What Telegram calls it, where it said so at adding.
    pub username: Option<String>,
    /// The chats that are read; empty: every chat that the bot is in.
    pub chat_ids: Vec<i64>,
    /// The line of the handset that posts there.
    pub line: Option<String>,
    /// Whether it is read.
    pub enabled: bool,
    /// Whether Telegram posts to us instead of being polled.
    pub webhook: bool,
    /// The end of its token.
    pub token_hint: String,
    /// How its loop stands: `starting`, `running`, `backoff`, `parked` or `stopped`.
    pub state: String,
    /// When an update last came.
    pub last_event_at: Option<UnixMs>,
    /// When Telegram last answered, to the minute.
    pub last_poll_at: Option<UnixMs>,
    /// A time in which messages were lost, until somebody says that it was seen.
    pub loss: Option<Loss>,
    /// What was found at adding that keeps messages from coming, in plain words.
    pub warnings: Vec<String>,
    /// When it was added.
    pub created_at: UnixMs,
}

/// A time in which nothing was fetched, longer than the 24 hours for which Telegram keeps messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Loss {
    /// Since when.
    pub from: UnixMs,
    /// Until when; null: it goes on.
    pub until: Option<UnixMs>,
}

/// What became of an update that Telegram posted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct UpdateTaken {
    /// Always true: it is stored, or there was nothing in it to be stored.
    pub ok: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_shows_no_token() {
        let input = BotInput {
            name: "kb".to_owned(),
            token: "1:canary".to_owned(),
            chat_ids: None,
            line: None,
            enabled: None,
            webhook: None,
        };
        let shown = format!("{input:?}");
        assert!(shown.contains("kb") && !shown.contains("canary"), "{shown}");
    }
}
