//! The tables of the admin edge's own database.

pub mod approval_intent;
pub mod audit;
pub mod fact;
pub mod session;
pub mod ticket;
pub mod user;
