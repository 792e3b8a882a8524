//! Recharge orders, which the wallet owns.

use sea_orm::entity::prelude::*;

/// A row of `recharge`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recharge")]
pub struct Model {
    /// Grows in the order of arrival.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// 1 to 128 characters, unique for ever.
    #[sea_orm(column_type = "Text")]
    pub order_id: String,
    /// Who pays.
    #[sea_orm(column_type = "Text")]
    pub user_id: String,
    /// ISO 4217.
    #[sea_orm(column_type = "Text")]
    pub currency: String,
    /// Minor units, above zero.
    pub amount: i64,
    /// The name announced.
    #[sea_orm(column_type = "Text")]
    pub depositor: String,
    /// The code announced.
    #[sea_orm(column_type = "Text", nullable)]
    pub reference: Option<String>,
    /// The account to be paid into.
    #[sea_orm(column_type = "Text", nullable)]
    pub account: Option<String>,
    /// `OrderStatus`.
    #[sea_orm(column_type = "Text")]
    pub status: String,
    /// When it was placed (ms).
    pub created_at: i64,
    /// Until when its deposit is expected (ms).
    pub expires_at: Option<i64>,
    /// Grows with every change.
    pub version: i64,
    /// Who ended it: an operator, or `wallet` for one that expired.
    #[sea_orm(column_type = "Text", nullable)]
    pub closed_by: Option<String>,
    /// Why it was rejected or cancelled.
    #[sea_orm(column_type = "Text", nullable)]
    pub closed_reason: Option<String>,
    /// When it ended (ms).
    pub closed_at: Option<i64>,
}

/// Joins are written where they are needed, in the wallet's store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
