//! Follows the outbox and passes events to those who listen.

use actix::Message;
use tokio::sync::mpsc;

use crate::contract::system::Event;
use crate::domain::refusal::Refusal;

/// The actor.
#[derive(Debug)]
pub struct EventFeed;

/// Starts listening. The stream ends when the listener falls behind by more than its buffer, or the feed restarts:
/// it then comes back with the last id it saw.
#[derive(Debug, Message)]
#[rtype(result = "Result<mpsc::Receiver<Event>, Refusal>")]
pub struct Subscribe {
    /// Everything after this id first; none: only what comes.
    pub after: Option<i64>,
}
