//! How the actors of each process stand, as the process itself last said.

use sea_orm::entity::prelude::*;

/// A row of `process_state`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "process_state")]
pub struct Model {
    /// The process.
    #[sea_orm(primary_key, auto_increment = false)]
    pub process: String,
    /// Its roles, separated by commas.
    #[sea_orm(column_type = "Text")]
    pub roles: String,
    /// Its actors, as a JSON list.
    #[sea_orm(column_type = "Text")]
    pub statuses: String,
    /// When (ms), by the process's own clock.
    pub at: i64,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
