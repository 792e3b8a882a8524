//! Gives a message that came by the stream, without an id, the exact key that the history has for it.

use entity::{pushbullet_message, sighting, sms};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};

use super::history::Read;
use crate::domain::sender::{Ask, Sender};
use crate::domain::sms::SmsState;
use crate::domain::source::SourceRef;
use crate::domain::time::UnixMs;
use crate::store::lease::{Lease, check_lease};
use crate::store::sender::sender_of;
use crate::store::sms::word;
use crate::store::sms_change::SmsChanges;
use crate::store::{Store, StoreError};

/// What became of a message that was given its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// Its sighting has the exact key now.
    Renamed {
        /// The whitelist is to be asked: who sent it is known only now.
        asked_again: bool,
    },
    /// It never reached the inbox, or that key is there already: the history is to deliver it.
    NotThere,
}

impl Store {
    /// Gives the message of a note its type and id. Where the sighting that the stream brought is stored, it gets the exact
    /// key, and its message the number where it had none (INV-I5).
    ///
    /// # Errors
    /// Where the lease is another's or the store cannot commit.
    pub async fn name_message(
        &self,
        source: SourceRef,
        note_id: i64,
        read: &Read,
        sender: &str,
        lease: Option<&Lease>,
    ) -> Result<Named, StoreError> {
        let now = self.now();
        self.write_again(async |txn| {
            check_lease(txn, lease).await?;
            let Some(note) = pushbullet_message::Entity::find_by_id(note_id).one(txn).await? else {
                return Ok(Named::NotThere);
            };
            if sighting_of(txn, source, &read.key.0).await?.is_some() {
                pushbullet_message::Entity::delete_by_id(note_id).exec(txn).await?;
                return Ok(Named::NotThere);
            }
            let found = sighting_of(txn, source, &note.key).await?;
            // It was noted as read, and we were stopped before it was delivered.
            pushbullet_message::Entity::delete_many()
                .filter(pushbullet_message::Column::PhoneId.eq(source.id))
                .filter(pushbullet_message::Column::Key.eq(read.key.0.clone()))
                .exec(txn)
                .await?;
            let named = pushbullet_message::ActiveModel {
                id: Set(note_id),
                message_id: Set(Some(read.message_id.clone())),
                at: Set(read.at.0),
                key: Set(read.key.0.clone()),
                ..Default::default()
            };
            pushbullet_message::Entity::update(named).exec(txn).await?;
            let Some(found) = found else { return Ok(Named::NotThere) };
            let exact = sighting::ActiveModel {
                id: Set(found.id),
                source_key: Set(read.key.0.clone()),
                external_id: Set(Some(format!("{}/{}", read.thread_id, read.message_id))),
                ..Default::default()
            };
            sighting::Entity::update(exact).exec(txn).await?;
            let asked_again = set_sender(txn, found.sms_id, sender, now).await?;
            Ok(Named::Renamed { asked_again })
        })
        .await
    }
}

async fn sighting_of(
    txn: &DatabaseTransaction,
    source: SourceRef,
    key: &[u8],
) -> Result<Option<sighting::Model>, StoreError> {
    use sighting::Column as C;
    Ok(sighting::Entity::find()
        .filter(C::SourceKind.eq(source.kind.as_str()))
        .filter(C::SourceId.eq(source.id))
        .filter(C::SourceKey.eq(key.to_vec()))
        .one(txn)
        .await?)
}

/// Whether the whitelist is to be asked about it.
async fn set_sender(txn: &DatabaseTransaction, sms_id: i64, sender: &str, now: UnixMs) -> Result<bool, StoreError> {
    let row = sms::Entity::find_by_id(sms_id).lock_exclusive().one(txn).await?;
    let Some(before) = row.filter(|row| row.sender_key.is_empty()) else { return Ok(false) };
    let mut after = before.clone();
    let mut known = sender_of(before.sender.clone(), before.sender_key.clone(), before.provisional_key.clone());
    let ask = known.learn(&Sender::of(sender, false), word("sms.state", sms_id, &before.state)?);
    if known.key.is_empty() {
        return Ok(false);
    }
    after.sender = known.shown.into_owned();
    after.sender_key = known.key.into_owned();
    match ask {
        Ask::Nothing => {}
        Ask::Again => after.state = SmsState::Received.as_str().to_owned(),
        Ask::Beside => after.ask_sender = true,
    }
    let mut changes = SmsChanges::new(txn, now, "sms_id_sync");
    changes.apply(&before, after, Some("the history names its sender".to_owned())).await?;
    changes.finish().await?;
    Ok(ask != Ask::Nothing)
}
