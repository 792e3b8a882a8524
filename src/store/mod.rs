//! The store: every query of the service, by table; nothing else speaks SQL.
//!
//! Knows `domain`, `contract` and `entity`; actors use it, HTTP never does. Writes go through [`Store::write`] (the loops)
//! or [`Store::command`] (people's requests: idempotent, audited), each one transaction.

pub mod audit;
pub mod bench;
mod command;
mod connect;
pub mod control;
pub mod device;
pub mod device_rhythm;
mod device_trust;
mod error;
pub mod event;
pub mod import;
pub mod intake;
pub mod lease;
pub mod matching;
mod mend;
mod new_sms;
pub mod note;
pub mod order;
pub mod phone;
pub mod process;
pub mod pushbullet;
pub mod repeat;
pub mod review;
mod rows;
mod sealed;
pub mod settings;
pub mod sms;
pub mod sms_change;
mod sms_return;
mod sms_rows;
pub mod stage;
pub mod telegram;
pub mod telegram_cursor;
pub mod template;
pub mod template_history;
#[cfg(test)]
pub(crate) mod testing;
pub mod top_info;
mod turns;
mod upkeep;

pub use command::Done;
pub use connect::{StoreOptions, sqlite_file};
pub use error::StoreError;
pub use mend::Mended;
pub use upkeep::HEARTBEAT_SENDER;

use std::sync::Arc;

use migration::{Migrator, MigratorTrait, SchemaManager};
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use tokio::sync::{OwnedMutexGuard, watch};

use self::intake::SqliteIntake;
use self::turns::{StageTurn, Turns};
use crate::clock::Clock;
use crate::secrets::SecretBox;

/// The store of the service. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    /// On SQLite one connection; the inbox has another one.
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    clock: Clock,
    secrets: SecretBox,
    /// Commits of this process.
    own_commits: watch::Sender<u64>,
    /// Those, and what is heard of commits of other processes.
    commits: watch::Sender<u64>,
    turns: Turns,
    /// Who writes to SQLite now: its two writing connections would else meet `SQLITE_BUSY`. PostgreSQL needs none.
    gate: Arc<tokio::sync::Mutex<()>>,
    /// The inbox's own connection, on SQLite.
    intake: Option<Arc<SqliteIntake>>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("backend", &self.backend()).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the store. Does not migrate it.
    ///
    /// # Errors
    /// Where the database cannot be reached or opened.
    pub async fn open(options: &StoreOptions, clock: Clock, secrets: SecretBox) -> Result<Self, StoreError> {
        let (writer, reader) = connect::open(options).await?;
        let intake = match reader.get_database_backend() {
            DbBackend::Sqlite => {
                let file = sqlite_file(&options.url)
                    .ok_or_else(|| StoreError::corrupt("database.url", "SQLite needs a file: sqlite://PATH"))?;
                Some(Arc::new(SqliteIntake::new(file)))
            }
            _ => None,
        };
        let inner = Inner {
            writer,
            reader,
            clock,
            secrets,
            own_commits: watch::Sender::new(0),
            commits: watch::Sender::new(0),
            turns: Turns::default(),
            gate: Arc::default(),
            intake,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Applies the migrations that are not applied yet. Processes that start at once take turns.
    ///
    /// # Errors
    /// Where a step fails; what was applied before it stays.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        Migrator::up(&self.inner.writer, None).await.map_err(StoreError::from)
    }

    /// The migrations that are not applied yet, by name.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        // Asking makes the table of migrations where there is none, which a reader may not.
        if !SchemaManager::new(&self.inner.reader).has_table("seaql_migrations").await? {
            return Ok(Migrator::migrations().iter().map(|step| step.name().to_owned()).collect());
        }
        let pending = Migrator::get_pending_migrations(&self.inner.reader).await?;
        Ok(pending.iter().map(|step| step.name().to_owned()).collect())
    }

    /// Whether a write is taken now: writes and commits one. What is rolled back never reaches the disk, so that it would
    /// be taken by a full one, too.
    ///
    /// # Errors
    /// Why it is not.
    pub async fn probe_write(&self) -> Result<(), StoreError> {
        let now = self.now();
        self.write_aside(async |txn| settings::put(txn, "probe", "1", now).await).await
    }

    /// Runs `work` in one write transaction and commits it; an error rolls it back.
    ///
    /// # Errors
    /// What `work` answered, or why the commit was not taken: then nothing of it is stored.
    pub async fn write<T>(
        &self,
        work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let value = self.write_aside(work).await?;
        self.committed();
        Ok(value)
    }

    /// Wakes those who follow what this process commits.
    fn committed(&self) {
        self.inner.own_commits.send_modify(|count| *count = count.wrapping_add(1));
        self.others_committed();
    }

    /// Waits for the turn to write to SQLite, for as long as anyone waits for a connection.
    async fn writer_gate(&self) -> Result<OwnedMutexGuard<()>, StoreError> {
        let gate = Arc::clone(&self.inner.gate).lock_owned();
        tokio::time::timeout(connect::ACQUIRE_TIMEOUT, gate)
            .await
            .map_err(|_| StoreError::Database(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)))
    }

    /// The same for what no event tells of: nobody is woken.
    async fn write_aside<T>(
        &self,
        work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let _gate = match self.backend() {
            DbBackend::Sqlite => Some(self.writer_gate().await?),
            _ => None,
        };
        let txn = self.begin().await?;
        match work(&txn).await {
            Ok(value) => {
                txn.commit().await?;
                Ok(value)
            }
            Err(error) => {
                // SQLite may have rolled back by itself: then this fails, and says nothing that matters.
                if let Err(failure) = txn.rollback().await {
                    tracing::debug!(error = %failure, "a rollback failed");
                }
                Err(error)
            }
        }
    }

    /// As [`Store::write`], and again where another transaction stood in the way: the loops lock many rows, not all of them
    /// in one order.
    ///
    /// # Errors
    /// As [`Store::write`]; also where others stood in the way three times.
    pub(crate) async fn write_again<T>(
        &self,
        work: impl AsyncFn(&DatabaseTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        const TIMES: u32 = 3;
        for _ in 1..TIMES {
            match self.write(&work).await {
                Err(error) if error.is_contention() => tracing::debug!(%error, "a transaction is done again"),
                done => return done,
            }
        }
        self.write(&work).await
    }

    /// Waits until a stage may write: on SQLite it lets deliveries go first. To be held over the write.
    async fn stage_turn(&self) -> Option<StageTurn<'_>> {
        match self.backend() {
            DbBackend::Sqlite => Some(self.inner.turns.stage().await),
            _ => None,
        }
    }

    /// Changes with every commit of this process, and with each that is heard of: wakes those who follow the outbox.
    #[must_use]
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.inner.commits.subscribe()
    }

    /// Changes with every commit of this process: for those who tell the others.
    #[must_use]
    pub fn own_commits(&self) -> watch::Receiver<u64> {
        self.inner.own_commits.subscribe()
    }

    /// Another process says that it committed.
    pub fn others_committed(&self) {
        self.inner.commits.send_modify(|count| *count = count.wrapping_add(1));
    }

    /// The connections for reading.
    pub(crate) fn reader(&self) -> &DatabaseConnection {
        &self.inner.reader
    }

    /// The time now, by the clock that the store was given.
    #[must_use]
    pub fn now(&self) -> crate::domain::time::UnixMs {
        self.inner.clock.now()
    }

    /// Seals and opens what must not be readable at rest.
    #[must_use]
    pub fn secrets(&self) -> &SecretBox {
        &self.inner.secrets
    }

    /// Whether one daemon at a time works on this database, which its lock file tells of.
    #[must_use]
    pub fn is_sole(&self) -> bool {
        self.backend() == DbBackend::Sqlite
    }

    /// Which engine this is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.inner.reader.get_database_backend()
    }

    /// Closes the connections; SQLite then folds its write-ahead log into the file.
    pub async fn close(self) {
        if let Some(intake) = &self.inner.intake {
            intake.close();
        }
        for connection in [&self.inner.reader, &self.inner.writer] {
            if let Err(error) = connection.clone().close().await {
                tracing::warn!(%error, "the store did not close cleanly");
            }
        }
    }

    async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        // A deferred transaction that reads and then writes fails under contention; an immediate one waits its turn.
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        Ok(self.inner.writer.begin_with_options(options).await?)
    }
}

/// Locks of PostgreSQL that hold until the transaction ends. SQLite needs none: it has one writer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Lock<'a> {
    /// Events and audit entries get their ids in the order of their commits, so that a reader never skips one.
    Tail,
    /// All that decides about one (currency, amount), or one (line, fingerprint).
    Key(&'a [u8]),
}

/// Takes `lock` until the transaction ends.
pub(crate) async fn lock(txn: &DatabaseTransaction, lock: Lock<'_>) -> Result<(), StoreError> {
    if txn.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let key = match lock {
        Lock::Tail => 1,
        Lock::Key(bytes) => {
            use sha2::{Digest, Sha256};
            let digest = Sha256::digest(bytes);
            let mut word = [0_u8; 8];
            word.copy_from_slice(&digest[..8]);
            // The low bit keeps clear of the tail's key.
            i64::from_be_bytes(word) & !1
        }
    };
    let statement =
        sea_orm::Statement::from_sql_and_values(DbBackend::Postgres, "SELECT pg_advisory_xact_lock($1)", [key.into()]);
    txn.execute_raw(statement).await?;
    Ok(())
}

/// Counts what `find` finds, where a caller asked for it: never on a hot path.
pub(crate) async fn count_if<E>(
    wanted: bool,
    find: &sea_orm::Select<E>,
    db: &DatabaseConnection,
) -> Result<Option<u64>, StoreError>
where
    E: sea_orm::EntityTrait,
    E::Model: sea_orm::FromQueryResult + Send + Sync,
{
    use sea_orm::PaginatorTrait as _;
    Ok(if wanted { Some(find.clone().count(db).await?) } else { None })
}
