//! The service role over HTTP: checks a request, sends one message with a deadline, answers.
//!
//! It may use the contract's shapes, the actors' messages (through [`ports`]), the sources' decoders and what supervision
//! shows. It never touches the store; a test over the imports holds that. `app.rs` gives it a [`state::ServiceState`] and
//! starts it with [`server::serve`]. What is not the service's own (errors, requests, paths, the gate, probes, who may enter)
//! serves the other roles too. Every refusal leaves through [`error::Problem`], the one map to RFC 9457.

pub mod answer;
pub mod auth;
pub mod error;
pub mod gate;
pub mod hangup;
pub mod health;
pub mod limit;
pub mod ports;
pub mod request;
pub mod resource;
pub mod server;
pub mod state;

mod actors;
mod audit;
mod chain;
mod devices;
mod docs;
mod events;
mod ingest;
mod observe;
mod openapi;
mod orders;
mod phones;
mod probes;
mod pushbullet;
mod sms;
mod telegram;
mod templates;
mod top_info;

pub use openapi::{completed, openapi};

#[cfg(test)]
mod tests;
