//! The live socket: tickets, refreshes, counters, ends.

mod changes;
mod outages;
mod socket;
mod tickets;
