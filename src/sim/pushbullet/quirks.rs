//! What the real Pushbullet does now and then, as switches.

use std::time::Duration;

/// What is switched on. By default nothing is but a sign of life every 30 s.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Quirks {
    /// How often a stream gives a sign of life.
    pub nop_every: Duration,
    /// Streams open and then nothing comes, not even a sign of life; those that are open fall silent.
    pub silent: bool,
    /// Each event is sent twice.
    pub twice: bool,
    /// Events carry no list of notifications.
    pub no_notifications: bool,
    /// Events carry an empty list of notifications.
    pub empty_notifications: bool,
    /// The title is the name of a contact and no number.
    pub names: bool,
    /// Lists of conversations lack `latest`.
    pub no_latest: bool,
    /// What comes in is kept out of the history until it catches up.
    pub history_held: bool,
    /// The times of the stream are later than those of the history, in seconds.
    pub stream_later_s: i64,
    /// Ids are written as numbers.
    pub numeric_ids: bool,
    /// Times are written with a fraction.
    pub float_times: bool,
    /// `has_sms` is a text.
    pub text_flags: bool,
    /// Frames of unknown types come between the others.
    pub strange_frames: bool,
    /// So many calls are answered by an HTML page of somebody on the way, with status 502.
    pub html_answers: u32,
    /// So many calls are answered 429, with a reset so many seconds from now by the clock given.
    pub limited: u32,
    /// `X-Ratelimit-Reset` of those answers, in Unix seconds.
    pub limit_reset: i64,
    /// Handshakes of the stream are refused with this status.
    pub stream_status: Option<u16>,
    /// Permanents are answered with this body.
    pub broken_history: Option<String>,
}

impl Default for Quirks {
    fn default() -> Self {
        Self {
            nop_every: Duration::from_secs(30),
            silent: false,
            twice: false,
            no_notifications: false,
            empty_notifications: false,
            names: false,
            no_latest: false,
            history_held: false,
            stream_later_s: 0,
            numeric_ids: false,
            float_times: false,
            text_flags: false,
            strange_frames: false,
            html_answers: 0,
            limited: 0,
            limit_reset: 0,
            stream_status: None,
            broken_history: None,
        }
    }
}
