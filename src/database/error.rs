//! Why a store did not do what it was asked.

use sea_orm::{DbErr, RuntimeErr};

use crate::domain::refusal::Refusal;
use crate::domain::sms::SmsState;

/// Why a query or a transaction failed. Nothing of a failed transaction is stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The request cannot be carried out on what is stored.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The database failed.
    // Its own words name its causes: as a `source` they would be printed again, twice.
    #[error("the store failed: {0}")]
    Database(DbErr),
    /// SQLite failed at intake.
    #[error("the store failed: {0}")]
    Sqlite(rusqlite::Error),
    /// A row holds what no version of this program wrote.
    #[error("the store holds something unreadable: {0}")]
    Corrupt(String),
    /// A message would have gone where its state does not lead: a fault of ours.
    #[error("sms {sms_id} is {from}, which cannot become {to}; nothing was written")]
    IllegalTransition {
        /// Which.
        sms_id: i64,
        /// Where it stands.
        from: SmsState,
        /// Where it was to go.
        to: SmsState,
    },
}

impl StoreError {
    /// Something unreadable in `place`.
    pub fn corrupt(place: &str, error: impl std::fmt::Display) -> Self {
        Self::Corrupt(format!("{place}: {error}"))
    }

    /// Whether the same work may succeed later without anybody's help: the disk is full, the server is away, a lock
    /// was not to be had.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Refused(refusal) => matches!(refusal, Refusal::Unavailable(_)),
            Self::Corrupt(_) | Self::IllegalTransition { .. } => false,
            Self::Database(error) => is_transient(error),
            Self::Sqlite(error) => error.sqlite_error().is_some_and(|error| is_transient_sqlite(error.extended_code)),
        }
    }

    /// Whether PostgreSQL broke the transaction off for the sake of another one: a deadlock, or a lock that was not to be
    /// had. The same work may be done again at once.
    #[must_use]
    pub fn is_contention(&self) -> bool {
        match self {
            Self::Database(DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) => {
                error
                    .as_database_error()
                    .and_then(sea_orm::sqlx::error::DatabaseError::code)
                    .is_some_and(|code| matches!(code.as_ref(), "40001" | "40P01" | "55P03"))
            }
            _ => false,
        }
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        Self::Database(error)
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refusal) => refusal,
            error if error.is_transient() => {
                tracing::warn!(%error, "the store cannot answer now");
                Self::Unavailable("the store cannot take this now; nothing was stored, send it again later".to_owned())
            }
            error => {
                tracing::error!(%error, "the store failed");
                Self::Internal("the store failed; nothing was stored; the log says why".to_owned())
            }
        }
    }
}

fn is_transient(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            match error.as_database_error().and_then(sea_orm::sqlx::error::DatabaseError::code) {
                Some(code) => is_transient_code(&code),
                // No answer of the database at all: the connection, the pool or the disk.
                None => true,
            }
        }
        _ => false,
    }
}

/// PostgreSQL: the classes of connection, rollback, read-only, resources, operator's intervention and system errors.
fn is_transient_code(code: &str) -> bool {
    if code.len() == 5 {
        return matches!(&code[..2], "08" | "40" | "53" | "57" | "58") || matches!(code, "25006" | "55P03");
    }
    code.parse().is_ok_and(is_transient_sqlite)
}

/// The primary code of BUSY, LOCKED, READONLY, IOERR, FULL, CANTOPEN.
fn is_transient_sqlite(code: i32) -> bool {
    matches!(code & 0xff, 5 | 6 | 8 | 10 | 13 | 14)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_or_absent_disk_is_transient_and_a_wrong_statement_is_not() {
        for code in ["5", "13", "10", "778", "1546", "8", "53100", "57P01", "08006", "40001"] {
            assert!(is_transient_code(code), "{code}");
        }
        for code in ["1", "19", "2067", "42601", "23505"] {
            assert!(!is_transient_code(code), "{code}");
        }
    }
}
