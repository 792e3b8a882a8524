//! Conversations of a Pushbullet phone, and up to where their history was read.

use sea_orm::entity::prelude::*;

/// A row of `pushbullet_thread`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pushbullet_thread")]
pub struct Model {
    /// The phone: `pushbullet_device.phone_id`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub phone_id: i64,
    /// Pushbullet's own id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub thread_id: String,
    /// The number of who writes in it; empty where unknown.
    #[sea_orm(column_type = "Text")]
    pub sender: String,
    /// The newest message up to which it was read (`sms/652`): the cursor.
    #[sea_orm(column_type = "Text", nullable)]
    pub latest: Option<String>,
    /// When it was last read (ms).
    pub read_at: Option<i64>,
    /// When messages in it were last found to be missing, perhaps (ms).
    pub gap_at: Option<i64>,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
