//! The outbox: what the event stream tells, written in the transaction of the change.

use sea_orm::entity::prelude::*;

/// A row of `event`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    /// The event's id: what `Last-Event-ID` names.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// When (ms).
    pub at: i64,
    /// sms.created, sms.updated, order.updated, ...
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// JSON: the small object.
    #[sea_orm(column_type = "Text")]
    pub data: String,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
