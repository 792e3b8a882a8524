//! Rows of an old server that were imported, under the ids that they keep.

use sea_orm::entity::prelude::*;

/// A row of `imported_row`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "imported_row")]
pub struct Model {
    /// The table that it is in: `sms`, `template`, `phone`, `shooter_device` or `pushbullet_device`.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub kind: String,
    /// Its id there, and in the old server.
    #[sea_orm(primary_key, auto_increment = false)]
    pub row_id: i64,
    /// SHA-256 of the old row, by which the same row is known again.
    pub digest: Vec<u8>,
    /// JSON: the old fields that have no column here. Never a secret, never a message's text.
    #[sea_orm(column_type = "Text")]
    pub kept: String,
    /// When (ms).
    pub imported_at: i64,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
