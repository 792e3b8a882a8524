//! What browsers are told as it happens: forced refreshes and the counters of the top bar.
//!
//! `recon_events` follows recon's event stream; pure code says what each event means for browsers (`change`) and joins bursts
//! (`pending`). All of it meets on the `board`, which outlives every actor here; the `hub` owns the connections and tells them,
//! and `counters` counts again when something says so. `http::live` holds the sockets themselves.

pub mod board;
pub mod change;
pub mod counters;
pub mod hub;
pub mod pending;
pub mod recon_events;
pub mod sse;
