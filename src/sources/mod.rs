//! Placeholder.
pub mod shooter;
