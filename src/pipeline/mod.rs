//! The way of a message: inbox, whitelist_validator, template_parser, order_matcher, and the loops that mend and tidy.
//!
//! Rows are the truth, messages are nudges (ADR-004): each stage processes what is pending in the store, woken by a nudge
//! of the stage before and by a period, so a lost nudge costs time and never a message. Uses `domain`, `store` and
//! `supervision`; `app` puts the stages together, downstream first.

pub mod compensator;
pub mod heartbeat;
pub mod inbox;
pub mod order_matcher;
pub mod retention;
mod retry;
mod stage;
pub mod template_parser;
pub mod whitelist_validator;

/// Messages that a stage takes at once: enough to share a commit, few enough that the inbox gets its turn.
pub(crate) const BATCH: u64 = 500;

#[cfg(test)]
mod tests;
