//! Deliveries: one row for each time one source brought an SMS.

use sea_orm::entity::prelude::*;

/// A row of `sighting`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sighting")]
pub struct Model {
    /// Ours.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// `SourceKind`.
    #[sea_orm(column_type = "Text")]
    pub source_kind: String,
    /// The row of the device, account or bot.
    pub source_id: i64,
    /// The delivery's key within its source.
    pub source_key: Vec<u8>,
    /// The message it brought.
    pub sms_id: i64,
    /// The source's own id of it.
    #[sea_orm(column_type = "Text", nullable)]
    pub external_id: Option<String>,
    /// The wire format it came in.
    #[sea_orm(column_type = "Text")]
    pub format: String,
    /// When the phone received it (ms).
    pub received_at: i64,
    /// When we stored it (ms).
    pub stored_at: i64,
    /// The body as it arrived, where it is more than the text; none once purged.
    pub raw: Option<Vec<u8>>,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
