//! The built binary as people and scripts meet it: exit codes, sentences, and what it sends to a daemon.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; clippy knows only #[test] functions as tests")]

mod admin;
mod config;
mod contract;
mod daemon;
mod demo;
mod eval;
mod import;
mod ingest;
mod migrate;
mod pushbullet;
mod remote;
mod support;
mod telegram;
mod template;
