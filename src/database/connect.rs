//! Opening a database: one writer and some readers on SQLite, one pool on PostgreSQL.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::percent_decode_str;
use sea_orm::{ConnectOptions, Database, DatabaseConnection};

use super::StoreError;

/// How to open a database.
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
pub(crate) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// The writer and the readers.
pub(crate) async fn open(options: &StoreOptions) -> Result<(DatabaseConnection, DatabaseConnection), StoreError> {
    if options.url.starts_with("sqlite:") {
        make_for_this_user(&options.url);
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

/// What holds on every connection to SQLite.
const PRAGMAS: [(&str, &str); 4] = [
    ("journal_mode", "WAL"),
    // FULL: an acknowledged message survives a power cut. NORMAL would lose the last commits.
    ("synchronous", "FULL"),
    ("wal_autocheckpoint", "16000"),
    ("temp_store", "MEMORY"),
];

/// The file of a `sqlite://` address; none for another engine or a database in memory.
#[must_use]
pub fn sqlite_file(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite://")?;
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let path = percent_decode_str(path).decode_utf8().ok()?;
    (!path.is_empty() && path != ":memory:").then(|| PathBuf::from(path.into_owned()))
}

/// Makes the file, where there is none, before SQLite does: that would leave it to the umask who can read customers' texts.
/// Its `-wal` and `-shm` take over its mode.
fn make_for_this_user(url: &str) {
    let made = sqlite_file(url).map(|path| File::options().write(true).create_new(true).mode(0o600).open(path));
    if let Some(Err(error)) = made {
        // It is there already; or it cannot be made, and SQLite says why.
        tracing::trace!(%error, "no database file was made");
    }
}

/// The connection of the inbox, to a database that is there.
pub(crate) fn for_intake(file: &Path) -> Result<rusqlite::Connection, StoreError> {
    use rusqlite::OpenFlags;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(ACQUIRE_TIMEOUT)?;
    for (name, value) in PRAGMAS {
        connection.pragma_update(None, name, value)?;
    }
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cache_size", -16_000)?;
    Ok(connection)
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
                // A stage's commit has as many forms of each insert as there can be messages in it.
                .statement_cache_capacity(if writer { 512 } else { 100 })
                // Pages in memory, in KiB: the hot ends of the indexes of a busy day.
                .pragma("cache_size", if writer { "-32000" } else { "-4000" });
            let sqlite = PRAGMAS.iter().fold(sqlite, |sqlite, (name, value)| sqlite.pragma(*name, *value));
            if writer { sqlite } else { sqlite.pragma("query_only", "ON") }
        })
        .map_sqlx_sqlite_pool_opts(|pool| {
            pool.before_acquire(|connection, _| Box::pin(std::future::ready(Ok(is_at_rest(connection)))))
        });
    options
}

/// Whether a connection of the pool stands outside of any transaction, as it should; one that does not is closed.
///
/// A COMMIT that fails (the disk is full, fsync fails) is rolled back by SQLite itself, and the driver goes on counting
/// the transaction: what followed would be written into savepoints of a transaction that nobody commits, and acknowledged.
fn is_at_rest(connection: &sea_orm::sqlx::SqliteConnection) -> bool {
    use sea_orm::sqlx::Connection as _;
    let at_rest = !connection.is_in_transaction();
    if !at_rest {
        tracing::warn!("a connection whose last transaction ended badly is replaced");
    }
    at_rest
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
        let kept = crate::store::settings::get(store.reader(), "a").await.unwrap();
        assert_eq!(kept.unwrap().0, "b", "it is there for everybody");
    }
}
