//! Sessions of operators, one row a token. Without Redis only: there they are hashes.

use sea_orm::entity::prelude::*;

/// A row of `admin_session`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "admin_session")]
pub struct Model {
    /// SHA-256 of the token, in hex.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub token_hash: String,
    /// Whose it is.
    pub user_id: i64,
    /// The operator's epoch at login.
    pub epoch: i64,
    /// When the token expires (ms).
    pub expires_at: i64,
    /// When it is taken no longer (ms): the same, or the end of the grace once it was renewed.
    pub ends_at: i64,
    /// The hash of the token that this one renewed.
    #[sea_orm(column_type = "Text", nullable)]
    pub predecessor: Option<String>,
    /// The hash of the token that renewed this one.
    #[sea_orm(column_type = "Text", nullable)]
    pub successor: Option<String>,
    /// That token, sealed under this one; hex.
    #[sea_orm(column_type = "Text", nullable)]
    pub sealed: Option<String>,
    /// When that token expires (ms).
    pub successor_expires_at: Option<i64>,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
