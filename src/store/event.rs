//! The outbox: events are written in the transaction of what they tell, and read from here by whoever passes them on.

use entity::event::{Column, Entity, Model};
use sea_orm::sea_query::{Expr, ExprTrait as _, Query};
use sea_orm::{ActiveModelTrait as _, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait};
use sea_orm::{IntoActiveModel as _, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;
use serde_json::Value;

use super::rows::insert;
use super::{Lock, Store, StoreError, lock};
use crate::contract::system::Event;
use crate::domain::time::UnixMs;

/// Events in one row at most: what is read at once stays small.
const IN_ONE_ROW: usize = 256;

/// Rows read at once.
const ROWS: u64 = 256;

/// An event to be written.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// sms.created, sms.updated, order.updated, device.changed, template.changed, phone.changed.
    pub kind: &'static str,
    /// The small object, as JSON.
    data: String,
}

impl NewEvent {
    /// An event that tells `data`, the small object.
    #[must_use]
    pub fn new(kind: &'static str, data: &impl Serialize) -> Self {
        // Our own small objects are always JSON.
        Self { kind, data: serde_json::to_string(data).unwrap_or_else(|_| "null".to_owned()) }
    }
}

/// The event of a change to operators' data, by the action and the subject of its audit entry (`shooter_device.trust` of
/// `shooter_device/3`); none for a subject that has events of its own or is not shown in a list.
#[must_use]
pub fn of_change(action: &str, subject: &str) -> Option<NewEvent> {
    let (thing, id) = subject.split_once('/')?;
    let id: i64 = id.parse().ok()?;
    let action = action.split_once('.').map_or(action, |(_, action)| action);
    let (kind, source) = match thing {
        "phone" => ("phone.changed", None),
        "template" => ("template.changed", None),
        "shooter_device" => ("device.changed", Some("shooter")),
        "pushbullet_device" => ("device.changed", Some("pushbullet")),
        "telegram_bot" => ("device.changed", Some("telegram")),
        _ => return None,
    };
    Some(NewEvent::new(kind, &Changed { id, source, action }))
}

/// What is told of a change to operators' data.
#[derive(Serialize)]
struct Changed<'a> {
    id: i64,
    /// Which kind of device: ids are counted for each.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
    action: &'a str,
}

/// The rows that hold `events`, the first of which gets the id `first_id`.
pub(super) fn rows_of(events: &[NewEvent], mut first_id: i64, now: UnixMs) -> Vec<Model> {
    let mut rows = Vec::with_capacity(events.len().div_ceil(IN_ONE_ROW));
    for chunk in events.chunks(IN_ONE_ROW) {
        let mut json = String::with_capacity(chunk.iter().map(|event| event.data.len() + event.kind.len() + 6).sum());
        for event in chunk {
            json.push(if json.is_empty() { '[' } else { ',' });
            json.push_str("[\"");
            json.push_str(event.kind);
            json.push_str("\",");
            json.push_str(&event.data);
            json.push(']');
        }
        json.push(']');
        let last_id = first_id + i64::try_from(chunk.len()).unwrap_or(0) - 1;
        rows.push(Model { last_id, first_id, at: now.0, events: json });
        first_id = last_id + 1;
    }
    rows
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
    let first_id = last_id(txn).await?.unwrap_or(0) + 1;
    let rows = rows_of(&events, first_id, now).into_iter().map(|row| row.into_active_model().reset_all());
    insert(txn, rows.collect()).await
}

async fn last_id(db: &impl ConnectionTrait) -> Result<Option<i64>, StoreError> {
    let last = Entity::find().select_only().column(Column::LastId).order_by_desc(Column::LastId).limit(1);
    Ok(last.into_tuple::<i64>().one(db).await?)
}

impl Store {
    /// Up to `limit` events after `after`, oldest first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn events_after(&self, after: i64, limit: u64) -> Result<Vec<Event>, StoreError> {
        let rows = Entity::find()
            .filter(Column::LastId.gt(after))
            .order_by_asc(Column::LastId)
            .limit(Ord::min(limit, ROWS))
            .all(self.reader())
            .await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut events = Vec::new();
        for row in rows {
            let told: Vec<(String, Value)> =
                serde_json::from_str(&row.events).map_err(|error| StoreError::corrupt("event.events", error))?;
            let numbered = (row.first_id..).zip(told).filter(|(id, _)| *id > after);
            events.extend(numbered.map(|(id, (kind, data))| Event { id: Some(id), kind, data }));
            if events.len() >= limit {
                break;
            }
        }
        events.truncate(limit);
        Ok(events)
    }

    /// The ids of the oldest and the newest event that are kept; none where there is no event.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn event_span(&self) -> Result<Option<(i64, i64)>, StoreError> {
        let first = Entity::find().select_only().column(Column::FirstId).order_by_asc(Column::LastId).limit(1);
        let oldest = first.into_tuple::<i64>().one(self.reader()).await?;
        Ok(oldest.zip(last_id(self.reader()).await?))
    }

    /// Forgets events written before `before`, but for the last ones: ids go on from there.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn forget_events(&self, before: UnixMs) -> Result<u64, StoreError> {
        let newest = Query::select().expr(Expr::col(Column::LastId).max()).from(Entity).to_owned();
        self.write(async |txn| {
            let gone = Entity::delete_many()
                .filter(Column::At.lt(before.0))
                .filter(Expr::col(Column::LastId).in_subquery(newest).not())
                .exec(txn)
                .await?;
            Ok(gone.rows_affected)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::store::testing::{base, stores};

    #[test]
    fn a_change_of_operators_data_is_told_by_its_audit_entry() {
        let told = |action, subject| of_change(action, subject).map(|event| (event.kind, event.data));
        let data = r#"{"id":3,"source":"shooter","action":"trust"}"#.to_owned();
        assert_eq!(told("shooter_device.trust", "shooter_device/3"), Some(("device.changed", data)));
        let data = r#"{"id":4,"action":"delete"}"#.to_owned();
        assert_eq!(told("phone.delete", "phone/4"), Some(("phone.changed", data)));
        for subject in ["sms/3", "actor/inbox", "actor/phone/3", "phone/x", "phone"] {
            assert_eq!(told("x.y", subject), None, "{subject}");
        }
    }

    #[tokio::test]
    async fn events_of_one_commit_share_rows_and_are_read_from_any_place_in_them() {
        for store in stores().await {
            for count in [300_i64, 1, 2] {
                let events = (0..count).map(|nth| NewEvent::new("sms.updated", &json!({ "id": nth }))).collect();
                store.write(async |txn| append(txn, base(), events).await).await.unwrap();
            }
            assert_eq!(store.event_span().await.unwrap(), Some((1, 303)));
            let ids = async |after, limit| -> Vec<i64> {
                let events = store.events_after(after, limit).await.unwrap();
                events.iter().filter_map(|event| event.id).collect()
            };
            for after in [0, 1, 254, 255, 256, 257, 299, 300, 301, 302, 303] {
                assert_eq!(ids(after, 1_000).await, (after + 1..=303).collect::<Vec<_>>(), "after {after}");
                assert_eq!(
                    ids(after, 2).await,
                    (after + 1..=Ord::min(303, after + 2)).collect::<Vec<_>>(),
                    "two after {after}"
                );
            }
            let of_second = store.events_after(300, 1).await.unwrap().remove(0);
            assert_eq!((of_second.kind.as_str(), of_second.data), ("sms.updated", json!({ "id": 0 })));
        }
    }

    #[tokio::test]
    async fn ids_go_on_where_all_is_forgotten() {
        for store in stores().await {
            let one = || vec![NewEvent::new("sms.updated", &json!({}))];
            for _ in 0..3 {
                store.write(async |txn| append(txn, base(), one()).await).await.unwrap();
            }
            assert_eq!(store.forget_events(UnixMs(base().0 + 1)).await.unwrap(), 2);
            store.write(async |txn| append(txn, base(), one()).await).await.unwrap();
            assert_eq!(store.event_span().await.unwrap(), Some((3, 4)));
        }
    }
}
