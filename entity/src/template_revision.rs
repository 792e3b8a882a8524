//! Every version of every template, so that an explanation can show the one it used.

use sea_orm::entity::prelude::*;

/// A row of `template_revision`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "template_revision")]
pub struct Model {
    /// Ours.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The template.
    pub template_id: i64,
    /// Its version.
    pub version: i64,
    /// JSON: `TemplateSpec`.
    #[sea_orm(column_type = "Text")]
    pub spec: String,
    /// When (ms).
    pub at: i64,
    /// Who.
    #[sea_orm(column_type = "Text")]
    pub operator: String,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
