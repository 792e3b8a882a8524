//! Phones that post their SMS to us.

use sea_orm::entity::prelude::*;

/// A row of `shooter_device`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "shooter_device")]
pub struct Model {
    /// Ours.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What operators call it, unique.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Its own number or label.
    #[sea_orm(column_type = "Text", nullable)]
    pub line: Option<String>,
    /// SHA-256 of its URL token, unique.
    pub token_hash: Vec<u8>,
    /// Its signing secret, sealed.
    pub secret: Option<Vec<u8>>,
    /// Whether its messages flow.
    pub trusted: bool,
    /// Whether it registered itself.
    pub enrolled: bool,
    /// When (ms).
    pub created_at: i64,
    /// When it last delivered (ms).
    pub last_seen_at: Option<i64>,
    /// The hours in which it usually delivers: `Rhythm` in JSON; none before its first delivery.
    #[sea_orm(column_type = "Text", nullable)]
    pub rhythm: Option<String>,
    /// Since when it has been silent, where that is longer than usual (ms).
    pub silent_since: Option<i64>,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
