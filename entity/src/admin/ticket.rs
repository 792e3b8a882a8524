//! Tickets by which browsers open the live socket: each good once, for a short time.

use sea_orm::entity::prelude::*;

/// A row of `admin_ticket`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "admin_ticket")]
pub struct Model {
    /// SHA-256 of the ticket, in hex.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub ticket_hash: String,
    /// The hash of the token whose session it was issued in.
    #[sea_orm(column_type = "Text")]
    pub session_hash: String,
    /// Whose it is.
    pub user_id: i64,
    /// The operator's epoch when it was issued.
    pub epoch: i64,
    /// When it is taken no longer (ms).
    pub expires_at: i64,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
