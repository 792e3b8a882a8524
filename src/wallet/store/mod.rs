//! The wallet's store: every query of its own database. Each request is one transaction: the order, the entry with its
//! postings, the saved answer and the event to recon are there together or not at all.
//!
//! SQLite has one writer, `synchronous=FULL`; on PostgreSQL an order's row is locked before it is judged, an account's row
//! before its balance is, in one order. What must be unique for ever the database's indexes hold.

mod answers;
mod ledger;
mod outbox;
mod recharge;
mod verify;
mod views;

pub use ledger::Approval;
pub use outbox::{Event, OutboxTally};
pub use recharge::Closing;

use std::sync::Arc;

use migration::wallet::WalletMigrator;
use sea_orm::{DatabaseTransaction, DbErr};

use crate::clock::Clock;
use crate::contract::caller::{Answer, Caller};
use crate::database::{Database, StoreError, StoreOptions, advisory_lock, lock_key};
use crate::domain::refusal::Refusal;
use crate::domain::time::UnixMs;

/// How often a transaction is begun that another one stood in the way of.
const TIMES: u32 = 3;

/// The wallet's store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct WalletStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    database: Database,
    clock: Clock,
}

impl WalletStore {
    /// Opens it. Does not migrate it.
    ///
    /// # Errors
    /// Where the database cannot be reached or opened.
    pub async fn open(options: &StoreOptions, clock: Clock) -> Result<Self, StoreError> {
        let database = Database::open(options).await?;
        Ok(Self { inner: Arc::new(Inner { database, clock }) })
    }

    /// Applies the migrations that are not applied yet.
    ///
    /// # Errors
    /// Where a step fails; what was applied before it stays.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.database().migrate::<WalletMigrator>().await
    }

    /// The migrations that are not applied yet, by name.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        self.database().pending_migrations::<WalletMigrator>().await
    }

    /// Whether a write is taken now: writes and commits one.
    ///
    /// # Errors
    /// Why it is not.
    pub async fn probe_write(&self) -> Result<(), StoreError> {
        let now = self.now();
        self.database().write(async |txn| answers::probe(txn, now).await).await
    }

    /// The time now, by the clock that the store was given.
    #[must_use]
    pub fn now(&self) -> UnixMs {
        self.inner.clock.now()
    }

    /// Closes the connections.
    pub async fn close(self) {
        self.database().close().await;
    }

    fn database(&self) -> &Database {
        &self.inner.database
    }

    /// Carries out a request in one transaction: `work`, and its answer saved under the caller's key. A request whose key
    /// was used before is answered as then, or refused where the body differs. `work` answers 409 before it writes anything,
    /// and that answer is kept, too: an order never comes back from its end.
    ///
    /// # Errors
    /// What `work` refused, or why the database could not commit: then nothing of it is stored.
    async fn command(
        &self,
        caller: &Caller,
        work: impl AsyncFn(&DatabaseTransaction) -> Result<Answer, StoreError>,
    ) -> Result<Answer, Refusal> {
        let now = self.now();
        let once = async |txn: &DatabaseTransaction| {
            let Some(asked) = &caller.idempotency else { return work(txn).await };
            // Two requests with one key at once: the second waits here and finds the first's answer.
            advisory_lock(txn, lock_key(asked.key.as_bytes())).await?;
            if let Some(answer) = answers::saved(txn, asked).await? {
                return Ok(answer);
            }
            let answer = work(txn).await?;
            answers::save(txn, asked, &answer, now).await?;
            Ok(answer)
        };
        for _ in 1..TIMES {
            match self.database().write(&once).await {
                Err(error) if error.is_contention() => tracing::debug!(%error, "a transaction is done again"),
                done => return Ok(done?),
            }
        }
        Ok(self.database().write(&once).await?)
    }
}

/// Whether an insert that leaves what is there alone has written its row.
fn is_new(inserted: Result<u64, DbErr>) -> Result<bool, StoreError> {
    match inserted {
        Ok(rows) => Ok(rows > 0),
        Err(DbErr::RecordNotInserted) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
