//! Hurl files: the subset that the cases need, read strictly. What is not known here is refused with its line, never
//! skipped: a case that says less than it seems to is worse than none. `docs/reference/recon/contract.md` names the subset.

pub mod check;
mod parse;
mod syntax;
mod variables;
mod words;

pub use parse::parse;
pub use syntax::{Answered, Assertion, Entry, HurlError, Options, Predicate, Query, Request};
pub use variables::{Variables, names_in};
