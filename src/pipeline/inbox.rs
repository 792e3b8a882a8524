//! Stores every delivery for good before anybody is told that it was taken.

use actix::Message;

use crate::domain::refusal::Refusal;
use crate::domain::source::{SourceKey, SourceRef};
use crate::domain::time::UnixMs;

/// The actor.
#[derive(Debug)]
pub struct Inbox;

/// One delivery of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its key within its source.
    pub key: SourceKey,
    /// The source's own id of it, echoed in the answer.
    pub external_id: Option<String>,
    /// The wire format.
    pub format: &'static str,
    /// Who sent it, as the source wrote it; empty where unknown.
    pub sender: String,
    /// The text as the phone meant it. None: undecodable, `raw` says what came and `quarantine` why.
    pub text: Option<String>,
    /// The receiving handset, where the message names one; else the source's.
    pub line: Option<String>,
    /// When the phone received it.
    pub received_at: UnixMs,
    /// The body as it arrived, where it is more than the text.
    pub raw: Option<Vec<u8>>,
    /// Why it cannot be read: it is stored as `quarantined`.
    pub quarantine: Option<String>,
    /// It happened long before it reached us: flagged `old_event`.
    pub old_event: bool,
}

/// Deliveries of one source, stored together: all or none.
#[derive(Debug, Message)]
#[rtype(result = "Result<Vec<Taken>, Refusal>")]
pub struct Deliver {
    /// The source.
    pub source: SourceRef,
    /// Its line.
    pub line: Option<String>,
    /// Whether the source is trusted; messages of one that is not are held.
    pub trusted: bool,
    /// In the order of arrival.
    pub deliveries: Vec<Delivery>,
}

crate::text_enum! {
    /// What became of a delivery.
    pub enum TakenAs {
        /// A new sighting was stored.
        Stored = "stored",
        /// This delivery came before; answered as then.
        Duplicate = "duplicate",
        /// Stored, and held until its device is trusted.
        Held = "held",
        /// No message: counted and left.
        Ignored = "ignored",
    }
}

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The message it brought, where it brought one.
    pub sms_id: Option<i64>,
    /// How it was taken.
    pub status: TakenAs,
}
