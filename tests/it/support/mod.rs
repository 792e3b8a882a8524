//! Starts the daemon and speaks for those around it: phones, the shop, operators, listeners.

pub mod api;
pub mod app;
pub mod daemon;
pub mod engine;
pub mod events;
pub mod ledger;
pub mod phone;
pub mod proxy;
pub mod pushbullet;
pub mod sim;
pub mod sms;
pub mod texts;
pub mod toll;

pub use api::Answer;
pub use app::{TestApp, story};
pub use phone::Phone;
pub use texts::BANK;
