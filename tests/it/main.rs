//! The whole daemon as others meet it: over HTTP, on SQLite and, where `RECON_TEST_POSTGRES_URL` names a server, on
//! PostgreSQL too.
//!
//! Each module tells stories of one part and names the invariants (`docs/specs/recon/invariants.md`) and the reliability
//! rows that they hold. [`support`] starts the daemon and speaks for phones, the shop and operators.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking; clippy knows only #[test] functions")]
#![allow(
    clippy::needless_pass_by_value,
    reason = "stories read better with closures and values given where they are used"
)]

mod support;

mod admin;
mod audit;
mod bad_input;
mod broken_heads;
mod callers;
mod chain;
mod changes;
mod channels;
mod chaos;
mod crash;
mod devices;
mod drain;
mod forged;
mod identity;
mod main_job;
mod matching;
mod migrations;
mod near_misses;
mod packs;
mod paging;
mod peers;
mod phones;
mod poison;
mod pushbullet;
mod secrets;
mod split;
mod supervision;
mod takeover;
mod telegram;
mod templates;
mod wallet;
mod whitelist;
