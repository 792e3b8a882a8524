//! Recharge templates in their current version.

use sea_orm::entity::prelude::*;

/// A row of `template`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "template")]
pub struct Model {
    /// Ours.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Grows with every change.
    pub version: i64,
    /// What operators call it.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// JSON: `TemplateSpec`.
    #[sea_orm(column_type = "Text")]
    pub spec: String,
    /// Whether the parser uses it.
    pub enabled: bool,
    /// When (ms).
    pub created_at: i64,
    /// When (ms).
    pub updated_at: i64,
    /// When it was deleted (ms); the row stays for the messages it read.
    pub deleted_at: Option<i64>,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
