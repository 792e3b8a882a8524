//! Storing deliveries: the group commit of the inbox. Everything that queued up goes into one transaction.
//!
//! What is to be written is decided by pure code (`plan.rs`) from what is known. Each engine looks up and writes in its own way: SQLite in
//! one go on a connection of its own (`sqlite.rs`, ADR-009), PostgreSQL under the locks of the texts (`postgres.rs`).

mod fingerprint;
mod plan;
mod postgres;
mod recent;
mod sqlite;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use self::fingerprint::{cut, stored_fingerprint};
use super::lease::Lease;
use super::{Store, StoreError};
use crate::domain::identity::{Fingerprint, NewSighting};
use crate::domain::sender::Sender;
use crate::domain::source::{SourceKind, SourceRef};
use crate::domain::time::UnixMs;
use crate::pipeline::inbox::{Deliver, Delivery, Identity, Taken};

pub(super) use self::fingerprint::fingerprint_hours;
pub(super) use self::sqlite::SqliteIntake;

/// A fingerprint as it is stored with a message that was received at `at`.
pub(super) fn stored_fingerprint_of(hash: Fingerprint, at: UnixMs) -> Vec<u8> {
    stored_fingerprint(&cut(hash), at).to_vec()
}

/// A delivery on its way into the store.
#[derive(Clone, Copy)]
struct Incoming<'a> {
    source: SourceRef,
    trusted: bool,
    line: Option<&'a str>,
    delivery: &'a Delivery,
    identity: &'a Identity,
    hash: Fingerprint,
}

impl<'a> Incoming<'a> {
    fn fingerprint(&self) -> [u8; 16] {
        stored_fingerprint(&self.hash, self.delivery.received_at)
    }

    fn sighting(&self) -> NewSighting {
        NewSighting {
            source: self.source,
            fingerprint: self.hash,
            sender: self.identity.sender_key.clone(),
            received_at: self.delivery.received_at,
        }
    }

    fn sender(&self) -> Sender<'a> {
        Sender {
            shown: Cow::Borrowed(&self.delivery.sender),
            key: Cow::Borrowed(&self.identity.sender_key),
            provisional_key: Cow::Borrowed(&self.identity.provisional_key),
        }
    }

    /// The device that brought it, where it was one that may lose its trust.
    fn device(&self) -> Option<i64> {
        (self.source.kind == SourceKind::Shooter).then_some(self.source.id)
    }
}

impl Store {
    /// Stores everything in `batch` in one transaction and answers each request in its order.
    ///
    /// # Errors
    /// Where the store cannot commit: then nothing of the batch is stored and nothing may be acknowledged.
    pub async fn take(&self, batch: Arc<[Deliver]>, window: Duration) -> Result<Vec<Vec<Taken>>, StoreError> {
        let now = self.now();
        let _first = self.inner.turns.deliver();
        let sizes: Vec<usize> = batch.iter().map(|deliver| deliver.deliveries().len()).collect();
        let taken = if let Some(intake) = &self.inner.intake {
            let (intake, gate) = (Arc::clone(intake), self.writer_gate().await?);
            let storing = tokio::task::spawn_blocking(move || {
                // Held until the commit, also where the caller has given up meanwhile.
                let _gate = gate;
                intake.take(&incoming_of(&batch), window, now)
            });
            let taken = storing.await.map_err(|error| StoreError::corrupt("intake", error))??;
            self.committed();
            taken
        } else {
            let incoming = incoming_of(&batch);
            let leases: Vec<&Lease> = batch.iter().filter_map(|deliver| deliver.lease.as_ref()).collect();
            self.write_again(async |txn| postgres::take(txn, &incoming, &leases, window, now).await).await?
        };
        let mut taken = taken.into_iter();
        Ok(sizes.into_iter().map(|size| taken.by_ref().take(size).collect()).collect())
    }
}

fn incoming_of(batch: &[Deliver]) -> Vec<Incoming<'_>> {
    let mut incoming = Vec::with_capacity(batch.iter().map(|deliver| deliver.deliveries().len()).sum());
    for deliver in batch {
        let line = deliver.line.as_deref();
        incoming.extend(deliver.identified().map(|(delivery, identity)| Incoming {
            source: deliver.source,
            trusted: deliver.trusted,
            line: delivery.line.as_deref().or(line),
            delivery,
            identity,
            hash: cut(identity.fingerprint),
        }));
    }
    incoming
}

#[cfg(test)]
mod tests;
