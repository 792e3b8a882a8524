//! Compares the history of one phone with what is stored, and stores what is not there. The history is the truth.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::client::CallError;
use super::decode::{self, Entry, Listed, ThreadHead};
use super::phone::{CHUNK, Fetched, Identity, Phone, Trouble};
use super::plan::{plan, read};
use crate::domain::time::UnixMs;
use crate::store::pushbullet::history::{Note, Read};
use crate::store::pushbullet::threads::{Thread, ThreadRead};
use crate::supervision::{Child, Context, Nudger};
use crate::telemetry::names;

/// The kind of this loop.
pub const KIND: &str = "missing_sms_sync";

/// When a message that the stream told of is looked for again in a history that does not have it yet.
const LOOKED_FOR_AT: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(10)];
/// How long the stream may lag behind the history: for so long a message is noted, so that it is recognised.
pub(super) const NOTED_FOR: Duration = Duration::from_hours(1);
/// It comes after the listener, so that a refused token costs one call in five minutes and not three.
const AFTER_LISTENER: Duration = Duration::from_secs(5);
/// After a failure.
const AGAIN: Duration = Duration::from_secs(5);

/// The actor.
#[derive(Debug)]
pub(super) struct MissingSmsSync {
    phone: Arc<Phone>,
    sms_id_sync: Nudger,
}

impl MissingSmsSync {
    pub(super) fn new(phone: Arc<Phone>, sms_id_sync: Nudger) -> Self {
        Self { phone, sms_id_sync }
    }

    /// One comparison; when to look again for what the stream told of and the history does not have yet.
    async fn sync(&self, cx: &Context<Self>) -> Result<Option<Duration>, Trouble> {
        let phone = &*self.phone;
        let identity = phone.identity().await?;
        let asked = phone.take_asked();
        let synced = self.sync_threads(phone, identity, &asked, cx).await;
        if synced.is_err() {
            for thread in &asked {
                phone.ask_for(thread);
            }
        }
        synced
    }

    async fn sync_threads(
        &self,
        phone: &Phone,
        identity: &Identity,
        asked: &BTreeSet<String>,
        cx: &Context<Self>,
    ) -> Result<Option<Duration>, Trouble> {
        let heads = list(phone, identity).await?;
        phone.quarantine(identity, heads.bad).await?;
        let known = phone.store.pushbullet_threads(identity.source).await?;
        let recent = phone.store.now().minus(LOOKED_FOR_AT[2] + AGAIN);
        let waiting = phone.store.unnamed_messages(identity.source, recent).await?;
        for head in &heads.items {
            let thread = known.get(&head.id);
            let moved = thread.is_none_or(|thread| head.latest.is_none() || thread.latest != head.latest);
            if moved || asked.contains(&head.id) || waiting.contains_key(&head.id) {
                self.sync_thread(phone, identity, head, thread.cloned().unwrap_or_default()).await?;
                cx.progress();
            }
            if cx.stopping() {
                return Ok(None);
            }
        }
        let waiting = phone.store.unnamed_messages(identity.source, recent).await?;
        let now = phone.store.now();
        Ok(waiting.values().flatten().filter_map(|note| look_again_in(note, now)).min())
    }

    /// Reads a conversation and stores what of it is not there. Its cursor moves once all of that is stored.
    async fn sync_thread(
        &self,
        phone: &Phone,
        identity: &Identity,
        head: &ThreadHead,
        thread: Thread,
    ) -> Result<(), Trouble> {
        let Some(listed) = fetch(phone, identity, &head.id).await? else { return Ok(()) };
        let sender = if head.sender.is_empty() { thread.sender.clone() } else { head.sender.clone() };
        let (read, bodies): (Vec<Read>, Vec<String>) =
            read(&identity.iden, &head.id, &listed.items).into_iter().unzip();
        let fetched = Fetched { read, bodies, sender };
        let turn = phone.turn.lock().await;
        let keys: Vec<_> = fetched.read.iter().map(|read| read.key.clone()).collect();
        let known = phone.store.known_keys(identity.source, &keys).await?;
        let notes =
            phone.store.unnamed_messages(identity.source, UnixMs(0)).await?.remove(&head.id).unwrap_or_default();
        let plan = plan(&notes, &fetched.read, &known);
        let overlaps = !known.is_empty() || !plan.pairs.is_empty() || reaches(&listed.items, &thread);
        let gap = thread.was_read && !listed.items.is_empty() && !overlaps;
        let stored = store_missing(phone, identity, &fetched, &plan.missing).await?;
        phone.quarantine(identity, listed.bad).await?;
        if gap {
            tracing::warn!(device.id = phone.row.id, thread.id = %head.id, "messages of this conversation may be missing");
            metrics::counter!(names::PUSHBULLET_GAPS).increment(1);
            phone.store.flag_possible_gap(&stored).await?;
        }
        let latest = listed.items.first().map(|entry| entry.message_id.as_str());
        let now = ThreadRead {
            thread_id: &head.id,
            sender: &fetched.sender,
            latest: latest.or(thread.latest.as_deref()),
            gap,
            news: !stored.is_empty(),
        };
        phone.store.advance_thread(phone.row.id, identity.source, &now, phone.lease()).await?;
        drop(turn);
        if !plan.pairs.is_empty() {
            phone.hand_over(&head.id, fetched);
            self.sms_id_sync.nudge();
        }
        Ok(())
    }
}

/// The conversations. A phone that never had one has no list of them.
pub(super) async fn list(phone: &Phone, identity: &Identity) -> Result<Listed<ThreadHead>, Trouble> {
    let path = format!("/v2/permanents/{}_threads", escaped(&identity.iden));
    match phone.client.get(&path).await {
        Ok(body) => decoded(phone, identity, decode::threads(&body, identity.key.as_ref())).await,
        Err(CallError::NotFound) => Ok(Listed { items: Vec::new(), bad: Vec::new() }),
        Err(error) => Err(error.into()),
    }
}

/// A conversation; none where it is gone.
pub(super) async fn fetch(
    phone: &Phone,
    identity: &Identity,
    thread_id: &str,
) -> Result<Option<Listed<Entry>>, Trouble> {
    let path = format!("/v2/permanents/{}_thread_{}", escaped(&identity.iden), escaped(thread_id));
    match phone.client.get(&path).await {
        Ok(body) => decoded(phone, identity, decode::thread(&body, identity.key.as_ref())).await.map(Some),
        Err(CallError::NotFound) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What cannot be read at all is kept for people; its other conversations are read all the same.
async fn decoded<T>(
    phone: &Phone,
    identity: &Identity,
    decoded: Result<Listed<T>, decode::Undecodable>,
) -> Result<Listed<T>, Trouble> {
    match decoded {
        Ok(listed) => Ok(listed),
        Err(bad) => {
            phone.quarantine(identity, vec![bad]).await?;
            Ok(Listed { items: Vec::new(), bad: Vec::new() })
        }
    }
}

/// An id of Pushbullet's as part of a path.
fn escaped(id: &str) -> String {
    percent_encoding::utf8_percent_encode(id, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Whether what was read reaches back to the cursor: outgoing messages are not stored, but may be what it stands on.
fn reaches(entries: &[Entry], thread: &Thread) -> bool {
    thread.latest.as_ref().is_none_or(|latest| entries.iter().any(|entry| entry.message_id == *latest))
}

/// Stores messages that nobody has told of, and answers which they became.
pub(super) async fn store_missing(
    phone: &Phone,
    identity: &Identity,
    fetched: &Fetched,
    missing: &[usize],
) -> Result<Vec<i64>, Trouble> {
    let recent = phone.store.now().minus(NOTED_FOR);
    let mut stored = HashSet::new();
    for chunk in missing.chunks(CHUNK) {
        let noted: Vec<Read> =
            chunk.iter().map(|place| fetched.read[*place].clone()).filter(|read| read.at >= recent).collect();
        // Also where there is nothing to note: this is where a former owner is refused.
        phone.store.note_read(identity.source, &noted, phone.lease()).await?;
        let deliveries = chunk.iter().map(|place| {
            let read = &fetched.read[*place];
            let mut delivery = phone.message(read.key.clone(), &fetched.sender, &fetched.bodies[*place], read.at);
            delivery.external_id = Some(format!("{}/{}", read.thread_id, read.message_id));
            delivery
        });
        let taken = phone.deliver(identity, deliveries.collect()).await?;
        stored.extend(taken.into_iter().filter_map(|taken| taken.sms_id));
    }
    Ok(stored.into_iter().collect())
}

/// When to look again for a message that the stream told of.
fn look_again_in(note: &Note, now: UnixMs) -> Option<Duration> {
    let age = now.since(note.noted_at);
    LOOKED_FOR_AT.into_iter().find(|at| *at > age).map(|at| at.saturating_sub(age))
}

impl Child for MissingSmsSync {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        let interval = self.phone.settings.sync_interval;
        loop {
            let due = match self.sync(cx).await {
                Ok(again) => {
                    cx.succeeded();
                    again.unwrap_or(interval).min(interval)
                }
                Err(trouble) => {
                    let least = trouble.judge(AFTER_LISTENER)?;
                    tracing::warn!(device.id = self.phone.row.id, error = %trouble, "the history could not be compared");
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
                if woke == crate::supervision::Woke::Nudged || Instant::now() >= end {
                    break;
                }
                cx.tried();
            }
        }
    }
}
