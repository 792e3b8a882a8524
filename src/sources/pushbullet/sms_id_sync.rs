//! Gives messages that came by the stream, without an id, the type and id that the history has for them, so that two equal
//! deposits stay two and none becomes two.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::missing_sms_sync::{NOTED_FOR, fetch, list, store_missing};
use super::phone::{Fetched, Identity, Phone, Trouble};
use super::plan::{plan, read};
use crate::store::pushbullet::history::Note;
use crate::store::pushbullet::rekey::Named;
use crate::supervision::{Child, Context, Woke};

/// The kind of this loop.
pub const KIND: &str = "sms_id_sync";

/// What the other loop read is good for so long.
const FRESH: Duration = Duration::from_secs(30);
/// A message that the history does not have by then will not be there.
const LOOKED_FOR: Duration = Duration::from_hours(24);
/// How long a message without an id is kept in mind.
const KEPT: Duration = Duration::from_hours(30 * 24);
/// How often what is old is forgotten.
const TIDY_EVERY: Duration = Duration::from_mins(10);
/// It comes after the listener, see `missing_sms_sync`.
const AFTER_LISTENER: Duration = Duration::from_secs(6);
/// After a failure.
const AGAIN: Duration = Duration::from_secs(5);

/// The actor.
#[derive(Debug)]
pub(super) struct SmsIdSync {
    phone: Arc<Phone>,
    tidied_at: Option<Instant>,
}

impl SmsIdSync {
    pub(super) fn new(phone: Arc<Phone>) -> Self {
        Self { phone, tidied_at: None }
    }

    async fn round(&mut self, cx: &Context<Self>) -> Result<(), Trouble> {
        let phone = &*self.phone;
        let identity = phone.identity().await?;
        let since = phone.store.now().minus(LOOKED_FOR);
        let unnamed = phone.store.unnamed_messages(identity.source, since).await?;
        let mut handed_over = phone.handed_over(FRESH);
        let mut senders: Option<BTreeMap<String, String>> = None;
        for thread_id in unnamed.keys() {
            let fetched = match handed_over.remove(thread_id) {
                Some(fetched) => Some(fetched),
                None => fetch_thread(phone, identity, thread_id, &mut senders).await?,
            };
            if let Some(fetched) = fetched {
                name_all(phone, identity, thread_id, &fetched).await?;
            }
            cx.progress();
            if cx.stopping() {
                return Ok(());
            }
        }
        if self.tidied_at.is_none_or(|at| at.elapsed() >= TIDY_EVERY) {
            let now = phone.store.now();
            phone.store.forget_notes(identity.source, now.minus(NOTED_FOR * 2), now.minus(KEPT)).await?;
            self.tidied_at = Some(Instant::now());
        }
        Ok(())
    }
}

async fn fetch_thread(
    phone: &Phone,
    identity: &Identity,
    thread_id: &str,
    senders: &mut Option<BTreeMap<String, String>>,
) -> Result<Option<Fetched>, Trouble> {
    let Some(listed) = fetch(phone, identity, thread_id).await? else { return Ok(None) };
    let senders = match senders {
        Some(senders) => senders,
        none => {
            let heads = list(phone, identity).await?;
            none.insert(heads.items.into_iter().map(|head| (head.id, head.sender)).collect())
        }
    };
    let sender = senders.get(thread_id).cloned().unwrap_or_default();
    let (read, bodies) = read(&identity.iden, thread_id, &listed.items).into_iter().unzip();
    Ok(Some(Fetched { read, bodies, sender }))
}

/// Names the messages of a conversation that the history has.
async fn name_all(phone: &Phone, identity: &Identity, thread_id: &str, fetched: &Fetched) -> Result<(), Trouble> {
    let _turn = phone.turn.lock().await;
    let since = phone.store.now().minus(LOOKED_FOR);
    let notes: Vec<Note> =
        phone.store.unnamed_messages(identity.source, since).await?.remove(thread_id).unwrap_or_default();
    let keys: Vec<_> = fetched.read.iter().map(|read| read.key.clone()).collect();
    let known = phone.store.known_keys(identity.source, &keys).await?;
    for (note, place) in plan(&notes, &fetched.read, &known).pairs {
        let read = &fetched.read[place];
        let named = phone.store.name_message(identity.source, note, read, &fetched.sender, phone.lease()).await?;
        match named {
            Named::Renamed { asked_again: true } => phone.validator.nudge(),
            Named::Renamed { asked_again: false } => {}
            // We were stopped between the note and the delivery.
            Named::NotThere => drop(store_missing(phone, identity, fetched, &[place]).await?),
        }
    }
    Ok(())
}

impl Child for SmsIdSync {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        let interval = self.phone.settings.sync_interval;
        loop {
            let due = match self.round(cx).await {
                Ok(()) => {
                    cx.succeeded();
                    interval
                }
                Err(trouble) => {
                    let least = trouble.judge(AFTER_LISTENER)?;
                    tracing::warn!(device.id = self.phone.row.id, error = %trouble, "messages could not be given their ids");
                    cx.tried();
                    least.unwrap_or(AGAIN)
                }
            };
            let end = Instant::now() + due;
            loop {
                if cx.stopping() {
                    return Ok(());
                }
                let woke = cx.serve_until_nudged(self, end.saturating_duration_since(Instant::now())).await;
                if woke == Woke::Nudged || Instant::now() >= end {
                    break;
                }
                cx.tried();
            }
        }
    }
}
