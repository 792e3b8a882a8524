//! `recon`: hears of bank deposits, reads them, pairs each with its recharge order, and shows people the rest.
//!
//! `docs/ARCHITECTURE.md` walks through the code; this page only lists the parts.

pub mod admin;
pub mod app;
pub mod bench;
pub mod bus;
pub mod cli;
pub mod clock;
pub mod config;
pub mod conformance;
pub mod contract;
pub mod database;
pub mod demo;
pub mod domain;
pub mod eval;
pub mod fuzz;
pub mod http;
pub mod packs;
pub mod pipeline;
pub mod private_file;
pub mod registry;
pub mod secrets;
pub mod sim;
pub mod sources;
pub mod store;
pub mod supervision;
pub mod telemetry;
pub mod tls;
pub mod wallet;
