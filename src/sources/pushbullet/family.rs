//! Spawns the loops of a phone.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;

use super::client::Client;
use super::listener::{self, Listener};
use super::missing_sms_sync::{self, MissingSmsSync};
use super::phone::{Phone, Settings};
use super::sms_id_sync::{self, SmsIdSync};
use crate::clock::Clock;
use crate::domain::source::SourceKind;
use crate::pipeline::inbox::Inbox;
use crate::sources::claim::Claim;
use crate::sources::family::{Family, Wanted, loop_id};
use crate::store::{Store, StoreError};
use crate::supervision::{Handle, Nudger, Spec, Supervision};

/// For so long health warns of messages that may be missing.
const GAP_SHOWN_FOR: Duration = Duration::from_hours(24);

/// The phones that are heard through Pushbullet.
#[derive(Clone, Debug)]
pub struct Pushbullet {
    store: Store,
    clock: Clock,
    inbox: Handle<Inbox>,
    validator: Nudger,
    settings: Settings,
}

impl Pushbullet {
    /// Phones whose messages go to `inbox`; `validator` is woken for one whose sender is known only later.
    #[must_use]
    pub fn new(store: Store, clock: Clock, inbox: Handle<Inbox>, validator: Nudger, settings: Settings) -> Self {
        Self { store, clock, inbox, validator, settings }
    }

    async fn phone(&self, id: i64, claim: Claim) -> anyhow::Result<Arc<Phone>> {
        let row = self.store.pushbullet_phone(id).await?;
        let row = row.ok_or_else(|| anyhow::anyhow!("this phone was deleted"))?;
        let client = Client::new(self.settings.api_url.clone(), row.token.clone(), self.clock.clone())?;
        let (store, inbox, validator) = (self.store.clone(), self.inbox.clone(), self.validator.clone());
        Ok(Arc::new(Phone::new(row, self.settings.clone(), store, client, inbox, validator, claim)))
    }
}

/// The phone of three loops, loaded by the first of them that needs it: they share the gate, which must outlive each.
#[derive(Clone)]
struct Shared {
    family: Pushbullet,
    id: i64,
    claim: Claim,
    phone: Arc<OnceCell<Arc<Phone>>>,
}

impl Shared {
    async fn phone(&self) -> anyhow::Result<Arc<Phone>> {
        let phone = self.phone.get_or_try_init(|| self.family.phone(self.id, self.claim.clone())).await?;
        Ok(Arc::clone(phone))
    }
}

impl Family for Pushbullet {
    fn kind(&self) -> SourceKind {
        SourceKind::Pushbullet
    }

    fn loops(&self) -> &'static [&'static str] {
        &[listener::KIND, missing_sms_sync::KIND, sms_id_sync::KIND]
    }

    fn wanted(&self) -> BoxFuture<'_, Result<Vec<Wanted>, StoreError>> {
        self.store.pushbullet_wanted().boxed()
    }

    fn warnings(&self) -> BoxFuture<'_, Result<Vec<String>, StoreError>> {
        async {
            let gaps = self.store.pushbullet_gaps(self.store.now().minus(GAP_SHOWN_FOR)).await?;
            let words = |(id, name)| format!("pushbullet/{id} ({name:?}) may have lost messages in the last 24 h");
            Ok(gaps.into_iter().map(words).collect())
        }
        .boxed()
    }

    /// Downstream first: each loop wakes the next.
    fn start(&self, supervision: &Supervision, source: Wanted, claim: &Claim) {
        let shared = Shared { family: self.clone(), id: source.id, claim: claim.clone(), phone: Arc::default() };
        let settings = &self.settings;
        let spec = |kind: &'static str, deadline: Duration| {
            Spec::new(loop_id(kind, source.id), kind).source().progress_deadline(deadline)
        };
        // A call takes up to 15 s, and its turn may come after two others.
        let deadline = settings.sync_interval * 2 + Duration::from_mins(1);

        let of = shared.clone();
        let sms_id_sync = supervision.spawn(spec(sms_id_sync::KIND, deadline), move || {
            let of = of.clone();
            async move { Ok(SmsIdSync::new(of.phone().await?)) }
        });
        let (of, wakes) = (shared.clone(), sms_id_sync.nudger());
        let missing_sms_sync = supervision.spawn(spec(missing_sms_sync::KIND, deadline), move || {
            let (of, wakes) = (of.clone(), wakes.clone());
            async move { Ok(MissingSmsSync::new(of.phone().await?, wakes)) }
        });
        let (of, wakes) = (shared, missing_sms_sync.nudger());
        // Stale in health within 90 s; opening may take 15 s and wait for two calls.
        let deadline = (settings.silence_timeout * 2).max(Duration::from_mins(1));
        supervision.spawn(spec(listener::KIND, deadline), move || {
            let (of, wakes) = (of.clone(), wakes.clone());
            async move { Ok(Listener::new(of.phone().await?, wakes)) }
        });
    }
}
