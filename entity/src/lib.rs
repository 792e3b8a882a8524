//! The tables as sea-orm entities, one a file: the service's, and under `wallet` those of the wallet's own database. No
//! queries: those are in `recon::store` and `recon::wallet::store`.

pub mod admin;
pub mod audit;
pub mod chain_link;
pub mod control_request;
pub mod event;
pub mod idempotency;
pub mod imported_row;
pub mod match_bucket;
pub mod phone;
pub mod process_state;
pub mod pushbullet_device;
pub mod pushbullet_message;
pub mod pushbullet_thread;
pub mod recharge_order;
pub mod setting;
pub mod shooter_device;
pub mod sighting;
pub mod sms;
pub mod sms_attempt;
pub mod sms_decision;
pub mod sms_history;
pub mod sms_match;
pub mod sms_note;
pub mod source_lease;
pub mod telegram_bot;
pub mod template;
pub mod template_revision;
pub mod wallet;
