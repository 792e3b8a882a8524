//! Stores for tests: one on a temporary SQLite file, and one in a schema of its own on PostgreSQL where
//! `RECON_TEST_POSTGRES_URL` names a database.

use std::collections::BTreeMap;
use std::ops::Deref;

use entity::{sighting, sms};
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ConnectionTrait, Database, EntityTrait};

use super::new_sms::new_sms;
use super::{Store, StoreOptions};
use crate::clock::Clock;
use crate::contract::caller::{Answer, Caller, Idempotency};
use crate::domain::phone::comparable_sender;
use crate::domain::refusal::Refusal;
use crate::domain::sms::SmsState;
use crate::domain::source::{SourceKind, SourceRef};
use crate::domain::time::UnixMs;
use crate::secrets::SecretBox;

/// A migrated, empty store; its file goes with it.
#[derive(Debug)]
pub struct TestStore {
    store: Store,
    options: Box<StoreOptions>,
    dir: tempfile::TempDir,
}

impl Deref for TestStore {
    type Target = Store;

    fn deref(&self) -> &Store {
        &self.store
    }
}

/// 2026-04-22 09:30 in Seoul: when the clock of every test store starts.
pub fn base() -> UnixMs {
    "2026-04-22T00:30:00Z".parse().unwrap()
}

/// A store on SQLite alone.
pub async fn sqlite_store() -> TestStore {
    let dir = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", dir.path().join("recon.db").display());
    open(dir, &url).await
}

/// A store on each engine there is.
pub async fn stores() -> Vec<TestStore> {
    let mut stores = vec![sqlite_store().await];
    if let Ok(url) = std::env::var("RECON_TEST_POSTGRES_URL") {
        let schema = format!("test_{:016x}", rand::random::<u64>());
        let database = Database::connect(&url).await.unwrap();
        database.execute_unprepared(&format!("CREATE SCHEMA {schema}")).await.unwrap();
        database.close().await.unwrap();
        let join = if url.contains('?') { '&' } else { '?' };
        stores.push(open(tempfile::tempdir().unwrap(), &format!("{url}{join}options[search_path]={schema}")).await);
    }
    stores
}

async fn open(dir: tempfile::TempDir, url: &str) -> TestStore {
    let secrets = SecretBox::open_or_create(&dir.path().join("secrets.key")).unwrap();
    let options = StoreOptions { connections: 2, ..StoreOptions::new(url) };
    let store = Store::open(&options, Clock::following_tokio(base()), secrets).await.unwrap();
    store.migrate().await.unwrap();
    TestStore { store, options: Box::new(options), dir }
}

/// An operator, perhaps with an idempotency key; `body` stands for the request's body.
pub fn caller(operator: &str, key: Option<(&str, u8)>) -> Caller {
    let idempotency = key.map(|(key, body)| Idempotency { key: key.to_owned(), body_hash: [body; 32] });
    Caller { operator: Some(operator.to_owned()), idempotency }
}

/// A message from `sender` in `state`, received and stored at `at`, to be changed and then stored.
pub fn message(sender: &str, state: SmsState, at: UnixMs) -> sms::Model {
    sms::Model {
        sender: sender.to_owned(),
        sender_key: comparable_sender(sender),
        text: Some("[Web발신]\n입금 50,000원\n홍길동".to_owned()),
        fingerprint: vec![0; 16],
        ..new_sms(0, state, at, at)
    }
}

impl TestStore {
    /// The same database, opened with other keys.
    pub async fn with_secrets(&self, secrets: SecretBox) -> Store {
        Store::open(&self.options, Clock::following_tokio(base()), secrets).await.unwrap()
    }

    /// Where its key is.
    pub fn key_path(&self) -> std::path::PathBuf {
        self.dir.path().join("secrets.key")
    }

    /// Stores a message (under a new id where its own is 0) and answers its id.
    pub async fn put_sms(&self, row: sms::Model) -> i64 {
        use sea_orm::{ActiveModelTrait as _, IntoActiveModel as _};
        let mut columns = row.clone().into_active_model().reset_all();
        if row.id == 0 {
            columns.id = NotSet;
        }
        self.write(async |txn| Ok(sms::Entity::insert(columns).exec(txn).await?.last_insert_id)).await.unwrap()
    }

    /// Notes that `source` brought a message.
    pub async fn put_sighting(&self, sms_id: i64, source: SourceRef, at: UnixMs) {
        let row = sighting::ActiveModel {
            id: NotSet,
            source_kind: Set(source.kind.as_str().to_owned()),
            source_id: Set(source.id),
            source_key: Set(sms_id.to_be_bytes().to_vec()),
            sms_id: Set(sms_id),
            external_id: Set(None),
            format: Set("recon".to_owned()),
            received_at: Set(at.0),
            stored_at: Set(at.0),
            raw: Set(None),
        };
        self.write(async |txn| Ok(sighting::Entity::insert(row).exec(txn).await?)).await.unwrap();
    }

    /// Trusts a device, or not; a token of its own would be `own-token`.
    pub async fn trust_device(&self, caller: &Caller, id: i64, trusted: bool) -> Result<Answer, Refusal> {
        self.set_trust(caller, id, trusted, ("own-token".to_owned(), BTreeMap::new())).await
    }

    /// The state of a message.
    pub async fn state_of(&self, id: i64) -> SmsState {
        self.sms_row(id).await.unwrap().unwrap().state.parse().unwrap()
    }
}

/// A shooter device as a source.
pub fn shooter(id: i64) -> SourceRef {
    SourceRef { kind: SourceKind::Shooter, id }
}
