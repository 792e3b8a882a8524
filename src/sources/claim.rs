//! The right to run a source, as its loops hold it.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use crate::domain::source::SourceRef;
use crate::store::lease::Lease;

/// The right to run a source. Where this process is alone it needs no lease and never ends. Cheap to clone.
#[derive(Clone)]
pub struct Claim {
    source: SourceRef,
    lease: Option<Arc<Leased>>,
}

struct Leased {
    lease: Lease,
    /// The loops are to be stopped by then: before another process may take the lease.
    good_until: Mutex<Instant>,
}

impl Claim {
    /// The right of the only process there is.
    #[must_use]
    pub fn alone(source: SourceRef) -> Self {
        Self { source, lease: None }
    }

    /// The right by a lease that was taken, good until `good_until` unless it is prolonged.
    #[must_use]
    pub fn leased(lease: Lease, good_until: Instant) -> Self {
        let source = lease.source;
        Self { source, lease: Some(Arc::new(Leased { lease, good_until: Mutex::new(good_until) })) }
    }

    /// The source.
    #[must_use]
    pub fn source(&self) -> SourceRef {
        self.source
    }

    /// The lease that every write of the source names.
    #[must_use]
    pub fn lease(&self) -> Option<&Lease> {
        self.lease.as_ref().map(|leased| &leased.lease)
    }

    /// Whether it may still be used. Monotonic time: it has run on while the process was stopped.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.lease.as_ref().is_none_or(|leased| Instant::now() < *leased.lock())
    }

    pub(super) fn prolong(&self, good_until: Instant) {
        if let Some(leased) = &self.lease {
            *leased.lock() = good_until;
        }
    }
}

impl Leased {
    fn lock(&self) -> std::sync::MutexGuard<'_, Instant> {
        self.good_until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fence = self.lease().map(|lease| lease.fence);
        f.debug_struct("Claim").field("source", &self.source).field("fence", &fence).finish_non_exhaustive()
    }
}
