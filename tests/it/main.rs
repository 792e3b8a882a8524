//! The whole daemon as others meet it: over HTTP, on SQLite and, where `RECON_TEST_POSTGRES_URL` names a server, on
//! PostgreSQL too.
//!
//! Each module tells stories of one part and names the invariants (`docs/specs/recon/invariants.md`) and the reliability
//! rows that they hold. [`support`] starts the daemon and speaks for phones, the shop and operators.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking; clippy knows only #[test] functions")]

mod support;

mod audit;
mod crash;
mod devices;
mod identity;
mod main_job;
mod matching;
mod migrations;
mod paging;
mod split;
mod supervision;
mod templates;
mod whitelist;
