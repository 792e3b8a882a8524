//! Listens to the stream of one phone: each SMS that it tells of is stored at once, and the history is read after it.

use std::sync::Arc;
use std::time::Duration;

use super::backoff::Backoff;
use super::decode::{self, Frame, Notification, SmsChanged};
use super::phone::{Identity, Phone, Trouble};
use super::plan::{digest, is_number, streamed_key};
use super::stream::{Came, EventStream};
use crate::store::pushbullet::history::Streamed;
use crate::supervision::{Child, Context, Nudger};
use crate::telemetry::names;

/// The kind of this loop.
pub const KIND: &str = "pushbullet_listener";

/// What the inbox could not take is tried again; what it still cannot take the history brings.
const STORE_ATTEMPTS: u32 = 3;
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// Of a contact's name, so many characters are shown.
const TITLE_CHARS_MAX: usize = 64;

/// The actor.
#[derive(Debug)]
pub(super) struct Listener {
    phone: Arc<Phone>,
    missing_sms_sync: Nudger,
    backoff: Backoff,
}

/// Why a connection is over.
enum Over {
    /// The loop is to stop.
    Stop,
    /// The server asked for a new one.
    Renew,
    /// It was lost, and why.
    Lost(Trouble),
}

impl Listener {
    pub(super) fn new(phone: Arc<Phone>, missing_sms_sync: Nudger) -> Self {
        Self { phone, missing_sms_sync, backoff: Backoff::default() }
    }

    /// One connection from its opening to its end.
    async fn listen(&mut self, cx: &Context<Self>) -> Over {
        let phone = Arc::clone(&self.phone);
        match self.listen_to(&phone, cx).await {
            Ok(over) => over,
            Err(trouble) => Over::Lost(trouble),
        }
    }

    async fn listen_to(&mut self, phone: &Phone, cx: &Context<Self>) -> Result<Over, Trouble> {
        let mut refusals = phone.client.gate.refusals();
        let opened = async {
            let identity = phone.identity().await?;
            Ok::<_, Trouble>((identity, EventStream::open(phone).await?))
        };
        let (identity, mut stream) = tokio::select! {
            opened = opened => opened?,
            () = cx.stopped() => return Ok(Over::Stop),
        };
        tracing::info!(device.id = phone.row.id, "the stream is open");
        // Pushbullet took the token and answers: the phone is heard, though the next frame may take half a minute.
        cx.succeeded();
        // First the stream, then the history: what comes in between is in both.
        self.missing_sms_sync.nudge();
        let silence = phone.settings.silence_timeout;
        loop {
            let came = tokio::select! {
                came = stream.next(silence) => came,
                () = cx.stopped() => return Ok(Over::Stop),
                // Another loop of this phone was refused: the stream may live on, but the token does not.
                _ = refusals.wait_for(|refused| *refused) => {
                    drop(phone.client.gate.enter().await.map_err(Trouble::Closed)?);
                    continue;
                }
            };
            if !phone.is_ours() {
                return Err(Trouble::Failed("another process may run this phone by now".to_owned()));
            }
            match came {
                Came::End(why) => return Err(Trouble::Failed(format!("the stream ended: {why}"))),
                Came::Beat => {}
                Came::Text(text) => {
                    let frame = decode::frame(&text, identity.key.as_ref());
                    metrics::counter!(names::PUSHBULLET_FRAMES, "kind" => kind_of(&frame)).increment(1);
                    match frame {
                        Ok(Frame::Reconnect) => return Ok(Over::Renew),
                        Ok(Frame::SmsChanged(changed)) => self.take(phone, identity, changed, cx).await,
                        Ok(Frame::Nop | Frame::Other(_)) => {}
                        Err(bad) => warn(phone, phone.quarantine(identity, vec![bad]).await.err()),
                    }
                }
            }
            self.backoff.reset();
            cx.succeeded();
        }
    }

    async fn take(&self, phone: &Phone, identity: &Identity, changed: SmsChanged, cx: &Context<Self>) {
        if changed.device_iden.as_ref().is_some_and(|iden| *iden != identity.iden) {
            return;
        }
        cx.message_seen();
        // Where the phone is not named it may be another one's: the history of ours says.
        if changed.device_iden.is_some() {
            for notification in &changed.notifications {
                phone.ask_for(&notification.thread_id);
                if !notification.body.is_empty() {
                    warn(phone, self.store(phone, identity, notification).await.err());
                }
            }
        }
        warn(phone, phone.quarantine(identity, changed.bad).await.err());
        self.missing_sms_sync.nudge();
    }

    /// Stores one message of the stream unless it is known.
    async fn store(&self, phone: &Phone, identity: &Identity, told: &Notification) -> Result<(), Trouble> {
        let digest = digest(&told.body);
        let key = streamed_key(&identity.iden, &told.thread_id, told.at, &digest);
        let streamed = Streamed { thread_id: told.thread_id.clone(), digest, at: told.at, key: key.clone() };
        let _turn = phone.turn.lock().await;
        if !phone.store.note_streamed(identity.source, &streamed, phone.lease()).await? {
            return Ok(());
        }
        let threads = phone.store.pushbullet_threads(identity.source).await?;
        let known = threads.get(&told.thread_id).map(|thread| thread.sender.as_str()).filter(|known| !known.is_empty());
        let title: String = told.title.chars().filter(|c| !c.is_control()).take(TITLE_CHARS_MAX).collect();
        let mut delivery = phone.message(key, known.unwrap_or(title.trim()), &told.body, told.at);
        // A contact's name stands until the history, or another source, names the number.
        delivery.is_sender_provisional = known.is_none() && !is_number(&title);
        for attempt in 1.. {
            match phone.deliver(identity, vec![delivery.clone()]).await {
                Ok(_) => break,
                Err(trouble) if attempt == STORE_ATTEMPTS => return Err(trouble),
                Err(_) => tokio::time::sleep(STORE_PAUSE).await,
            }
        }
        phone.store.note_pushbullet_event(phone.row.id).await?;
        Ok(())
    }
}

/// What is lost here is in the history, which is read next.
fn warn(phone: &Phone, trouble: Option<Trouble>) {
    if let Some(trouble) = trouble {
        tracing::warn!(device.id = phone.row.id, error = %trouble, "what the stream told of could not be stored now");
    }
}

fn kind_of(frame: &Result<Frame, decode::Undecodable>) -> String {
    match frame {
        Ok(Frame::Nop) => "nop".to_owned(),
        Ok(Frame::Reconnect) => "reconnect".to_owned(),
        Ok(Frame::SmsChanged(_)) => "sms_changed".to_owned(),
        Ok(Frame::Other(_)) => "other".to_owned(),
        Err(_) => "undecodable".to_owned(),
    }
}

impl Child for Listener {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        loop {
            cx.tried();
            let least = match self.listen(cx).await {
                Over::Stop => return Ok(()),
                Over::Renew => None,
                Over::Lost(trouble) => {
                    let least = trouble.judge(Duration::ZERO)?;
                    tracing::warn!(device.id = self.phone.row.id, error = %trouble, "the stream is lost");
                    least
                }
            };
            let end = tokio::time::Instant::now() + self.backoff.pause().max(least.unwrap_or_default());
            while !cx.stopping() && tokio::time::Instant::now() < end {
                cx.tried();
                cx.serve_until_nudged(self, end.duration_since(tokio::time::Instant::now())).await;
            }
            if cx.stopping() {
                return Ok(());
            }
        }
    }
}
