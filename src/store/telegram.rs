//! Telegram bots as operators add and delete them. How far each was read is in `telegram_cursor`.

mod known;

use entity::telegram_bot;
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait};
use sea_orm::{QueryFilter, QueryOrder, QuerySelect};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use self::known::{cursor_of, parsed};
use super::{Done, Lock, Store, StoreError, count_if, lock};
use crate::contract::caller::{Answer, Caller};
use crate::contract::page::{Page, PageRequest};
use crate::contract::telegram::{Bot, Loss};
use crate::domain::refusal::Refusal;
use crate::domain::time::UnixMs;
use crate::secrets::{Place, hash_token};

pub use self::known::KnownBot;

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
                Some(row) => again(&row, new, now),
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
        // Each place in full: what `recon secrets rotate` must know is read from the source.
        let seal = |place: Place<'_>, secret: &SecretString| {
            let sealed = self.secrets().seal(&place, secret.expose_secret().as_bytes());
            sealed.map_err(|error| StoreError::corrupt("a token to be sealed", error))
        };
        let token = Some(seal(Place::new("telegram_bot", &row.id, "token"), &new.token)?);
        let webhook_secret = new.webhook_secret.as_ref();
        let webhook_secret = webhook_secret
            .map(|secret| seal(Place::new("telegram_bot", &row.id, "webhook_secret"), secret))
            .transpose()?;
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
fn again(row: &telegram_bot::Model, new: &NewBot, now: UnixMs) -> telegram_bot::Model {
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
