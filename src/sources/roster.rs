//! Makes the loops of the sources follow the rows: spawns those of a source that is added, stops and forgets those of one
//! that is deleted or disabled, replaces those of one that changed. Where several processes could run a source, it holds
//! the leases (ADR-007).

mod leases;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use self::leases::Watch;
use super::claim::Claim;
use super::family::{Family, Wanted, loop_id};
use crate::domain::source::SourceRef;
use crate::store::Store;
use crate::supervision::{Child, Context, Supervision};

/// The kind of this actor, and its id.
pub const KIND: &str = "source_roster";

/// How often it looks by itself.
pub const PERIOD: Duration = Duration::from_secs(2);

/// A store that does not answer must not keep the roster from stopping what its leases no longer cover.
const STORE_WITHIN: Duration = Duration::from_secs(3);

/// The actor.
pub struct SourceRoster {
    store: Store,
    supervision: Supervision,
    families: Arc<[Arc<dyn Family>]>,
    /// None where this process is alone: then no lease is needed.
    watch: Option<Watch>,
    running: BTreeMap<SourceRef, Running>,
}

/// A source whose loops are spawned.
struct Running {
    revision: i64,
    loops: Vec<String>,
    claim: Claim,
}

impl SourceRoster {
    /// A roster of these kinds of sources. `process` names this process where others could run the same sources.
    #[must_use]
    pub fn new(
        store: Store,
        supervision: Supervision,
        families: Arc<[Arc<dyn Family>]>,
        process: Option<String>,
    ) -> Self {
        let watch = process.map(Watch::new);
        Self { store, supervision, families, watch, running: BTreeMap::new() }
    }

    /// One look: what runs is what the rows say.
    async fn round(&mut self) -> anyhow::Result<()> {
        self.renew().await?;
        let families = Arc::clone(&self.families);
        let mut wanted: BTreeMap<SourceRef, (Wanted, &Arc<dyn Family>)> = BTreeMap::new();
        for family in families.iter() {
            let rows = tokio::time::timeout(STORE_WITHIN, family.wanted()).await??;
            wanted.extend(rows.into_iter().map(|row| (SourceRef { kind: family.kind(), id: row.id }, (row, family))));
        }
        let gone = self
            .running
            .iter()
            .filter(|(source, running)| wanted.get(source).is_none_or(|(row, _)| row.revision != running.revision));
        let gone: Vec<SourceRef> = gone.map(|(source, _)| *source).collect();
        // One that only changed keeps its lease: nobody else is to take it in between.
        let kept = self.take_down(gone, |source| wanted.contains_key(source)).await;
        for (source, (row, family)) in wanted {
            if self.running.contains_key(&source) {
                continue;
            }
            let claim = match kept.get(&source).filter(|claim| claim.is_good()) {
                Some(claim) => Some(claim.clone()),
                None => self.claim(source).await?,
            };
            if let Some(claim) = claim {
                family.start(&self.supervision, row, &claim);
                let loops = family.loops().iter().map(|kind| loop_id(kind, row.id)).collect();
                self.running.insert(source, Running { revision: row.revision, loops, claim });
                tracing::info!(%source, "a source is started");
            }
        }
        Ok(())
    }

    /// Stops and forgets the loops of these sources, all at once, and gives their leases back unless they are to be kept.
    async fn take_down(
        &mut self,
        sources: Vec<SourceRef>,
        keeps: impl Fn(&SourceRef) -> bool,
    ) -> BTreeMap<SourceRef, Claim> {
        let down: Vec<(SourceRef, Running)> =
            sources.into_iter().filter_map(|source| Some((source, self.running.remove(&source)?))).collect();
        let loops = down.iter().flat_map(|(_, running)| &running.loops);
        // None of that name: it is gone already.
        join_all(loops.map(|id| self.supervision.remove(id))).await;
        let mut kept = BTreeMap::new();
        for (source, running) in down {
            tracing::info!(%source, "a source is stopped");
            if keeps(&source) {
                kept.insert(source, running.claim);
            } else {
                self.give_back(&running.claim).await;
            }
        }
        kept
    }

    /// Removes what a roster before this one left behind: only what this one has started does it know to hold a lease for.
    async fn take_down_leftovers(&self) {
        let kinds: Vec<&str> = self.families.iter().flat_map(|family| family.loops()).copied().collect();
        let left = self.supervision.list().into_iter().filter(|actor| kinds.contains(&actor.kind.as_str()));
        join_all(left.map(|actor| async move { self.supervision.remove(&actor.id).await })).await;
    }

    /// Stops what its lease no longer covers, whether the store answers or not.
    async fn stop_uncovered(&mut self) {
        let over = self.running.iter().filter(|(_, running)| !running.claim.is_good());
        let over: Vec<SourceRef> = over.map(|(source, _)| *source).collect();
        self.take_down(over, |_| true).await;
    }

    /// By when it must look again.
    fn wait(&self) -> Duration {
        match &self.watch {
            Some(_) => PERIOD.min(leases::LOOK_EVERY),
            None => PERIOD,
        }
    }

    async fn claim(&mut self, source: SourceRef) -> anyhow::Result<Option<Claim>> {
        let Some(watch) = &mut self.watch else { return Ok(Some(Claim::alone(source))) };
        tokio::time::timeout(STORE_WITHIN, watch.take(&self.store, source)).await?
    }

    async fn renew(&mut self) -> anyhow::Result<()> {
        let Some(watch) = &mut self.watch else { return Ok(()) };
        tokio::time::timeout(STORE_WITHIN, watch.look(&self.store)).await??;
        let claims: Vec<Claim> = self.running.values().map(|running| running.claim.clone()).collect();
        let lost = tokio::time::timeout(STORE_WITHIN, watch.renew(&self.store, &claims)).await??;
        self.take_down(lost, |_| true).await;
        Ok(())
    }

    async fn give_back(&self, claim: &Claim) {
        let Some(lease) = claim.lease() else { return };
        let given = tokio::time::timeout(STORE_WITHIN, self.store.give_back_lease(lease)).await;
        if !matches!(given, Ok(Ok(()))) {
            tracing::warn!(source = %claim.source(), "a lease could not be given back; others take it when it is over");
        }
    }
}

impl Child for SourceRoster {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        self.take_down_leftovers().await;
        while !cx.stopping() {
            match self.round().await {
                Ok(()) => cx.succeeded(),
                Err(error) => {
                    cx.tried();
                    tracing::warn!(error = %format!("{error:#}"), "the sources could not be compared with their rows");
                }
            }
            self.stop_uncovered().await;
            cx.serve_until_nudged(self, self.wait()).await;
        }
        let all = self.running.keys().copied().collect();
        self.take_down(all, |_| false).await;
        Ok(())
    }
}

impl std::fmt::Debug for SourceRoster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SourceRoster").field("running", &self.running.keys()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
