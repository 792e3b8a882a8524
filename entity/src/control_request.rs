//! What operators ask of another process's actors, and what came of it.

use sea_orm::entity::prelude::*;

/// A row of `control_request`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "control_request")]
pub struct Model {
    /// Ours.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The process that is to do it.
    #[sea_orm(column_type = "Text")]
    pub process: String,
    /// The actor.
    #[sea_orm(column_type = "Text")]
    pub actor_id: String,
    /// restart, stop or start.
    #[sea_orm(column_type = "Text")]
    pub control: String,
    /// Who asks and why.
    #[sea_orm(column_type = "Text")]
    pub reason: String,
    /// When (ms).
    pub requested_at: i64,
    /// What came of it; none: nobody has taken it yet.
    #[sea_orm(column_type = "Text", nullable)]
    pub outcome: Option<String>,
    /// The actor's generation afterwards, where it was done.
    pub generation: Option<i64>,
    /// When (ms) there was nothing left to do.
    pub done_at: Option<i64>,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
