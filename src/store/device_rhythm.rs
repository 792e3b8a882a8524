//! When the shooter devices were heard of last, and which of them are silent for longer than they usually are.
//!
//! What is kept of a device is small and does not grow with its messages: its last delivery and the hours of the last weeks
//! (`domain::rhythm`). Both are brought up to date from the sightings that are new since the last time.

use std::collections::BTreeMap;

use entity::{shooter_device, sighting};
use jiff::tz::TimeZone;
use sea_orm::sea_query::{Expr, ExprTrait as _};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Store, StoreError, event, settings};
use crate::domain::rhythm::{self, Rhythm};
use crate::domain::source::SourceKind;
use crate::domain::time::UnixMs;

/// Up to which sighting the devices have been brought.
const SEEN_THROUGH: &str = "device.seen_through";

const HOUR_MS: i64 = 3_600_000;

/// Whether a device delivers as it usually does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hearing {
    /// Ours.
    pub id: i64,
    /// What operators call it.
    pub name: String,
    /// Since when it has been silent for longer than usual; none: all is as usual, as far as is known.
    pub silent_since: Option<UnixMs>,
    /// Whether enough is known of it to tell.
    pub known: bool,
}

impl Store {
    /// Brings `last_seen_at` and the rhythm of all devices up to their latest sighting: a few small writes however much was
    /// delivered. An hour is an hour of `zone`.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn note_devices_seen(&self, zone: &TimeZone) -> Result<(), StoreError> {
        let through = match settings::get(self.reader(), SEEN_THROUGH).await? {
            Some((value, _)) => value.parse().map_err(|error| StoreError::corrupt(SEEN_THROUGH, error))?,
            None => 0_i64,
        };
        let newest = sighting::Entity::find()
            .select_only()
            .column(sighting::Column::Id)
            .order_by_desc(sighting::Column::Id)
            .limit(1)
            .into_tuple::<i64>()
            .one(self.reader())
            .await?;
        let Some(newest) = newest.filter(|newest| *newest != through) else { return Ok(()) };
        let seen = self.seen_between(through, newest).await?;
        let now = self.now();
        self.write(async |txn| {
            // In the order in which the inbox locks them.
            for (id, times) in &seen {
                note(txn, *id, times, zone).await?;
            }
            settings::put(txn, SEEN_THROUGH, &newest.to_string(), now).await
        })
        .await
    }

    /// When each device delivered, to the hour: its first and last delivery of every hour.
    async fn seen_between(&self, after: i64, through: i64) -> Result<BTreeMap<i64, Vec<UnixMs>>, StoreError> {
        let hour = Expr::col(sighting::Column::StoredAt).div(HOUR_MS);
        let rows = sighting::Entity::find()
            .select_only()
            .column(sighting::Column::SourceId)
            .column_as(sighting::Column::StoredAt.min(), "first")
            .column_as(sighting::Column::StoredAt.max(), "last")
            .filter(sighting::Column::Id.gt(after))
            .filter(sighting::Column::Id.lte(through))
            .filter(sighting::Column::SourceKind.eq(SourceKind::Shooter.as_str()))
            .group_by(sighting::Column::SourceId)
            .group_by(hour)
            .into_tuple::<(i64, i64, i64)>()
            .all(self.reader())
            .await?;
        let mut seen: BTreeMap<i64, Vec<UnixMs>> = BTreeMap::new();
        for (id, first, last) in rows {
            seen.entry(id).or_default().extend([UnixMs(first), UnixMs(last)]);
        }
        for times in seen.values_mut() {
            times.sort_unstable();
        }
        Ok(seen)
    }

    /// Judges the silence of every trusted device now, and keeps what has changed. Answers the changes.
    ///
    /// # Errors
    /// Where the store fails.
    pub async fn judge_silence(&self, zone: &TimeZone) -> Result<Vec<Hearing>, StoreError> {
        let now = self.now();
        let mut changes = Vec::new();
        for row in shooter_device::Entity::find().all(self.reader()).await? {
            let rhythm = rhythm_of(&row)?;
            let (added, last) = (UnixMs(row.created_at), row.last_seen_at.map(UnixMs));
            // What nobody trusts is nobody's loss.
            let silent = if row.trusted { rhythm::silent_since(&rhythm, added, last, now, zone) } else { None };
            if silent != row.silent_since.map(UnixMs) {
                changes.push((row.last_seen_at, hearing(row, &rhythm, silent)));
            }
        }
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        self.write(async |txn| {
            let mut told = Vec::new();
            for (last_seen_at, change) in &changes {
                let silent = change.silent_since.map(|since| since.0);
                // Another process may have noted a delivery meanwhile: then it is judged again next time.
                let unmoved = match last_seen_at {
                    Some(at) => shooter_device::Column::LastSeenAt.eq(*at),
                    None => shooter_device::Column::LastSeenAt.is_null(),
                };
                let kept = shooter_device::Entity::update_many()
                    .col_expr(shooter_device::Column::SilentSince, Expr::value(silent))
                    .filter(shooter_device::Column::Id.eq(change.id))
                    .filter(unmoved)
                    .exec(txn)
                    .await?;
                if kept.rows_affected > 0 {
                    let action = if silent.is_some() { "silent" } else { "heard" };
                    told.extend(event::of_change(action, &format!("shooter_device/{}", change.id)));
                }
            }
            event::append(txn, now, told).await
        })
        .await?;
        Ok(changes.into_iter().map(|(_, change)| change).collect())
    }

    /// How the trusted devices are heard, as it was last judged.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn hearings(&self) -> Result<Vec<Hearing>, StoreError> {
        let trusted = shooter_device::Entity::find()
            .filter(shooter_device::Column::Trusted.eq(true))
            .order_by_asc(shooter_device::Column::Id);
        let rows = trusted.all(self.reader()).await?;
        rows.into_iter()
            .map(|row| {
                let (rhythm, silent) = (rhythm_of(&row)?, row.silent_since.map(UnixMs));
                Ok(hearing(row, &rhythm, silent))
            })
            .collect()
    }
}

fn hearing(row: shooter_device::Model, rhythm: &Rhythm, silent_since: Option<UnixMs>) -> Hearing {
    Hearing { id: row.id, name: row.name, silent_since, known: rhythm.is_known() }
}

fn rhythm_of(row: &shooter_device::Model) -> Result<Rhythm, StoreError> {
    let Some(text) = &row.rhythm else { return Ok(Rhythm::default()) };
    serde_json::from_str(text)
        .map_err(|error| StoreError::corrupt("shooter_device.rhythm", format!("row {}: {error}", row.id)))
}

/// Notes deliveries of one device; one that is deleted has none.
async fn note(txn: &DatabaseTransaction, id: i64, times: &[UnixMs], zone: &TimeZone) -> Result<(), StoreError> {
    let Some(row) = shooter_device::Entity::find_by_id(id).lock_exclusive().one(txn).await? else { return Ok(()) };
    let mut rhythm = rhythm_of(&row)?;
    let mut last = row.last_seen_at.map(UnixMs);
    for at in times {
        rhythm.note(last, *at, zone);
        last = last.max(Some(*at));
    }
    let text = serde_json::to_string(&rhythm).map_err(|error| StoreError::corrupt("shooter_device.rhythm", error))?;
    let change = shooter_device::ActiveModel {
        id: Set(id),
        last_seen_at: Set(last.map(|at| at.0)),
        rhythm: Set(Some(text)),
        silent_since: Set(None),
        ..Default::default()
    };
    shooter_device::Entity::update(change).exec(txn).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
