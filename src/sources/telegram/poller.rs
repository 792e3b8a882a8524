//! The loop of one bot: asks for updates, has them stored, and only then confirms them with the next offset.
//!
//! A bot in webhook mode is posted to instead; its loop sees to it that the webhook stands and works.

use std::time::Duration;

use rand::RngExt as _;
use tokio::time::Instant;

use super::api::BotApi;
use super::failure::{Failure, Remedy, backoff, remedy};
use super::take::{Stores, take};
use super::update::RawUpdate;
use crate::domain::telegram_cursor::{Cursor, Polled, RETENTION};
use crate::sources::claim::Claim;
use crate::store::telegram::KnownBot;
use crate::supervision::{Child, Context, Park};

/// The kind of this actor; its id is `telegram-poller/3`.
pub const KIND: &str = "telegram_poller";

/// How long to wait where nothing failed and nothing was news: an answer at once without anything in it would else be
/// asked for without end.
const IDLE: Duration = Duration::from_secs(1);
/// A pause is waited for in pieces of this length.
const PIECE: Duration = Duration::from_secs(10);
/// How often a webhook is looked after.
const LOOK_EVERY: Duration = Duration::from_mins(1);

/// How a bot's loop runs.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The bot's revision: what its loop stores counts only as long as that stands.
    pub revision: i64,
    /// How long Telegram holds a poll.
    pub held: Duration,
    /// Where Telegram reaches us, in webhook mode.
    pub public_url: String,
    /// The right to run it.
    pub claim: Claim,
}

/// The actor.
#[derive(Debug)]
pub struct TelegramPoller {
    stores: Stores,
    api: BotApi,
    bot: KnownBot,
    setting: Setting,
    webhook_url: String,
    /// Whether this instance has told Telegram of the webhook.
    registered: bool,
    failures: u32,
    stored: Cursor,
}

impl TelegramPoller {
    /// The loop of `bot`.
    #[must_use]
    pub fn new(stores: Stores, api: BotApi, bot: KnownBot, setting: Setting) -> Self {
        let webhook_url = format!("{}/ingest/telegram/{}", setting.public_url.trim_end_matches('/'), bot.id);
        let stored = bot.cursor.clone();
        Self { stores, api, bot, setting, webhook_url, registered: false, failures: 0, stored }
    }

    /// How long it may go without an answer of Telegram before it counts as stale.
    #[must_use]
    pub fn deadline(held: Duration) -> Duration {
        // A poll with its slack, and a pause after a failure.
        held + Duration::from_mins(2)
    }

    async fn poll(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        if !self.setting.claim.is_good() {
            // Another process may poll by now, and each would end the other's poll. The roster stops this loop.
            return pause_for(cx, IDLE).await;
        }
        // Before the poll, which may be held for long: who comes back after a day must say so at once.
        self.note_loss(cx).await?;
        let asked = self.bot.cursor.offset(self.stores.store.now());
        let began = Instant::now();
        let polled = tokio::select! {
            biased;
            () = cx.stopped() => return Ok(()),
            polled = self.api.updates(asked, self.setting.held) => polled,
        };
        match polled {
            Ok(updates) => self.polled(cx, asked, &updates, began).await,
            Err(failure) => self.failed(cx, &failure).await,
        }
    }

    async fn polled(
        &mut self,
        cx: &mut Context<Self>,
        asked: Option<i64>,
        updates: &[RawUpdate],
        began: Instant,
    ) -> anyhow::Result<()> {
        let brought = match take(&self.stores, &mut self.bot, updates).await {
            Ok(brought) => brought,
            Err(refusal) => {
                // The offset stays: the same updates come again.
                self.failures += 1;
                tracing::warn!(actor.id = cx.id(), error = %refusal, "what Telegram gave is not stored; it is asked for again");
                return pause_for(cx, backoff(self.failures, rand::rng().random_range(0..=1_000))).await;
            }
        };
        self.failures = 0;
        let ids: Vec<Option<i64>> = updates.iter().map(|update| update.id).collect();
        let before = self.bot.cursor.clone();
        self.bot.cursor = before.advanced(&Polled { asked, ids: &ids, at: self.stores.store.now() });
        self.tell_loss(cx, &before);
        self.store_cursor().await?;
        cx.succeeded();
        cx.set_lag(None);
        if !updates.is_empty() {
            cx.message_seen();
        }
        let moved = self.bot.cursor.next != before.next;
        let at_once = began.elapsed() < IDLE.min(self.setting.held);
        if !brought.news && !moved && at_once {
            pause_for(cx, IDLE).await?;
        }
        Ok(())
    }

    async fn failed(&mut self, cx: &mut Context<Self>, failure: &Failure) -> anyhow::Result<()> {
        self.failures = self.failures.saturating_add(1);
        self.note_loss(cx).await?;
        let now = self.stores.store.now();
        cx.set_lag(self.bot.cursor.polled_at.map(|at| now.since(at)));
        if let Failure::Migrated(to) = failure {
            tracing::warn!(
                actor.id = cx.id(),
                chat.to = to,
                "Telegram speaks of a group that moved, in answer to a poll"
            );
        }
        let jitter = rand::rng().random_range(0..=1_000);
        match remedy(failure, self.failures, jitter) {
            Remedy::Park(None) => Err(Park::new(failure.to_string()).into()),
            Remedy::Park(Some(pause)) => Err(Park::retried_in(failure.to_string(), pause).into()),
            Remedy::Wait(pause) => {
                tracing::warn!(
                    actor.id = cx.id(),
                    error = %failure,
                    retry_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
                    "Telegram gave no updates"
                );
                pause_for(cx, pause).await
            }
        }
    }

    async fn note_loss(&mut self, cx: &Context<Self>) -> anyhow::Result<()> {
        if self.bot.webhook_secret.is_some() {
            // Telegram posts again what nobody took; it is not known here how long it waited.
            return Ok(());
        }
        let before = self.bot.cursor.clone();
        self.bot.cursor.loss = before.loss_at(self.stores.store.now());
        self.tell_loss(cx, &before);
        if self.bot.cursor.loss == before.loss { Ok(()) } else { self.store_cursor().await }
    }

    fn tell_loss(&self, cx: &Context<Self>, before: &Cursor) {
        let Some(loss) = self.bot.cursor.loss.filter(|_| self.bot.cursor.loss != before.loss) else { return };
        tracing::error!(
            actor.id = cx.id(),
            bot.name = self.bot.name,
            loss.from = %loss.from,
            loss.until = loss.until.map(tracing::field::display),
            "loss window exceeded: nothing was fetched for longer than the {} h for which Telegram keeps messages; compare \
             the bank's list with what is here",
            RETENTION.as_secs() / 3600
        );
    }

    async fn store_cursor(&mut self) -> anyhow::Result<()> {
        let cursor = &self.bot.cursor;
        if !self.stored.is_worth_storing(cursor) {
            return Ok(());
        }
        let lease = self.setting.claim.lease();
        if !self.stores.store.store_cursor(lease, self.bot.id, self.setting.revision, cursor).await? {
            anyhow::bail!("the bot was changed or deleted; this loop is replaced");
        }
        self.stored = cursor.clone();
        Ok(())
    }

    /// Sees to it that Telegram posts to us.
    async fn watch_webhook(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        let Some(secret) = self.bot.webhook_secret.clone() else { return Ok(()) };
        let looked = async {
            let mut info = self.api.webhook().await?;
            if info.url != self.webhook_url || !self.registered {
                self.api.set_webhook(&self.webhook_url, &secret).await?;
                info = self.api.webhook().await?;
            }
            Ok(info)
        };
        let looked = tokio::select! {
            biased;
            () = cx.stopped() => return Ok(()),
            looked = looked => looked,
        };
        match looked {
            Ok(info) => {
                (self.registered, self.failures) = (true, 0);
                match info.fails_since(self.stores.store.now().minus(LOOK_EVERY * 2)) {
                    None => cx.succeeded(),
                    Some(why) => {
                        let pending = info.pending_update_count;
                        tracing::warn!(actor.id = cx.id(), pending, error = why, "Telegram cannot post to us");
                        cx.tried();
                    }
                }
                pause_for(cx, LOOK_EVERY).await
            }
            Err(failure) => self.failed(cx, &failure).await,
        }
    }
}

/// Waits, unless it is asked to stop. A pause is no work: freshness ends in its time, but the loop is not frozen.
async fn pause_for(cx: &Context<TelegramPoller>, pause: Duration) -> anyhow::Result<()> {
    let mut left = pause;
    while !left.is_zero() {
        let piece = left.min(PIECE);
        tokio::select! {
            biased;
            () = cx.stopped() => return Ok(()),
            () = tokio::time::sleep(piece) => {}
        }
        cx.tried();
        left -= piece;
    }
    Ok(())
}

impl Child for TelegramPoller {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        if self.bot.webhook_secret.is_none() {
            while !cx.stopping() {
                self.poll(cx).await?;
            }
        }
        while !cx.stopping() {
            self.watch_webhook(cx).await?;
        }
        Ok(())
    }
}
