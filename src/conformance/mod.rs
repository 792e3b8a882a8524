//! The contract runner: cases that an admin server is held against, ours or an old one (`recon contract`).
//!
//! A case is a Hurl file (`hurl/`, a strict subset, so that stock `hurl` runs it too) with a TOML beside it (`case.rs`): the
//! whole answer that is expected, what in it is noise, and what differs on purpose. `runner.rs` fires it, `compare.rs`
//! finds what differs, `profile.rs` reads the names of another admin stack. Knows nothing of the rest of recon: what
//! judges a server must not share its code. Used by `cli`.

pub mod case;
pub mod compare;
pub mod headers;
pub mod hurl;
pub mod library;
pub mod noise;
pub mod path;
pub mod profile;
pub mod record;
pub mod redact;
pub mod report;
pub mod routes;
pub mod runner;
pub mod server;
pub mod session;
pub mod shadow;
pub mod wire;
