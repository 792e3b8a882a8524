//! The phones that are heard through Pushbullet.

pub mod history;
pub mod rekey;
pub mod threads;

use entity::pushbullet_device::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, EntityTrait};
use sea_orm::{QueryFilter, QueryOrder, QuerySelect};
use secrecy::SecretString;
use serde_json::json;

use super::lease::{Lease, check_lease};
use super::{Done, Lock, Store, StoreError, count_if, lock};
use crate::contract::caller::{Answer, Caller};
use crate::contract::page::{Page, PageRequest};
use crate::contract::pushbullet::{PushbulletDevice, PushbulletDeviceInput};
use crate::domain::refusal::Refusal;
use crate::domain::source::{SourceKind, SourceRef};
use crate::domain::time::UnixMs;
use crate::secrets::{Place, hash_token};
use crate::sources::family::Wanted;

const TABLE: &str = "pushbullet_device";

/// What the loops of a phone know of it.
#[derive(Clone, Debug)]
pub struct PushbulletPhone {
    /// The id of its row.
    pub id: i64,
    /// The source of its messages: stays when the phone is deleted and added again.
    pub source: SourceRef,
    /// Pushbullet's own name of the phone, once known.
    pub device_iden: Option<String>,
    /// Pushbullet's own name of the account, once known.
    pub user_iden: Option<String>,
    /// Its own number or label.
    pub line: Option<String>,
    /// The access token.
    pub token: SecretString,
    /// The password of the end-to-end encryption.
    pub password: Option<SecretString>,
    /// When it was added: what is older is history.
    pub created_at: UnixMs,
}

/// What a phone is called upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idens {
    /// The phone.
    pub device: String,
    /// The account, where it was asked for.
    pub user: Option<String>,
}

fn source(phone_id: i64) -> SourceRef {
    SourceRef { kind: SourceKind::Pushbullet, id: phone_id }
}

fn present() -> Condition {
    Condition::all().add(Column::DeletedAt.is_null())
}

/// Where the access token of a row is sealed for.
pub(super) fn token_place(id: i64) -> Place<'static> {
    Place::new("pushbullet_device", &id, "token")
}

/// Where the encryption password of a row is sealed for.
pub(super) fn password_place(id: i64) -> Place<'static> {
    Place::new("pushbullet_device", &id, "password")
}

impl Store {
    /// A page of the phones, their `state` to be filled in by who knows it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn pushbullet_page(&self, page: PageRequest) -> Result<Page<PushbulletDevice>, StoreError> {
        let mut find = Entity::find().filter(present());
        let total = count_if(page.count, &find, self.reader()).await?;
        if let Some(before) = page.before {
            find = find.filter(Column::Id.lt(before));
        }
        let limit = u64::from(page.limit) + 1;
        let rows = find.order_by_desc(Column::Id).limit(limit).all(self.reader()).await?;
        Ok(Page::of(rows.into_iter().map(view).collect(), page.limit, total, |device: &PushbulletDevice| device.id))
    }

    /// Adds a phone: 201 with the [`PushbulletDevice`].
    ///
    /// # Errors
    /// [`Refusal::There`] where this token and phone are there already; else where the store cannot commit.
    pub async fn add_pushbullet(&self, caller: &Caller, input: &PushbulletDeviceInput) -> Result<Answer, Refusal> {
        let now = self.now();
        self.command(caller, "pushbullet_device.add", async |txn| {
            lock(txn, Lock::Key(TABLE.as_bytes())).await?;
            let token_hash = hash_token(&input.access_token).to_vec();
            let iden = input.device_iden.as_deref().unwrap_or_default();
            refuse_the_same(txn, &token_hash, iden).await?;
            let first = match &input.device_iden {
                Some(iden) => first_row_of(txn, iden).await?,
                None => None,
            };
            let row = ActiveModel {
                id: NotSet,
                name: Set(input.name.clone()),
                device_iden: Set(input.device_iden.clone()),
                user_iden: Set(None),
                phone_id: Set(first.unwrap_or_default()),
                line: Set(input.line.clone()),
                enabled: Set(input.enabled.unwrap_or(true)),
                token: Set(None),
                token_hash: Set(token_hash),
                token_hint: Set(token_hint(&input.access_token)),
                password: Set(None),
                revision: Set(1),
                created_at: Set(now.0),
                deleted_at: Set(None),
                last_event_at: Set(None),
                gap_at: Set(None),
            };
            let id = Entity::insert(row).exec(txn).await?.last_insert_id;
            // Each place in full: what `recon secrets rotate` must know is read from the source.
            let sealed = ActiveModel {
                id: Set(id),
                phone_id: Set(first.unwrap_or(id)),
                token: Set(Some(self.seal_for_pushbullet(&token_place(id), &input.access_token)?)),
                password: Set(input
                    .encryption_password
                    .as_ref()
                    .map(|plain| self.seal_for_pushbullet(&password_place(id), plain))
                    .transpose()?),
                ..Default::default()
            };
            let row = Entity::update(sealed).exec(txn).await?;
            let device = view(row);
            let detail = json!({
                "name": device.name, "device_iden": device.device_iden, "line": device.line,
                "enabled": device.enabled, "encrypted": device.encrypted,
            });
            Ok(Done { answer: Answer::new(201, &device)?, subject: format!("pushbullet_device/{id}"), detail })
        })
        .await
    }

    fn seal_for_pushbullet(&self, place: &Place<'_>, plain: &str) -> Result<Vec<u8>, StoreError> {
        let sealed = self.secrets().seal(place, plain.as_bytes());
        sealed.map_err(|error| StoreError::corrupt("a secret to be sealed", error))
    }

    /// Deletes a phone: 204. Its messages stay, its secrets do not.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where there is none; else where the store cannot commit.
    pub async fn delete_pushbullet(&self, caller: &Caller, id: i64) -> Result<Answer, Refusal> {
        let now = self.now();
        self.command(caller, "pushbullet_device.delete", async |txn| {
            lock(txn, Lock::Key(TABLE.as_bytes())).await?;
            let row = Entity::find_by_id(id).filter(present()).one(txn).await?;
            let row = row.ok_or_else(|| Refusal::NotFound(format!("there is no Pushbullet device {id}")))?;
            let gone = ActiveModel {
                id: Set(id),
                token: Set(None),
                password: Set(None),
                deleted_at: Set(Some(now.0)),
                revision: Set(row.revision + 1),
                ..Default::default()
            };
            Entity::update(gone).exec(txn).await?;
            // Another row of the same phone has waited for this one to go.
            Entity::update_many()
                .col_expr(Column::Revision, Expr::col(Column::Revision).add(1))
                .filter(present().add(Column::PhoneId.eq(row.phone_id)))
                .exec(txn)
                .await?;
            let detail = json!({ "name": row.name, "device_iden": row.device_iden, "line": row.line });
            Ok(Done { answer: Answer::no_content(), subject: format!("pushbullet_device/{id}"), detail })
        })
        .await
    }

    /// The phones that are to be listened to.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn pushbullet_wanted(&self) -> Result<Vec<Wanted>, StoreError> {
        let rows = Entity::find()
            .select_only()
            .column(Column::Id)
            .column(Column::Revision)
            .filter(present().add(Column::Enabled.eq(true)))
            .order_by_asc(Column::Id)
            .into_tuple::<(i64, i64)>()
            .all(self.reader())
            .await?;
        Ok(rows.into_iter().map(|(id, revision)| Wanted { id, revision }).collect())
    }

    /// A phone with its secrets; none where it was deleted.
    ///
    /// # Errors
    /// Where the database fails or a secret does not open.
    pub async fn pushbullet_phone(&self, id: i64) -> Result<Option<PushbulletPhone>, StoreError> {
        let Some(row) = Entity::find_by_id(id).filter(present()).one(self.reader()).await? else { return Ok(None) };
        let open = |place: &Place<'_>, sealed: &Vec<u8>| {
            let opened = self.secrets().open_text(place, sealed);
            opened.map_err(|error| StoreError::corrupt("pushbullet_device", format!("a secret of row {id}: {error}")))
        };
        let token = row.token.as_ref().ok_or_else(|| StoreError::corrupt("pushbullet_device.token", "none"))?;
        Ok(Some(PushbulletPhone {
            id,
            source: source(row.phone_id),
            token: open(&token_place(id), token)?,
            password: row.password.as_ref().map(|sealed| open(&password_place(id), sealed)).transpose()?,
            device_iden: row.device_iden,
            user_iden: row.user_iden.filter(|iden| !iden.is_empty()),
            line: row.line,
            // What an imported phone brought before the import was the old server's.
            created_at: self.imported_at(TABLE, id).await?.unwrap_or(UnixMs(row.created_at)),
        }))
    }

    /// Notes what a phone is called upstream, and answers the source of its messages: that of the first row that this phone
    /// ever had.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] where another row listens to the same phone, or the lease is another's; else where the store
    /// cannot commit.
    pub async fn identify_pushbullet(
        &self,
        id: i64,
        idens: &Idens,
        lease: Option<&Lease>,
    ) -> Result<SourceRef, StoreError> {
        self.write_aside(async |txn| {
            check_lease(txn, lease).await?;
            lock(txn, Lock::Key(TABLE.as_bytes())).await?;
            let same = present().add(Column::DeviceIden.eq(idens.device.as_str())).add(Column::Enabled.eq(true));
            let others = Entity::find().filter(same.add(Column::Id.ne(id))).order_by_asc(Column::Id).all(txn).await?;
            // The first comes first, and whoever was known to be this phone before we were.
            if let Some(other) = others.iter().find(|other| other.id < id || other.user_iden.is_some()) {
                let words = format!(
                    "this phone is listened to as Pushbullet device {} ({:?}) already: delete one of the two",
                    other.id, other.name
                );
                return Err(Refusal::Conflict(words).into());
            }
            let phone_id = first_row_of(txn, &idens.device).await?.unwrap_or(id);
            let row = ActiveModel {
                id: Set(id),
                device_iden: Set(Some(idens.device.clone())),
                // Empty where nobody needed it: that there is something says that the phone was identified.
                user_iden: Set(Some(idens.user.clone().unwrap_or_default())),
                phone_id: Set(phone_id),
                ..Default::default()
            };
            Entity::update(row).exec(txn).await?;
            Ok(source(phone_id))
        })
        .await
    }

    /// The phones of which messages may be missing since `since`: id and name.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn pushbullet_gaps(&self, since: UnixMs) -> Result<Vec<(i64, String)>, StoreError> {
        Ok(Entity::find()
            .select_only()
            .column(Column::Id)
            .column(Column::Name)
            .filter(present().add(Column::Enabled.eq(true)).add(Column::GapAt.gte(since.0)))
            .order_by_asc(Column::Id)
            .into_tuple()
            .all(self.reader())
            .await?)
    }
}

/// The source that this phone's messages have always had.
async fn first_row_of(txn: &DatabaseTransaction, iden: &str) -> Result<Option<i64>, StoreError> {
    let first = Entity::find().filter(Column::DeviceIden.eq(iden)).order_by_asc(Column::PhoneId).one(txn).await?;
    Ok(first.map(|row| row.phone_id))
}

async fn refuse_the_same(txn: &DatabaseTransaction, token_hash: &[u8], iden: &str) -> Result<(), StoreError> {
    let same_token = present().add(Column::TokenHash.eq(token_hash.to_vec()));
    for row in Entity::find().filter(same_token).all(txn).await? {
        if row.device_iden.as_deref().unwrap_or_default() == iden {
            let words = format!("this token and phone are there already, as {:?} (device {})", row.name, row.id);
            return Err(Refusal::there(words, &view(row)).into());
        }
    }
    Ok(())
}

/// The end of a token: enough to tell two apart, and of a short one nothing.
pub(super) fn token_hint(token: &str) -> String {
    let shown: Vec<char> = token.chars().rev().take(4).collect();
    if token.chars().count() < 12 { "…".to_owned() } else { format!("…{}", shown.iter().rev().collect::<String>()) }
}

fn view(row: Model) -> PushbulletDevice {
    PushbulletDevice {
        id: row.id,
        name: row.name,
        device_iden: row.device_iden,
        line: row.line,
        state: if row.enabled { "starting" } else { "disabled" }.to_owned(),
        last_error: None,
        enabled: row.enabled,
        encrypted: row.password.is_some(),
        token_hint: row.token_hint,
        last_event_at: row.last_event_at.map(UnixMs),
        possible_gap_at: row.gap_at.map(UnixMs),
        created_at: UnixMs(row.created_at),
    }
}

#[cfg(test)]
mod tests;
