//! Intake on PostgreSQL, beside other processes that take in, too.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use entity::{shooter_device, sighting, sms};
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction};
use sea_orm::{EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement};

use super::Incoming;
use super::fingerprint::fingerprint_hours;
use super::plan::{Head, NewSms, Plan, Sorted, count_new};
use crate::domain::identity::{self, Fingerprint, KnownSms};
use crate::domain::source::SourceRef;
use crate::domain::time::UnixMs;
use crate::pipeline::inbox::Taken;
use crate::store::lease::{Lease, check_lease};
use crate::store::rows::insert;
use crate::store::sms_change::SmsChanges;
use crate::store::{Lock, Store, StoreError, lock};

/// Names in one statement at most.
const NAMES: usize = 500;

pub(super) async fn take(
    txn: &DatabaseTransaction,
    incoming: &[Incoming<'_>],
    leases: &[&Lease],
    window: Duration,
    now: UnixMs,
) -> Result<Vec<Taken>, StoreError> {
    for lease in leases {
        check_lease(txn, Some(lease)).await?;
    }
    let incoming = &as_trusted_now(txn, incoming).await?[..];
    lock_texts(txn, incoming).await?;
    let known = known_sightings(txn, incoming).await?;
    let mut sorted = Sorted::of(incoming, &known);
    if !sorted.fresh.is_empty() {
        let known = known_sms(txn, incoming, &sorted.fresh).await?;
        let sightings: Vec<_> = sorted.fresh.iter().map(|place| incoming[*place].sighting()).collect();
        let assignments = identity::assign(&known, &sightings, window);
        let first_id = match count_new(&assignments) {
            0 => 0,
            count => reserve_ids(txn, count).await?,
        };
        let plan = Plan::make(incoming, &mut sorted, &assignments, first_id);
        write(txn, &plan, now).await?;
    }
    sorted.answers()
}

/// The deliveries with the trust that their devices have now: one may have lost it since the request was read, and what it
/// brings would then flow past the distrust. The rows stay locked, so that a distrust waits and finds what is stored here.
async fn as_trusted_now<'a>(
    txn: &DatabaseTransaction,
    incoming: &[Incoming<'a>],
) -> Result<Vec<Incoming<'a>>, StoreError> {
    let devices: BTreeSet<i64> = incoming.iter().filter_map(Incoming::device).collect();
    let devices: Vec<i64> = devices.into_iter().collect();
    let mut trusted: HashMap<i64, bool> = HashMap::new();
    for chunk in devices.chunks(NAMES) {
        let rows = shooter_device::Entity::find()
            .filter(shooter_device::Column::Id.is_in(chunk.iter().copied()))
            // In one order for all, so that two transactions cannot wait for each other.
            .order_by_asc(shooter_device::Column::Id)
            .lock_shared()
            .all(txn)
            .await?;
        trusted.extend(rows.into_iter().map(|row| (row.id, row.trusted)));
    }
    // A device that was deleted meanwhile counts as it did when it sent.
    let now_trusted = |one: &Incoming<'a>| one.device().and_then(|id| trusted.get(&id).copied()).unwrap_or(one.trusted);
    Ok(incoming.iter().map(|one| Incoming { trusted: now_trusted(one), ..*one }).collect())
}

/// Two processes could both make a new sms of one text: the choice is made under the text's lock (INV-I3).
async fn lock_texts(txn: &DatabaseTransaction, incoming: &[Incoming<'_>]) -> Result<(), StoreError> {
    // One order for all, so that two batches cannot wait for each other.
    let keys: BTreeSet<&Fingerprint> = incoming.iter().map(|delivery| &delivery.hash).collect();
    for key in keys {
        lock(txn, Lock::Key(key)).await?;
    }
    Ok(())
}

/// For each delivery, the message that its key brought before.
async fn known_sightings(txn: &DatabaseTransaction, incoming: &[Incoming<'_>]) -> Result<Vec<Option<i64>>, StoreError> {
    let mut by_source: BTreeMap<SourceRef, Vec<usize>> = BTreeMap::new();
    for (place, delivery) in incoming.iter().enumerate() {
        by_source.entry(delivery.source).or_default().push(place);
    }
    let mut known = vec![None; incoming.len()];
    for (source, places) in by_source {
        for chunk in places.chunks(NAMES) {
            let keys = chunk.iter().map(|place| incoming[*place].delivery.key.0.clone());
            let rows: HashMap<Vec<u8>, i64> = sighting::Entity::find()
                .select_only()
                .column(sighting::Column::SourceKey)
                .column(sighting::Column::SmsId)
                .filter(sighting::Column::SourceKind.eq(source.kind.as_str()))
                .filter(sighting::Column::SourceId.eq(source.id))
                .filter(sighting::Column::SourceKey.is_in(keys))
                .into_tuple()
                .all(txn)
                .await?
                .into_iter()
                .collect();
            for place in chunk {
                known[*place] = rows.get(&incoming[*place].delivery.key.0).copied();
            }
        }
    }
    Ok(known)
}

/// Messages of the same line and text around the new ones.
async fn known_sms(
    txn: &DatabaseTransaction,
    incoming: &[Incoming<'_>],
    fresh: &[usize],
) -> Result<Vec<KnownSms>, StoreError> {
    let mut hours: BTreeSet<Vec<u8>> = BTreeSet::new();
    for place in fresh {
        let delivery = &incoming[*place];
        hours.extend(fingerprint_hours(&delivery.fingerprint(), delivery.delivery.received_at));
    }
    let hours: Vec<Vec<u8>> = hours.into_iter().collect();
    let mut heads: HashMap<i64, Head> = HashMap::new();
    for chunk in hours.chunks(NAMES) {
        let found = sms::Entity::find().filter(sms::Column::Fingerprint.is_in(chunk.iter().cloned())).all(txn).await?;
        for row in found {
            heads.insert(row.id, Head::of(row)?);
        }
    }
    let ids: Vec<i64> = heads.keys().copied().collect();
    let mut sources = Store::sources_of(txn, &ids).await?;
    Ok(heads.values().map(|head| head.known(sources.remove(&head.id).unwrap_or_default())).collect())
}

/// Reserves `count` ids of the sms table and answers the first: a multi-row insert does not promise which row gets which.
async fn reserve_ids(txn: &DatabaseTransaction, count: usize) -> Result<i64, StoreError> {
    // The lock keeps the range whole; nextval alone could interleave with another process.
    lock(txn, Lock::Key(b"sms.id")).await?;
    let statement = Statement::from_sql_and_values(
        txn.get_database_backend(),
        "SELECT min(nextval(pg_get_serial_sequence('sms', 'id')))::bigint AS first FROM generate_series(1, $1)",
        [i64::try_from(count).unwrap_or(i64::MAX).into()],
    );
    let row = txn.query_one_raw(statement).await?;
    Ok(row.ok_or_else(|| StoreError::corrupt("sms.id", "no next id"))?.try_get("", "first")?)
}

async fn write(txn: &DatabaseTransaction, plan: &Plan<'_>, now: UnixMs) -> Result<(), StoreError> {
    let mut changes = SmsChanges::new(txn, now, super::sqlite::ACTOR);
    for row in &plan.made {
        changes.told().created(&row.stand(), row.quarantine);
    }
    insert(txn, plan.made.iter().map(|row| new_row(row, now)).collect()).await?;
    insert(txn, plan.sightings.iter().map(|(sms_id, incoming)| sighting_row(*sms_id, incoming, now)).collect()).await?;
    // As they stand now: a stage may have moved them since they were read, and a phone must not be refused for that.
    for before in locked(txn, &plan.touched()).await? {
        let head = Head::of(before.clone())?;
        let Some((facts, reason)) = plan.change(&head) else { continue };
        let mut after = before.clone();
        after.sender = facts.sender.shown.into_owned();
        after.sender_key = facts.sender.key.into_owned();
        after.provisional_key = facts.sender.provisional_key.into_owned();
        after.ask_sender = facts.ask_sender;
        after.sources = facts.sources;
        after.state = facts.state.as_str().to_owned();
        after.flags = facts.flags.0;
        changes.apply(&before, after, reason).await?;
    }
    changes.finish().await
}

async fn locked(txn: &DatabaseTransaction, ids: &BTreeSet<i64>) -> Result<Vec<sms::Model>, StoreError> {
    let ids: Vec<i64> = ids.iter().copied().collect();
    let mut rows = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(NAMES) {
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

/// The columns that a new message fills.
fn new_row(row: &NewSms<'_>, now: UnixMs) -> sms::ActiveModel {
    sms::ActiveModel {
        id: Set(row.id),
        line: Set(row.line.map(str::to_owned)),
        sender: Set(row.facts.sender.shown.clone().into_owned()),
        sender_key: Set(row.facts.sender.key.clone().into_owned()),
        provisional_key: Set(row.facts.sender.provisional_key.clone().into_owned()),
        ask_sender: Set(false),
        text: Set(row.text.map(str::to_owned)),
        fingerprint: Set(row.fingerprint.to_vec()),
        received_at: Set(row.received_at.0),
        occurred_at: Set(row.received_at.0),
        to_the_minute: Set(false),
        stored_at: Set(now.0),
        sources: Set(row.facts.sources),
        state: Set(row.facts.state.as_str().to_owned()),
        state_since: Set(now.0),
        review: Set(row.review.as_str().to_owned()),
        flags: Set(row.facts.flags.0),
        attempts: Set(0),
        version: Set(1),
        updated_at: Set(now.0),
        ..sms::ActiveModel::default()
    }
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
