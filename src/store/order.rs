//! Recharge orders as the wallet tells them: their buckets, the pairs they are in, what is told of them (`feed`) and what is
//! shown (`views`).

mod feed;
mod views;

use entity::{match_bucket, recharge_order, sms_match};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use super::sms::word;
use super::sms_change::SmsChanges;
use super::{Lock, StoreError, lock};
use crate::domain::money::{Currency, Money};
use crate::domain::order::Order;
use crate::domain::time::UnixMs;

pub use self::feed::{OrdersPut, put_orders};
pub(super) use self::feed::{release, settle};

/// A bucket: all that decides about one amount of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bucket {
    /// Which currency.
    pub currency: Currency,
    /// Minor units.
    pub amount: i64,
}

impl Bucket {
    /// The bucket of an amount.
    #[must_use]
    pub const fn of(money: Money) -> Self {
        Self { currency: money.currency, amount: money.minor }
    }

    /// Takes its lock until the transaction ends. Take several in their order.
    pub(crate) async fn lock(self, txn: &DatabaseTransaction) -> Result<(), StoreError> {
        lock(txn, Lock::Key(format!("{}:{}", self.currency, self.amount).as_bytes())).await
    }
}

/// Notes that something changed in these buckets, so that the matcher decides them again.
///
/// # Errors
/// Where the database fails.
pub async fn mark_buckets(
    txn: &DatabaseTransaction,
    buckets: impl IntoIterator<Item = Bucket>,
    now: UnixMs,
) -> Result<(), StoreError> {
    let rows: Vec<match_bucket::ActiveModel> = buckets
        .into_iter()
        .map(|bucket| match_bucket::ActiveModel {
            currency: Set(bucket.currency.as_str().to_owned()),
            amount: Set(bucket.amount),
            since: Set(now.0),
        })
        .collect();
    let once =
        OnConflict::columns([match_bucket::Column::Currency, match_bucket::Column::Amount]).do_nothing().to_owned();
    for chunk in rows.chunks(500) {
        match_bucket::Entity::insert_many(chunk.to_vec()).on_conflict(once.clone()).exec_without_returning(txn).await?;
    }
    Ok(())
}

/// The order that a row holds.
pub(crate) fn order_of(row: &recharge_order::Model) -> Result<Order, StoreError> {
    let currency: Currency =
        row.currency.parse().map_err(|error| StoreError::corrupt("recharge_order.currency", error))?;
    Ok(Order {
        order_id: row.order_id.clone(),
        user_id: row.user_id.clone(),
        money: Money { minor: row.amount, currency },
        depositor: row.depositor.clone(),
        reference: row.reference.clone(),
        account: row.account.clone(),
        status: word("recharge_order.status", row.id, &row.status)?,
        created_at: UnixMs(row.created_at),
        expires_at: row.expires_at.map(UnixMs),
        version: row.version,
    })
}

/// Ends the active pair without touching its sms.
pub(super) async fn end_match(
    changes: &SmsChanges<'_>,
    pair: &sms_match::Model,
    reason: &str,
) -> Result<(), StoreError> {
    let row = sms_match::ActiveModel {
        id: Set(pair.id),
        active: Set(false),
        released_at: Set(Some(changes.now().0)),
        release_reason: Set(Some(reason.to_owned())),
        ..Default::default()
    };
    sms_match::Entity::update(row).exec(changes.txn()).await?;
    Ok(())
}

/// The active pair of an order.
pub(super) async fn active_match_of_order(
    txn: &DatabaseTransaction,
    order_id: &str,
) -> Result<Option<sms_match::Model>, StoreError> {
    Ok(sms_match::Entity::find()
        .filter(sms_match::Column::OrderId.eq(order_id))
        .filter(sms_match::Column::Active.eq(true))
        .one(txn)
        .await?)
}

/// The active pair of an sms.
pub(super) async fn active_match_of_sms(
    txn: &DatabaseTransaction,
    sms_id: i64,
) -> Result<Option<sms_match::Model>, StoreError> {
    Ok(sms_match::Entity::find()
        .filter(sms_match::Column::SmsId.eq(sms_id))
        .filter(sms_match::Column::Active.eq(true))
        .one(txn)
        .await?)
}

#[cfg(test)]
mod tests;
