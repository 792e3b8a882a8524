//! Sessions in the database.

use std::time::Duration;

use entity::admin::session;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _};

use super::AdminStore;
use crate::admin::session::{Session, Successor};
use crate::admin::token::TokenHash;
use crate::database::StoreError;
use crate::domain::time::UnixMs;

/// A session that is over is kept for so long, so that its token is told apart from one that never was.
const KEPT_AFTER: Duration = Duration::from_hours(1);

fn from_row(row: session::Model) -> Session {
    let successor = match (row.successor, row.sealed, row.successor_expires_at) {
        (Some(hash), Some(sealed), Some(expires_at)) => {
            Some(Successor { hash: TokenHash(hash), sealed, expires_at: UnixMs(expires_at) })
        }
        _ => None,
    };
    Session {
        user_id: row.user_id,
        epoch: row.epoch,
        expires_at: UnixMs(row.expires_at),
        ends_at: UnixMs(row.ends_at),
        predecessor: row.predecessor.map(TokenHash),
        successor,
    }
}

async fn insert(txn: &DatabaseTransaction, hash: &TokenHash, new: &Session) -> Result<(), StoreError> {
    let row = session::ActiveModel {
        token_hash: Set(hash.0.clone()),
        user_id: Set(new.user_id),
        epoch: Set(new.epoch),
        expires_at: Set(new.expires_at.0),
        ends_at: Set(new.ends_at.0),
        predecessor: Set(new.predecessor.as_ref().map(|hash| hash.0.clone())),
        successor: Set(None),
        sealed: Set(None),
        successor_expires_at: Set(None),
    };
    session::Entity::insert(row).exec_without_returning(txn).await?;
    Ok(())
}

impl AdminStore {
    pub(super) async fn session(&self, hash: &TokenHash) -> Result<Option<Session>, StoreError> {
        let row = session::Entity::find_by_id(hash.0.clone()).one(self.database.reader()).await?;
        Ok(row.map(from_row))
    }

    pub(super) async fn begin_session(&self, hash: &TokenHash, new: &Session) -> Result<(), StoreError> {
        self.database.write(async |txn| insert(txn, hash, new).await).await
    }

    pub(super) async fn renew_session(
        &self,
        hash: &TokenHash,
        old: &Session,
        new: &Session,
    ) -> Result<bool, StoreError> {
        let Some(successor) = &old.successor else { return Ok(false) };
        let update = session::Entity::update_many()
            .col_expr(session::Column::Successor, Expr::value(successor.hash.0.as_str()))
            .col_expr(session::Column::Sealed, Expr::value(successor.sealed.as_str()))
            .col_expr(session::Column::SuccessorExpiresAt, Expr::value(successor.expires_at.0))
            .col_expr(session::Column::EndsAt, Expr::value(old.ends_at.0))
            .filter(session::Column::TokenHash.eq(hash.0.as_str()))
            .filter(session::Column::Successor.is_null());
        self.database
            .write(async |txn| {
                let won = update.exec(txn).await?.rows_affected == 1;
                if won {
                    insert(txn, &successor.hash, new).await?;
                }
                Ok(won)
            })
            .await
    }

    pub(super) async fn extend_session(&self, hash: &TokenHash, to: &Session) -> Result<(), StoreError> {
        let update = session::Entity::update_many()
            .col_expr(session::Column::ExpiresAt, Expr::value(to.expires_at.0))
            .col_expr(session::Column::EndsAt, Expr::value(to.ends_at.0))
            .filter(session::Column::TokenHash.eq(hash.0.as_str()));
        self.database.write(async |txn| update.exec(txn).await.map_err(StoreError::from)).await?;
        Ok(())
    }

    pub(super) async fn take_session(&self, hash: &TokenHash) -> Result<Option<Session>, StoreError> {
        self.database
            .write(async |txn| {
                // Locks the row: a renewal that runs meanwhile is then seen whole, or does not happen.
                let locked = session::Entity::update_many()
                    .col_expr(session::Column::EndsAt, Expr::value(0))
                    .filter(session::Column::TokenHash.eq(hash.0.as_str()));
                locked.exec(txn).await?;
                let row = session::Entity::find_by_id(hash.0.clone()).one(txn).await?;
                session::Entity::delete_by_id(hash.0.clone()).exec(txn).await?;
                Ok(row.map(from_row))
            })
            .await
    }

    pub(super) async fn sweep_sessions(&self) -> Result<(), StoreError> {
        let over = self.now().minus(KEPT_AFTER).0;
        let delete = session::Entity::delete_many().filter(session::Column::EndsAt.lt(over));
        self.database.write(async |txn| delete.exec(txn).await.map_err(StoreError::from)).await?;
        Ok(())
    }
}
