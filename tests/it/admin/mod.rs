//! The admin edge as old back-office programs meet it: over HTTP, on both engines, with sessions in the database and in Redis.

mod approvals;
mod console;
mod contract;
mod edge;
mod envelope;
mod first_start;
mod frozen;
mod live;
mod presets;
mod recon;
mod roles;
mod sessions;
mod sms;
mod sms_check;

pub use edge::{Edge, story};
