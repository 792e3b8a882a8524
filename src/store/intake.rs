//! Storing deliveries: the group commit of the inbox. Everything that queued up goes into one transaction.

mod fingerprint;
mod known;
mod rows;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use entity::{shooter_device, sighting, sms};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend};
use sea_orm::{EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::sms::source_bit;
use super::sms_change::SmsChanges;
use super::{Lock, Store, StoreError, lock};
use crate::domain::flags::{Flag, Flags};
use crate::domain::identity::{self, Assignment, Fingerprint, NewSighting, SmsAt};
use crate::domain::phone::comparable_sender;
use crate::domain::sms::SmsState;
use crate::domain::source::{SourceKind, SourceRef};
use crate::domain::text::fingerprint_text;
use crate::domain::time::UnixMs;
use crate::pipeline::inbox::{Deliver, Delivery, Taken, TakenAs};

pub(super) use self::fingerprint::fingerprint_hours;
use self::fingerprint::{cut, stored_fingerprint};
use self::known::{known_messages, known_sightings, known_sms};
use self::rows::{insert_all, new_row, reserve_ids, sighting_row};

/// A delivery on its way into the store.
#[derive(Clone)]
struct Incoming<'a> {
    source: SourceRef,
    trusted: bool,
    line: Option<&'a str>,
    delivery: &'a Delivery,
    sender_key: String,
    hash: Fingerprint,
}

impl Incoming<'_> {
    fn fingerprint(&self) -> Vec<u8> {
        stored_fingerprint(&self.hash, self.delivery.received_at)
    }
}

impl Store {
    /// Stores everything in `batch` in one transaction and answers each request in its order.
    ///
    /// # Errors
    /// Where the store cannot commit: then nothing of the batch is stored and nothing may be acknowledged.
    pub async fn take(&self, batch: &[Deliver], window: std::time::Duration) -> Result<Vec<Vec<Taken>>, StoreError> {
        let now = self.now();
        let incoming: Vec<Incoming<'_>> = batch.iter().flat_map(incoming_of).collect();
        let _first = self.inner.turns.deliver();
        let taken = self.write_again(async |txn| take_in(txn, &incoming, window, now).await).await?;
        let mut taken = taken.into_iter();
        Ok(batch.iter().map(|deliver| taken.by_ref().take(deliver.deliveries.len()).collect()).collect())
    }
}

fn incoming_of(deliver: &Deliver) -> impl Iterator<Item = Incoming<'_>> {
    deliver.deliveries.iter().map(|delivery| {
        let line = delivery.line.as_deref().or(deliver.line.as_deref());
        let text = match (&delivery.text, &delivery.raw) {
            (Some(text), _) => fingerprint_text(text),
            // What cannot be read is compared by its bytes.
            (None, raw) => hex::encode(raw.as_deref().unwrap_or_default()),
        };
        Incoming {
            source: deliver.source,
            trusted: deliver.trusted,
            line,
            delivery,
            sender_key: comparable_sender(&delivery.sender),
            hash: cut(identity::fingerprint(line, deliver.source, &text)),
        }
    })
}

async fn take_in(
    txn: &DatabaseTransaction,
    incoming: &[Incoming<'_>],
    window: std::time::Duration,
    now: UnixMs,
) -> Result<Vec<Taken>, StoreError> {
    let incoming = &as_trusted_now(txn, incoming).await?[..];
    lock_all(txn, incoming).await?;
    let mut known = known_sightings(txn, incoming).await?;
    let mut taken: Vec<Option<Taken>> = vec![None; incoming.len()];
    let mut fresh: Vec<usize> = Vec::new();
    let mut repeats: Vec<usize> = Vec::new();
    let mut seen: HashSet<(SourceRef, &[u8])> = HashSet::new();
    for (index, delivery) in incoming.iter().enumerate() {
        let key = (delivery.source, delivery.delivery.key.0.as_slice());
        if let Some(sms_id) = known.get(&(key.0, key.1.to_vec())) {
            taken[index] = Some(Taken { sms_id: Some(*sms_id), status: TakenAs::Duplicate });
        } else if seen.insert(key) {
            fresh.push(index);
        } else {
            repeats.push(index);
        }
    }
    store_fresh(txn, incoming, &fresh, window, now, &mut taken).await?;
    for index in &fresh {
        let delivery = &incoming[*index];
        if let Some(sms_id) = taken[*index].as_ref().and_then(|taken| taken.sms_id) {
            known.insert((delivery.source, delivery.delivery.key.0.clone()), sms_id);
        }
    }
    for index in repeats {
        let delivery = &incoming[index];
        let sms_id = known.get(&(delivery.source, delivery.delivery.key.0.clone())).copied();
        taken[index] = Some(Taken { sms_id, status: TakenAs::Duplicate });
    }
    taken
        .into_iter()
        .map(|taken| taken.ok_or_else(|| StoreError::corrupt("intake", "a delivery was left without an answer")))
        .collect()
}

/// The deliveries with the trust that their devices have now: one may have lost it since the request was read, and what it
/// brings would then flow past the distrust. The rows stay locked, so that a distrust waits and finds what is stored here.
async fn as_trusted_now<'a>(
    txn: &DatabaseTransaction,
    incoming: &[Incoming<'a>],
) -> Result<Vec<Incoming<'a>>, StoreError> {
    let devices: BTreeSet<i64> = incoming
        .iter()
        .filter(|delivery| delivery.source.kind == SourceKind::Shooter)
        .map(|delivery| delivery.source.id)
        .collect();
    let devices: Vec<i64> = devices.into_iter().collect();
    let mut trusted: HashMap<i64, bool> = HashMap::new();
    for chunk in devices.chunks(500) {
        let rows = shooter_device::Entity::find()
            .filter(shooter_device::Column::Id.is_in(chunk.iter().copied()))
            // In one order for all, so that two transactions cannot wait for each other.
            .order_by_asc(shooter_device::Column::Id)
            .lock_shared()
            .all(txn)
            .await?;
        trusted.extend(rows.into_iter().map(|row| (row.id, row.trusted)));
    }
    let now_trusted = |delivery: &Incoming<'a>| match delivery.source.kind {
        // A device that was deleted meanwhile counts as it did when it sent.
        SourceKind::Shooter => trusted.get(&delivery.source.id).copied().unwrap_or(delivery.trusted),
        _ => delivery.trusted,
    };
    Ok(incoming.iter().map(|delivery| Incoming { trusted: now_trusted(delivery), ..delivery.clone() }).collect())
}

/// On PostgreSQL two processes could both make a new sms of one text: the choice is made under the text's lock (INV-I3).
async fn lock_all(txn: &DatabaseTransaction, incoming: &[Incoming<'_>]) -> Result<(), StoreError> {
    if txn.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    // One order for all, so that two batches cannot wait for each other.
    let keys: BTreeSet<&Fingerprint> = incoming.iter().map(|delivery| &delivery.hash).collect();
    for key in keys {
        lock(txn, Lock::Key(key)).await?;
    }
    Ok(())
}

/// What a batch adds to the store, gathered before any of it is written.
struct Plan {
    /// New messages by id, in the order of arrival.
    made: BTreeMap<i64, sms::Model>,
    /// Which deliveries join which message.
    joined: BTreeMap<i64, Vec<usize>>,
    /// Messages that are one of several equal ones.
    twins: BTreeSet<i64>,
    sightings: Vec<sighting::ActiveModel>,
}

async fn store_fresh(
    txn: &DatabaseTransaction,
    incoming: &[Incoming<'_>],
    fresh: &[usize],
    window: std::time::Duration,
    now: UnixMs,
    taken: &mut [Option<Taken>],
) -> Result<(), StoreError> {
    if fresh.is_empty() {
        return Ok(());
    }
    let rows = known_messages(txn, incoming, fresh).await?;
    let known = known_sms(txn, &rows).await?;
    let sightings: Vec<NewSighting> = fresh.iter().map(|index| sighting_of(&incoming[*index])).collect();
    let assignments = identity::assign(&known, &sightings, window);
    let count = assignments.iter().filter(|assignment| matches!(assignment, Assignment::New { .. })).count();
    let first_id = if count > 0 { reserve_ids(txn, count).await? } else { 0 };
    let plan = plan(incoming, fresh, &assignments, first_id, now, taken);
    let mut changes = SmsChanges::new(txn, now, "inbox");
    insert_all(txn, &mut changes, plan.made.values(), plan.sightings).await?;
    let touched: BTreeSet<i64> =
        plan.joined.keys().chain(&plan.twins).copied().filter(|id| !plan.made.contains_key(id)).collect();
    for before in locked(txn, &touched).await? {
        let id = before.id;
        let mut after = before.clone();
        for index in plan.joined.get(&id).into_iter().flatten() {
            join(&mut after, &incoming[*index]);
        }
        let mut reason = None;
        if plan.twins.contains(&id) && !Flags(after.flags).has(Flag::Twin) {
            after.flags = Flags(after.flags).with(Flag::Twin).0;
            reason = Some("the same text came again within the hour and stayed a message of its own".to_owned());
        }
        if before != after {
            changes.apply(&before, after, reason).await?;
        }
    }
    changes.finish().await
}

/// The messages that are about to change, as they stand now: on PostgreSQL a stage may have moved them since they were
/// read, and a phone must not be refused for that.
async fn locked(txn: &DatabaseTransaction, ids: &BTreeSet<i64>) -> Result<Vec<sms::Model>, StoreError> {
    let ids: Vec<i64> = ids.iter().copied().collect();
    let mut rows = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(500) {
        rows.extend(
            sms::Entity::find()
                .filter(sms::Column::Id.is_in(chunk.iter().copied()))
                .order_by_asc(sms::Column::Id)
                .lock_exclusive()
                .all(txn)
                .await?,
        );
    }
    Ok(rows)
}

fn plan(
    incoming: &[Incoming<'_>],
    fresh: &[usize],
    assignments: &[Assignment],
    first_id: i64,
    now: UnixMs,
    taken: &mut [Option<Taken>],
) -> Plan {
    let mut plan = Plan {
        made: BTreeMap::new(),
        joined: BTreeMap::new(),
        twins: BTreeSet::new(),
        sightings: Vec::with_capacity(fresh.len()),
    };
    let mut ids: HashMap<usize, i64> = HashMap::new();
    let mut next_id = first_id;
    for (place, (index, assignment)) in fresh.iter().zip(assignments).enumerate() {
        let delivery = &incoming[*index];
        let id_of = |of: &SmsAt| match of {
            SmsAt::Known(id) => Some(*id),
            SmsAt::Made(place) => ids.get(place).copied(),
        };
        let sms_id = match assignment {
            Assignment::New { twins } => {
                let id = next_id;
                next_id += 1;
                let others: Vec<i64> = twins.iter().filter_map(id_of).collect();
                if !others.is_empty() {
                    plan.twins.extend(others);
                    plan.twins.insert(id);
                }
                plan.made.insert(id, new_row(id, delivery, now));
                ids.insert(place, id);
                id
            }
            Assignment::Join(of) => {
                let id = id_of(of).unwrap_or_default();
                plan.joined.entry(id).or_default().push(*index);
                id
            }
        };
        let status = if delivery.trusted { TakenAs::Stored } else { TakenAs::Held };
        taken[*index] = Some(Taken { sms_id: Some(sms_id), status });
        plan.sightings.push(sighting_row(sms_id, delivery, now));
    }
    for (id, indexes) in &plan.joined {
        if let Some(row) = plan.made.get_mut(id) {
            for index in indexes {
                join(row, &incoming[*index]);
            }
        }
    }
    for id in &plan.twins {
        if let Some(row) = plan.made.get_mut(id) {
            row.flags = Flags(row.flags).with(Flag::Twin).0;
        }
    }
    plan
}

fn sighting_of(incoming: &Incoming<'_>) -> NewSighting {
    NewSighting {
        source: incoming.source,
        fingerprint: incoming.hash,
        sender: incoming.sender_key.clone(),
        received_at: incoming.delivery.received_at,
    }
}

/// Adds what a further sighting knows to its message. Who sent it is believed only of a source that is trusted: the
/// whitelist asks for nothing else, and a phone that nobody trusts could vouch for its own text.
fn join(row: &mut sms::Model, incoming: &Incoming<'_>) {
    row.sources |= source_bit(incoming.source.kind);
    if !incoming.trusted {
        return;
    }
    if row.state == SmsState::Held.as_str() {
        row.state = SmsState::Received.as_str().to_owned();
        row.sender.clone_from(&incoming.delivery.sender);
        row.sender_key.clone_from(&incoming.sender_key);
    }
    if row.sender_key.is_empty() && !incoming.sender_key.is_empty() {
        row.sender.clone_from(&incoming.delivery.sender);
        row.sender_key.clone_from(&incoming.sender_key);
        if row.state == SmsState::Rejected.as_str() {
            row.state = SmsState::Received.as_str().to_owned();
        }
    }
}

#[cfg(test)]
mod tests;
