//! Small facts of the service itself, and the revisions by which loops see that operators' data changed.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ConnectionTrait, DatabaseTransaction, EntityTrait};
use secrecy::ExposeSecret as _;

use super::StoreError;
use crate::domain::time::UnixMs;
use crate::secrets::{Place, SecretBox};

/// A sealed word, by which a process sees that it has the right key.
const KEY_CHECK: &str = "secrets.check";

/// Sets of operators' data that loops keep a copy of. Each change of a set raises its revision in the same transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revised {
    /// The phone whitelist.
    Phones,
    /// The templates.
    Templates,
    /// The shooter devices.
    Devices,
}

impl Revised {
    pub(super) const fn key(self) -> &'static str {
        match self {
            Self::Phones => "revision.phones",
            Self::Templates => "revision.templates",
            Self::Devices => "revision.devices",
        }
    }
}

/// Writes a fact.
///
/// # Errors
/// Where the database fails.
pub async fn put(db: &impl ConnectionTrait, key: &str, value: &str, now: UnixMs) -> Result<(), StoreError> {
    let row =
        entity::setting::ActiveModel { key: Set(key.to_owned()), value: Set(value.to_owned()), updated_at: Set(now.0) };
    let replace = OnConflict::column(entity::setting::Column::Key)
        .update_columns([entity::setting::Column::Value, entity::setting::Column::UpdatedAt])
        .to_owned();
    entity::setting::Entity::insert(row).on_conflict(replace).exec_without_returning(db).await?;
    Ok(())
}

/// Reads a fact and when it was written.
///
/// # Errors
/// Where the database fails.
pub async fn get(db: &impl ConnectionTrait, key: &str) -> Result<Option<(String, UnixMs)>, StoreError> {
    let row = entity::setting::Entity::find_by_id(key).one(db).await?;
    Ok(row.map(|row| (row.value, UnixMs(row.updated_at))))
}

/// The revision of a set: 0 where it was never changed.
///
/// # Errors
/// Where the database fails or holds no number.
pub async fn revision(db: &impl ConnectionTrait, of: Revised) -> Result<i64, StoreError> {
    match get(db, of.key()).await? {
        Some((value, _)) => value.parse().map_err(|error| StoreError::corrupt(of.key(), error)),
        None => Ok(0),
    }
}

/// Raises the revision of a set; to be called in the transaction that changes it.
///
/// # Errors
/// Where the database fails.
pub async fn raise_revision(db: &impl ConnectionTrait, of: Revised, now: UnixMs) -> Result<(), StoreError> {
    let next = revision(db, of).await? + 1;
    put(db, of.key(), &next.to_string(), now).await
}

impl super::Store {
    /// The revision of a set of operators' data: moves with every change of it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn revision(&self, of: Revised) -> Result<i64, StoreError> {
        revision(self.reader(), of).await
    }
}

impl super::Store {
    /// Whether the key that this process was given is the one that sealed what is stored. The first process to ask leaves
    /// a sealed word for those that come after.
    ///
    /// # Errors
    /// Where the key is another one, or the store fails.
    pub async fn check_key(&self) -> Result<(), StoreError> {
        let place = Place::new("setting", &KEY_CHECK, "value");
        if let Some((sealed, _)) = get(self.reader(), KEY_CHECK).await? {
            let sealed = hex::decode(sealed).map_err(|error| StoreError::corrupt(KEY_CHECK, error))?;
            return match self.secrets().open(&place, &sealed) {
                Ok(_) => Ok(()),
                Err(error) => Err(StoreError::corrupt(KEY_CHECK, error)),
            };
        }
        let sealed = self.secrets().seal(&place, b"recon").map_err(|error| StoreError::corrupt(KEY_CHECK, error))?;
        let now = self.now();
        self.write(async |txn| put(txn, KEY_CHECK, &hex::encode(sealed), now).await).await
    }

    /// Seals the word of `check_key` with the newest key, where there is one. Answers whether an older key had sealed it.
    pub(super) async fn seal_key_check(&self, txn: &DatabaseTransaction, now: UnixMs) -> Result<bool, StoreError> {
        let place = Place::new("setting", &KEY_CHECK, "value");
        let Some((sealed, _)) = get(txn, KEY_CHECK).await? else { return Ok(false) };
        let sealed = hex::decode(sealed).map_err(|error| StoreError::corrupt(KEY_CHECK, error))?;
        if SecretBox::version_of(&sealed) == Some(self.secrets().newest()) {
            return Ok(false);
        }
        let plain = self.secrets().open(&place, &sealed).map_err(|error| StoreError::corrupt(KEY_CHECK, error))?;
        let anew = self.secrets().seal(&place, plain.expose_secret());
        let anew = anew.map_err(|error| StoreError::corrupt(KEY_CHECK, error))?;
        put(txn, KEY_CHECK, &hex::encode(anew), now).await?;
        Ok(true)
    }
}
