//! Opening the database: one writer and some readers on SQLite, one pool on PostgreSQL.

use std::time::Duration;

use sea_orm::sqlx::Connection as _;
use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use super::StoreError;

/// How to open the store.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// `sqlite://PATH` or `postgres://...`.
    pub url: String,
    /// Connections for reading (SQLite), or connections in all (PostgreSQL).
    pub connections: u32,
}

impl StoreOptions {
    /// The defaults for `url`.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), connections: 4 }
    }
}

/// How long anyone waits for a connection (reliability: bounded at 3 s).
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// The writer and the readers.
pub(super) async fn open(options: &StoreOptions) -> Result<(DatabaseConnection, DatabaseConnection), StoreError> {
    if options.url.starts_with("sqlite:") {
        let writer = Database::connect(sqlite(&options.url, true)).await?;
        let mut readers = sqlite(&options.url, false);
        readers.max_connections(options.connections.max(1)).min_connections(0);
        let reader = Database::connect(readers).await?;
        return Ok((writer, reader));
    }
    let mut pool = ConnectOptions::new(&options.url);
    pool.max_connections(options.connections.max(2) * 2)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_timeout(ACQUIRE_TIMEOUT)
        .sqlx_logging(false)
        .test_before_acquire(true);
    let both = Database::connect(pool).await?;
    Ok((both.clone(), both))
}

fn sqlite(url: &str, writer: bool) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .max_connections(1)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            let sqlite = sqlite
                .create_if_missing(writer)
                .busy_timeout(ACQUIRE_TIMEOUT)
                .foreign_keys(true)
                .pragma("journal_mode", "WAL")
                // FULL: an acknowledged message survives a power cut. NORMAL would lose the last commits.
                .pragma("synchronous", "FULL")
                .pragma("wal_autocheckpoint", "16000")
                // Pages in memory, in KiB: the hot ends of the indexes of a busy day.
                .pragma("cache_size", if writer { "-32000" } else { "-4000" })
                .pragma("temp_store", "MEMORY");
            if writer { sqlite } else { sqlite.pragma("query_only", "ON") }
        })
        // Where sqlite cannot commit (the disk is full) it rolls back by itself, and the driver, whose own rollback then
        // fails, goes on counting the transaction as open. Each later one would only be a savepoint in one that nobody ever
        // commits: acknowledged, and gone with the process.
        .map_sqlx_sqlite_before_acquire(|connection, _| {
            let is_sound = !connection.is_in_transaction();
            if !is_sound {
                tracing::warn!("a connection to the database is replaced: a transaction of its was never ended");
            }
            Box::pin(std::future::ready(Ok(is_sound)))
        });
    options
}

#[cfg(test)]
mod tests {
    use sea_orm::ConnectionTrait as _;

    use crate::store::StoreError;
    use crate::store::testing::stores;

    /// A failed commit leaves nothing behind that could swallow the next ones.
    #[tokio::test]
    async fn a_connection_whose_transaction_was_never_ended_is_replaced() {
        let store = stores().await.remove(0);
        let mark = async |sql: &str| store.write(async |txn| Ok(txn.execute_unprepared(sql).await?)).await;
        mark("CREATE TEMP TABLE of_this_connection (x)").await.unwrap();
        mark("INSERT INTO of_this_connection VALUES (1)").await.unwrap();
        // As sqlite does by itself where the disk is full.
        let failed = mark("ROLLBACK").await;
        assert!(matches!(failed, Err(StoreError::Database(_))), "{failed:?}");
        assert!(mark("INSERT INTO of_this_connection VALUES (2)").await.is_err(), "the same connection is used on");
        mark("INSERT INTO setting (key, value, updated_at) VALUES ('a', 'b', 1)").await.unwrap();
        let kept = super::super::settings::get(store.reader(), "a").await.unwrap();
        assert_eq!(kept.unwrap().0, "b", "it is there for everybody");
    }
}
