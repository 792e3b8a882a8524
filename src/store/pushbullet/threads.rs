//! A phone's conversations, and up to where their history was read.
//!
//! The cursor of a conversation moves after the inbox has answered: a crash between the two reads the same history again, and
//! every message of it has the key that it had before (ADR-007).

use std::collections::BTreeMap;

use entity::{pushbullet_device, pushbullet_thread, sms};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::domain::flags::{Flag, Flags};
use crate::domain::source::SourceRef;
use crate::domain::time::UnixMs;
use crate::store::lease::{Lease, check_lease};
use crate::store::sms_change::SmsChanges;
use crate::store::{Store, StoreError};

/// What is known of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Thread {
    /// The number of who writes in it; empty where unknown.
    pub sender: String,
    /// The cursor: the newest message up to which it was read.
    pub latest: Option<String>,
    /// Whether it was read at all.
    pub was_read: bool,
}

/// How a conversation stands after it was read.
#[derive(Clone, Debug)]
pub struct ThreadRead<'a> {
    /// Which.
    pub thread_id: &'a str,
    /// The number of who writes in it; empty where unknown.
    pub sender: &'a str,
    /// The cursor.
    pub latest: Option<&'a str>,
    /// Whether messages may be missing before what was read.
    pub gap: bool,
    /// Whether it brought messages.
    pub news: bool,
}

impl Store {
    /// The conversations of a phone.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn pushbullet_threads(&self, source: SourceRef) -> Result<BTreeMap<String, Thread>, StoreError> {
        use pushbullet_thread::Column as C;
        let rows = pushbullet_thread::Entity::find().filter(C::PhoneId.eq(source.id)).all(self.reader()).await?;
        let thread = |row: &pushbullet_thread::Model| Thread {
            sender: row.sender.clone(),
            latest: row.latest.clone(),
            was_read: row.read_at.is_some(),
        };
        Ok(rows.iter().map(|row| (row.thread_id.clone(), thread(row))).collect())
    }

    /// Moves the cursor of a conversation, once everything up to it has been stored.
    ///
    /// # Errors
    /// Where the lease is another's or the store cannot commit.
    pub async fn advance_thread(
        &self,
        device_id: i64,
        source: SourceRef,
        read: &ThreadRead<'_>,
        lease: Option<&Lease>,
    ) -> Result<(), StoreError> {
        use pushbullet_thread::Column as C;
        let now = self.now();
        self.write_aside(async |txn| {
            check_lease(txn, lease).await?;
            let mut columns = vec![C::Sender, C::Latest, C::ReadAt];
            if read.gap {
                columns.push(C::GapAt);
            }
            let row = pushbullet_thread::ActiveModel {
                phone_id: Set(source.id),
                thread_id: Set(read.thread_id.to_owned()),
                sender: Set(read.sender.to_owned()),
                latest: Set(read.latest.map(str::to_owned)),
                read_at: Set(Some(now.0)),
                gap_at: Set(read.gap.then_some(now.0)),
            };
            let again = OnConflict::columns([C::PhoneId, C::ThreadId]).update_columns(columns).to_owned();
            pushbullet_thread::Entity::insert(row).on_conflict(again).exec_without_returning(txn).await?;
            if read.gap || read.news {
                let mut device = pushbullet_device::ActiveModel { id: Set(device_id), ..Default::default() };
                if read.gap {
                    device.gap_at = Set(Some(now.0));
                }
                if read.news {
                    device.last_event_at = Set(Some(now.0));
                }
                pushbullet_device::Entity::update(device).exec(txn).await?;
            }
            Ok(())
        })
        .await
    }

    /// Notes that the stream of a phone brought a message.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn note_pushbullet_event(&self, device_id: i64) -> Result<(), StoreError> {
        let now = self.now();
        self.write_aside(async |txn| {
            let device = pushbullet_device::ActiveModel {
                id: Set(device_id),
                last_event_at: Set(Some(now.0)),
                ..Default::default()
            };
            pushbullet_device::Entity::update(device).exec(txn).await?;
            Ok(())
        })
        .await
    }

    /// Flags messages around which others may be missing.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn flag_possible_gap(&self, sms_ids: &[i64]) -> Result<(), StoreError> {
        let now = self.now();
        for chunk in sms_ids.chunks(500) {
            self.write_again(async |txn| flag(txn, chunk, now).await).await?;
        }
        Ok(())
    }
}

async fn flag(txn: &DatabaseTransaction, ids: &[i64], now: UnixMs) -> Result<(), StoreError> {
    let rows = sms::Entity::find()
        .filter(sms::Column::Id.is_in(ids.iter().copied()))
        .order_by_asc(sms::Column::Id)
        .lock_exclusive()
        .all(txn)
        .await?;
    let mut changes = SmsChanges::new(txn, now, "missing_sms_sync");
    for before in rows.iter().filter(|row| !Flags(row.flags).has(Flag::PossibleGap)) {
        let mut after = before.clone();
        after.flags = Flags(after.flags).with(Flag::PossibleGap).0;
        let reason = "the phone's history no longer reached back to what was known: messages before it may be missing";
        changes.apply(before, after, Some(reason.to_owned())).await?;
    }
    changes.finish().await
}
