//! The balance chains in the store: which messages are links, what became of each, and what follows for the messages.
//!
//! A link is made of what its `sms` row says. Whatever changes such a row does so by [`SmsChanges`], which has the chain follow
//! in the same transaction: the links around the change are judged again as far as the verdicts can differ, and no further
//! (ADR-010). So a verdict stands before the matcher sees the message.

mod breaks;
mod facts;
mod follow;
mod walk;

pub use self::breaks::accept_break;
pub(super) use self::breaks::{accept_confirmed, take_back, view_of};
pub(super) use self::facts::{Facts, facts_of};
pub(super) use self::follow::{LinkChange, follow};

use crate::store::sms_change::SmsChanges;

#[cfg(test)]
mod tests;
