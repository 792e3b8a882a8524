//! Storing deliveries: the group commit of the inbox. Everything that queued up goes into one transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use entity::{shooter_device, sighting, sms};
use sea_orm::{ActiveModelTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement};
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend};
use serde_json::json;

use super::event::NewEvent;
use super::rows::insert;
use super::sms::source_bit;
use super::sms_change::{SmsChanges, is_synthetic, system_review};
use super::{Lock, Store, StoreError, lock};
use crate::domain::flags::{Flag, Flags};
use crate::domain::identity::{self, Assignment, Fingerprint, KnownSms, NewSighting, SmsAt};
use crate::domain::phone::comparable_sender;
use crate::domain::sms::{Review, SmsState};
use crate::domain::source::{SourceKind, SourceRef};
use crate::domain::text::fingerprint_text;
use crate::domain::time::UnixMs;
use crate::pipeline::inbox::{Deliver, Delivery, Taken, TakenAs};

const HOUR_MS: i64 = 3_600_000;

/// A stored fingerprint: the hour of receipt before the hash of line and text, so that the index grows at its end and
/// what came within the hour is found in three places.
fn stored_fingerprint(hash: &Fingerprint, at: UnixMs) -> Vec<u8> {
    let hour = u32::try_from(at.0.div_euclid(HOUR_MS).clamp(0, i64::from(u32::MAX))).unwrap_or(0);
    let mut key = hour.to_be_bytes().to_vec();
    key.extend_from_slice(&hash[..12]);
    key
}

/// What of a fingerprint is stored: its first 12 bytes, behind the hour.
fn cut(mut hash: Fingerprint) -> Fingerprint {
    hash[12..].fill(0);
    hash
}

/// The fingerprints of the same text and line in the hour of `at`, the one before and the one after.
pub(super) fn fingerprint_hours(stored: &[u8], at: UnixMs) -> Vec<Vec<u8>> {
    let hash = stored.get(4..).unwrap_or_default();
    [-HOUR_MS, 0, HOUR_MS]
        .into_iter()
        .map(|shift| {
            let hour = u32::try_from(at.0.saturating_add(shift).div_euclid(HOUR_MS).clamp(0, i64::from(u32::MAX)))
                .unwrap_or(0);
            [&hour.to_be_bytes()[..], hash].concat()
        })
        .collect()
}

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

async fn known_sightings(
    txn: &DatabaseTransaction,
    incoming: &[Incoming<'_>],
) -> Result<HashMap<(SourceRef, Vec<u8>), i64>, StoreError> {
    let mut by_source: BTreeMap<SourceRef, Vec<Vec<u8>>> = BTreeMap::new();
    for delivery in incoming {
        by_source.entry(delivery.source).or_default().push(delivery.delivery.key.0.clone());
    }
    let mut known = HashMap::new();
    for (source, keys) in by_source {
        for chunk in keys.chunks(500) {
            let rows = sighting::Entity::find()
                .select_only()
                .column(sighting::Column::SourceKey)
                .column(sighting::Column::SmsId)
                .filter(sighting::Column::SourceKind.eq(source.kind.as_str()))
                .filter(sighting::Column::SourceId.eq(source.id))
                .filter(sighting::Column::SourceKey.is_in(chunk.iter().cloned()))
                .into_tuple::<(Vec<u8>, i64)>()
                .all(txn)
                .await?;
            known.extend(rows.into_iter().map(|(key, sms_id)| ((source, key), sms_id)));
        }
    }
    Ok(known)
}

/// Messages of the same line and text around the new ones.
async fn known_messages(
    txn: &DatabaseTransaction,
    incoming: &[Incoming<'_>],
    fresh: &[usize],
) -> Result<HashMap<i64, sms::Model>, StoreError> {
    let mut hours: BTreeSet<Vec<u8>> = BTreeSet::new();
    for index in fresh {
        let delivery = &incoming[*index];
        hours.extend(fingerprint_hours(&delivery.fingerprint(), delivery.delivery.received_at));
    }
    // The hour ahead of a live message is empty: a third of the places need not be looked at.
    let Some(last) = last_fingerprint(txn).await? else { return Ok(HashMap::new()) };
    let hours: Vec<Vec<u8>> = hours.into_iter().take_while(|key| *key <= last).collect();
    let mut rows: HashMap<i64, sms::Model> = HashMap::new();
    for chunk in hours.chunks(900) {
        let found = sms::Entity::find().filter(sms::Column::Fingerprint.is_in(chunk.iter().cloned())).all(txn).await?;
        rows.extend(found.into_iter().map(|row| (row.id, row)));
    }
    Ok(rows)
}

async fn last_fingerprint(txn: &DatabaseTransaction) -> Result<Option<Vec<u8>>, StoreError> {
    let last = sms::Entity::find().select_only().column(sms::Column::Fingerprint);
    Ok(last.order_by_desc(sms::Column::Fingerprint).limit(1).into_tuple::<Vec<u8>>().one(txn).await?)
}

async fn known_sms(txn: &DatabaseTransaction, rows: &HashMap<i64, sms::Model>) -> Result<Vec<KnownSms>, StoreError> {
    let ids: Vec<i64> = rows.keys().copied().collect();
    let mut sources = Store::sources_of(txn, &ids).await?;
    Ok(rows
        .values()
        .map(|row| {
            let mut fingerprint = Fingerprint::default();
            for (to, from) in fingerprint[..12].iter_mut().zip(row.fingerprint.iter().skip(4)) {
                *to = *from;
            }
            KnownSms {
                sms_id: row.id,
                fingerprint,
                sender: row.sender_key.clone(),
                received_at: UnixMs(row.received_at),
                sources: sources.remove(&row.id).unwrap_or_default().into_iter().collect(),
            }
        })
        .collect())
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

fn new_row(id: i64, incoming: &Incoming<'_>, now: UnixMs) -> sms::Model {
    let delivery = incoming.delivery;
    let state = if !incoming.trusted {
        SmsState::Held
    } else if delivery.quarantine.is_some() {
        SmsState::Quarantined
    } else {
        SmsState::Received
    };
    let flags = if delivery.old_event { Flags::NONE.with(Flag::OldEvent) } else { Flags::NONE };
    let mut row = sms::Model {
        id,
        line: incoming.line.map(str::to_owned),
        sender: delivery.sender.clone(),
        sender_key: incoming.sender_key.clone(),
        text: delivery.text.clone(),
        fingerprint: incoming.fingerprint(),
        received_at: delivery.received_at.0,
        occurred_at: delivery.received_at.0,
        to_the_minute: false,
        stored_at: now.0,
        sources: source_bit(incoming.source.kind),
        state: state.as_str().to_owned(),
        state_since: now.0,
        review: Review::None.as_str().to_owned(),
        review_by: None,
        review_at: None,
        review_note: None,
        flags: flags.0,
        direction: None,
        currency: None,
        amount: None,
        balance: None,
        depositor: None,
        account: None,
        reference: None,
        memo: None,
        sender_bank: None,
        name_max: None,
        template_id: None,
        template_version: None,
        order_id: None,
        attempts: 0,
        next_attempt_at: None,
        version: 1,
        updated_at: now.0,
    };
    // What cannot be read may be a deposit: people must see it.
    system_review(&mut row, state == SmsState::Quarantined);
    row
}

fn sighting_row(sms_id: i64, incoming: &Incoming<'_>, now: UnixMs) -> sighting::ActiveModel {
    let delivery = incoming.delivery;
    sighting::ActiveModel {
        id: NotSet,
        source_kind: Set(incoming.source.kind.as_str().to_owned()),
        source_id: Set(incoming.source.id),
        source_key: Set(delivery.key.0.clone()),
        sms_id: Set(sms_id),
        external_id: Set(delivery.external_id.clone()),
        format: Set(delivery.format.to_owned()),
        received_at: Set(delivery.received_at.0),
        stored_at: Set(now.0),
        raw: Set(delivery.raw.clone()),
    }
}

async fn insert_all(
    txn: &DatabaseTransaction,
    changes: &mut SmsChanges<'_>,
    rows: impl Iterator<Item = &sms::Model>,
    sightings: Vec<sighting::ActiveModel>,
) -> Result<(), StoreError> {
    let mut models = Vec::new();
    for row in rows {
        if !is_synthetic(row.id) {
            let data = json!({"id": row.id, "state": row.state, "review": row.review, "version": row.version});
            changes.tell(NewEvent { kind: "sms.created", data });
        }
        models.push(columns_of(row));
    }
    insert(txn, models).await?;
    insert(txn, sightings).await
}

/// The columns that a new message fills: a row of half as many values is stored in half the time.
fn columns_of(row: &sms::Model) -> sms::ActiveModel {
    use sms::Column as C;
    const FILLED_LATER: [sms::Column; 17] = [
        C::ReviewBy,
        C::ReviewAt,
        C::ReviewNote,
        C::Direction,
        C::Currency,
        C::Amount,
        C::Balance,
        C::Depositor,
        C::Account,
        C::Reference,
        C::Memo,
        C::SenderBank,
        C::NameMax,
        C::TemplateId,
        C::TemplateVersion,
        C::OrderId,
        C::NextAttemptAt,
    ];
    // Every column is set: `into` alone would leave them "unchanged" and out of the statement.
    let mut columns = sms::ActiveModel::from(row.clone()).reset_all();
    for column in FILLED_LATER {
        columns.not_set(column);
    }
    columns
}

/// Reserves `count` ids of the sms table and answers the first: a multi-row insert does not promise which row gets which.
async fn reserve_ids(txn: &DatabaseTransaction, count: usize) -> Result<i64, StoreError> {
    let backend = txn.get_database_backend();
    let statement = if backend == DbBackend::Postgres {
        // The lock keeps the range whole; nextval alone could interleave with another process.
        lock(txn, Lock::Key(b"sms.id")).await?;
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        Statement::from_sql_and_values(
            backend,
            "SELECT min(nextval(pg_get_serial_sequence('sms', 'id')))::bigint AS first FROM generate_series(1, $1)",
            [count.into()],
        )
    } else {
        // The one writer holds the transaction; AUTOINCREMENT's own counter follows what is inserted.
        Statement::from_string(
            backend,
            "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'sms'), 0) + 1 AS first",
        )
    };
    let row = txn.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| StoreError::corrupt("sms.id", "no next id"))?;
    Ok(row.try_get("", "first")?)
}

#[cfg(test)]
mod tests;
