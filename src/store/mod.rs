//! The store: every query of the service, by table; nothing else speaks SQL.
//!
//! Knows `domain`, `contract` and `entity`; actors use it, HTTP never does. Writes go through [`Store::write`] (the loops)
//! or [`Store::command`] (people's requests: idempotent, audited), each one transaction.

pub mod audit;
pub mod bench;
pub mod chain;
mod command;
pub mod control;
pub mod device;
pub mod device_rhythm;
mod device_trust;
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
pub mod sender;
pub mod settings;
pub mod sms;
pub mod sms_change;
mod sms_filter;
mod sms_origin;
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

pub use crate::database::{StoreError, StoreOptions, sqlite_file};
pub use command::Done;
pub use mend::Mended;
pub use upkeep::HEARTBEAT_SENDER;

use std::sync::Arc;

use migration::Migrator;
use sea_orm::{DatabaseConnection, DatabaseTransaction, DbBackend};
use tokio::sync::{OwnedMutexGuard, watch};

use self::intake::SqliteIntake;
use self::turns::{StageTurn, Turns};
use crate::clock::Clock;
use crate::database::{Database, advisory_lock, lock_key};
use crate::secrets::SecretBox;

/// The store of the service. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    /// On SQLite it has one connection for writing; the inbox has another one.
    database: Database,
    clock: Clock,
    secrets: SecretBox,
    /// Commits of this process.
    own_commits: watch::Sender<u64>,
    /// Those, and what is heard of commits of other processes.
    commits: watch::Sender<u64>,
    turns: Turns,
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
        let database = Database::open(options).await?;
        let intake = match database.backend() {
            DbBackend::Sqlite => {
                let file = sqlite_file(&options.url)
                    .ok_or_else(|| StoreError::corrupt("database.url", "SQLite needs a file: sqlite://PATH"))?;
                Some(Arc::new(SqliteIntake::new(file)))
            }
            _ => None,
        };
        let inner = Inner {
            database,
            clock,
            secrets,
            own_commits: watch::Sender::new(0),
            commits: watch::Sender::new(0),
            turns: Turns::default(),
            intake,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Applies the migrations that are not applied yet. Processes that start at once take turns.
    ///
    /// # Errors
    /// Where a step fails; what was applied before it stays.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.inner.database.migrate::<Migrator>().await
    }

    /// The migrations that are not applied yet, by name.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        self.inner.database.pending_migrations::<Migrator>().await
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
        self.inner.database.writer_gate().await
    }

    /// The same for what no event tells of: nobody is woken.
    async fn write_aside<T>(
        &self,
        work: impl AsyncFnOnce(&DatabaseTransaction) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.inner.database.write(work).await
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
        self.inner.database.reader()
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
        self.inner.database.backend()
    }

    /// Closes the connections; SQLite then folds its write-ahead log into the file.
    pub async fn close(self) {
        if let Some(intake) = &self.inner.intake {
            intake.close();
        }
        self.inner.database.close().await;
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
    let key = match lock {
        // Odd, which no other is.
        Lock::Tail => 1,
        Lock::Key(bytes) => lock_key(bytes),
    };
    advisory_lock(txn, key).await
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
