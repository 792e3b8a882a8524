//! What the three loops of one phone share.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use secrecy::ExposeSecret as _;
use tokio::sync::OnceCell;

use super::client::{CallError, Client, words};
use super::crypto::E2eKey;
use super::decode::{self, Undecodable};
use super::gate::Closed;
use super::plan::raw_key;
use crate::config::BaseUrl;
use crate::domain::refusal::Refusal;
use crate::domain::source::{SourceKey, SourceRef};
use crate::domain::time::UnixMs;
use crate::pipeline::inbox::{Deliver, Delivery, Inbox, Taken};
use crate::sources::claim::Claim;
use crate::store::lease::Lease;
use crate::store::pushbullet::history::Read;
use crate::store::pushbullet::{Idens, PushbulletPhone};
use crate::store::{Store, StoreError};
use crate::supervision::{Handle, Nudger, Park};
use crate::telemetry::names;

/// How long the inbox may take to commit.
const STORED_WITHIN: Duration = Duration::from_secs(10);
/// Of something that cannot be read, so much is kept.
const RAW_MAX: usize = 64 * 1024;
/// Deliveries in one message to the inbox.
pub(super) const CHUNK: usize = 500;

/// How the phones are listened to.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The HTTP API.
    pub api_url: BaseUrl,
    /// The event stream, to which the token is added.
    pub stream_url: BaseUrl,
    /// A stream without a frame for this long is dead.
    pub silence_timeout: Duration,
    /// How often the history is compared.
    pub sync_interval: Duration,
}

/// What the three loops of one phone share.
pub(super) struct Phone {
    pub(super) row: PushbulletPhone,
    pub(super) settings: Settings,
    pub(super) store: Store,
    pub(super) client: Client,
    pub(super) validator: Nudger,
    inbox: Handle<Inbox>,
    claim: Claim,
    identity: OnceCell<Identity>,
    /// Held from reading what is known to storing what is not: the stream and the history may tell of one message at once.
    pub(super) turn: tokio::sync::Mutex<()>,
    asked: Mutex<BTreeSet<String>>,
    fetched: Mutex<HashMap<String, (tokio::time::Instant, Fetched)>>,
}

/// A conversation as it was read: its incoming messages, oldest first, with their texts.
#[derive(Clone, Debug, Default)]
pub(super) struct Fetched {
    pub(super) read: Vec<Read>,
    pub(super) bodies: Vec<String>,
    /// The number of who writes in it; empty where unknown.
    pub(super) sender: String,
}

/// Who the phone is upstream.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) iden: String,
    pub(super) source: SourceRef,
    pub(super) key: Option<E2eKey>,
}

/// Why a loop's work was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    /// There may be no call now.
    #[error("{}", words(.0))]
    Closed(Closed),
    /// People must do something first.
    #[error("{0}")]
    Misconfigured(String),
    /// It may work later.
    #[error("{0}")]
    Failed(String),
}

impl From<CallError> for Trouble {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Closed(closed) => Self::Closed(closed),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl Trouble {
    /// What a loop does about it: parks, where trying soon would do no good; else it waits at least this long.
    ///
    /// `after` has a loop come back later than another of the same phone, so that a refused token costs one call.
    pub(super) fn judge(&self, after: Duration) -> Result<Option<Duration>, Park> {
        match self {
            Self::Closed(Closed::Refused { retry_in, .. }) => {
                Err(Park::retried_in(self.to_string(), *retry_in + Duration::from_secs(1) + after))
            }
            Self::Closed(Closed::Limited { retry_in }) => Ok(Some(*retry_in)),
            Self::Misconfigured(words) => Err(Park::new(words.clone())),
            Self::Failed(_) => Ok(None),
        }
    }
}

impl Phone {
    pub(super) fn new(
        row: PushbulletPhone,
        settings: Settings,
        store: Store,
        client: Client,
        inbox: Handle<Inbox>,
        validator: Nudger,
        claim: Claim,
    ) -> Self {
        Self {
            row,
            settings,
            store,
            client,
            validator,
            inbox,
            claim,
            identity: OnceCell::new(),
            turn: tokio::sync::Mutex::default(),
            asked: Mutex::default(),
            fetched: Mutex::default(),
        }
    }

    pub(super) fn lease(&self) -> Option<&Lease> {
        self.claim.lease()
    }

    /// Whether this process may still run the phone.
    pub(super) fn is_ours(&self) -> bool {
        self.claim.is_good()
    }

    /// Who the phone is, asked of Pushbullet where the row does not say.
    pub(super) async fn identity(&self) -> Result<&Identity, Trouble> {
        self.identity.get_or_try_init(|| self.identify()).await
    }

    async fn identify(&self) -> Result<Identity, Trouble> {
        let row = &self.row;
        let needs_user = row.password.is_some() || row.device_iden.is_none();
        let user = match &row.user_iden {
            Some(user) => Some(user.clone()),
            None if needs_user => {
                Some(decode::user_iden(&self.client.get("/v2/users/me").await?).map_err(CallError::from)?)
            }
            None => None,
        };
        let iden = match &row.device_iden {
            Some(iden) => iden.clone(),
            None => the_one_phone(&self.client.get("/v2/devices").await?)?,
        };
        let idens = Idens { device: iden.clone(), user: user.clone() };
        let source = match self.store.identify_pushbullet(row.id, &idens, self.lease()).await {
            Err(StoreError::Refused(Refusal::Conflict(words))) => return Err(Trouble::Misconfigured(words)),
            done => done?,
        };
        let key = match (&row.password, &user) {
            (Some(password), Some(user)) => Some(E2eKey::of(password.expose_secret(), user)),
            _ => None,
        };
        Ok(Identity { iden, source, key })
    }

    /// Stores deliveries; answers after the commit.
    pub(super) async fn deliver(&self, identity: &Identity, deliveries: Vec<Delivery>) -> Result<Vec<Taken>, Trouble> {
        if !self.is_ours() {
            return Err(Trouble::Failed("another process may run this phone by now".to_owned()));
        }
        let line = self.row.line.clone();
        let deliver = Deliver::new(identity.source, line, true, deliveries).under(self.lease().cloned());
        match self.inbox.ask(deliver, STORED_WITHIN).await {
            Ok(Ok(taken)) => Ok(taken),
            Ok(Err(refusal)) => Err(Trouble::Failed(format!("the inbox could not store it: {refusal}"))),
            Err(error) => Err(Trouble::Failed(format!("the inbox did not answer: {error}"))),
        }
    }

    /// Stores what cannot be read, for people to see. The same thing again is one.
    pub(super) async fn quarantine(&self, identity: &Identity, bad: Vec<Undecodable>) -> Result<(), Trouble> {
        if bad.is_empty() {
            return Ok(());
        }
        let now = self.store.now();
        let count = u64::try_from(bad.len()).unwrap_or(u64::MAX);
        metrics::counter!(names::PUSHBULLET_UNDECODABLE).increment(count);
        tracing::warn!(device.id = self.row.id, count, why = %bad[0].why, "Pushbullet sent what cannot be read; it is quarantined");
        let deliveries = bad.into_iter().map(|Undecodable { why, mut raw }| {
            let key = raw_key(&identity.iden, &raw);
            raw.truncate(RAW_MAX);
            Delivery { raw: Some(raw), quarantine: Some(why), text: None, ..delivery(key, now) }
        });
        self.deliver(identity, deliveries.collect()).await.map(drop)
    }

    /// A delivery of a message with a text.
    pub(super) fn message(&self, key: SourceKey, sender: &str, body: &str, at: UnixMs) -> Delivery {
        let now = self.store.now();
        Delivery {
            sender: sender.to_owned(),
            is_sender_provisional: false,
            text: Some(body.to_owned()),
            // A phone whose clock is ahead has received nothing in the future.
            received_at: at.min(now),
            // The history is whole seconds: what came in the second of adding is not old.
            old_event: at.0.saturating_add(999) < self.row.created_at.0,
            ..delivery(key, now)
        }
    }

    /// The stream named this conversation: its history is to be read.
    pub(super) fn ask_for(&self, thread_id: &str) {
        lock(&self.asked).insert(thread_id.to_owned());
    }

    pub(super) fn take_asked(&self) -> BTreeSet<String> {
        std::mem::take(&mut *lock(&self.asked))
    }

    /// Keeps what one loop has read for the other.
    pub(super) fn hand_over(&self, thread_id: &str, fetched: Fetched) {
        lock(&self.fetched).insert(thread_id.to_owned(), (tokio::time::Instant::now(), fetched));
    }

    /// What the other loop has read within `fresh`; what is older is dropped.
    pub(super) fn handed_over(&self, fresh: Duration) -> HashMap<String, Fetched> {
        let taken = std::mem::take(&mut *lock(&self.fetched));
        taken
            .into_iter()
            .filter(|(_, (at, _))| at.elapsed() <= fresh)
            .map(|(thread, (_, fetched))| (thread, fetched))
            .collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn delivery(key: SourceKey, received_at: UnixMs) -> Delivery {
    Delivery {
        key,
        external_id: None,
        format: "pushbullet",
        sender: String::new(),
        is_sender_provisional: false,
        text: None,
        line: None,
        received_at,
        raw: None,
        quarantine: None,
        old_event: false,
    }
}

fn the_one_phone(devices: &[u8]) -> Result<String, Trouble> {
    let devices = decode::devices(devices).map_err(CallError::from)?;
    let mut phones: Vec<String> =
        devices.into_iter().filter(|device| device.has_sms).map(|device| device.iden).collect();
    match phones.len() {
        1 => Ok(phones.remove(0)),
        0 => Err(Trouble::Misconfigured(
            "the account has no active phone that shows its SMS: turn SMS sync on in the phone's Pushbullet app"
                .to_owned(),
        )),
        _ => Err(Trouble::Misconfigured(format!(
            "the account has several phones with SMS ({}): add each with its device_iden",
            phones.join(", ")
        ))),
    }
}

impl std::fmt::Debug for Phone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Phone").field("id", &self.row.id).finish_non_exhaustive()
    }
}
