//! What is shown of a supervised actor.

use serde::{Deserialize, Serialize};

use crate::domain::time::UnixMs;

crate::text_enum! {
    /// What a supervised actor is doing.
    pub enum ActorState {
        /// Its factory is making it.
        Starting = "starting",
        /// It runs.
        Running = "running",
        /// It crashed and waits for its restart.
        Backoff = "backoff",
        /// It crashed too often and is tried again from time to time.
        Parked = "parked",
        /// An operator stopped it, or the process is ending.
        Stopped = "stopped",
    }
}

/// A supervised actor as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ActorStatus {
    /// Names it among all: `pushbullet-listener/3`.
    pub id: String,
    /// What it is: `pushbullet-listener`.
    pub kind: String,
    /// The process it runs in.
    pub process: String,
    /// What it is doing.
    pub state: ActorState,
    /// Whether the process ends when it is out of restarts.
    pub critical: bool,
    /// Counts its instances from 1.
    pub generation: u64,
    /// When the newest instance was started.
    pub started_at: Option<UnixMs>,
    /// When it last got work done.
    pub last_progress_at: Option<UnixMs>,
    /// When its work last succeeded.
    pub last_success_at: Option<UnixMs>,
    /// When a message last came through it.
    pub last_message_at: Option<UnixMs>,
    /// The longest time without progress, in seconds.
    pub deadline_s: u64,
    /// Whether it runs or starts, and made progress within the deadline or waits for messages.
    pub fresh: bool,
    /// How far it is behind, in seconds, where it knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lag_s: Option<u64>,
    /// How often it was restarted after a crash.
    pub restarts: u64,
    /// Why it last crashed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}
