//! Simulators of what recon meets: for `recon demo` and the tests. They are values and pure functions (a seed gives a script,
//! a phone gives requests); who uses them sends and waits.
//!
//! May use `domain` and the names of the wire formats in `sources`; nothing of the daemon uses them.

pub mod bank_day;
pub mod phone;
