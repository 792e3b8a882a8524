//! Accounts of the ledger, each of one currency.

use sea_orm::entity::prelude::*;

/// A row of `ledger_account`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_account")]
pub struct Model {
    /// Ours.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// `user`: what the shop owes a user. `deposits_clearing`: what came into the bank.
    #[sea_orm(column_type = "Text")]
    pub kind: String,
    /// The user; empty for the shop's own.
    #[sea_orm(column_type = "Text")]
    pub owner: String,
    /// ISO 4217.
    #[sea_orm(column_type = "Text")]
    pub currency: String,
    /// Minor units: the sum of its postings, kept in their transactions.
    pub balance: i64,
}

/// Joins are written where they are needed, in the wallet's store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
