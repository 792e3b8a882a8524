//! Templates, whitelisted senders and phones of an old server.

use entity::{phone, pushbullet_device, shooter_device, template, template_revision};
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::Batch;
use crate::domain::old_shooter::{OldContent, OldPhone, OldPushbulletDevice, OldRow, OldShooterDevice, OldTemplate};
use crate::domain::phone::comparable_sender;
use crate::domain::sms::Direction;
use crate::domain::template::TemplateSpec;
use crate::domain::time::UnixMs;
use crate::secrets::{hash_token, new_token};
use crate::store::StoreError;
use crate::store::pushbullet::{password_place, token_hint, token_place};
use crate::store::settings::{Revised, raise_revision};

/// What people should know of a row that was taken; or why it was not.
pub(super) type Taken = Result<Vec<String>, String>;

impl Batch<'_> {
    pub(super) async fn take_listed(&self, row: &OldRow) -> Result<Taken, StoreError> {
        match &row.content {
            OldContent::Template(old) => self.take_template(row.id, old).await,
            OldContent::Phone(old) => self.take_phone(row.id, old).await,
            OldContent::ShooterDevice(old) => self.take_device(row.id, old).await,
            OldContent::PushbulletDevice(old) => self.take_pushbullet(row.id, old).await,
            OldContent::Sms(_) => Ok(Err("a message is no list's row".to_owned())),
        }
    }

    async fn take_template(&self, id: i64, old: &OldTemplate) -> Result<Taken, StoreError> {
        if template::Entity::find_by_id(id).one(self.txn).await?.is_some() {
            return Ok(Err(taken("template", id)));
        }
        let mut spec = TemplateSpec {
            name: old.name.clone(),
            kind: old.kind,
            pattern: old.template.clone(),
            senders: old.senders.clone(),
            direction: Direction::Deposit,
            currency: "KRW".to_owned(),
            timezone: "Asia/Seoul".to_owned(),
            account: None,
            priority: 0,
            enabled: old.on,
            name_max: None,
            max_amount: None,
            samples: Vec::new(),
        };
        let mut notes = Vec::new();
        if let Err(errors) = spec.validate() {
            spec.enabled = false;
            let errors: Vec<String> =
                errors.into_iter().map(|error| format!("{} {}", error.field, error.message)).collect();
            notes.push(format!("it cannot be read and is disabled: {}", errors.join("; ")));
        }
        let text =
            serde_json::to_string(&spec).map_err(|error| StoreError::corrupt("a template to be saved", error))?;
        let created = old.create_time.unwrap_or(self.now);
        let row = template::ActiveModel {
            id: Set(id),
            version: Set(1),
            name: Set(spec.name.clone()),
            spec: Set(text.clone()),
            enabled: Set(spec.enabled),
            created_at: Set(created.0),
            updated_at: Set(old.update_time.unwrap_or(created).0),
            deleted_at: Set(None),
        };
        template::Entity::insert(row).exec_without_returning(self.txn).await?;
        let revision = template_revision::ActiveModel {
            id: NotSet,
            template_id: Set(id),
            version: Set(1),
            spec: Set(text),
            at: Set(self.now.0),
            operator: Set("import".to_owned()),
        };
        template_revision::Entity::insert(revision).exec_without_returning(self.txn).await?;
        raise_revision(self.txn, Revised::Templates, self.now).await?;
        Ok(Ok(notes))
    }

    async fn take_phone(&self, id: i64, old: &OldPhone) -> Result<Taken, StoreError> {
        let key = comparable_sender(&old.phone);
        if key.is_empty() {
            return Ok(Err(format!("phone {:?} is no sender", old.phone)));
        }
        let same = phone::Entity::find().filter(phone::Column::PhoneKey.eq(&key)).one(self.txn).await?;
        if let Some(same) = same {
            return Ok(Err(format!("this sender is on the whitelist already, as phone {}", same.id)));
        }
        if phone::Entity::find_by_id(id).one(self.txn).await?.is_some() {
            return Ok(Err(taken("phone", id)));
        }
        let row = phone::ActiveModel {
            id: Set(id),
            phone: Set(old.phone.clone()),
            phone_key: Set(key),
            label: Set(old.remark.clone()),
            bank: Set(old.bank.clone()),
            created_at: Set(old.create_time.unwrap_or(self.now).0),
        };
        phone::Entity::insert(row).exec_without_returning(self.txn).await?;
        raise_revision(self.txn, Revised::Phones, self.now).await?;
        Ok(Ok(Vec::new()))
    }

    /// Its address here is one that nobody has: an old server's phones do not know it.
    async fn take_device(&self, id: i64, old: &OldShooterDevice) -> Result<Taken, StoreError> {
        if shooter_device::Entity::find_by_id(id).one(self.txn).await?.is_some() {
            return Ok(Err(taken("shooter device", id)));
        }
        if !old.trusted {
            // As a phone that registered itself: it waits for trust, and with that gets an address of its own.
            let waiting = shooter_device::Entity::find()
                .filter(shooter_device::Column::Enrolled.eq(true))
                .filter(shooter_device::Column::Name.eq(&old.name));
            if let Some(other) = waiting.one(self.txn).await? {
                return Ok(Err(format!("a phone of that name waits for trust already, as device {}", other.id)));
            }
        }
        let row = shooter_device::ActiveModel {
            id: Set(id),
            name: Set(old.name.clone()),
            line: Set(old.phone.clone()),
            token_hash: Set(hash_token(&new_token()).to_vec()),
            secret: Set(None),
            trusted: Set(old.trusted),
            enrolled: Set(!old.trusted),
            created_at: Set(old.create_time.unwrap_or(self.now).0),
            last_seen_at: Set(old.last_time.map(|at| at.0)),
            rhythm: Set(None),
            silent_since: Set(None),
        };
        shooter_device::Entity::insert(row).exec_without_returning(self.txn).await?;
        raise_revision(self.txn, Revised::Devices, self.now).await?;
        let note = "it has no address here yet: add the phone as a device and give it the new one";
        Ok(Ok(if old.trusted { vec![note.to_owned()] } else { Vec::new() }))
    }

    async fn take_pushbullet(&self, id: i64, old: &OldPushbulletDevice) -> Result<Taken, StoreError> {
        use pushbullet_device::Column;
        if pushbullet_device::Entity::find_by_id(id).one(self.txn).await?.is_some() {
            return Ok(Err(taken("Pushbullet device", id)));
        }
        let mut first = id;
        if let Some(iden) = &old.iden {
            let rows = pushbullet_device::Entity::find()
                .filter(Column::DeviceIden.eq(iden))
                .order_by_asc(Column::PhoneId)
                .all(self.txn)
                .await?;
            if let Some(other) = rows.iter().find(|row| row.deleted_at.is_none()) {
                return Ok(Err(format!("this phone is here already, as Pushbullet device {}", other.id)));
            }
            first = rows.first().map_or(id, |row| row.phone_id);
        }
        let unknown = format!("imported {id} {}", new_token());
        let seal = |place: &crate::secrets::Place<'_>, plain: &String| {
            let sealed = self.store.secrets().seal(place, plain.as_bytes());
            sealed.map_err(|error| StoreError::corrupt("a secret to be sealed", error))
        };
        let row = pushbullet_device::ActiveModel {
            id: Set(id),
            name: Set(old.name.clone()),
            device_iden: Set(old.iden.clone()),
            user_iden: Set(None),
            phone_id: Set(first),
            line: Set(old.phone.clone()),
            enabled: Set(old.on && old.token.is_some()),
            token: Set(old.token.as_ref().map(|plain| seal(&token_place(id), plain)).transpose()?),
            token_hash: Set(hash_token(old.token.as_ref().unwrap_or(&unknown)).to_vec()),
            token_hint: Set(old.token.as_deref().map(token_hint).unwrap_or_default()),
            password: Set(old.password.as_ref().map(|plain| seal(&password_place(id), plain)).transpose()?),
            revision: Set(1),
            created_at: Set(old.create_time.unwrap_or(self.now).0),
            deleted_at: Set(None),
            last_event_at: Set(old.last_time.map(|UnixMs(at)| at)),
            gap_at: Set(None),
        };
        pushbullet_device::Entity::insert(row).exec_without_returning(self.txn).await?;
        let note = "its token is masked or missing, so that it is not listened to: add the phone anew";
        Ok(Ok(if old.token.is_none() { vec![note.to_owned()] } else { Vec::new() }))
    }
}

pub(super) fn taken(what: &str, id: i64) -> String {
    format!("the id {id} is taken by a {what} that was not imported")
}
