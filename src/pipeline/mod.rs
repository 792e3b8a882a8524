//! The way of a message: inbox, whitelist_validator, template_parser, order_matcher, and the compensator that mends.
//!
//! Rows are the truth, messages are nudges: each stage processes what is pending in the store, woken by nudges and by a period.

pub mod inbox;
