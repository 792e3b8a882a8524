//! Shooter devices: phones that post their SMS to us.

use std::collections::{BTreeMap, HashMap};

use entity::shooter_device;
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait};
use sea_orm::{PaginatorTrait as _, QueryFilter, QueryOrder, QuerySelect};
use secrecy::ExposeSecret as _;
use serde_json::json;

use super::device_trust::{hold, release};
use super::settings::{Revised, raise_revision, revision};
use super::sms_return::actor_of;
use super::{Done, Lock, Store, StoreError, audit, count_if, event, lock};
use crate::contract::caller::{Answer, Caller};
use crate::contract::device::{Device, DeviceInput, NewDevice, TrustedDevice};
use crate::contract::page::{Page, PageRequest};
use crate::domain::refusal::Refusal;
use crate::domain::time::UnixMs;
use crate::secrets::{Place, hash_token, new_token};

/// What ingestion knows of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownDevice {
    /// Ours.
    pub id: i64,
    /// Its own number or label.
    pub line: Option<String>,
    /// Whether its messages flow.
    pub trusted: bool,
    /// Its signing secret.
    pub secret: Option<DeviceSecret>,
}

/// A signing secret; never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceSecret(pub String);

impl std::fmt::Debug for DeviceSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceSecret(...)")
    }
}

/// All devices as ingestion looks for them.
#[derive(Clone, Debug, Default)]
pub struct KnownDevices {
    /// [`Revised::Devices`] when they were read, or an older one.
    pub revision: i64,
    /// By the SHA-256 of the token in their URL.
    pub by_token: HashMap<[u8; 32], KnownDevice>,
    /// Those that registered themselves and are not trusted, by the name they gave.
    pub enrolled: HashMap<String, KnownDevice>,
}

impl Store {
    /// A page of the devices.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn device_page(&self, page: PageRequest) -> Result<Page<Device>, StoreError> {
        let mut find = shooter_device::Entity::find();
        let total = count_if(page.count, &find, self.reader()).await?;
        if let Some(before) = page.before {
            find = find.filter(shooter_device::Column::Id.lt(before));
        }
        let limit = u64::from(page.limit) + 1;
        let rows = find.order_by_desc(shooter_device::Column::Id).limit(limit).all(self.reader()).await?;
        Ok(Page::of(rows.into_iter().map(view).collect(), page.limit, total, |device: &Device| device.id))
    }

    /// All devices as ingestion looks for them.
    ///
    /// # Errors
    /// Where the database fails or a secret does not open.
    pub async fn known_devices(&self) -> Result<KnownDevices, StoreError> {
        // The revision first: a change in between is then read twice, never missed.
        let mut known = KnownDevices { revision: self.devices_revision().await?, ..KnownDevices::default() };
        for row in shooter_device::Entity::find().all(self.reader()).await? {
            let device = self.known(&row)?;
            if row.enrolled {
                // Anybody with the enrolment token can give its name: nobody is trusted by it.
                if !row.trusted {
                    known.enrolled.insert(row.name, device);
                }
                continue;
            }
            let hash = row.token_hash.as_slice().try_into();
            let hash = hash.map_err(|_| StoreError::corrupt("shooter_device.token_hash", format!("row {}", row.id)))?;
            known.by_token.insert(hash, device);
        }
        Ok(known)
    }

    /// The revision of the devices: moves with every change that ingestion must know of.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn devices_revision(&self) -> Result<i64, StoreError> {
        revision(self.reader(), Revised::Devices).await
    }

    fn known(&self, row: &shooter_device::Model) -> Result<KnownDevice, StoreError> {
        let open = |sealed: &Vec<u8>| {
            let place = Place::new("shooter_device", &row.id, "secret");
            let secret = self.secrets().open_text(&place, sealed);
            secret.map_err(|error| StoreError::corrupt("shooter_device.secret", format!("row {}: {error}", row.id)))
        };
        let secret = row.secret.as_ref().map(open).transpose()?;
        Ok(KnownDevice {
            id: row.id,
            line: row.line.clone(),
            trusted: row.trusted,
            secret: secret.map(|secret| DeviceSecret(secret.expose_secret().to_owned())),
        })
    }

    /// Adds a trusted device that `token` stands for: 201 with the [`NewDevice`].
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn add_device(
        &self,
        caller: &Caller,
        input: &DeviceInput,
        token: &str,
        ingest_urls: BTreeMap<String, String>,
    ) -> Result<Answer, Refusal> {
        let now = self.now();
        self.command(caller, "shooter_device.add", async |txn| {
            lock(txn, Lock::Key(Revised::Devices.key().as_bytes())).await?;
            let row = new_row(&input.name, input.line.clone(), token, true, now);
            let id = shooter_device::Entity::insert(row).exec(txn).await?.last_insert_id;
            if let Some(secret) = &input.secret {
                self.seal_secret(txn, id, secret).await?;
            }
            raise_revision(txn, Revised::Devices, now).await?;
            let device = Device {
                id,
                name: input.name.clone(),
                line: input.line.clone(),
                trusted: true,
                enrolled: false,
                signed: input.secret.is_some(),
                last_seen_at: None,
                silent_since: None,
                created_at: now,
            };
            let detail = json!({ "name": device.name, "line": device.line, "signed": device.signed });
            let new = NewDevice { device, device_token: token.to_owned(), ingest_urls };
            Ok(Done { answer: Answer::new(201, &new)?, subject: format!("shooter_device/{id}"), detail })
        })
        .await
    }

    async fn seal_secret(&self, txn: &DatabaseTransaction, id: i64, secret: &str) -> Result<(), StoreError> {
        let place = Place::new("shooter_device", &id, "secret");
        let sealed = self.secrets().seal(&place, secret.as_bytes());
        let sealed = sealed.map_err(|error| StoreError::corrupt("a secret to be sealed", error))?;
        let row = shooter_device::ActiveModel { id: Set(id), secret: Set(Some(sealed)), ..Default::default() };
        shooter_device::Entity::update(row).exec(txn).await?;
        Ok(())
    }

    /// Deletes a device: 204. Its messages stay.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where there is none; else where the store cannot commit.
    pub async fn delete_device(&self, caller: &Caller, id: i64) -> Result<Answer, Refusal> {
        let now = self.now();
        self.command(caller, "shooter_device.delete", async |txn| {
            lock(txn, Lock::Key(Revised::Devices.key().as_bytes())).await?;
            let row = device_row(txn, id).await?;
            shooter_device::Entity::delete_by_id(id).exec(txn).await?;
            raise_revision(txn, Revised::Devices, now).await?;
            let detail = json!({ "name": row.name, "line": row.line, "trusted": row.trusted });
            Ok(Done { answer: Answer::no_content(), subject: format!("shooter_device/{id}"), detail })
        })
        .await
    }

    /// Trusts a device and lets its held messages flow, or holds those of its messages that are not final: 200 with the
    /// [`TrustedDevice`].
    ///
    /// One that registered itself is known by its name and the token that all share, so that any of them could speak for it.
    /// With the trust it becomes a device that `own` stands for, and that name is nobody's again.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where there is none; else where the store cannot commit.
    pub async fn set_trust(
        &self,
        caller: &Caller,
        id: i64,
        trusted: bool,
        own: (String, BTreeMap<String, String>),
    ) -> Result<Answer, Refusal> {
        let now = self.now();
        let action = if trusted { "shooter_device.trust" } else { "shooter_device.distrust" };
        self.command(caller, action, async |txn| {
            lock(txn, Lock::Key(Revised::Devices.key().as_bytes())).await?;
            let mut row = device_row(txn, id).await?;
            let mut change = shooter_device::ActiveModel { id: Set(id), trusted: Set(trusted), ..Default::default() };
            let own = Some(own).filter(|_| trusted && row.enrolled);
            if let Some((token, _)) = &own {
                change.token_hash = Set(hash_token(token).to_vec());
                change.enrolled = Set(false);
                row.enrolled = false;
            }
            shooter_device::Entity::update(change).exec(txn).await?;
            raise_revision(txn, Revised::Devices, now).await?;
            let actor = actor_of(caller);
            let detail = if trusted {
                json!({ "name": row.name, "own_token": own.is_some(), "released": release(txn, now, &actor, Some(id)).await? })
            } else {
                json!({ "name": row.name, "held": hold(txn, now, &actor, id).await? })
            };
            row.trusted = trusted;
            let (device_token, ingest_urls) = own.unzip();
            let device = TrustedDevice { device: view(row), device_token, ingest_urls };
            Ok(Done { answer: Answer::new(200, &device)?, subject: format!("shooter_device/{id}"), detail })
        })
        .await
    }

    /// Finds the self-registered device of that name that is not trusted, or makes it, with a token that nobody is told.
    ///
    /// # Errors
    /// [`Refusal::TooMany`] where `at_most` wait for trust already; else where the store cannot commit.
    pub async fn enrol_device(&self, name: &str, at_most: u64) -> Result<KnownDevice, StoreError> {
        let now = self.now();
        self.write(async |txn| {
            lock(txn, Lock::Key(Revised::Devices.key().as_bytes())).await?;
            let waiting = shooter_device::Entity::find()
                .filter(shooter_device::Column::Enrolled.eq(true))
                .filter(shooter_device::Column::Trusted.eq(false));
            if let Some(row) = waiting.clone().filter(shooter_device::Column::Name.eq(name)).one(txn).await? {
                return self.known(&row);
            }
            if waiting.count(txn).await? >= at_most {
                return Err(Refusal::TooMany(format!(
                    "{at_most} phones that registered themselves wait for trust already: trust or delete some"
                ))
                .into());
            }
            let row = new_row(name, None, &new_token(), false, now);
            let id = shooter_device::Entity::insert(row).exec(txn).await?.last_insert_id;
            raise_revision(txn, Revised::Devices, now).await?;
            let subject = format!("shooter_device/{id}");
            let action = "shooter_device.enrol";
            audit::append(txn, now, "enrolment", action, &subject, &json!({ "name": name })).await?;
            event::append(txn, now, event::of_change(action, &subject).into_iter().collect()).await?;
            Ok(KnownDevice { id, line: None, trusted: false, secret: None })
        })
        .await
    }
}

async fn device_row(txn: &DatabaseTransaction, id: i64) -> Result<shooter_device::Model, StoreError> {
    let row = shooter_device::Entity::find_by_id(id).one(txn).await?;
    row.ok_or_else(|| Refusal::NotFound(format!("there is no shooter device {id}")).into())
}

fn new_row(name: &str, line: Option<String>, token: &str, trusted: bool, now: UnixMs) -> shooter_device::ActiveModel {
    shooter_device::ActiveModel {
        id: NotSet,
        name: Set(name.to_owned()),
        line: Set(line),
        token_hash: Set(hash_token(token).to_vec()),
        secret: Set(None),
        trusted: Set(trusted),
        // A device that an operator adds is trusted; one that adds itself is not, until an operator says so.
        enrolled: Set(!trusted),
        created_at: Set(now.0),
        last_seen_at: Set(None),
        rhythm: Set(None),
        silent_since: Set(None),
    }
}

fn view(row: shooter_device::Model) -> Device {
    Device {
        id: row.id,
        name: row.name,
        line: row.line,
        trusted: row.trusted,
        enrolled: row.enrolled,
        signed: row.secret.is_some(),
        last_seen_at: row.last_seen_at.map(UnixMs),
        silent_since: row.silent_since.map(UnixMs),
        created_at: UnixMs(row.created_at),
    }
}

#[cfg(test)]
mod tests;
