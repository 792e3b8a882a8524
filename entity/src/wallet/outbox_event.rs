//! Order events on their way to recon. Never deleted.

use sea_orm::entity::prelude::*;

/// A row of `outbox_event`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox_event")]
pub struct Model {
    /// Ours.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Of which order.
    #[sea_orm(column_type = "Text")]
    pub order_id: String,
    /// Which version of it.
    pub version: i64,
    /// The order as it is told.
    #[sea_orm(column_type = "Text")]
    pub order_json: String,
    /// `pending`, `delivered` or `refused`.
    #[sea_orm(column_type = "Text")]
    pub state: String,
    /// When the order changed (ms).
    pub created_at: i64,
    /// Deliveries that failed.
    pub attempts: i32,
    /// When it is tried next (ms).
    pub next_at: i64,
    /// Whether the last failure was about this event, and not about reaching recon.
    pub own_fault: bool,
    /// What the last failure was.
    #[sea_orm(column_type = "Text", nullable)]
    pub last_error: Option<String>,
    /// When it was delivered or refused (ms).
    pub settled_at: Option<i64>,
}

/// Joins are written where they are needed, in the wallet's store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
