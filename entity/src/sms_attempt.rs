//! Failed attempts of a stage on an sms.

use sea_orm::entity::prelude::*;

/// A row of `sms_attempt`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sms_attempt")]
pub struct Model {
    /// Ours.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The message.
    pub sms_id: i64,
    /// When (ms).
    pub at: i64,
    /// The loop that failed.
    #[sea_orm(column_type = "Text")]
    pub stage: String,
    /// What went wrong.
    #[sea_orm(column_type = "Text")]
    pub error: String,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
