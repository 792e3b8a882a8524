//! Telegram bots in the channels that phones post to: from updates to deliveries, and the loop that fetches them.
//!
//! Pure: [`update`] takes a batch apart, [`message`] reads one update, [`sender`] finds whose SMS it is, [`failure`] says what a refusal of Telegram means. [`api`] speaks HTTP and [`poller`] is the
//! supervised loop over all of it, run by [`family`]. What is read and what is not is written for people in
//! `docs/operating/telegram.md`.

pub mod api;
pub mod failure;
pub mod family;
pub mod message;
pub mod poller;
pub mod sender;
pub mod take;
pub mod update;

#[cfg(test)]
mod refused_token_tests;

/// The wire format's name on sightings.
pub const FORMAT: &str = "telegram";

/// The updates that are asked for; whatever else Telegram has stays there. Sticky on the server, so said with each call.
pub const ALLOWED_UPDATES: [&str; 5] =
    ["message", "edited_message", "channel_post", "edited_channel_post", "my_chat_member"];
