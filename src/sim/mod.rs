//! Simulators of what recon listens to, with every quirk as a switch: for `recon demo`, the tests and whoever tries recon out.
//! They know nothing of recon but its clock; independent clients are held against them (`tests/peers`).

pub mod telegram;
