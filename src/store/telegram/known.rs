//! Bots as their loops know them.

use entity::telegram_bot;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use secrecy::SecretString;

use super::bot_key;
use crate::domain::source::{SourceKind, SourceRef};
use crate::domain::telegram_cursor::{Cursor, LossWindow};
use crate::domain::time::UnixMs;
use crate::secrets::Place;
use crate::store::{Store, StoreError};

/// A bot as its loop knows it.
#[derive(Clone, Debug)]
pub struct KnownBot {
    /// Ours.
    pub id: i64,
    /// What operators call it.
    pub name: String,
    /// Its token.
    pub token: SecretString,
    /// The chats that are read; empty: every chat.
    pub chat_ids: Vec<i64>,
    /// The line of the handset that posts there.
    pub line: Option<String>,
    /// What Telegram shows with each post, where it posts to us.
    pub webhook_secret: Option<SecretString>,
    /// When it was added.
    pub added_at: UnixMs,
    /// How far it was read.
    pub cursor: Cursor,
}

impl KnownBot {
    /// The bot as a source.
    #[must_use]
    pub const fn source(&self) -> SourceRef {
        SourceRef { kind: SourceKind::Telegram, id: self.id }
    }
}

impl Store {
    /// The bots that are to run, each with the revision that moves with every change that its loop must know of.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn bots_to_run(&self) -> Result<Vec<(i64, i64)>, StoreError> {
        Ok(telegram_bot::Entity::find()
            .select_only()
            .column(telegram_bot::Column::Id)
            .column(telegram_bot::Column::Revision)
            .filter(telegram_bot::Column::DeletedAt.is_null())
            .filter(telegram_bot::Column::Enabled.eq(true))
            .order_by_asc(telegram_bot::Column::Id)
            .into_tuple()
            .all(self.reader())
            .await?)
    }

    /// A bot as its loop knows it; none where it was deleted.
    ///
    /// # Errors
    /// Where the database fails or a secret does not open.
    pub async fn known_bot(&self, id: i64) -> Result<Option<KnownBot>, StoreError> {
        let row = telegram_bot::Entity::find_by_id(id).one(self.reader()).await?;
        let Some(row) = row.filter(|row| row.deleted_at.is_none()) else { return Ok(None) };
        let Some(token) = self.open_secret(&row, "token", row.token.as_ref())? else { return Ok(None) };
        Ok(Some(KnownBot {
            webhook_secret: self.open_secret(&row, "webhook_secret", row.webhook_secret.as_ref())?,
            token,
            chat_ids: parsed("telegram_bot.chat_ids", &row, &row.chat_ids)?,
            cursor: cursor_of(&row),
            added_at: UnixMs(row.created_at),
            id: row.id,
            name: row.name,
            line: row.line,
        }))
    }

    fn open_secret(
        &self,
        row: &telegram_bot::Model,
        column: &'static str,
        sealed: Option<&Vec<u8>>,
    ) -> Result<Option<SecretString>, StoreError> {
        let place = Place::new("telegram_bot", &row.id, column);
        let open = |sealed| self.secrets().open_text(&place, sealed);
        let opened = sealed.map(|sealed| open(sealed)).transpose();
        opened.map_err(|error| StoreError::corrupt("telegram_bot", format!("row {}, {column}: {error}", row.id)))
    }

    /// The id of a bot that is there already with this token, or with another token of the same bot.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn bot_with_token(&self, token: &SecretString) -> Result<Option<i64>, StoreError> {
        let row = telegram_bot::Entity::find()
            .filter(telegram_bot::Column::BotKey.eq(bot_key(token)))
            .filter(telegram_bot::Column::DeletedAt.is_null())
            .one(self.reader())
            .await?;
        Ok(row.map(|row| row.id))
    }
}

pub(in crate::store) fn cursor_of(row: &telegram_bot::Model) -> Cursor {
    Cursor {
        next: row.next_offset,
        last_update_at: row.last_update_at.map(UnixMs),
        polled_at: row.polled_at.map(UnixMs),
        loss: row.loss_from.map(|from| LossWindow { from: UnixMs(from), until: row.loss_until.map(UnixMs) }),
    }
}

pub(super) fn parsed<T: serde::de::DeserializeOwned>(
    column: &'static str,
    row: &telegram_bot::Model,
    json: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::corrupt(column, format!("row {}: {error}", row.id)))
}
