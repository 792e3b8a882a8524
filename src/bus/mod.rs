//! What makes one daemon of several processes: wake-ups, how every process's actors stand, and control of them from any.
//!
//! Rows are the truth (ADR-004): states and requests are rows in PostgreSQL, and Redis only carries "look now". With Redis
//! away everything is found by looking: stages each 5 s, requests each second. A process by itself uses nothing of this
//! but [`Fleet`]. Uses `store` and `supervision`; `registry`, `http` and `app` use it.

mod channel;
mod control_listener;
mod fleet;
mod process_registry;
mod redis;
mod wake_listener;
mod wake_relay;

pub use channel::Channel;
pub use control_listener::{ControlListener, carry_out};
pub use fleet::{Changes, Fleet, Place, Silent};
pub use process_registry::{FORGET_AFTER, ProcessRegistry};
pub use redis::Redis;
pub(crate) use redis::in_words;
pub use wake_listener::{Heard, WakeListener};
pub use wake_relay::{Told, WakeRelay};

use std::time::Duration;

/// The kind of the loops that publish wake-ups.
pub const WAKE_RELAY: &str = "wake_relay";
/// The kind and id of the loop that hears wake-ups.
pub const WAKE_LISTENER: &str = "wake_listener";
/// The kind and id of the loop that says and reads how actors stand.
pub const PROCESS_REGISTRY: &str = "process_registry";
/// The kind and id of the loop that takes what other processes ask.
pub const CONTROL_LISTENER: &str = "control_listener";

/// The longest that a stage goes without looking when it runs beside other processes: Redis may be away.
pub const LOOK_AT_LEAST_EVERY: Duration = Duration::from_secs(5);
