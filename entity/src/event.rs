//! The outbox: what the event stream tells, written in the transaction of the change. One row holds the events of one
//! transaction, or some of them where there are many.

use sea_orm::entity::prelude::*;

/// A row of `event`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    /// The id of the last of its events; `Last-Event-ID` names such ids.
    #[sea_orm(primary_key, auto_increment = false)]
    pub last_id: i64,
    /// The id of the first; those between follow one another.
    pub first_id: i64,
    /// When (ms).
    pub at: i64,
    /// JSON: `[["sms.created", {the small object}], ...]`.
    #[sea_orm(column_type = "Text")]
    pub events: String,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
