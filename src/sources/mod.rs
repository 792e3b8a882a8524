//! Where messages come from: one folder a kind of source, each with its wire formats as pure decoders.

pub mod fuzz;
pub mod shooter;
