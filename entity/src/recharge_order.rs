//! Recharge orders as the wallet last told them.

use sea_orm::entity::prelude::*;

/// A row of `recharge_order`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recharge_order")]
pub struct Model {
    /// Ours; grows in the order of arrival.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The wallet's id.
    #[sea_orm(column_type = "Text")]
    pub order_id: String,
    /// Who pays.
    #[sea_orm(column_type = "Text")]
    pub user_id: String,
    /// ISO 4217.
    #[sea_orm(column_type = "Text")]
    pub currency: String,
    /// Minor units.
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
    /// When the customer placed it (ms).
    pub created_at: i64,
    /// Until when the deposit is expected (ms).
    pub expires_at: Option<i64>,
    /// The wallet's version of it.
    pub version: i64,
    /// When we last stored it (ms).
    pub updated_at: i64,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
