//! The phone whitelist: senders whose texts are read.

use sea_orm::entity::prelude::*;

/// A row of `phone`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "phone")]
pub struct Model {
    /// Ours.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// As the operator wrote it.
    #[sea_orm(column_type = "Text")]
    pub phone: String,
    /// In its comparable form, unique.
    #[sea_orm(column_type = "Text")]
    pub phone_key: String,
    /// What operators call it.
    #[sea_orm(column_type = "Text", nullable)]
    pub label: Option<String>,
    /// Whose number it is.
    #[sea_orm(column_type = "Text", nullable)]
    pub bank: Option<String>,
    /// When (ms).
    pub created_at: i64,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
