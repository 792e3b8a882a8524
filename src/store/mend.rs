//! What the compensator mends in the store: pairs whose order is gone, and messages that stand still.

use entity::{recharge_order, sms, sms_attempt};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, Condition, DatabaseTransaction, EntityTrait};
use sea_orm::{PaginatorTrait as _, QueryFilter, QueryOrder, QuerySelect};

use super::matching::{bucket_of, due};
use super::order::{active_match_of_sms, mark_buckets, release, settle};
use super::sms_change::{SmsChanges, system_review};
use super::{Store, StoreError};
use crate::domain::flags::{Flag, Flags};
use crate::domain::order::OrderStatus;
use crate::domain::retry;
use crate::domain::sms::SmsState;
use crate::domain::time::UnixMs;

/// What a round of mending did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mended {
    /// Messages that were settled, or given free to be decided again.
    pub mended: usize,
    /// Messages that could not be mended, and why: a fault of ours that people must look into.
    pub left: Vec<(i64, String)>,
}

impl Store {
    /// Finds up to `limit` matched messages whose order is no longer open, and does what the change of the order should have
    /// done: settles them, or gives them free. Hand-linked and confirmed pairs too: their order is gone all the same.
    ///
    /// # Errors
    /// Where the store cannot commit. What cannot be mended for another reason is left, and named.
    pub async fn mend_matches(&self, limit: u64) -> Result<Mended, StoreError> {
        let open = Query::select()
            .column(recharge_order::Column::OrderId)
            .from(recharge_order::Entity)
            .and_where(Expr::col(recharge_order::Column::Status).eq(OrderStatus::Open.as_str()))
            .and_where(
                Expr::col((recharge_order::Entity, recharge_order::Column::OrderId))
                    .equals((sms::Entity, sms::Column::OrderId)),
            )
            .to_owned();
        let told = Query::select()
            .column(recharge_order::Column::OrderId)
            .from(recharge_order::Entity)
            .and_where(
                Expr::col((recharge_order::Entity, recharge_order::Column::OrderId))
                    .equals((sms::Entity, sms::Column::OrderId)),
            )
            .to_owned();
        // An imported pair waits for the wallet to tell of its order; any other order has been here.
        let imported = Flags::NONE.with(Flag::OldEvent).0;
        let was_here = Condition::any().add(Expr::cust(format!("flags & {imported} = 0"))).add(Expr::exists(told));
        let ids = sms::Entity::find()
            .select_only()
            .column(sms::Column::Id)
            .filter(sms::Column::State.eq(SmsState::Matched.as_str()))
            .filter(Expr::exists(open).not())
            .filter(was_here)
            .order_by_asc(sms::Column::Id)
            .limit(limit)
            .into_tuple::<i64>()
            .all(self.reader())
            .await?;
        let mut done = Mended::default();
        for id in ids {
            match self.mend_match(id).await {
                Ok(true) => done.mended += 1,
                Ok(false) => {}
                Err(error) if error.is_transient() => return Err(error),
                Err(error) => done.left.push((id, error.to_string())),
            }
        }
        Ok(done)
    }

    async fn mend_match(&self, id: i64) -> Result<bool, StoreError> {
        let now = self.now();
        self.write_again(async |txn| {
            let Some(row) = sms::Entity::find_by_id(id).one(txn).await? else { return Ok(false) };
            let bucket = bucket_of(&row);
            if let Some(bucket) = bucket {
                bucket.lock(txn).await?;
            }
            // Read again under the lock: the wallet or an operator may have been at it.
            let row = sms::Entity::find_by_id(id).lock_exclusive().one(txn).await?;
            let Some(row) = row.filter(|row| row.state == SmsState::Matched.as_str()) else { return Ok(false) };
            let status = status_of(txn, row.order_id.as_deref()).await?;
            let mut changes = SmsChanges::new(txn, now, "compensator");
            match (status.as_deref(), &row.order_id) {
                (Some("open"), _) => return Ok(false),
                (Some("approved"), Some(order_id)) => settle(&mut changes, &row, order_id).await?,
                (status, _) => {
                    let reason = format!("the order is {}", status.unwrap_or("not there"));
                    let pair = active_match_of_sms(txn, row.id).await?;
                    release(&mut changes, pair.as_ref(), &row, &reason).await?;
                }
            }
            mark_buckets(txn, bucket, now).await?;
            changes.finish().await?;
            Ok(true)
        })
        .await
    }

    /// How many messages have stood in `state` since before `before`: what the compensator reports.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn stuck_in(&self, state: SmsState, before: UnixMs) -> Result<u64, StoreError> {
        Ok(sms::Entity::find()
            .filter(sms::Column::State.eq(state.as_str()))
            .filter(sms::Column::StateSince.lt(before.0))
            .filter(sms::Column::Id.gt(0))
            .count(self.reader())
            .await?)
    }

    /// Notes an attempt of the compensator on each of the `limit` oldest messages that stand in `state` since before `before`
    /// and are due for one, and after the last attempt asks for a check. Answers how many attempts there were.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn try_stuck(
        &self,
        state: SmsState,
        before: UnixMs,
        limit: u64,
        mut permille: impl FnMut() -> u32,
    ) -> Result<usize, StoreError> {
        let now = self.now();
        let rows = sms::Entity::find()
            .filter(sms::Column::State.eq(state.as_str()))
            .filter(sms::Column::StateSince.lt(before.0))
            .filter(sms::Column::Id.gt(0))
            // What the stage itself tries again later does not stand still.
            .filter(due(now))
            .filter(Expr::cust(format!("flags & {} = 0", Flags::NONE.with(Flag::RetriesExhausted).0)))
            .order_by_asc(sms::Column::Id)
            .limit(limit)
            .all(self.reader())
            .await?;
        let mut tried = 0;
        for row in rows {
            tried += usize::from(self.try_one(&row, now, permille()).await?);
        }
        Ok(tried)
    }

    async fn try_one(&self, row: &sms::Model, now: UnixMs, permille: u32) -> Result<bool, StoreError> {
        let of_this = sms_attempt::Entity::find()
            .filter(sms_attempt::Column::SmsId.eq(row.id))
            .filter(sms_attempt::Column::Stage.eq(STAGE))
            .filter(sms_attempt::Column::At.gte(row.state_since))
            .order_by_desc(sms_attempt::Column::Id);
        let before = of_this.all(self.reader()).await?;
        let nth = u32::try_from(before.len()).unwrap_or(u32::MAX).saturating_add(1);
        if before.first().is_some_and(|last| UnixMs(last.at).plus(retry::delay(nth - 1, permille)) > now) {
            return Ok(false);
        }
        let stands = now.since(UnixMs(row.state_since)).as_secs();
        let error = format!("it has stood in {} for {stands} s; its stage was woken again", row.state);
        let noted = self
            .write(async |txn| {
                let attempt = sms_attempt::ActiveModel {
                    id: NotSet,
                    sms_id: Set(row.id),
                    at: Set(now.0),
                    stage: Set(STAGE.to_owned()),
                    error: Set(error),
                };
                sms_attempt::Entity::insert(attempt).exec_without_returning(txn).await?;
                if nth < retry::TRIES {
                    return Ok(());
                }
                let mut after = row.clone();
                after.flags = Flags(after.flags).with(Flag::RetriesExhausted).0;
                system_review(&mut after, true);
                let reason = format!("it stood in {} through {} attempts; it is still tried", row.state, retry::TRIES);
                let mut changes = SmsChanges::new(txn, now, STAGE);
                changes.apply(row, after, Some(reason)).await?;
                changes.finish().await
            })
            .await;
        match noted {
            // It has moved on: nothing stands still here.
            Err(StoreError::Refused(_)) => Ok(false),
            noted => noted.map(|()| true),
        }
    }
}

/// How the compensator stands among the attempts of a message.
const STAGE: &str = "compensator";

async fn status_of(txn: &DatabaseTransaction, order_id: Option<&str>) -> Result<Option<String>, StoreError> {
    let Some(order_id) = order_id else { return Ok(None) };
    Ok(recharge_order::Entity::find()
        .select_only()
        .column(recharge_order::Column::Status)
        .filter(recharge_order::Column::OrderId.eq(order_id))
        .into_tuple::<String>()
        .one(txn)
        .await?)
}

#[cfg(test)]
mod tests;
