//! The tables of the wallet's database. No queries: those are in `recon::wallet::store`.

pub mod ledger_account;
pub mod ledger_entry;
pub mod ledger_posting;
pub mod outbox_event;
pub mod recharge;
pub mod saved_answer;
