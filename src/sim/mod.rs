//! Simulators of what recon meets, with every quirk as a switch: for `recon demo`, the tests and whoever tries recon out. Phones
//! and banks are values and pure functions (a seed gives a script, a phone gives requests); what is listened to are servers,
//! and independent clients are held against them (`tests/peers`).
//!
//! May use `domain`, `clock` and the names of the wire formats in `sources`; nothing of the daemon uses them.

pub mod bank_day;
pub mod phone;
pub mod pushbullet;
pub mod telegram;
