//! Phones that are heard through Pushbullet: one set of three loops for each (`docs/reference/recon/pushbullet.md`).
//!
//! [`decode`], [`crypto`] and [`plan`] are pure. The listener stores at once what the stream tells of; the missing-SMS sync
//! compares the history, which is the truth; the SMS-id sync ties the two together.

mod backoff;
mod client;
pub mod crypto;
pub mod decode;
mod family;
mod gate;
mod listener;
mod missing_sms_sync;
mod phone;
pub mod plan;
mod sms_id_sync;
mod stream;
mod token;
mod value;

pub use family::Pushbullet;
pub use listener::KIND as LISTENER;
pub use phone::Settings;
pub use token::{TokenCheck, check_token};
