//! Owns the shooter devices: phones that post their SMS to us.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix::Message;
use jiff::tz::TimeZone;

use super::device_book::{DeviceBook, FRESH};
use super::fields::Fields;
use crate::contract::caller::{Answer, Caller};
use crate::contract::device::{Device, DeviceInput};
use crate::contract::page::{Page, PageRequest};
use crate::domain::refusal::Refusal;
use crate::secrets::{hash_token, new_token};
use crate::sources::shooter::{Format, ingest_url, signing_key_of};
use crate::store::device::KnownDevices;
pub use crate::store::device::{DeviceSecret, KnownDevice};
use crate::store::{Store, StoreError};
use crate::supervision::{Child, Context, Nudger, Serve, Serving};

/// The kind of this actor, and its id.
pub const KIND: &str = "device_registry";

/// How often `last_seen_at` is brought up to date, and silence judged.
const PERIOD: Duration = Duration::from_mins(1);
/// How soon a round that failed is done again.
const AGAIN: Duration = Duration::from_secs(5);

/// The default of `shooter.enrolled_max`.
const ENROLLED_MAX: u32 = 100;

/// The actor. Keeps all devices in memory, in a book that HTTP reads, since every delivery looks for one.
#[derive(Debug)]
pub struct DeviceRegistry {
    store: Store,
    /// Wakes what reads the messages that a trusted device let go.
    whitelist_validator: Nudger,
    /// What phones are told: `https://recon.example.com`, without a slash at its end.
    public_url: String,
    /// The operators' time zone, in whose hours a phone's rhythm is kept.
    time_zone: TimeZone,
    /// Phones that registered themselves and wait for trust at most.
    enrolled_max: u32,
    book: DeviceBook,
}

impl DeviceRegistry {
    /// The actor over `store`. `public_url` is what the URLs for phones begin with: `service.public_url`, or
    /// `http://<service.bind>`. The hours of a phone's rhythm are hours of `time_zone`. What it knows of the devices it
    /// writes into `book`.
    #[must_use]
    pub fn new(
        store: Store,
        whitelist_validator: Nudger,
        public_url: &str,
        time_zone: TimeZone,
        book: DeviceBook,
    ) -> Self {
        let public_url = public_url.trim_end_matches('/').to_owned();
        Self { store, whitelist_validator, public_url, time_zone, enrolled_max: ENROLLED_MAX, book }
    }

    /// With another bound on the phones that registered themselves and wait for trust.
    #[must_use]
    pub fn enrolled_max(mut self, enrolled_max: u32) -> Self {
        self.enrolled_max = enrolled_max;
        self
    }

    fn ingest_urls(&self, token: &str) -> BTreeMap<String, String> {
        Format::ALL.iter().map(|format| (format.to_string(), ingest_url(&self.public_url, token, *format))).collect()
    }

    async fn add(&mut self, caller: &Caller, mut input: DeviceInput) -> Result<Answer, Refusal> {
        validate(&mut input)?;
        let token = new_token();
        let urls = self.ingest_urls(&token);
        let answer = self.store.add_device(caller, &input, &token, urls).await?;
        self.book.clear();
        Ok(answer)
    }

    async fn delete(&mut self, caller: &Caller, id: i64) -> Result<Answer, Refusal> {
        let answer = self.store.delete_device(caller, id).await?;
        self.book.clear();
        Ok(answer)
    }

    async fn trust(&mut self, caller: &Caller, id: i64, trusted: bool) -> Result<Answer, Refusal> {
        let token = new_token();
        let urls = self.ingest_urls(&token);
        let answer = self.store.set_trust(caller, id, trusted, (token, urls)).await?;
        self.book.clear();
        self.whitelist_validator.nudge();
        Ok(answer)
    }

    async fn enrol(&mut self, name: &str) -> Result<KnownDevice, Refusal> {
        let mut name = name.to_owned();
        let mut fields = Fields::default();
        fields.text("device", &mut name, 100);
        fields.done()?;
        if let Some(device) = self.devices(FRESH).await?.enrolled.get(&name) {
            return Ok(device.clone());
        }
        let device = self.store.enrol_device(&name, u64::from(self.enrolled_max)).await?;
        self.book.clear();
        Ok(device)
    }

    async fn find(&mut self, token: &str) -> Result<Option<KnownDevice>, Refusal> {
        let hash = hash_token(token);
        if let Some(device) = self.devices(FRESH).await?.by_token.get(&hash) {
            return Ok(Some(device.clone()));
        }
        // Another process may have added it this very second.
        Ok(self.devices(Duration::ZERO).await?.by_token.get(&hash).cloned())
    }

    /// The devices as they were at most `fresh` ago.
    async fn devices(&mut self, fresh: Duration) -> Result<Arc<KnownDevices>, StoreError> {
        if let Some(devices) = self.book.checked_within(fresh) {
            return Ok(devices);
        }
        let current = match self.book.last() {
            Some(devices) if self.store.devices_revision().await? == devices.revision => devices,
            _ => Arc::new(self.store.known_devices().await?),
        };
        self.book.write(Arc::clone(&current));
        Ok(current)
    }

    async fn round(&mut self) -> Result<(), StoreError> {
        self.store.note_devices_seen(&self.time_zone).await?;
        for hearing in self.store.judge_silence(&self.time_zone).await? {
            let (id, name) = (hearing.id, hearing.name);
            if let Some(since) = hearing.silent_since {
                tracing::warn!(device.id = id, device.name = name, silent.since = %since, "a phone is silent for longer than usual");
            } else {
                tracing::info!(device.id = id, device.name = name, "a phone is not missed any more");
            }
        }
        if self.store.release_trusted().await? > 0 {
            self.whitelist_validator.nudge();
        }
        Ok(())
    }
}

/// Trims the input's texts and checks them.
fn validate(input: &mut DeviceInput) -> Result<(), Refusal> {
    let mut fields = Fields::default();
    fields.text("name", &mut input.name, 100);
    fields.text_if_given("line", &mut input.line, 64);
    if let Some(secret) = &input.secret {
        let length = secret.chars().count();
        if length == 0 || length > 256 {
            fields.refuse("secret", "must have 1 to 256 characters");
        } else if secret.trim() != secret || secret.chars().any(char::is_control) {
            fields.refuse("secret", "must not begin or end with white space or contain control characters");
        } else if let Err(why) = signing_key_of(secret) {
            fields.refuse("secret", why);
        }
    }
    fields.done()
}

impl Child for DeviceRegistry {
    async fn run(&mut self, cx: &mut Context<Self>) -> anyhow::Result<()> {
        loop {
            let wait = match self.round().await {
                Ok(()) => {
                    cx.succeeded();
                    PERIOD
                }
                // Requests are answered all the same; health shows it once this loop's deadline is over.
                Err(error) => {
                    tracing::warn!(%error, "the device registry could not bring its devices up to date");
                    AGAIN
                }
            };
            if cx.stopping() {
                return Ok(());
            }
            cx.serve_until_nudged(self, wait).await;
        }
    }
}

impl Serve<ListDevices> for DeviceRegistry {
    fn serve<'a>(
        &'a mut self,
        msg: ListDevices,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<Page<Device>, Refusal>> {
        let store = self.store.clone();
        Serving::detached(async move { Ok(store.device_page(msg.page).await?) })
    }
}

impl Serve<AddDevice> for DeviceRegistry {
    fn serve<'a>(&'a mut self, msg: AddDevice, _cx: &'a mut Context<Self>) -> Serving<'a, Result<Answer, Refusal>> {
        Serving::exclusive(async move { self.add(&msg.caller, msg.device).await })
    }
}

impl Serve<DeleteDevice> for DeviceRegistry {
    fn serve<'a>(&'a mut self, msg: DeleteDevice, _cx: &'a mut Context<Self>) -> Serving<'a, Result<Answer, Refusal>> {
        Serving::exclusive(async move { self.delete(&msg.caller, msg.id).await })
    }
}

impl Serve<TrustDevice> for DeviceRegistry {
    fn serve<'a>(&'a mut self, msg: TrustDevice, _cx: &'a mut Context<Self>) -> Serving<'a, Result<Answer, Refusal>> {
        Serving::exclusive(async move { self.trust(&msg.caller, msg.id, msg.trusted).await })
    }
}

impl Serve<EnrolDevice> for DeviceRegistry {
    fn serve<'a>(
        &'a mut self,
        msg: EnrolDevice,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<KnownDevice, Refusal>> {
        Serving::exclusive(async move { self.enrol(&msg.name).await })
    }
}

impl Serve<FindDevice> for DeviceRegistry {
    fn serve<'a>(
        &'a mut self,
        msg: FindDevice,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<Option<KnownDevice>, Refusal>> {
        Serving::exclusive(async move { self.find(&msg.token).await })
    }
}

/// A page of the devices.
#[derive(Debug, Message)]
#[rtype(result = "Result<Page<Device>, Refusal>")]
pub struct ListDevices {
    /// Which page.
    pub page: PageRequest,
}

/// Adds a trusted device: 201 with the `NewDevice`.
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct AddDevice {
    /// Who asks.
    pub caller: Caller,
    /// The device.
    pub device: DeviceInput,
}

/// Deletes a device: 204. Its messages stay.
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct DeleteDevice {
    /// Who asks.
    pub caller: Caller,
    /// Which.
    pub id: i64,
}

/// Trusts a device, or not: 200 with the `TrustedDevice`.
#[derive(Debug, Message)]
#[rtype(result = "Result<Answer, Refusal>")]
pub struct TrustDevice {
    /// Who asks.
    pub caller: Caller,
    /// Which.
    pub id: i64,
    /// Whether its messages flow.
    pub trusted: bool,
}

/// Makes or finds the self-registered device of that name that waits for trust.
#[derive(Debug, Message)]
#[rtype(result = "Result<KnownDevice, Refusal>")]
pub struct EnrolDevice {
    /// What it calls itself.
    pub name: String,
}

/// Finds the device of a URL token; none where there is no such device.
#[derive(Debug, Message)]
#[rtype(result = "Result<Option<KnownDevice>, Refusal>")]
pub struct FindDevice {
    /// The token as it stands in the URL.
    pub token: String,
}

#[cfg(test)]
mod tests;
