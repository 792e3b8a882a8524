//! Small facts of the admin edge itself.

use sea_orm::entity::prelude::*;

/// A row of `admin_fact`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "admin_fact")]
pub struct Model {
    /// What it is.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub key: String,
    /// What is known.
    #[sea_orm(column_type = "Text")]
    pub value: String,
    /// When it was written (ms).
    pub updated_at: i64,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
