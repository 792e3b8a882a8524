//! The outbox: events are written in the transaction of what they tell, and read from here by whoever passes them on.

use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};
use sea_orm::{QueryOrder, QuerySelect};
use serde_json::Value;

use super::rows::insert;
use super::{Lock, Store, StoreError, lock};
use crate::contract::system::Event;
use crate::domain::time::UnixMs;

/// An event to be written.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// sms.created, sms.updated, order.updated.
    pub kind: &'static str,
    /// The small object.
    pub data: Value,
}

/// Writes events behind all that were committed before. To be called last in its transaction: on PostgreSQL it takes the
/// lock of the tail.
///
/// # Errors
/// Where the database fails.
pub async fn append(txn: &DatabaseTransaction, now: UnixMs, events: Vec<NewEvent>) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    lock(txn, Lock::Tail).await?;
    let rows = events.into_iter().map(|event| entity::event::ActiveModel {
        id: NotSet,
        at: Set(now.0),
        kind: Set(event.kind.to_owned()),
        data: Set(event.data.to_string()),
    });
    insert(txn, rows.collect()).await
}

impl Store {
    /// Up to `limit` events after `after`, oldest first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn events_after(&self, after: i64, limit: u64) -> Result<Vec<Event>, StoreError> {
        let rows = entity::event::Entity::find()
            .filter(entity::event::Column::Id.gt(after))
            .order_by_asc(entity::event::Column::Id)
            .limit(limit)
            .all(self.reader())
            .await?;
        rows.into_iter()
            .map(|row| {
                let data = serde_json::from_str(&row.data).map_err(|error| StoreError::corrupt("event.data", error))?;
                Ok(Event { id: Some(row.id), kind: row.kind, data })
            })
            .collect()
    }

    /// The ids of the oldest and the newest event that are kept; none where there is no event.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn event_span(&self) -> Result<Option<(i64, i64)>, StoreError> {
        let ends = async |newest: bool| {
            let find = entity::event::Entity::find().select_only().column(entity::event::Column::Id).limit(1);
            let find = if newest {
                find.order_by_desc(entity::event::Column::Id)
            } else {
                find.order_by_asc(entity::event::Column::Id)
            };
            find.into_tuple::<i64>().one(self.reader()).await
        };
        Ok(match (ends(false).await?, ends(true).await?) {
            (Some(oldest), Some(newest)) => Some((oldest, newest)),
            _ => None,
        })
    }

    /// Forgets events written before `before`.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn forget_events(&self, before: UnixMs) -> Result<u64, StoreError> {
        self.write(async |txn| {
            let gone =
                entity::event::Entity::delete_many().filter(entity::event::Column::At.lt(before.0)).exec(txn).await?;
            Ok(gone.rows_affected)
        })
        .await
    }
}
