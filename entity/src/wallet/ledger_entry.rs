//! Entries of the ledger: one a credited order. Only ever added.

use sea_orm::entity::prelude::*;

/// A row of `ledger_entry`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_entry")]
pub struct Model {
    /// Grows in the order of commits.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The order that was credited; unique for ever.
    #[sea_orm(column_type = "Text")]
    pub order_id: String,
    /// The deposit that paid it (`sms:41`); unique for ever.
    #[sea_orm(column_type = "Text")]
    pub deposit_ref: String,
    /// Who was credited.
    #[sea_orm(column_type = "Text")]
    pub user_id: String,
    /// ISO 4217.
    #[sea_orm(column_type = "Text")]
    pub currency: String,
    /// Minor units, above zero: the deposit's. The order's too, where there is no `override_note`.
    pub amount: i64,
    /// Who approved.
    #[sea_orm(column_type = "Text")]
    pub operator: String,
    /// When (ms).
    pub at: i64,
    /// Why another amount than was ordered could be credited.
    #[sea_orm(column_type = "Text", nullable)]
    pub override_note: Option<String>,
}

/// Joins are written where they are needed, in the wallet's store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
