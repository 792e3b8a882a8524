//! The notes that tie the stream to the history. A note is written before its message goes to the inbox.

use std::collections::{BTreeMap, HashSet};

use entity::{pushbullet_message, sighting};
use sea_orm::QuerySelect;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use crate::domain::source::{SourceKey, SourceRef};
use crate::domain::time::UnixMs;
use crate::store::lease::{Lease, check_lease};
use crate::store::{Store, StoreError};

/// How far the times of the stream and of the history may lie apart for one message.
pub const SAME_WITHIN_MS: i64 = 10_000;

/// SHA-256 of a text, cut to 16 bytes.
pub type Digest = [u8; 16];

/// A message that the stream told of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Streamed {
    /// The conversation.
    pub thread_id: String,
    /// Of its text.
    pub digest: Digest,
    /// The time that the stream gave.
    pub at: UnixMs,
    /// The key under which it is delivered.
    pub key: SourceKey,
}

/// What is noted of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The id of its row.
    pub id: i64,
    /// Its type and id; none while only the stream has told of it.
    pub message_id: Option<String>,
    /// Of its text.
    pub digest: Digest,
    /// When the phone received it.
    pub at: UnixMs,
    /// When we heard of it.
    pub noted_at: UnixMs,
}

/// A message of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The conversation.
    pub thread_id: String,
    /// Its type and id: `sms/652`.
    pub message_id: String,
    /// Of its text.
    pub digest: Digest,
    /// When the phone received it.
    pub at: UnixMs,
    /// The key under which it is delivered.
    pub key: SourceKey,
}

impl Store {
    /// Notes a message that the stream told of; false where it is known: told before, or read from the history already.
    ///
    /// # Errors
    /// Where the lease is another's or the store cannot commit.
    pub async fn note_streamed(
        &self,
        source: SourceRef,
        streamed: &Streamed,
        lease: Option<&Lease>,
    ) -> Result<bool, StoreError> {
        use pushbullet_message::Column as C;
        let now = self.now();
        self.write_aside(async |txn| {
            check_lease(txn, lease).await?;
            let same = Condition::all()
                .add(C::PhoneId.eq(source.id))
                .add(C::ThreadId.eq(streamed.thread_id.as_str()))
                .add(C::Digest.eq(streamed.digest.to_vec()));
            let at = streamed.at.0;
            let rows = pushbullet_message::Entity::find().filter(same).order_by_asc(C::Id).all(txn).await?;
            if rows.iter().any(|row| row.streamed_at == Some(at)) {
                return Ok(false);
            }
            let near = |row: &&pushbullet_message::Model| row.at.abs_diff(at) <= SAME_WITHIN_MS.unsigned_abs();
            let read = rows.iter().filter(|row| row.streamed_at.is_none()).filter(near);
            if let Some(read) = read.min_by_key(|row| row.at.abs_diff(at)) {
                let told = pushbullet_message::ActiveModel {
                    id: Set(read.id),
                    streamed_at: Set(Some(at)),
                    ..Default::default()
                };
                pushbullet_message::Entity::update(told).exec(txn).await?;
                return Ok(false);
            }
            let row = pushbullet_message::ActiveModel {
                id: NotSet,
                phone_id: Set(source.id),
                thread_id: Set(streamed.thread_id.clone()),
                message_id: Set(None),
                digest: Set(streamed.digest.to_vec()),
                at: Set(at),
                streamed_at: Set(Some(at)),
                noted_at: Set(now.0),
                key: Set(streamed.key.0.clone()),
            };
            let once = OnConflict::columns([C::PhoneId, C::Key]).do_nothing().to_owned();
            let noted = pushbullet_message::Entity::insert(row).on_conflict(once).exec_without_returning(txn).await?;
            Ok(noted == 1)
        })
        .await
    }

    /// Notes messages of the history that are about to be delivered, so that the stream's telling of them is recognised.
    ///
    /// # Errors
    /// Where the lease is another's or the store cannot commit.
    pub async fn note_read(&self, source: SourceRef, read: &[Read], lease: Option<&Lease>) -> Result<(), StoreError> {
        use pushbullet_message::Column as C;
        let now = self.now();
        self.write_aside(async |txn| {
            check_lease(txn, lease).await?;
            for read in read {
                let row = pushbullet_message::ActiveModel {
                    id: NotSet,
                    phone_id: Set(source.id),
                    thread_id: Set(read.thread_id.clone()),
                    message_id: Set(Some(read.message_id.clone())),
                    digest: Set(read.digest.to_vec()),
                    at: Set(read.at.0),
                    streamed_at: Set(None),
                    noted_at: Set(now.0),
                    key: Set(read.key.0.clone()),
                };
                let once = OnConflict::columns([C::PhoneId, C::Key]).do_nothing().to_owned();
                pushbullet_message::Entity::insert(row).on_conflict(once).exec_without_returning(txn).await?;
            }
            Ok(())
        })
        .await
    }

    /// The notes of messages that have no id yet, by conversation, noted since `since`.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn unnamed_messages(
        &self,
        source: SourceRef,
        since: UnixMs,
    ) -> Result<BTreeMap<String, Vec<Note>>, StoreError> {
        use pushbullet_message::Column as C;
        let unnamed =
            Condition::all().add(C::PhoneId.eq(source.id)).add(C::MessageId.is_null()).add(C::NotedAt.gte(since.0));
        let rows = pushbullet_message::Entity::find().filter(unnamed).order_by_asc(C::Id).all(self.reader()).await?;
        let mut notes: BTreeMap<String, Vec<Note>> = BTreeMap::new();
        for row in rows {
            notes.entry(row.thread_id.clone()).or_default().push(note(row)?);
        }
        Ok(notes)
    }

    /// Which of these keys a source has brought already.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn known_keys(&self, source: SourceRef, keys: &[SourceKey]) -> Result<HashSet<SourceKey>, StoreError> {
        use sighting::Column as C;
        let mut known = HashSet::new();
        for chunk in keys.chunks(500) {
            let rows = sighting::Entity::find()
                .select_only()
                .column(C::SourceKey)
                .filter(C::SourceKind.eq(source.kind.as_str()))
                .filter(C::SourceId.eq(source.id))
                .filter(C::SourceKey.is_in(chunk.iter().map(|key| key.0.clone())))
                .into_tuple::<Vec<u8>>()
                .all(self.reader())
                .await?;
            known.extend(rows.into_iter().map(SourceKey));
        }
        Ok(known)
    }

    /// Forgets notes that nothing will ask for any more: named ones noted before `named`, all before `all`.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn forget_notes(&self, source: SourceRef, named: UnixMs, all: UnixMs) -> Result<u64, StoreError> {
        use pushbullet_message::Column as C;
        self.write_aside(async |txn| {
            let old = Condition::any()
                .add(Condition::all().add(C::MessageId.is_not_null()).add(C::NotedAt.lt(named.0)))
                .add(C::NotedAt.lt(all.0));
            let gone = pushbullet_message::Entity::delete_many()
                .filter(C::PhoneId.eq(source.id))
                .filter(old)
                .exec(txn)
                .await?;
            Ok(gone.rows_affected)
        })
        .await
    }
}

fn note(row: pushbullet_message::Model) -> Result<Note, StoreError> {
    let digest = row.digest.as_slice().try_into();
    Ok(Note {
        id: row.id,
        message_id: row.message_id,
        digest: digest.map_err(|_| StoreError::corrupt("pushbullet_message.digest", format!("row {}", row.id)))?,
        at: UnixMs(row.at),
        noted_at: UnixMs(row.noted_at),
    })
}
