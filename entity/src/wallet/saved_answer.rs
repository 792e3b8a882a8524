//! Saved answers of writes that named an Idempotency-Key, kept for ever.

use sea_orm::entity::prelude::*;

/// A row of `saved_answer`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "saved_answer")]
pub struct Model {
    /// The caller's key behind the route.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub key: String,
    /// SHA-256 of the request's body.
    pub body_hash: Vec<u8>,
    /// HTTP status.
    pub status: i32,
    /// The answer's body.
    #[sea_orm(column_type = "Text")]
    pub answer: String,
    /// When (ms).
    pub at: i64,
}

/// Joins are written where they are needed, in the wallet's store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
