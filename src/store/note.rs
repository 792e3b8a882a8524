//! What a source says of a message later. A note changes nothing of its message.

use entity::{sighting, sms, sms_note};
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait};
use sea_orm::{QueryFilter, QueryOrder};

use super::{Store, StoreError};
use crate::contract::sms::NoteView;
use crate::domain::source::{SourceKey, SourceKind, SourceRef};
use crate::domain::time::UnixMs;

crate::text_enum! {
    /// What a note tells.
    pub enum NoteKind {
        /// Its text was changed where it was posted.
        Edited = "edited",
    }
}

/// A note to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNote {
    /// The key of the message's delivery.
    pub of: SourceKey,
    /// The note's own key.
    pub key: SourceKey,
    /// When it happened.
    pub at: UnixMs,
    /// The text as it read then.
    pub text: Option<String>,
}

/// What became of a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// It is stored.
    Stored,
    /// It came before, or tells nothing that was not known.
    Known,
    /// This source brought no such message.
    NoMessage,
}

impl Store {
    /// Stores notes of edits, in their order.
    ///
    /// # Errors
    /// Where the store cannot commit: then none is stored.
    pub async fn note_edits(&self, source: SourceRef, notes: &[NewNote]) -> Result<Vec<Noted>, StoreError> {
        let now = self.now();
        self.write_again(async |txn| {
            let mut outcomes = Vec::with_capacity(notes.len());
            for note in notes {
                outcomes.push(store_note(txn, source, note, now).await?);
            }
            Ok(outcomes)
        })
        .await
    }

    /// The notes on a message, oldest first.
    pub(super) async fn notes_on(&self, sms_id: i64) -> Result<Vec<NoteView>, StoreError> {
        let rows = notes(sms_id).all(self.reader()).await?;
        rows.into_iter().map(view).collect()
    }
}

fn notes(sms_id: i64) -> sea_orm::Select<sms_note::Entity> {
    sms_note::Entity::find().filter(sms_note::Column::SmsId.eq(sms_id)).order_by_asc(sms_note::Column::Id)
}

async fn store_note(
    txn: &DatabaseTransaction,
    source: SourceRef,
    note: &NewNote,
    now: UnixMs,
) -> Result<Noted, StoreError> {
    let Some(sms_id) = message_of(txn, source, &note.of).await? else { return Ok(Noted::NoMessage) };
    let before = notes(sms_id).all(txn).await?;
    let source_is = |row: &sms_note::Model| row.source_kind == source.kind.as_str() && row.source_id == source.id;
    if before.iter().any(|row| source_is(row) && row.note_key == note.key.0) {
        return Ok(Noted::Known);
    }
    let last = match before.iter().rev().find(|row| source_is(row)) {
        Some(row) => row.text.clone(),
        None => sms::Entity::find_by_id(sms_id).one(txn).await?.and_then(|row| row.text),
    };
    if last.is_some() && last == note.text {
        // Telegram tells of an edit also where a link was looked up or a reaction came.
        return Ok(Noted::Known);
    }
    let row = sms_note::ActiveModel {
        id: NotSet,
        sms_id: Set(sms_id),
        source_kind: Set(source.kind.as_str().to_owned()),
        source_id: Set(source.id),
        note_key: Set(note.key.0.clone()),
        at: Set(note.at.0),
        stored_at: Set(now.0),
        kind: Set(NoteKind::Edited.as_str().to_owned()),
        text: Set(note.text.clone()),
    };
    sms_note::Entity::insert(row).exec_without_returning(txn).await?;
    Ok(Noted::Stored)
}

async fn message_of(db: &impl ConnectionTrait, source: SourceRef, key: &SourceKey) -> Result<Option<i64>, StoreError> {
    let sighting = sighting::Entity::find()
        .filter(sighting::Column::SourceKind.eq(source.kind.as_str()))
        .filter(sighting::Column::SourceId.eq(source.id))
        .filter(sighting::Column::SourceKey.eq(key.0.clone()))
        .one(db)
        .await?;
    Ok(sighting.map(|row| row.sms_id))
}

fn view(row: sms_note::Model) -> Result<NoteView, StoreError> {
    let kind: SourceKind = super::sms::word("sms_note.source_kind", row.id, &row.source_kind)?;
    Ok(NoteView {
        at: UnixMs(row.at),
        source: SourceRef { kind, id: row.source_id }.to_string(),
        kind: row.kind,
        text: row.text,
    })
}
