//! The admin edge as old back-office programs meet it: over HTTP, on both engines, with sessions in the database and in Redis.

mod approvals;
mod contract;
mod edge;
mod envelope;
mod first_start;
mod frozen;
mod live;
mod presets;
mod roles;
mod sessions;
mod sms;

pub use edge::{Edge, story};
