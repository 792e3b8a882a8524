//! Which process runs a source, where several could (ADR-007).
//!
//! A lease is taken and renewed by compare-and-set. Its fence grows with every change of owner; what a source writes names
//! the fence that it was started under, and is refused once another has been given out.

use entity::source_lease::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};

use super::{Store, StoreError};
use crate::domain::refusal::Refusal;
use crate::domain::source::SourceRef;
use crate::domain::time::UnixMs;
use crate::telemetry::names;

/// The right to run a source, as what it writes names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The source.
    pub source: SourceRef,
    /// The process that runs it.
    pub owner: String,
    /// Grows with every change of owner.
    pub fence: i64,
}

impl Store {
    /// Every lease that was ever taken.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn leases(&self) -> Result<Vec<Model>, StoreError> {
        Ok(Entity::find().all(self.reader()).await?)
    }

    /// Takes the lease of `source` for `owner` where it stands as in `seen` (none: nobody ever had it); none where another
    /// process was faster.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn take_lease(
        &self,
        source: SourceRef,
        owner: &str,
        seen: Option<&Model>,
        expires_at: UnixMs,
    ) -> Result<Option<Lease>, StoreError> {
        let fence = seen.map_or(0, |seen| seen.fence) + 1;
        let lease = Lease { source, owner: owner.to_owned(), fence };
        let taken = self
            .write_aside(async |txn| match seen {
                None => insert(txn, &lease, expires_at).await,
                Some(seen) => {
                    let done = Entity::update_many()
                        .col_expr(Column::Owner, Expr::value(Some(owner)))
                        .col_expr(Column::Fence, Expr::value(fence))
                        .col_expr(Column::Renewals, Expr::col(Column::Renewals).add(1))
                        .col_expr(Column::ExpiresAt, Expr::value(expires_at.0))
                        .filter(of(source))
                        .filter(Column::Fence.eq(seen.fence))
                        .filter(Column::Renewals.eq(seen.renewals))
                        .exec(txn)
                        .await?;
                    Ok(done.rows_affected == 1)
                }
            })
            .await?;
        Ok(taken.then_some(lease))
    }

    /// Renews a lease; false where another process has taken it meanwhile.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn renew_lease(&self, lease: &Lease, expires_at: UnixMs) -> Result<bool, StoreError> {
        let renewed = self
            .write_aside(async |txn| {
                let done = Entity::update_many()
                    .col_expr(Column::Renewals, Expr::col(Column::Renewals).add(1))
                    .col_expr(Column::ExpiresAt, Expr::value(expires_at.0))
                    .filter(held(lease))
                    .exec(txn)
                    .await?;
                Ok(done.rows_affected == 1)
            })
            .await?;
        if !renewed {
            count_stale(lease);
        }
        Ok(renewed)
    }

    /// Gives a lease back, so that another process need not wait for its end.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn give_back_lease(&self, lease: &Lease) -> Result<(), StoreError> {
        self.write_aside(async |txn| {
            Entity::update_many()
                .col_expr(Column::Owner, Expr::value(Option::<String>::None))
                .filter(held(lease))
                .exec(txn)
                .await?;
            Ok(())
        })
        .await
    }
}

/// Refuses what is written under a lease that another process has taken. The row stays locked until the transaction ends,
/// so that nobody takes it in between. To be called first in the transaction.
///
/// # Errors
/// [`Refusal::Conflict`] where the lease is another's; else where the database fails.
pub async fn check_lease(txn: &DatabaseTransaction, lease: Option<&Lease>) -> Result<(), StoreError> {
    let Some(lease) = lease else { return Ok(()) };
    if Entity::find().filter(held(lease)).lock_shared().one(txn).await?.is_some() {
        return Ok(());
    }
    count_stale(lease);
    let words = format!("{} is run by another process now; nothing was stored", lease.source);
    Err(Refusal::Conflict(words).into())
}

fn count_stale(lease: &Lease) {
    metrics::counter!(names::SOURCE_STALE_WRITES, "source" => lease.source.kind.as_str()).increment(1);
    tracing::warn!(source = %lease.source, lease.fence, "a write under a lease that another process has taken is refused");
}

fn of(source: SourceRef) -> sea_orm::Condition {
    sea_orm::Condition::all().add(Column::SourceKind.eq(source.kind.as_str())).add(Column::SourceId.eq(source.id))
}

fn held(lease: &Lease) -> sea_orm::Condition {
    of(lease.source).add(Column::Owner.eq(lease.owner.as_str())).add(Column::Fence.eq(lease.fence))
}

async fn insert(txn: &DatabaseTransaction, lease: &Lease, expires_at: UnixMs) -> Result<bool, StoreError> {
    let row = ActiveModel {
        source_kind: Set(lease.source.kind.as_str().to_owned()),
        source_id: Set(lease.source.id),
        owner: Set(Some(lease.owner.clone())),
        fence: Set(lease.fence),
        renewals: Set(0),
        expires_at: Set(expires_at.0),
    };
    let first = OnConflict::columns([Column::SourceKind, Column::SourceId]).do_nothing().to_owned();
    Ok(Entity::insert(row).on_conflict(first).exec_without_returning(txn).await? == 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{base, shooter, stores};

    #[tokio::test]
    async fn one_process_has_a_lease_and_a_former_owner_writes_nothing() {
        for store in stores().await {
            let source = shooter(3);
            let until = base().plus(std::time::Duration::from_secs(15));
            let first = store.take_lease(source, "a", None, until).await.unwrap().unwrap();
            assert_eq!(first.fence, 1);
            assert_eq!(store.take_lease(source, "b", None, until).await.unwrap(), None, "b came second");
            let seen = store.leases().await.unwrap().remove(0);
            assert!(store.renew_lease(&first, until).await.unwrap());
            let late = store.take_lease(source, "b", Some(&seen), until).await.unwrap();
            assert_eq!(late, None, "it was renewed since b looked");

            let seen = store.leases().await.unwrap().remove(0);
            let second = store.take_lease(source, "b", Some(&seen), until).await.unwrap().unwrap();
            assert_eq!(second.fence, 2);
            assert!(!store.renew_lease(&first, until).await.unwrap());
            let write = async |lease: &Lease| store.write(async |txn| check_lease(txn, Some(lease)).await).await;
            assert!(matches!(write(&first).await, Err(StoreError::Refused(Refusal::Conflict(_)))));
            write(&second).await.unwrap();

            store.give_back_lease(&first).await.unwrap();
            write(&second).await.unwrap();
            store.give_back_lease(&second).await.unwrap();
            assert!(write(&second).await.is_err(), "given back");
            let seen = store.leases().await.unwrap().remove(0);
            assert_eq!((seen.owner.as_deref(), seen.fence), (None, 2));
            let again = store.take_lease(source, "b", Some(&seen), until).await.unwrap().unwrap();
            assert_eq!(again.fence, 3, "the same process again is another owner");
        }
    }
}
