//! What a source said of a message later. A note changes nothing of its message.

use sea_orm::entity::prelude::*;

/// A row of `sms_note`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sms_note")]
pub struct Model {
    /// Ours.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The message.
    pub sms_id: i64,
    /// `SourceKind`.
    #[sea_orm(column_type = "Text")]
    pub source_kind: String,
    /// The row of the bot.
    pub source_id: i64,
    /// The note's key within its source.
    pub note_key: Vec<u8>,
    /// When it happened (ms).
    pub at: i64,
    /// When we stored it (ms).
    pub stored_at: i64,
    /// What happened: edited.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// The text as it read then; none once retention has purged it.
    #[sea_orm(column_type = "Text", nullable)]
    pub text: Option<String>,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
