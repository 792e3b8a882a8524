//! Operators: who may enter the admin edge.

use sea_orm::entity::prelude::*;

/// A row of `admin_user`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "admin_user")]
pub struct Model {
    /// Ours.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// By which they log in; unique.
    #[sea_orm(column_type = "Text")]
    pub username: String,
    /// `viewer`, `operator`, `approver` or `admin`.
    #[sea_orm(column_type = "Text")]
    pub role: String,
    /// argon2id, as a PHC string.
    #[sea_orm(column_type = "Text")]
    pub password_hash: String,
    /// Raised by whatever ends all sessions of this operator: a session of another epoch is over.
    pub epoch: i64,
    /// Since when they may not enter (ms); none: they may.
    pub disabled_at: Option<i64>,
    /// When (ms).
    pub created_at: i64,
    /// When something of it last changed (ms).
    pub updated_at: i64,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
