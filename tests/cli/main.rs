//! The built binary as people and scripts meet it: exit codes, sentences, and what it sends to a daemon.

mod config;
mod daemon;
mod ingest;
mod remote;
mod support;
