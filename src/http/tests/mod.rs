//! The routes over fake actors: what reaches the actors, and how every way of failing is answered.

mod auth;
mod document;
mod events;
mod imports;
mod ingest;
mod lists;
mod observe;
mod probes;
mod problems;
mod serving;
mod support;
mod writes;
