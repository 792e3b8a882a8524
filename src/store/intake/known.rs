//! What is known already of what comes in.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use entity::{sighting, sms};
use sea_orm::{ColumnTrait, DatabaseTransaction};
use sea_orm::{EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::domain::identity::{Fingerprint, KnownSms};
use crate::domain::source::SourceRef;
use crate::domain::time::UnixMs;
use crate::store::{Store, StoreError};

use super::Incoming;
use super::fingerprint::fingerprint_hours;
pub(super) async fn known_sightings(
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
pub(super) async fn known_messages(
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

pub(super) async fn last_fingerprint(txn: &DatabaseTransaction) -> Result<Option<Vec<u8>>, StoreError> {
    let last = sms::Entity::find().select_only().column(sms::Column::Fingerprint);
    Ok(last.order_by_desc(sms::Column::Fingerprint).limit(1).into_tuple::<Vec<u8>>().one(txn).await?)
}

pub(super) async fn known_sms(
    txn: &DatabaseTransaction,
    rows: &HashMap<i64, sms::Model>,
) -> Result<Vec<KnownSms>, StoreError> {
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
