//! How far each Telegram bot was read, and where its chats went.

use entity::telegram_bot;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;

use super::lease::{Lease, check_lease};
use super::telegram::bot_row;
use super::{Store, StoreError, audit};
use crate::domain::telegram_cursor::Cursor;
use crate::domain::time::UnixMs;

impl Store {
    /// Stores how far a bot was read, once what came is stored; false where the bot has been changed or deleted since
    /// `revision`, so that its loop is not the one that says so any more.
    ///
    /// # Errors
    /// Where the store cannot commit, or another process has taken the lease.
    pub async fn store_cursor(
        &self,
        lease: Option<&Lease>,
        id: i64,
        revision: i64,
        cursor: &Cursor,
    ) -> Result<bool, StoreError> {
        use telegram_bot::Column as C;
        let ms = |at: Option<UnixMs>| Expr::value(at.map(|at| at.0));
        self.write_aside(async |txn| {
            check_lease(txn, lease).await?;
            let stored = telegram_bot::Entity::update_many()
                .col_expr(C::NextOffset, Expr::value(cursor.next))
                .col_expr(C::LastUpdateAt, ms(cursor.last_update_at))
                .col_expr(C::PolledAt, ms(cursor.polled_at))
                .col_expr(C::LossFrom, ms(cursor.loss.map(|loss| loss.from)))
                .col_expr(C::LossUntil, ms(cursor.loss.and_then(|loss| loss.until)))
                .filter(C::Id.eq(id))
                .filter(C::Revision.eq(revision))
                .exec(txn)
                .await?;
            Ok(stored.rows_affected > 0)
        })
        .await
    }

    /// Notes that Telegram posted an update of this bot.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn note_bot_heard(&self, id: i64) -> Result<(), StoreError> {
        use telegram_bot::Column as C;
        let now = self.now();
        let older = Condition::any().add(C::LastUpdateAt.is_null()).add(C::LastUpdateAt.lt(now.0));
        self.write_aside(async |txn| {
            telegram_bot::Entity::update_many()
                .col_expr(C::LastUpdateAt, Expr::value(now.0))
                .filter(C::Id.eq(id))
                .filter(older)
                .exec(txn)
                .await?;
            Ok(())
        })
        .await
    }

    /// Follows a group that became a supergroup: where the old id is on the bot's list, the new one takes its place.
    ///
    /// # Errors
    /// Where the store cannot commit, or the bot is gone.
    pub async fn move_chat(&self, id: i64, from: i64, to: i64) -> Result<(), StoreError> {
        let now = self.now();
        self.write(async |txn| {
            let row = bot_row(txn, id).await?;
            let corrupt = |error| StoreError::corrupt("telegram_bot.chat_ids", error);
            let chats: Vec<i64> = serde_json::from_str(&row.chat_ids).map_err(corrupt)?;
            let after = moved(&chats, from, to);
            if after == chats {
                return Ok(());
            }
            let change = telegram_bot::ActiveModel {
                id: Set(id),
                chat_ids: Set(json!(after).to_string()),
                ..Default::default()
            };
            telegram_bot::Entity::update(change).exec(txn).await?;
            let detail = json!({ "from": from, "to": to });
            let subject = format!("telegram_bot/{id}");
            audit::append(txn, now, "telegram_poller", "telegram_bot.chat_moved", &subject, &detail).await
        })
        .await
    }

    /// The bots whose loss window nobody has seen yet, by name.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn bots_with_loss(&self) -> Result<Vec<(i64, String)>, StoreError> {
        Ok(telegram_bot::Entity::find()
            .select_only()
            .column(telegram_bot::Column::Id)
            .column(telegram_bot::Column::Name)
            .filter(telegram_bot::Column::DeletedAt.is_null())
            .filter(telegram_bot::Column::LossFrom.is_not_null())
            .into_tuple()
            .all(self.reader())
            .await?)
    }
}

/// A list of chats after one of them got another id.
#[must_use]
pub fn moved(chats: &[i64], from: i64, to: i64) -> Vec<i64> {
    let mut after: Vec<i64> = Vec::with_capacity(chats.len());
    for chat in chats.iter().map(|chat| if *chat == from { to } else { *chat }) {
        if !after.contains(&chat) {
            after.push(chat);
        }
    }
    after
}
