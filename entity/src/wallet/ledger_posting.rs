//! Postings of entries to accounts; those of an entry sum to zero. Only ever added.

use sea_orm::entity::prelude::*;

/// A row of `ledger_posting`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_posting")]
pub struct Model {
    /// Ours.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Of which entry.
    pub entry_id: i64,
    /// To which account, whose currency it is in.
    pub account_id: i64,
    /// Minor units: positive is a credit, negative a debit; never zero.
    pub amount: i64,
}

/// Joins are written where they are needed, in the wallet's store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
