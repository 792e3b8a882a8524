//! `telegram.*`: the bots that read channels in which phones post.

use std::time::Duration;

use super::keys::{Key, Kind, key};
use super::layers::Layers;
use super::parse;
use super::url::BaseUrl;

pub(super) const KEYS: &[Key] = &[
    key("telegram.api_url", Kind::Text, "https://api.telegram.org", "Telegram's Bot API"),
    key("telegram.poll_timeout", Kind::Text, "50s", "how long Telegram holds a poll open: whole seconds, 50s at most"),
];

/// The server holds a poll no longer than this, whatever it is asked.
const POLL_TIMEOUT_MAX: Duration = Duration::from_secs(50);

/// The bots that read channels in which phones post.
#[derive(Clone, Debug)]
pub struct TelegramConfig {
    /// The Bot API.
    pub api_url: BaseUrl,
    /// How long Telegram holds a poll open; whole seconds from 1 to 50.
    pub poll_timeout: Duration,
}

impl TelegramConfig {
    pub(super) fn read(layers: &mut Layers) -> Option<Self> {
        let api_url = layers.read("telegram.api_url", parse::http_url);
        let poll_timeout = layers.read("telegram.poll_timeout", |text| {
            let timeout = parse::positive(text)?;
            if timeout > POLL_TIMEOUT_MAX || timeout.subsec_nanos() != 0 {
                return Err("give whole seconds from 1s to 50s".to_owned());
            }
            Ok(timeout)
        });
        Some(Self { api_url: api_url?, poll_timeout: poll_timeout? })
    }
}
