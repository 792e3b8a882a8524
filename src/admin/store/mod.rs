//! The admin edge's own store: operators, approval intents, the audit of what is done here, and sessions where there is no Redis. Nothing else of the
//! edge speaks SQL or Redis.

mod audit;
mod intent;
mod intent_reads;
mod session_redis;
mod session_rows;
mod sessions;
mod ticket;
mod user;

pub use audit::{AuditEntry, AuditFilter, LOCAL, NewEntry};
pub use intent_reads::IntentTally;
pub use sessions::{Sessions, SessionsError};
pub use ticket::Ticket;
pub use user::{NewUser, User};

use std::sync::Arc;

use migration::admin::AdminMigrator;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, DbBackend, EntityTrait as _};

use crate::clock::Clock;
use crate::database::{Database, StoreError, StoreOptions};
use crate::domain::time::UnixMs;

/// The admin edge's database. Cheap to clone.
#[derive(Clone, Debug)]
pub struct AdminStore {
    database: Arc<Database>,
    clock: Clock,
}

impl AdminStore {
    /// Opens it. Does not migrate it.
    ///
    /// # Errors
    /// Where the database cannot be reached or opened.
    pub async fn open(options: &StoreOptions, clock: Clock) -> Result<Self, StoreError> {
        Ok(Self { database: Arc::new(Database::open(options).await?), clock })
    }

    /// Applies the migrations that are not applied yet.
    ///
    /// # Errors
    /// Where a step fails.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        self.database.migrate::<AdminMigrator>().await
    }

    /// The migrations that are not applied yet, by name.
    ///
    /// # Errors
    /// Where the database does not answer.
    pub async fn pending_migrations(&self) -> Result<Vec<String>, StoreError> {
        self.database.pending_migrations::<AdminMigrator>().await
    }

    /// Whether a write is taken now: writes and commits one.
    ///
    /// # Errors
    /// Why it is not.
    pub async fn probe_write(&self) -> Result<(), StoreError> {
        use entity::admin::fact;
        let row = fact::ActiveModel {
            key: Set("probe".to_owned()),
            value: Set("1".to_owned()),
            updated_at: Set(self.now().0),
        };
        let again = OnConflict::column(fact::Column::Key).update_column(fact::Column::UpdatedAt).to_owned();
        self.database
            .write(async |txn| {
                fact::Entity::insert(row).on_conflict(again).exec_without_returning(txn).await?;
                Ok(())
            })
            .await
    }

    /// The time now, by the clock that the store was given.
    #[must_use]
    pub fn now(&self) -> UnixMs {
        self.clock.now()
    }

    /// Which engine this is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.database.backend()
    }

    /// Closes the connections.
    pub async fn close(&self) {
        self.database.close().await;
    }
}
