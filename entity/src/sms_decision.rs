//! Every decision of the matcher with its explanation.

use sea_orm::entity::prelude::*;

/// A row of `sms_decision`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sms_decision")]
pub struct Model {
    /// Ours.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The message.
    pub sms_id: i64,
    /// When (ms).
    pub at: i64,
    /// matched, ambiguous or unmatched.
    #[sea_orm(column_type = "Text")]
    pub outcome: String,
    /// The rule and its version.
    #[sea_orm(column_type = "Text")]
    pub rule: String,
    /// JSON: candidates, verdicts, the runner-up.
    #[sea_orm(column_type = "Text")]
    pub explanation: String,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
