//! Tickets of the live socket. They stand in the database also where sessions are in Redis: whichever process a browser
//! reaches takes them.

use entity::admin::ticket;
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::AdminStore;
use crate::admin::token::TokenHash;
use crate::database::StoreError;
use crate::domain::time::UnixMs;

/// What is kept of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The session that it was issued in.
    pub session: TokenHash,
    /// Whose it is.
    pub user_id: i64,
    /// The operator's epoch when it was issued.
    pub epoch: i64,
    /// When it is taken no longer.
    pub expires_at: UnixMs,
}

impl AdminStore {
    /// Keeps a ticket, and drops those that nobody took in time.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn keep_ticket(&self, hash: &TokenHash, new: &Ticket) -> Result<(), StoreError> {
        let row = ticket::ActiveModel {
            ticket_hash: Set(hash.0.clone()),
            session_hash: Set(new.session.0.clone()),
            user_id: Set(new.user_id),
            epoch: Set(new.epoch),
            expires_at: Set(new.expires_at.0),
        };
        let over = ticket::Entity::delete_many().filter(ticket::Column::ExpiresAt.lte(self.now().0));
        self.database
            .write(async |txn| {
                over.exec(txn).await?;
                ticket::Entity::insert(row).exec_without_returning(txn).await?;
                Ok(())
            })
            .await
    }

    /// Takes a ticket away, whatever becomes of it; none where there is no such ticket or it is over.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn take_ticket(&self, hash: &TokenHash) -> Result<Option<Ticket>, StoreError> {
        let taken = self
            .database
            .write(async |txn| {
                let Some(row) = ticket::Entity::find_by_id(hash.0.clone()).one(txn).await? else { return Ok(None) };
                // Of two that come at once, one deletes it.
                let gone = ticket::Entity::delete_by_id(hash.0.clone()).exec(txn).await?;
                Ok((gone.rows_affected == 1).then_some(row))
            })
            .await?;
        let ticket = taken.map(|row| Ticket {
            session: TokenHash(row.session_hash),
            user_id: row.user_id,
            epoch: row.epoch,
            expires_at: UnixMs(row.expires_at),
        });
        Ok(ticket.filter(|ticket| self.now() < ticket.expires_at))
    }
}
