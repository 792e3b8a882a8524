//! What the wallet decides: values and pure functions. Uses the values of `crate::domain` and nothing else.

pub mod delivery;
pub mod ledger;
pub mod recharge;
