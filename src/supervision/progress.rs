//! What a child reports of its work, read by the supervisor without asking the child.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::domain::time::UnixMs;

const NEVER: i64 = i64::MIN;

/// What a child reports of its work. The times of day outlive restarts; the deadline's measure begins anew with each.
pub(super) struct Progress {
    base: Instant,
    /// Milliseconds from `base` to when the deadline's measure began.
    since: AtomicU64,
    /// The same for freshness, which a mere start does not renew; `u64::MAX` before the first start.
    fresh_since: AtomicU64,
    /// Whether it waits for messages with no work in hand.
    idle: AtomicBool,
    worked_at: AtomicI64,
    success_at: AtomicI64,
    message_at: AtomicI64,
    lag_ms: AtomicI64,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            base: Instant::now(),
            since: AtomicU64::new(0),
            fresh_since: AtomicU64::new(u64::MAX),
            idle: AtomicBool::new(false),
            worked_at: AtomicI64::new(NEVER),
            success_at: AtomicI64::new(NEVER),
            message_at: AtomicI64::new(NEVER),
            lag_ms: AtomicI64::new(NEVER),
        }
    }

    fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.base.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// Work was done, or comes to hand after a wait.
    fn touch(&self) {
        let elapsed = self.elapsed_ms();
        self.since.store(elapsed, Ordering::Release);
        self.fresh_since.store(elapsed, Ordering::Release);
    }

    /// A new instance begins. Only the first is fresh for that alone: one that is started over and over and never gets
    /// anything done is not.
    pub(super) fn begin(&self) {
        self.idle.store(false, Ordering::Release);
        self.lag_ms.store(NEVER, Ordering::Relaxed);
        let elapsed = self.elapsed_ms();
        self.since.store(elapsed, Ordering::Release);
        let _ = self.fresh_since.compare_exchange(u64::MAX, elapsed, Ordering::AcqRel, Ordering::Relaxed);
    }

    /// The deadline's measure begins anew, though nothing was done.
    pub(super) fn forgive(&self) {
        self.since.store(self.elapsed_ms(), Ordering::Release);
    }

    pub(super) fn progressed(&self, at: UnixMs) {
        self.worked_at.store(at.0, Ordering::Relaxed);
        self.touch();
    }

    pub(super) fn succeeded(&self, at: UnixMs) {
        self.success_at.store(at.0, Ordering::Relaxed);
        self.progressed(at);
    }

    pub(super) fn message_seen(&self, at: UnixMs) {
        self.message_at.store(at.0, Ordering::Relaxed);
    }

    pub(super) fn set_lag(&self, lag: Option<Duration>) {
        let lag = lag.map_or(NEVER, |lag| i64::try_from(lag.as_millis()).unwrap_or(i64::MAX));
        self.lag_ms.store(lag, Ordering::Relaxed);
    }

    /// It waits for messages with nothing in hand: that is no lack of progress.
    pub(super) fn rest(&self) {
        self.idle.store(true, Ordering::Release);
    }

    /// It has work in hand again: the deadline's measure begins now.
    pub(super) fn wake(&self) {
        if self.idle.load(Ordering::Acquire) {
            self.touch();
            self.idle.store(false, Ordering::Release);
        }
    }

    /// When it will have been without progress for `deadline`; none while it waits for messages.
    pub(super) fn due(&self, deadline: Duration) -> Option<Instant> {
        if self.idle.load(Ordering::Acquire) {
            return None;
        }
        self.base.checked_add(Duration::from_millis(self.since.load(Ordering::Acquire)).saturating_add(deadline))
    }

    /// When it will no longer be fresh; none while it waits for messages, or before its first start.
    pub(super) fn fresh_until(&self, deadline: Duration) -> Option<Instant> {
        let since = self.fresh_since.load(Ordering::Acquire);
        if self.idle.load(Ordering::Acquire) || since == u64::MAX {
            return None;
        }
        self.base.checked_add(Duration::from_millis(since).saturating_add(deadline))
    }

    pub(super) fn progress_at(&self) -> Option<UnixMs> {
        at(&self.worked_at)
    }

    pub(super) fn success_at(&self) -> Option<UnixMs> {
        at(&self.success_at)
    }

    pub(super) fn message_at(&self) -> Option<UnixMs> {
        at(&self.message_at)
    }

    pub(super) fn lag_s(&self) -> Option<u64> {
        at(&self.lag_ms).and_then(|lag| u64::try_from(lag.0 / 1000).ok())
    }
}

fn at(cell: &AtomicI64) -> Option<UnixMs> {
    Some(cell.load(Ordering::Relaxed)).filter(|ms| *ms != NEVER).map(UnixMs)
}
