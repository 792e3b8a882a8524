//! A database: opening it, its migrations, and transactions that write, on SQLite and on PostgreSQL. It knows no table.
//!
//! recon's store (`store`) and the wallet's (`wallet::store`) each have one; nothing else speaks SQL. It may use
//! `domain::refusal`, since a transaction may end by one.

pub(crate) mod connect;
mod error;
mod outlast;

pub use connect::{StoreOptions, sqlite_file};
pub use error::StoreError;
pub(crate) use outlast::{STORE_PAUSE, outlast};

use std::sync::Arc;

use migration::{MigratorTrait, SchemaManager};
use sea_orm::{
    ConnAcquireErr, ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait as _,
};
use tokio::sync::OwnedMutexGuard;

/// A database that is open.
#[derive(Debug)]
pub struct Database {
    /// On SQLite one connection.
    writer: DatabaseConnection,
    reader: DatabaseConnection,
    /// Who writes to SQLite now: writing connections would else meet `SQLITE_BUSY`. PostgreSQL needs none.
    gate: Arc<tokio::sync::Mutex<()>>,
}

impl Database {
    /// Opens it. Does not migrate it.
    ///
    /// # Errors
    /// Where it cannot be reached or opened.
    pub async fn open(options: &StoreOptions) -> Result<Self, StoreError> {
        let (writer, reader) = connect::open(options).await?;
        Ok(Self { writer, reader, gate: Arc::default() })
    }

    /// Applies the steps of `M` that are not applied yet. Processes that start at once take turns.
    ///
    /// # Errors
    /// Where a step fails; what was applied before it stays.
    pub async fn migrate<M: MigratorTrait>(&self) -> Result<(), StoreError> {
        M::up(&self.writer, None).await.map_err(StoreError::from)
    }

    /// The steps of `M` that are not applied yet, by name.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn pending_migrations<M: MigratorTrait>(&self) -> Result<Vec<String>, StoreError> {
        // Asking makes the table of migrations where there is none, which a reader may not.
        if !SchemaManager::new(&self.reader).has_table(M::migration_table_name().to_string()).await? {
            return Ok(M::migrations().iter().map(|step| step.name().to_owned()).collect());
        }
        let pending = M::get_pending_migrations(&self.reader).await?;
        Ok(pending.iter().map(|step| step.name().to_owned()).collect())
    }

    /// The connections for reading.
    pub(crate) fn reader(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// Which engine this is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.reader.get_database_backend()
    }

    /// Waits for the turn to write to SQLite, for as long as anyone waits for a connection.
    pub(crate) async fn writer_gate(&self) -> Result<OwnedMutexGuard<()>, StoreError> {
        let gate = Arc::clone(&self.gate).lock_owned();
        tokio::time::timeout(connect::ACQUIRE_TIMEOUT, gate)
            .await
            .map_err(|_| StoreError::Database(DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)))
    }

    /// Runs `work` in one write transaction and commits it; an error rolls it back.
    ///
    /// # Errors
    /// What `work` answered, or why the commit was not taken: then nothing of it is stored.
    pub(crate) async fn write<T>(
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

    /// Closes the connections; SQLite then folds its write-ahead log into the file.
    pub(crate) async fn close(&self) {
        for connection in [&self.reader, &self.writer] {
            if let Err(error) = connection.clone().close().await {
                tracing::warn!(%error, "a database did not close cleanly");
            }
        }
    }

    async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        // A deferred transaction that reads and then writes fails under contention; an immediate one waits its turn.
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        Ok(self.writer.begin_with_options(options).await?)
    }
}

/// Takes PostgreSQL's lock of that name until the transaction ends. SQLite needs none: it has one writer.
pub(crate) async fn advisory_lock(txn: &DatabaseTransaction, key: i64) -> Result<(), StoreError> {
    if txn.get_database_backend() != DbBackend::Postgres {
        return Ok(());
    }
    let statement =
        sea_orm::Statement::from_sql_and_values(DbBackend::Postgres, "SELECT pg_advisory_xact_lock($1)", [key.into()]);
    txn.execute_raw(statement).await?;
    Ok(())
}

/// The name of the lock of all that is decided about `bytes`; never odd.
pub(crate) fn lock_key(bytes: &[u8]) -> i64 {
    use sha2::{Digest as _, Sha256};
    let digest = Sha256::digest(bytes);
    let mut word = [0_u8; 8];
    word.copy_from_slice(&digest[..8]);
    i64::from_be_bytes(word) & !1
}
