//! Stores what updates brought: messages through the inbox, edits as notes, chats that moved. Whatever is stored here twice
//! is stored once: a crash before the offset was written has the same updates come again.

use std::time::Duration;

use super::FORMAT;
use super::message::{Read, Reading, read};
use super::update::RawUpdate;
use crate::domain::refusal::Refusal;
use crate::pipeline::inbox::{Deliver, Delivery, Inbox, Taken, TakenAs};
use crate::store::Store;
use crate::store::note::{NewNote, Noted};
use crate::store::telegram::KnownBot;
use crate::store::telegram_cursor::moved;
use crate::supervision::Handle;
use crate::telemetry::names;

/// How long the inbox may take.
const STORED_WITHIN: Duration = Duration::from_secs(10);

/// What a batch brought, once it is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Brought {
    /// Whether any of it was not known before.
    pub news: bool,
}

/// Where what came is stored.
#[derive(Clone, Debug)]
pub struct Stores {
    /// Notes and chats.
    pub store: Store,
    /// Messages.
    pub inbox: Handle<Inbox>,
}

/// Stores what these updates brought. Only then may the offset pass them.
///
/// # Errors
/// Why something of them is not stored: the offset must stay. The same call may be made again.
pub async fn take(stores: &Stores, bot: &mut KnownBot, updates: &[RawUpdate]) -> Result<Brought, Refusal> {
    let mut brought = Brought::default();
    let (mut deliveries, mut held) = (Vec::new(), Vec::new());
    let mut edits = Vec::new();
    let mut chats = Vec::new();
    for update in updates {
        let now = stores.store.now();
        let reading = Reading { chat_ids: bot.chat_ids.clone(), added_at: bot.added_at, now };
        match read(update, &reading) {
            Read::Deliver(delivery) => {
                if let Some(why) = &delivery.quarantine {
                    count("quarantined");
                    tracing::warn!(source = %bot.source(), update.id, why, "an update of Telegram cannot be read and is kept for people");
                }
                deliveries.push(*delivery);
            }
            Read::Hold(delivery) => held.push(*delivery),
            Read::Note(edit) => edits.push(*edit),
            Read::Moved { from, to } => {
                bot.chat_ids = moved(&bot.chat_ids, from, to);
                chats.push((from, to));
            }
            Read::PutOut { chat } => {
                count("put_out");
                tracing::warn!(source = %bot.source(), chat.id = chat, "the bot was put out of a chat: nothing more comes from there");
            }
            Read::Skipped(why) => count(why.as_str()),
        }
    }
    brought.news |= deliver(stores, bot, deliveries, true).await?;
    brought.news |= deliver(stores, bot, held, false).await?;
    let notes: Vec<NewNote> = edits
        .iter()
        .map(|edit| NewNote { of: edit.of.clone(), key: edit.key.clone(), at: edit.at, text: edit.text.clone() })
        .collect();
    if !notes.is_empty() {
        let outcomes = stores.store.note_edits(bot.source(), &notes).await?;
        let mut orphans = Vec::new();
        for (edit, outcome) in edits.into_iter().zip(outcomes) {
            count(if outcome == Noted::NoMessage { "edit_alone" } else { "edit" });
            brought.news |= outcome == Noted::Stored;
            if outcome == Noted::NoMessage {
                orphans.extend(edit.orphan);
            }
        }
        brought.news |= deliver(stores, bot, orphans, true).await?;
    }
    for (from, to) in chats {
        count("chat_moved");
        stores.store.move_chat(bot.id, from, to).await?;
        tracing::info!(source = %bot.source(), chat.from = from, chat.to = to, "a group became a supergroup");
    }
    Ok(brought)
}

fn count(outcome: &'static str) {
    metrics::counter!(names::TELEGRAM_UPDATES, "outcome" => outcome).increment(1);
}

/// Delivers, and says whether any of it is new. What the store refuses for its own sake goes alone, so that it holds
/// nothing up, and as bytes for people where it is refused as a message.
async fn deliver(stores: &Stores, bot: &KnownBot, deliveries: Vec<Delivery>, trusted: bool) -> Result<bool, Refusal> {
    if deliveries.is_empty() {
        return Ok(false);
    }
    let many = deliveries.len() > 1;
    let mut news = false;
    match store_all(stores, bot, deliveries.clone(), trusted).await {
        Ok(taken) => return Ok(is_news(&taken)),
        Err(refusal @ Refusal::Unavailable(_)) => return Err(refusal),
        Err(refusal) => {
            tracing::error!(source = %bot.source(), error = %refusal, many, "messages of Telegram were refused by the store");
        }
    }
    for delivery in deliveries {
        let bare = as_bytes_alone(&delivery);
        let taken = match store_all(stores, bot, vec![delivery], trusted).await {
            Err(refusal) if !matches!(refusal, Refusal::Unavailable(_)) => {
                store_all(stores, bot, vec![bare], trusted).await
            }
            stored => stored,
        };
        news |= is_news(&taken?);
    }
    Ok(news)
}

fn is_news(taken: &[Taken]) -> bool {
    for taken in taken {
        count(taken.status.as_str());
    }
    taken.iter().any(|taken| taken.status != TakenAs::Duplicate)
}

fn as_bytes_alone(delivery: &Delivery) -> Delivery {
    Delivery {
        key: delivery.key.clone(),
        external_id: None,
        format: FORMAT,
        sender: String::new(),
        is_sender_provisional: false,
        text: None,
        line: None,
        received_at: delivery.received_at,
        raw: delivery.raw.clone(),
        quarantine: Some("the store refused it as a message".to_owned()),
        old_event: delivery.old_event,
    }
}

async fn store_all(
    stores: &Stores,
    bot: &KnownBot,
    deliveries: Vec<Delivery>,
    trusted: bool,
) -> Result<Vec<Taken>, Refusal> {
    let deliver = Deliver::new(bot.source(), bot.line.clone(), trusted, deliveries);
    let asked = stores.inbox.ask(deliver, STORED_WITHIN).await;
    asked.unwrap_or_else(|error| Err(Refusal::Unavailable(format!("the inbox did not answer: {error}"))))
}
