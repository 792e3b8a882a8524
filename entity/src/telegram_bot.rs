//! Telegram bots, and how far each was read. A deleted one stays as a row without its token, so that adding it again
//! makes the same source of it.

use sea_orm::entity::prelude::*;

/// A row of `telegram_bot`.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "telegram_bot")]
pub struct Model {
    /// Ours.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What operators call it.
    #[sea_orm(column_type = "Text")]
    pub name: String,
    /// What tells the bot apart for ever, whatever its token: unique.
    #[sea_orm(column_type = "Text")]
    pub bot_key: String,
    /// What Telegram calls it, where it said.
    #[sea_orm(column_type = "Text", nullable)]
    pub username: Option<String>,
    /// The line of the phones that post to its chats.
    #[sea_orm(column_type = "Text", nullable)]
    pub line: Option<String>,
    /// Whether it is to be read.
    pub enabled: bool,
    /// Whether Telegram posts to us instead of being polled.
    pub webhook: bool,
    /// Its token, sealed; none once deleted.
    pub token: Option<Vec<u8>>,
    /// The end of its token, for people.
    #[sea_orm(column_type = "Text")]
    pub token_hint: String,
    /// What Telegram shows with each post, sealed; only with `webhook`.
    pub webhook_secret: Option<Vec<u8>>,
    /// JSON array of the chats that are read; empty: every chat.
    #[sea_orm(column_type = "Text")]
    pub chat_ids: String,
    /// JSON array of what was found at adding.
    #[sea_orm(column_type = "Text")]
    pub warnings: String,
    /// Moves with every change that its loop must know of.
    pub revision: i64,
    /// When it was added, or added again (ms).
    pub created_at: i64,
    /// When it was deleted (ms).
    pub deleted_at: Option<i64>,
    /// The offset of the next poll.
    pub next_offset: Option<i64>,
    /// When an update last came (ms).
    pub last_update_at: Option<i64>,
    /// When Telegram last answered a poll (ms), to the minute.
    pub polled_at: Option<i64>,
    /// Since when nothing was fetched, where that was for longer than Telegram keeps updates (ms).
    pub loss_from: Option<i64>,
    /// Until when (ms); none: it goes on.
    pub loss_until: Option<i64>,
}

/// Joins are written where they are needed, in the store.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
