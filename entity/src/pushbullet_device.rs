//! Phones that are heard through Pushbullet: one row for each time one was added.

use sea_orm::entity::prelude::*;

/// A row of `pushbullet_device`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "pushbullet_device")]
pub struct Model {
    /// Ours.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What operators call it.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// Pushbullet's own name of the phone; none until it is known.
    #[sea_orm(column_type = "Text", nullable)]
    pub device_iden: Option<String>,
    /// Pushbullet's own name of the account; none until it is known.
    #[sea_orm(column_type = "Text", nullable)]
    pub user_iden: Option<String>,
    /// The source of its messages: the id of the first row that this phone had, so that adding it again doubles nothing.
    pub phone_id: i64,
    /// Its own number or label.
    #[sea_orm(column_type = "Text", nullable)]
    pub line: Option<String>,
    /// Whether it is listened to.
    pub enabled: bool,
    /// The access token, sealed; none once deleted.
    pub token: Option<Vec<u8>>,
    /// SHA-256 of the access token.
    pub token_hash: Vec<u8>,
    /// The end of the token, for people.
    #[sea_orm(column_type = "Text")]
    pub token_hint: String,
    /// The password of the end-to-end encryption, sealed.
    pub password: Option<Vec<u8>>,
    /// Grows with every change that its loops must know of.
    pub revision: i64,
    /// When (ms).
    pub created_at: i64,
    /// When it was deleted (ms): the row stays for the sake of `phone_id`.
    pub deleted_at: Option<i64>,
    /// When it last brought a message (ms).
    pub last_event_at: Option<i64>,
    /// When messages were last found to be missing, perhaps (ms).
    pub gap_at: Option<i64>,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
