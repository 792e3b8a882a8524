//! What `recon bench` needs of the database and nobody else does: a plain table to compare with, and large fills.
//!
//! SQLite only, since it is the disk of this machine that is measured.

use std::path::Path;

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, Value};

use super::{Store, StoreError, StoreOptions};
use crate::database::connect;
use crate::domain::source::SourceKind;

/// A table without indexes whose rows have the size of an sms, on a connection with the store's own settings: what the
/// disk and the driver can do at best.
#[derive(Debug)]
pub struct PlainTable {
    writer: DatabaseConnection,
}

/// A row of the plain table.
#[derive(Clone, Debug)]
pub struct PlainRow {
    /// Who sent it.
    pub sender: String,
    /// Its text.
    pub text: String,
    /// When it came (ms).
    pub at: i64,
}

const PLAIN_COLUMNS: usize = 6;

/// What made-up names are made of.
const SYLLABLES: &str = "가나다라마바사아자차";

/// The payer of order `nth` of [`Store::fill_orders`]: one of 1,000 names.
#[must_use]
pub fn payer(nth: u64) -> String {
    let syllable = |place: u64| SYLLABLES.chars().nth(usize::try_from(nth / place % 10).unwrap_or_default());
    [100, 10, 1].into_iter().filter_map(syllable).collect()
}

/// Brought by a phone.
const SOURCES: i64 = 1 << (SourceKind::Shooter as i64);

impl PlainTable {
    /// Makes the table in a new database file.
    ///
    /// # Errors
    /// Where the file cannot be made.
    pub async fn create(file: &Path) -> Result<Self, StoreError> {
        let options = StoreOptions { connections: 1, ..StoreOptions::new(format!("sqlite://{}", file.display())) };
        let (writer, _) = connect::open(&options).await?;
        writer
            .execute_unprepared(
                "CREATE TABLE plain (id INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT, sender TEXT NOT NULL, \
                 text TEXT NOT NULL, fingerprint BLOB NOT NULL, received_at BIGINT NOT NULL, state TEXT NOT NULL)",
            )
            .await?;
        Ok(Self { writer })
    }

    /// Commits `rows` by one statement, which is its own transaction.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn commit(&self, rows: &[PlainRow]) -> Result<(), StoreError> {
        let mut sql = "INSERT INTO plain (line, sender, text, fingerprint, received_at, state) VALUES ".to_owned();
        let mut values: Vec<Value> = Vec::with_capacity(rows.len() * PLAIN_COLUMNS);
        for (nth, row) in rows.iter().enumerate() {
            sql.push_str(if nth == 0 { "(?, ?, ?, ?, ?, ?)" } else { ", (?, ?, ?, ?, ?, ?)" });
            values.extend::<[Value; PLAIN_COLUMNS]>([
                "counter-1".into(),
                row.sender.as_str().into(),
                row.text.as_str().into(),
                vec![0_u8; 16].into(),
                row.at.into(),
                "received".into(),
            ]);
        }
        self.writer.execute_raw(Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)).await?;
        Ok(())
    }

    /// Closes the file.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn close(self) -> Result<(), StoreError> {
        Ok(self.writer.close().await?)
    }
}

impl Store {
    /// Adds decided messages until there are `count`: a second between two of them, the newest received at `now`.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn fill_messages(&self, count: u32) -> Result<(), StoreError> {
        let sql = "INSERT INTO sms (line, sender, sender_key, text, fingerprint, received_at, occurred_at, to_the_minute, \
             stored_at, sources, state, state_since, review, flags, attempts, version, updated_at) \
             WITH RECURSIVE nth(n) AS (SELECT (SELECT count(*) FROM sms) + 1 UNION ALL SELECT n + 1 FROM nth WHERE n < ?1) \
             SELECT 'counter-1', '15881688', '15881688', '[KB]04/22 09:30' || char(10) || 'deposit 50,000, no. ' || n, \
             CAST(printf('%016d', n) AS BLOB), ?2 - (?1 - n) * 1000, ?2 - (?1 - n) * 1000, 1, ?2, ?3, 'ignored', ?2, 'none', 0, 0, 2, ?2 FROM nth \
             WHERE n <= ?1";
        self.fill(sql, vec![count.into(), self.now().0.into(), SOURCES.into()]).await
    }

    /// Adds open orders until there are `count`, ten for each amount: order `n`, from 0, asks for `1,000 + n / 10` won
    /// and is to be paid by [`payer`].
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn fill_orders(&self, count: u32) -> Result<(), StoreError> {
        let sql = "INSERT INTO recharge_order (order_id, user_id, currency, amount, depositor, account, status, created_at, \
             expires_at, version, updated_at) \
             WITH RECURSIVE nth(n) AS (SELECT (SELECT count(*) FROM recharge_order) UNION ALL SELECT n + 1 FROM nth WHERE n + 1 < ?1) \
             SELECT 'R-' || n, 'u' || n, 'KRW', 1000 + n / 10, substr(?3, n / 100 % 10 + 1, 1) || substr(?3, n / 10 % 10 + 1, 1) || substr(?3, n % 10 + 1, 1), '123456-01-789', 'open', ?2, ?2 + 3600000, 1, ?2 \
             FROM nth WHERE n < ?1";
        self.fill(sql, vec![count.into(), self.now().0.into(), SYLLABLES.into()]).await
    }

    /// Adds `count` open orders of 1,000 won each.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn fill_equal_orders(&self, count: u32) -> Result<(), StoreError> {
        self.fill_orders(count).await?;
        self.fill("UPDATE recharge_order SET amount = 1000", Vec::new()).await
    }

    async fn fill(&self, sql: &str, values: Vec<Value>) -> Result<(), StoreError> {
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
        self.write(async |txn| Ok(txn.execute_raw(statement).await?)).await?;
        Ok(())
    }

    /// Adds a deposit that was read and waits for the matcher; answers its id.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn add_parsed(&self, minor: i64, depositor: &str) -> Result<i64, StoreError> {
        let sql = "INSERT INTO sms (line, sender, sender_key, text, fingerprint, received_at, occurred_at, to_the_minute, \
             stored_at, sources, state, state_since, review, direction, currency, amount, depositor, account, flags, attempts, \
             version, updated_at) \
             VALUES ('counter-1', '15881688', '15881688', 'a deposit', randomblob(16), ?1, ?1, 1, ?1, ?4, 'parsed', ?1, 'none', \
             'deposit', 'KRW', ?2, ?3, '123456**789', 0, 0, 3, ?1)";
        let values: Vec<Value> = vec![self.now().0.into(), minor.into(), depositor.into(), SOURCES.into()];
        let statement = Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
        let done = self.write(async |txn| Ok(txn.execute_raw(statement).await?)).await?;
        Ok(i64::try_from(done.last_insert_id()).unwrap_or(i64::MAX))
    }
}
