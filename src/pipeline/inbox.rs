//! Stores every delivery for good before anybody is told that it was taken.
//!
//! Group commit: whatever queued up while the last commit was written goes into the next one. No timer: lingering would
//! cost latency and gain nothing.

use crate::telemetry::names;
use std::sync::Arc;
use std::time::Duration;

use actix::Message;
use tokio::sync::oneshot;

use crate::domain::identity::{self, Fingerprint};
use crate::domain::refusal::Refusal;
use crate::domain::sender::Sender;
use crate::domain::source::{SourceKey, SourceRef};
use crate::domain::text::fingerprint_text;
use crate::domain::time::UnixMs;
use crate::store::Store;
use crate::store::lease::Lease;
use crate::supervision::{Child, Context, Nudger, Serve, Serving};

/// The kind of this actor.
pub const KIND: &str = "inbox";

/// Deliveries in one commit at most: enough to share the disk's flush, few enough to keep it short.
const COMMIT_MAX: usize = 2_000;

type Answered = Result<Vec<Taken>, Refusal>;

/// The actor.
#[derive(Debug)]
pub struct Inbox {
    store: Store,
    validator: Nudger,
    window: Duration,
    queue: Vec<(Deliver, oneshot::Sender<Answered>)>,
}

impl Inbox {
    /// An inbox that joins what came within `window` on one line, and wakes the validator.
    #[must_use]
    pub fn new(store: Store, validator: Nudger, window: Duration) -> Self {
        Self { store, validator, window, queue: Vec::new() }
    }

    fn queued(&self) -> usize {
        self.queue.iter().map(|(deliver, _)| deliver.deliveries().len().max(1)).sum()
    }

    /// Commits everything that is queued and answers it, and says whether that was stored. Nobody is answered before the
    /// commit.
    async fn commit(&mut self) -> bool {
        let (batch, replies): (Vec<Deliver>, Vec<_>) = std::mem::take(&mut self.queue).into_iter().unzip();
        let began = tokio::time::Instant::now();
        let batch: Arc<[Deliver]> = batch.into();
        let taken = self.store.take(Arc::clone(&batch), self.window).await;
        let messages = batch.iter().map(|deliver| deliver.deliveries().len()).sum::<usize>();
        metrics::histogram!(names::INBOX_COMMIT_SECONDS).record(began.elapsed());
        metrics::histogram!(names::INBOX_COMMIT_MESSAGES).record(u32::try_from(messages).unwrap_or(u32::MAX));
        match taken {
            Ok(taken) => {
                self.answer(&batch, replies, taken.into_iter().map(Ok));
                true
            }
            // One request's fault is not the others': each is tried alone, and only the faulty one refused.
            Err(error) if batch.len() > 1 && !error.is_transient() => {
                let mut answers = Vec::with_capacity(batch.len());
                for deliver in batch.iter() {
                    let alone = self.store.take(Arc::new([deliver.clone()]), self.window).await;
                    answers.push(alone.map(|mut taken| taken.pop().unwrap_or_default()).map_err(Refusal::from));
                }
                let stored = answers.iter().any(Result::is_ok);
                self.answer(&batch, replies, answers.into_iter());
                stored
            }
            Err(error) => {
                let refusal = Refusal::from(error);
                let refusals = vec![Err(refusal); batch.len()];
                self.answer(&batch, replies, refusals.into_iter());
                false
            }
        }
    }

    fn answer(
        &self,
        batch: &[Deliver],
        replies: Vec<oneshot::Sender<Answered>>,
        answers: impl Iterator<Item = Answered>,
    ) {
        let mut stored = false;
        for ((deliver, reply), answer) in batch.iter().zip(replies).zip(answers) {
            if let Ok(taken) = &answer {
                count(deliver.source, taken);
                stored |= taken.iter().any(|taken| taken.status == TakenAs::Stored);
            }
            // A caller that has gone away asks again, and gets the same answer.
            drop(reply.send(answer));
        }
        if stored {
            self.validator.nudge();
        }
    }
}

fn count(source: SourceRef, taken: &[Taken]) {
    for status in TakenAs::ALL {
        let count = taken.iter().filter(|taken| taken.status == *status).count();
        if count > 0 {
            let count = u64::try_from(count).unwrap_or(u64::MAX);
            metrics::counter!(names::SMS_INGESTED, "source" => source.kind.as_str(), "status" => status.as_str())
                .increment(count);
        }
    }
}

impl Child for Inbox {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        loop {
            let Some(first) = cx.receive_or_stopped().await else { return Ok(()) };
            first.apply(self, cx).await;
            while self.queued() < COMMIT_MAX {
                let Some(next) = cx.try_receive() else { break };
                next.apply(self, cx).await;
            }
            if !self.queue.is_empty() {
                cx.message_seen();
                if !self.commit().await {
                    // Refusing is work, but no success: the last success is that of the last commit.
                    cx.progress();
                    continue;
                }
            }
            cx.succeeded();
        }
    }
}

impl Serve<Deliver> for Inbox {
    fn serve<'a>(&'a mut self, msg: Deliver, _cx: &'a mut Context<Self>) -> Serving<'a, Answered> {
        if msg.deliveries().is_empty() {
            return Serving::ready(Ok(Vec::new()));
        }
        let (reply, answer) = oneshot::channel();
        self.queue.push((msg, reply));
        Serving::detached(async move {
            answer.await.unwrap_or_else(|_| {
                Err(Refusal::Unavailable("the inbox restarted before it could say; send it again".to_owned()))
            })
        })
    }
}

impl Serve<Beat> for Inbox {
    fn serve<'a>(&'a mut self, _msg: Beat, _cx: &'a mut Context<Self>) -> Serving<'a, Result<(), Refusal>> {
        Serving::exclusive(async move {
            self.store.send_heartbeat().await?;
            self.validator.nudge();
            Ok(())
        })
    }
}

/// One delivery of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its key within its source.
    pub key: SourceKey,
    /// The source's own id of it, echoed in the answer.
    pub external_id: Option<String>,
    /// The wire format.
    pub format: &'static str,
    /// Who sent it, as the source wrote it; empty where unknown.
    pub sender: String,
    /// `sender` is a contact's or a channel's name: it stands until another sighting names the number.
    pub is_sender_provisional: bool,
    /// The text as the phone meant it. None: undecodable, `raw` says what came and `quarantine` why.
    pub text: Option<String>,
    /// The receiving handset, where the message names one; else the source's.
    pub line: Option<String>,
    /// When the phone received it.
    pub received_at: UnixMs,
    /// The body as it arrived, where it is more than the text.
    pub raw: Option<Vec<u8>>,
    /// Why it cannot be read: it is stored as `quarantined`.
    pub quarantine: Option<String>,
    /// It happened long before it reached us: flagged `old_event`.
    pub old_event: bool,
}

/// Deliveries of one source, stored together: all or none.
#[derive(Clone, Debug, Message)]
#[rtype(result = "Result<Vec<Taken>, Refusal>")]
pub struct Deliver {
    /// The source.
    pub source: SourceRef,
    /// Its line.
    pub line: Option<String>,
    /// Whether the source is trusted; messages of one that is not are held.
    pub trusted: bool,
    /// The right to run the source, where several processes could: without it, nothing is stored.
    pub lease: Option<Lease>,
    deliveries: Vec<Delivery>,
    identities: Vec<Identity>,
}

/// What tells whether two deliveries are one message.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The sender in comparable form; empty where it is unknown or provisional.
    pub sender_key: String,
    /// The provisional name in comparable form; empty where there is none.
    pub provisional_key: String,
    /// Line and text.
    pub fingerprint: Fingerprint,
}

impl Deliver {
    /// `deliveries` in the order of their arrival. Hashes their texts, so that whoever brings them does that work and not
    /// the one inbox.
    #[must_use]
    pub fn new(source: SourceRef, line: Option<String>, trusted: bool, deliveries: Vec<Delivery>) -> Self {
        let identify = |delivery: &Delivery| {
            let line = delivery.line.as_deref().or(line.as_deref());
            let text = match (&delivery.text, &delivery.raw) {
                (Some(text), _) => fingerprint_text(text),
                // What cannot be read is compared by its bytes.
                (None, raw) => hex::encode(raw.as_deref().unwrap_or_default()),
            };
            let sender = Sender::of(&delivery.sender, delivery.is_sender_provisional);
            Identity {
                sender_key: sender.key.into_owned(),
                provisional_key: sender.provisional_key.into_owned(),
                fingerprint: identity::fingerprint(line, source, &text),
            }
        };
        let identities = deliveries.iter().map(identify).collect();
        Self { source, line, trusted, lease: None, deliveries, identities }
    }

    /// To be stored only while `lease` holds.
    #[must_use]
    pub fn under(mut self, lease: Option<Lease>) -> Self {
        self.lease = lease;
        self
    }

    /// The deliveries, in the order of their arrival.
    #[must_use]
    pub fn deliveries(&self) -> &[Delivery] {
        &self.deliveries
    }

    /// Each with what tells whether it is one message with another.
    pub fn identified(&self) -> impl Iterator<Item = (&Delivery, &Identity)> {
        self.deliveries.iter().zip(&self.identities)
    }
}

crate::text_enum! {
    /// What became of a delivery.
    pub enum TakenAs {
        /// A new sighting was stored.
        Stored = "stored",
        /// This delivery came before; answered as then.
        Duplicate = "duplicate",
        /// Stored, and held until its device is trusted.
        Held = "held",
        /// No message: counted and left.
        Ignored = "ignored",
    }
}

/// What became of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The message it brought, where it brought one.
    pub sms_id: Option<i64>,
    /// How it was taken.
    pub status: TakenAs,
}

/// Puts the heartbeat's message at the start of the pipeline.
#[derive(Debug, Message)]
#[rtype(result = "Result<(), Refusal>")]
pub struct Beat;
