//! The reference wallet: recharge orders and a double-entry ledger in a database of its own. The only part of the program
//! that moves money (ADR-002, ADR-014).
//!
//! Recon's parts know nothing of it, and it knows nothing of theirs: it uses the generic `domain` values, the order shape
//! of the contract, `database`, `supervision`, `telemetry` and the generic parts of `http`. It tells recon of orders over
//! HTTP, as a wallet on another machine would; who approves reaches it over HTTP too, in one process as well.
//! `tests/layers.rs` holds both directions. `app` starts it.
//!
//! `domain` decides, `store` writes (each request one transaction), the actors own the work: `ledger_book` answers
//! requests, `expiry` ends orders whose time is over, `outbox` tells recon; `http` serves.

pub mod checks;
pub mod contract;
pub mod domain;
pub mod expiry;
pub mod http;
pub mod ledger_book;
pub mod outbox;
pub mod reads;
pub mod recon_client;
pub mod store;
