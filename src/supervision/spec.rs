//! How one child is to be kept.

use std::time::Duration;

/// Longer times than a year are as good as none.
pub(super) const LONGEST: Duration = Duration::from_hours(365 * 24);

/// Where a child runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Placement {
    /// On the one arbiter (thread) that children share.
    #[default]
    Shared,
    /// On an arbiter of its own: for one that is flooded, or computes for long.
    Own,
    /// On the supervisor's own thread. Started so, the supervisor stays on the thread that started it and every child stays
    /// there too: for tests in paused time.
    Current,
}

/// How one child is to be kept.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Names the child among all: `pushbullet-listener/3`.
    pub id: String,
    /// What it is: `pushbullet-listener`.
    pub kind: &'static str,
    /// Whether the process cannot do its work without it. Out of restarts, such a child ends the process.
    pub critical: bool,
    /// Whether it is a source. Out of restarts, a source is parked and never escalated.
    pub source: bool,
    /// The longest time without progress before it counts as frozen. Waiting for messages is not counted.
    pub progress_deadline: Duration,
    /// How long a stop in good order may take before the child is aborted.
    pub shutdown_grace: Duration,
    /// How many messages may wait.
    pub mailbox: usize,
    /// Where it runs.
    pub placement: Placement,
}

impl Spec {
    /// Not critical, no source, a progress deadline of 60 s, a grace of 5 s, 1,024 messages, on the shared arbiter.
    #[must_use]
    pub fn new(id: impl Into<String>, kind: &'static str) -> Self {
        Self {
            id: id.into(),
            kind,
            critical: false,
            source: false,
            progress_deadline: Duration::from_mins(1),
            shutdown_grace: Duration::from_secs(5),
            mailbox: 1024,
            placement: Placement::Shared,
        }
    }

    /// The process cannot do its work without it.
    #[must_use]
    pub fn critical(mut self) -> Self {
        self.critical = true;
        self
    }

    /// It is a source: out of restarts it is parked.
    #[must_use]
    pub fn source(mut self) -> Self {
        self.source = true;
        self
    }

    /// The longest time without progress. For a loop: well above its period.
    #[must_use]
    pub fn progress_deadline(mut self, deadline: Duration) -> Self {
        self.progress_deadline = deadline;
        self
    }

    /// How long a stop in good order may take.
    #[must_use]
    pub fn shutdown_grace(mut self, grace: Duration) -> Self {
        self.shutdown_grace = grace;
        self
    }

    /// How many messages may wait.
    #[must_use]
    pub fn mailbox(mut self, messages: usize) -> Self {
        self.mailbox = messages;
        self
    }

    /// With times that can be added to any moment.
    pub(super) fn bounded(mut self) -> Self {
        self.progress_deadline = self.progress_deadline.min(LONGEST);
        self.shutdown_grace = self.shutdown_grace.min(LONGEST);
        self
    }

    /// Where it runs.
    #[must_use]
    pub fn placement(mut self, placement: Placement) -> Self {
        self.placement = placement;
        self
    }
}
