//! Approvals: the only way to money (ADR-018).
//!
//! An approval is an *intent*, a row with the idempotency key under which the wallet is asked. [`evidence`] judges whether
//! order and deposit allow it and [`outcome`] what the wallet's answer means: both pure. [`Approver`] reads the two peers,
//! writes the row and sends it; [`desk`] does that for operators, [`resolver`] for what was left open by a lost answer or a
//! crash. `store/intent.rs` holds the rows. Nothing else of the edge asks the wallet to approve.

mod approver;
pub mod check;
pub mod desk;
pub mod evidence;
pub mod intent;
pub mod outcome;
mod reading;
pub mod resolver;

pub use approver::{Approver, Asked, NotBegun};
pub use reading::segment;
