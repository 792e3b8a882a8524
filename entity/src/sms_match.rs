//! Pairs of an sms and an order. At most one active pair for each of them, by unique indexes.

use sea_orm::entity::prelude::*;

/// A row of `sms_match`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sms_match")]
pub struct Model {
    /// Ours.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The message.
    pub sms_id: i64,
    /// The order.
    #[sea_orm(column_type = "Text")]
    pub order_id: String,
    /// Whether the pair stands.
    pub active: bool,
    /// The matcher or the operator.
    #[sea_orm(column_type = "Text")]
    pub made_by: String,
    /// When (ms).
    pub made_at: i64,
    /// in_window, early, late or manual.
    #[sea_orm(column_type = "Text")]
    pub timing: String,
    /// When the pair was undone (ms).
    pub released_at: Option<i64>,
    /// Why.
    #[sea_orm(column_type = "Text", nullable)]
    pub release_reason: Option<String>,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
