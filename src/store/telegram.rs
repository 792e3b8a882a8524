//! Telegram bots as operators add and delete them. How far each was read is in `telegram_cursor`.

use entity::telegram_bot;
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait};
use sea_orm::{QueryFilter, QueryOrder, QuerySelect};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use super::{Done, Lock, Store, StoreError, count_if, lock};
use crate::contract::caller::{Answer, Caller};
use crate::contract::page::{Page, PageRequest};
use crate::contract::telegram::{Bot, Loss};
use crate::domain::refusal::Refusal;
use crate::domain::source::{SourceKind, SourceRef};
use crate::domain::telegram_cursor::{Cursor, LossWindow};
use crate::domain::time::UnixMs;
use crate::secrets::{Place, hash_token};

/// Held by whoever changes the set of bots.
const LOCK: Lock<'static> = Lock::Key(b"telegram_bots");

/// A bot to be added, checked.
#[derive(Clone)]
pub struct NewBot {
    /// What operators call it.
    pub name: String,
    /// Its token.
    pub token: SecretString,
    /// The chats that are read.
    pub chat_ids: Vec<i64>,
    /// The line of the handset that posts there.
    pub line: Option<String>,
    /// Whether it is read.
    pub enabled: bool,
    /// What Telegram shows with each post, where it posts to us.
    pub webhook_secret: Option<SecretString>,
    /// What Telegram calls it.
    pub username: Option<String>,
    /// What was found that keeps messages from coming.
    pub warnings: Vec<String>,
}

impl std::fmt::Debug for NewBot {
    /// Without the token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewBot").field("name", &self.name).finish_non_exhaustive()
    }
}

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
    /// A page of the bots.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn bot_page(&self, page: PageRequest) -> Result<Page<Bot>, StoreError> {
        let mut find = telegram_bot::Entity::find().filter(telegram_bot::Column::DeletedAt.is_null());
        let total = count_if(page.count, &find, self.reader()).await?;
        if let Some(before) = page.before {
            find = find.filter(telegram_bot::Column::Id.lt(before));
        }
        let limit = u64::from(page.limit) + 1;
        let rows = find.order_by_desc(telegram_bot::Column::Id).limit(limit).all(self.reader()).await?;
        let bots = rows.iter().map(view).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::of(bots, page.limit, total, |bot: &Bot| bot.id))
    }

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

    /// Adds a bot: 201 with the [`Bot`]. One that was deleted becomes the same source again, and goes on where it was read.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] where the bot is there already; else where the store cannot commit.
    pub async fn add_bot(&self, caller: &Caller, new: &NewBot) -> Result<Answer, Refusal> {
        let now = self.now();
        self.command(caller, "telegram_bot.add", async |txn| {
            lock(txn, LOCK).await?;
            let key = bot_key(&new.token);
            let known = telegram_bot::Entity::find().filter(telegram_bot::Column::BotKey.eq(&key)).one(txn).await?;
            let row = match known {
                Some(row) if row.deleted_at.is_none() => return Err(already_there(row.id).into()),
                Some(row) => again(row, new, now),
                None => {
                    let row = telegram_bot::ActiveModel { id: NotSet, ..active(blank(&key, new, now)) };
                    let id = telegram_bot::Entity::insert(row).exec(txn).await?.last_insert_id;
                    telegram_bot::Model { id, ..blank(&key, new, now) }
                }
            };
            let row = self.sealed(row, new)?;
            telegram_bot::Entity::update(active(row.clone())).exec(txn).await?;
            let bot = view(&row)?;
            let detail = json!({
                "name": bot.name, "username": bot.username, "line": bot.line, "chat_ids": bot.chat_ids,
                "token_hint": bot.token_hint, "webhook": bot.webhook, "warnings": bot.warnings,
            });
            Ok(Done { answer: Answer::new(201, &bot)?, subject: format!("telegram_bot/{}", bot.id), detail })
        })
        .await
    }

    fn sealed(&self, row: telegram_bot::Model, new: &NewBot) -> Result<telegram_bot::Model, StoreError> {
        let seal = |column, secret: &SecretString| {
            let place = Place::new("telegram_bot", &row.id, column);
            let sealed = self.secrets().seal(&place, secret.expose_secret().as_bytes());
            sealed.map_err(|error| StoreError::corrupt("a token to be sealed", error))
        };
        let token = Some(seal("token", &new.token)?);
        let webhook_secret = new.webhook_secret.as_ref().map(|secret| seal("webhook_secret", secret)).transpose()?;
        Ok(telegram_bot::Model { token, webhook_secret, ..row })
    }

    /// Deletes a bot: 204. Its messages stay, and so does how far it was read.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where there is none; else where the store cannot commit.
    pub async fn delete_bot(&self, caller: &Caller, id: i64) -> Result<Answer, Refusal> {
        let now = self.now();
        self.command(caller, "telegram_bot.delete", async |txn| {
            lock(txn, LOCK).await?;
            let row = bot_row(txn, id).await?;
            let gone = telegram_bot::ActiveModel {
                id: Set(id),
                token: Set(None),
                webhook_secret: Set(None),
                deleted_at: Set(Some(now.0)),
                revision: Set(row.revision + 1),
                ..Default::default()
            };
            telegram_bot::Entity::update(gone).exec(txn).await?;
            let detail = json!({ "name": row.name, "line": row.line, "token_hint": row.token_hint });
            Ok(Done { answer: Answer::no_content(), subject: format!("telegram_bot/{id}"), detail })
        })
        .await
    }

    /// Notes that somebody has seen a bot's loss window, which ends its alarm: 200 with the [`Bot`].
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where there is no such bot, [`Refusal::Conflict`] where it has no window or one that goes on.
    pub async fn see_loss(&self, caller: &Caller, id: i64) -> Result<Answer, Refusal> {
        self.command(caller, "telegram_bot.loss_seen", async |txn| {
            let mut row = bot_row(txn, id).await?;
            let Some(loss) = cursor_of(&row).loss else {
                return Err(Refusal::Conflict(format!("telegram bot {id} has no loss window")).into());
            };
            if loss.until.is_none() {
                let message = format!("the loss window of telegram bot {id} is not over: Telegram does not answer yet");
                return Err(Refusal::Conflict(message).into());
            }
            (row.loss_from, row.loss_until, row.revision) = (None, None, row.revision + 1);
            let seen = telegram_bot::ActiveModel {
                id: Set(id),
                loss_from: Set(None),
                loss_until: Set(None),
                revision: Set(row.revision),
                ..Default::default()
            };
            telegram_bot::Entity::update(seen).exec(txn).await?;
            let detail = json!({ "name": row.name, "from": loss.from, "until": loss.until });
            Ok(Done { answer: Answer::new(200, &view(&row)?)?, subject: format!("telegram_bot/{id}"), detail })
        })
        .await
    }
}

pub(super) async fn bot_row(txn: &DatabaseTransaction, id: i64) -> Result<telegram_bot::Model, StoreError> {
    let row = telegram_bot::Entity::find_by_id(id).lock_exclusive().one(txn).await?;
    let row = row.filter(|row| row.deleted_at.is_none());
    row.ok_or_else(|| Refusal::NotFound(format!("there is no telegram bot {id}")).into())
}

fn already_there(id: i64) -> Refusal {
    Refusal::Conflict(format!("this bot is there already, as telegram bot {id}; to change it, delete that one first"))
}

/// A token begins with the bot's own number, which stays when BotFather gives out a new token.
fn bot_key(token: &SecretString) -> String {
    let token = token.expose_secret();
    match token.split_once(':') {
        Some((number, _)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("bot:{number}")
        }
        _ => format!("token:{}", hex::encode(hash_token(token))),
    }
}

/// The last characters, as much as tells two bots apart.
fn hint(token: &SecretString) -> String {
    let token = token.expose_secret();
    let length = token.chars().count();
    let shown = (length / 4).min(4);
    format!("...{}", token.chars().skip(length - shown).collect::<String>())
}

fn blank(key: &str, new: &NewBot, now: UnixMs) -> telegram_bot::Model {
    telegram_bot::Model {
        id: 0,
        name: new.name.clone(),
        bot_key: key.to_owned(),
        username: new.username.clone(),
        line: new.line.clone(),
        enabled: new.enabled,
        webhook: new.webhook_secret.is_some(),
        token: None,
        token_hint: hint(&new.token),
        webhook_secret: None,
        chat_ids: json!(new.chat_ids).to_string(),
        warnings: json!(new.warnings).to_string(),
        revision: 1,
        created_at: now.0,
        deleted_at: None,
        next_offset: None,
        last_update_at: None,
        polled_at: None,
        loss_from: None,
        loss_until: None,
    }
}

/// A deleted bot that is added again. What was posted while it was away is read from where it stood; that nothing was
/// fetched meanwhile was wanted, and is no loss.
fn again(row: telegram_bot::Model, new: &NewBot, now: UnixMs) -> telegram_bot::Model {
    telegram_bot::Model {
        id: row.id,
        revision: row.revision + 1,
        next_offset: row.next_offset,
        last_update_at: row.last_update_at,
        ..blank(&row.bot_key, new, now)
    }
}

fn active(row: telegram_bot::Model) -> telegram_bot::ActiveModel {
    use sea_orm::ActiveModelTrait as _;
    telegram_bot::ActiveModel::from(row).reset_all()
}

pub(super) fn cursor_of(row: &telegram_bot::Model) -> Cursor {
    Cursor {
        next: row.next_offset,
        last_update_at: row.last_update_at.map(UnixMs),
        polled_at: row.polled_at.map(UnixMs),
        loss: row.loss_from.map(|from| LossWindow { from: UnixMs(from), until: row.loss_until.map(UnixMs) }),
    }
}

fn parsed<T: serde::de::DeserializeOwned>(
    column: &'static str,
    row: &telegram_bot::Model,
    json: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::corrupt(column, format!("row {}: {error}", row.id)))
}

fn view(row: &telegram_bot::Model) -> Result<Bot, StoreError> {
    let cursor = cursor_of(row);
    Ok(Bot {
        id: row.id,
        name: row.name.clone(),
        username: row.username.clone(),
        chat_ids: parsed("telegram_bot.chat_ids", row, &row.chat_ids)?,
        line: row.line.clone(),
        enabled: row.enabled,
        webhook: row.webhook,
        token_hint: row.token_hint.clone(),
        state: if row.enabled { "starting" } else { "stopped" }.to_owned(),
        last_event_at: cursor.last_update_at,
        last_poll_at: cursor.polled_at,
        loss: cursor.loss.map(|loss| Loss { from: loss.from, until: loss.until }),
        warnings: parsed("telegram_bot.warnings", row, &row.warnings)?,
        created_at: UnixMs(row.created_at),
    })
}
