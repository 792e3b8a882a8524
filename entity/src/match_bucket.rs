//! Buckets (currency, amount) in which something changed since the matcher last decided.

use sea_orm::entity::prelude::*;

/// A row of `match_bucket`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "match_bucket")]
pub struct Model {
    /// ISO 4217.
    #[sea_orm(primary_key, auto_increment = false)]
    pub currency: String,
    /// Minor units.
    #[sea_orm(primary_key, auto_increment = false)]
    pub amount: i64,
    /// When it first changed (ms).
    pub since: i64,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
