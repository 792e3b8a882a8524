//! `pushbullet.*`: the phones heard through Pushbullet.

use std::time::Duration;

use super::keys::{Key, Kind, key};
use super::layers::Layers;
use super::parse;
use super::url::BaseUrl;

pub(super) const KEYS: &[Key] = &[
    key("pushbullet.api_url", Kind::Text, "https://api.pushbullet.com", "Pushbullet's HTTP API"),
    key("pushbullet.stream_url", Kind::Text, "wss://stream.pushbullet.com/websocket", "Pushbullet's event stream"),
    key("pushbullet.silence_timeout", Kind::Text, "45s", "a stream without a frame for this long is dead"),
    key("pushbullet.sync_interval", Kind::Text, "2m", "how often the message history is compared"),
];

/// The phones heard through Pushbullet.
#[derive(Clone, Debug)]
pub struct PushbulletConfig {
    /// The HTTP API.
    pub api_url: BaseUrl,
    /// The event stream (`ws` or `wss`).
    pub stream_url: BaseUrl,
    /// A stream without a frame for this long is dead.
    pub silence_timeout: Duration,
    /// How often the message history is compared.
    pub sync_interval: Duration,
}

impl PushbulletConfig {
    pub(super) fn read(layers: &mut Layers) -> Option<Self> {
        let api_url = layers.read("pushbullet.api_url", parse::http_url);
        let stream_url = layers.read("pushbullet.stream_url", parse::ws_url);
        let silence_timeout = layers.read("pushbullet.silence_timeout", parse::positive);
        let sync_interval = layers.read("pushbullet.sync_interval", parse::positive);
        Some(Self {
            api_url: api_url?,
            stream_url: stream_url?,
            silence_timeout: silence_timeout?,
            sync_interval: sync_interval?,
        })
    }
}
