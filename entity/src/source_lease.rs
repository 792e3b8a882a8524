//! Which process runs a source.

use sea_orm::entity::prelude::*;

/// A row of `source_lease`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "source_lease")]
pub struct Model {
    /// `SourceKind`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub source_kind: String,
    /// The row of the device or bot.
    #[sea_orm(primary_key, auto_increment = false)]
    pub source_id: i64,
    /// The process that runs it; none once it was given back.
    #[sea_orm(column_type = "Text", nullable)]
    pub owner: Option<String>,
    /// Grows with every change of the owner: what a former owner writes carries a smaller one.
    pub fence: i64,
    /// Grows with every renewal: another process sees by it that the owner lives.
    pub renewals: i64,
    /// Until when (ms), by the clock of the owner; for people.
    pub expires_at: i64,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
