//! Recent messages of a Pushbullet phone: what ties one from the stream, which has no id, to its entry in the history.

use sea_orm::entity::prelude::*;

/// A row of `pushbullet_message`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pushbullet_message")]
pub struct Model {
    /// Ours.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The phone: `pushbullet_device.phone_id`.
    pub phone_id: i64,
    /// The conversation.
    #[sea_orm(column_type = "Text")]
    pub thread_id: String,
    /// Its type and id (`sms/652`); none while only the stream has told of it.
    #[sea_orm(column_type = "Text", nullable)]
    pub message_id: Option<String>,
    /// SHA-256 of the text, cut to 16 bytes.
    pub digest: Vec<u8>,
    /// When the phone received it (ms).
    pub at: i64,
    /// The time (ms) that the stream gave; none while only the history has told of it.
    pub streamed_at: Option<i64>,
    /// When we heard of it (ms).
    pub noted_at: i64,
    /// The key of its sighting.
    pub key: Vec<u8>,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
