//! The leases of this process, and what it sees of the others'.

use std::collections::HashMap;
use std::time::Duration;

use entity::source_lease::Model;
use tokio::time::Instant;

use crate::domain::source::SourceRef;
use crate::sources::claim::Claim;
use crate::store::Store;

/// How long a lease holds without being renewed. Another process takes one that it has not seen renewed for so long by its
/// own monotonic clock: the clocks of machines differ, and one that is ahead must not take what is held.
const HOLDS_FOR: Duration = Duration::from_secs(15);
/// How often a lease is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(5);
/// The holder stops this long before its lease is over, counted from before it asked for it.
const STOPS_BEFORE: Duration = Duration::from_secs(1);
/// How often others' leases are looked at: 15 s and two looks stay within the 20 s that a takeover may take.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What this process sees of the leases.
pub(super) struct Watch {
    process: String,
    seen: HashMap<SourceRef, Seen>,
    renewed_at: Option<Instant>,
}

struct Seen {
    row: Model,
    /// Since when it stands as it does.
    since: Instant,
}

impl Watch {
    pub(super) fn new(process: String) -> Self {
        Self { process, seen: HashMap::new(), renewed_at: None }
    }

    /// Reads how all leases stand.
    pub(super) async fn look(&mut self, store: &Store) -> anyhow::Result<()> {
        // Before the question: what was renewed while it was on its way counts as seen too early, which only costs time.
        let now = Instant::now();
        let mut seen = HashMap::new();
        for row in store.leases().await? {
            let Ok(kind) = row.source_kind.parse() else { continue };
            let source = SourceRef { kind, id: row.source_id };
            let since = match self.seen.get(&source) {
                Some(before) if (before.row.fence, before.row.renewals) == (row.fence, row.renewals) => before.since,
                _ => now,
            };
            seen.insert(source, Seen { row, since });
        }
        self.seen = seen;
        Ok(())
    }

    /// Takes the lease of a source where nobody holds it.
    pub(super) async fn take(&mut self, store: &Store, source: SourceRef) -> anyhow::Result<Option<Claim>> {
        let seen = self.seen.get(&source);
        if seen.is_some_and(|seen| !self.is_free(seen)) {
            return Ok(None);
        }
        let asked_at = Instant::now();
        let expires_at = store.now().plus(HOLDS_FOR);
        let row = seen.map(|seen| &seen.row);
        let lease = store.take_lease(source, &self.process, row, expires_at).await?;
        Ok(lease.map(|lease| Claim::leased(lease, asked_at + HOLDS_FOR - STOPS_BEFORE)))
    }

    /// Given back, left by a process of our name before it was started again, or not renewed for so long.
    fn is_free(&self, seen: &Seen) -> bool {
        match &seen.row.owner {
            None => true,
            Some(owner) if *owner == self.process => true,
            Some(_) => seen.since.elapsed() >= HOLDS_FOR,
        }
    }

    /// Renews what this process holds, and answers what it has lost.
    pub(super) async fn renew(&mut self, store: &Store, claims: &[Claim]) -> anyhow::Result<Vec<SourceRef>> {
        if self.renewed_at.is_some_and(|at| at.elapsed() < RENEW_EVERY) {
            return Ok(Vec::new());
        }
        let began = Instant::now();
        let mut lost = Vec::new();
        for claim in claims {
            let Some(lease) = claim.lease() else { continue };
            let asked_at = Instant::now();
            if store.renew_lease(lease, store.now().plus(HOLDS_FOR)).await? {
                claim.prolong(asked_at + HOLDS_FOR - STOPS_BEFORE);
            } else {
                tracing::warn!(source = %claim.source(), "another process has taken over a source of this one");
                lost.push(claim.source());
            }
        }
        self.renewed_at = Some(began);
        Ok(lost)
    }
}
