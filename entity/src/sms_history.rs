//! Every change of an sms, written in the transaction of the change.

use sea_orm::entity::prelude::*;

/// A row of `sms_history`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sms_history")]
pub struct Model {
    /// Ours.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The message.
    pub sms_id: i64,
    /// When (ms).
    pub at: i64,
    /// The loop or the operator that did it.
    #[sea_orm(column_type = "Text")]
    pub actor: String,
    /// `SmsState` before.
    #[sea_orm(column_type = "Text")]
    pub from_state: String,
    /// `SmsState` after.
    #[sea_orm(column_type = "Text")]
    pub to_state: String,
    /// `Review` after.
    #[sea_orm(column_type = "Text")]
    pub review: String,
    /// Why, as one sentence.
    #[sea_orm(column_type = "Text", nullable)]
    pub reason: Option<String>,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
