//! The edge's own audit log: insert-only, each row bound to the one before.

use sea_orm::entity::prelude::*;

/// A row of `admin_audit`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "admin_audit")]
pub struct Model {
    /// 1, 2, 3 without gaps.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// When (ms).
    pub at: i64,
    /// Who.
    #[sea_orm(column_type = "Text")]
    pub operator: String,
    /// What was done.
    #[sea_orm(column_type = "Text")]
    pub action: String,
    /// To what.
    #[sea_orm(column_type = "Text")]
    pub subject: String,
    /// JSON.
    #[sea_orm(column_type = "Text")]
    pub detail: String,
    /// SHA-256 over the previous hash and this row.
    pub hash: Vec<u8>,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
