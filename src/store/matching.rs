//! Deciding buckets: all undecided deposits and open orders of one amount are read under the bucket's lock, given to the
//! pure decision, and what changed is written in the same transaction. No cache can be stale here (ADR-005).

mod load;
mod near;
mod twins;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use entity::{match_bucket, sms};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction};
use sea_orm::{DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use rand::RngExt as _;

use super::order::{Bucket, mark_buckets};
use super::sms_change::{SmsChanges, system_review};
use super::{Store, StoreError};
use crate::domain::flags::{Flag, Flags};
use crate::domain::matching::{self, Bond, Deposit, Windows};
use crate::domain::money::Currency;
use crate::domain::order::OrderStatus;
use crate::domain::retry;
use crate::domain::sms::{Review, SmsState};
use crate::domain::time::UnixMs;

use self::load::{approved_around, deposit_of, deposits_in, orders_in, settle_approved, unseen_pairs, with_firm_sms};
pub(super) use self::twins::twins_of;
use self::twins::{flag_twins, twins_of_credited};
use self::write::write_rulings;
pub(super) use self::write::{BY_HAND, note_link};

/// How long a bucket that could not be decided is left alone at least: more than clocks are apart, see
/// [`Store::pending_buckets`].
const SET_ASIDE: Duration = Duration::from_secs(15);

/// Far below the second after which PostgreSQL looks for circles.
const GIVE_WAY: &str = "SET LOCAL lock_timeout = '200ms'";

/// How far the clocks of processes that share a store may be apart.
const CLOCKS_APART: Duration = Duration::from_secs(5);

/// What one round of deciding did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    /// Buckets that were decided.
    pub buckets: usize,
    /// Messages whose decision changed.
    pub changed: usize,
    /// Of these: matched.
    pub matched: usize,
    /// Of these: ambiguous.
    pub ambiguous: usize,
    /// Of these: unmatched.
    pub unmatched: usize,
    /// Buckets that could not be decided and are tried again later.
    pub failed: usize,
}

impl Store {
    /// Decides up to `limit` buckets in which a deposit waits or something changed; zero buckets: all that can be decided
    /// is. A bucket that fails holds up no other: it is set aside and tried again later.
    ///
    /// # Errors
    /// Where the store cannot commit: then nothing of this round is stored.
    pub async fn decide_pending(&self, windows: &Windows, limit: u64) -> Result<Decided, StoreError> {
        let buckets = self.pending_buckets(limit).await?;
        if buckets.is_empty() {
            return Ok(Decided::default());
        }
        match self.decide(&buckets, windows).await {
            Err(error) if error.is_contention() || !error.is_transient() => self.decide_each(&buckets, windows).await,
            done => done,
        }
    }

    async fn decide_each(&self, buckets: &BTreeSet<Bucket>, windows: &Windows) -> Result<Decided, StoreError> {
        let mut all = Decided::default();
        for bucket in buckets {
            match self.decide(&BTreeSet::from([*bucket]), windows).await {
                Ok(one) => {
                    all.buckets += one.buckets;
                    all.changed += one.changed;
                    all.matched += one.matched;
                    all.ambiguous += one.ambiguous;
                    all.unmatched += one.unmatched;
                }
                Err(error) if error.is_transient() => return Err(error),
                Err(error) => {
                    tracing::error!(bucket = %bucket.currency, bucket.amount, %error, "a bucket cannot be decided");
                    self.set_aside(*bucket, &error.to_string()).await?;
                    all.failed += 1;
                }
            }
        }
        Ok(all)
    }

    /// Has a bucket tried again later. Its deposits that wait show the attempts, and after some of them ask for a check:
    /// people must hear of money that nothing decides.
    async fn set_aside(&self, bucket: Bucket, error: &str) -> Result<(), StoreError> {
        let now = self.now();
        let permille = rand::rng().random_range(retry::PERMILLE);
        self.write_again(async |txn| {
            let rows = sms::Entity::find()
                .filter(sms::Column::Currency.eq(bucket.currency.as_str()))
                .filter(sms::Column::Amount.eq(bucket.amount))
                .filter(sms::Column::State.eq(SmsState::Parsed.as_str()))
                .filter(due(now))
                .order_by_asc(sms::Column::Id)
                .lock_exclusive()
                .all(txn)
                .await?;
            let nth = rows.iter().map(|row| row.attempts).max().unwrap_or_default() + 1;
            let wait = retry::delay(u32::try_from(nth).unwrap_or(u32::MAX), permille).max(SET_ASIDE);
            mark_buckets(txn, [bucket], now).await?;
            match_bucket::Entity::update_many()
                .col_expr(match_bucket::Column::Since, Expr::value(now.plus(wait).0))
                .filter(match_bucket::Column::Currency.eq(bucket.currency.as_str()))
                .filter(match_bucket::Column::Amount.eq(bucket.amount))
                .exec(txn)
                .await?;
            let mut changes = SmsChanges::new(txn, now, "order_matcher");
            for row in &rows {
                let mut after = row.clone();
                after.attempts += 1;
                after.next_attempt_at = Some(now.plus(wait).0);
                let attempt = entity::sms_attempt::ActiveModel {
                    id: NotSet,
                    sms_id: Set(row.id),
                    at: Set(now.0),
                    stage: Set("order_matcher".to_owned()),
                    error: Set(error.chars().take(500).collect()),
                };
                entity::sms_attempt::Entity::insert(attempt).exec_without_returning(txn).await?;
                let mut reason = None;
                if after.attempts == retry::POISON_TRIES {
                    after.flags = Flags(after.flags).with(Flag::RetriesExhausted).0;
                    system_review(&mut after, true);
                    let times = retry::POISON_TRIES;
                    reason = Some(format!("order_matcher failed on it {times} times; it goes on trying"));
                }
                changes.apply(row, after, reason).await?;
            }
            changes.finish().await
        })
        .await
    }

    async fn decide(&self, buckets: &BTreeSet<Bucket>, windows: &Windows) -> Result<Decided, StoreError> {
        let _turn = self.stage_turn().await;
        let now = self.now();
        let work = async |txn: &DatabaseTransaction| {
            if buckets.len() > 1 && txn.get_database_backend() == DbBackend::Postgres {
                // The inbox locks messages in the order of their ids, and so does a bucket, but not several. Rather than
                // wait in a circle with it, where PostgreSQL might break the inbox off and a phone be refused, several
                // give way and are decided one by one.
                txn.execute_unprepared(GIVE_WAY).await?;
            }
            let mut done = Decided::default();
            let mut changes = SmsChanges::new(txn, now, "order_matcher");
            // In one order for all, so that two matchers cannot wait for each other.
            for bucket in buckets {
                bucket.lock(txn).await?;
                decide_bucket(&mut changes, *bucket, windows, now, &mut done).await?;
                done.buckets += 1;
            }
            changes.finish().await?;
            Ok(done)
        };
        if buckets.len() > 1 { self.write(work).await } else { self.write_again(work).await }
    }

    async fn pending_buckets(&self, limit: u64) -> Result<BTreeSet<Bucket>, StoreError> {
        let now = self.now();
        let marked = match_bucket::Entity::find()
            .select_only()
            .column(match_bucket::Column::Currency)
            .column(match_bucket::Column::Amount)
            // What was set aside lies ahead of now; the clock of another process may do so by a little.
            .filter(match_bucket::Column::Since.lte(now.plus(CLOCKS_APART).0))
            .order_by_asc(match_bucket::Column::Since)
            .limit(limit)
            .into_tuple::<(String, i64)>()
            .all(self.reader())
            .await?;
        let waiting = sms::Entity::find()
            .select_only()
            .column(sms::Column::Currency)
            .column(sms::Column::Amount)
            .filter(sms::Column::State.eq(SmsState::Parsed.as_str()))
            .filter(sms::Column::Currency.is_not_null())
            .filter(sms::Column::Amount.is_not_null())
            .filter(due(now))
            .order_by_asc(sms::Column::Id)
            .limit(limit)
            .into_tuple::<(String, i64)>()
            .all(self.reader())
            .await?;
        let mut buckets = BTreeSet::new();
        for (currency, amount) in marked.into_iter().chain(waiting) {
            let currency: Currency = currency.parse().map_err(|error| StoreError::corrupt("sms.currency", error))?;
            buckets.insert(Bucket { currency, amount });
        }
        Ok(buckets)
    }

    /// Marks the buckets of unmatched deposits that have waited past the early window and ask for no check yet.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn mark_expired_waits(&self, windows: &Windows, limit: u64) -> Result<usize, StoreError> {
        let now = self.now();
        let rows = sms::Entity::find()
            .filter(sms::Column::State.eq(SmsState::Unmatched.as_str()))
            .filter(sms::Column::Review.eq(Review::None.as_str()))
            .filter(past_early_window(windows, now))
            // What was imported unmatched was looked at in the old server.
            .filter(Expr::cust(format!("flags & {} = 0", Flags::NONE.with(Flag::OldEvent).0)))
            .filter(sms::Column::Id.gt(0))
            .order_by_asc(sms::Column::OccurredAt)
            .limit(limit)
            .all(self.reader())
            .await?;
        let buckets = rows.iter().filter_map(bucket_of).collect::<BTreeSet<_>>();
        if buckets.is_empty() {
            return Ok(0);
        }
        let count = buckets.len();
        let _turn = self.stage_turn().await;
        self.write(async |txn| mark_buckets(txn, buckets, now).await).await?;
        Ok(count)
    }
}

/// Not waiting for its next attempt.
pub(super) fn due(now: UnixMs) -> Condition {
    Condition::any().add(sms::Column::NextAttemptAt.is_null()).add(sms::Column::NextAttemptAt.lte(now.0))
}

/// As the decision sees it: a deposit known to the minute may have been made at the minute's end. Were it marked before,
/// nothing would come of it, and it would be marked again at once.
fn past_early_window(windows: &Windows, now: UnixMs) -> Condition {
    let before = now.minus(windows.early);
    Condition::all().add(sms::Column::OccurredAt.lt(before.0)).add(
        Condition::any()
            .add(sms::Column::ToTheMinute.eq(false))
            .add(sms::Column::OccurredAt.lte(before.minus(Duration::from_mins(1)).0)),
    )
}

/// The bucket of a message that reads as an amount.
#[must_use]
pub(super) fn bucket_of(row: &sms::Model) -> Option<Bucket> {
    Some(Bucket { currency: row.currency.as_deref()?.parse().ok()?, amount: row.amount? })
}

async fn decide_bucket(
    changes: &mut SmsChanges<'_>,
    bucket: Bucket,
    windows: &Windows,
    now: UnixMs,
    done: &mut Decided,
) -> Result<(), StoreError> {
    let txn = changes.txn();
    leave_refused(changes, bucket).await?;
    let open = orders_in(txn, bucket, OrderStatus::Open, None).await?;
    let mut rows = deposits_in(txn, bucket, &open, windows).await?;
    if rows.is_empty() {
        // An order came whose deposit has not come yet, as most do: there is nothing to decide.
        return unmark(txn, bucket).await;
    }
    flag_twins(changes, &mut rows).await?;
    let rows = settle_approved(changes, rows).await?;
    let approved = approved_around(txn, bucket, &rows, windows).await?;
    let unseen = unseen_pairs(txn, &rows).await?;
    let deposits: Vec<Deposit> = rows.values().map(|row| deposit_of(row, bucket, unseen.contains(&row.id))).collect();
    let free: BTreeMap<i64, Option<&str>> = deposits
        .iter()
        .filter(|deposit| deposit.bond == Bond::Free)
        .filter_map(|deposit| Some((deposit.sms_id, rows.get(&deposit.sms_id)?.order_id.as_deref())))
        .collect();
    let orders = with_firm_sms(txn, open.into_iter().chain(approved).collect(), &free).await?;
    let credited = twins_of_credited(txn, &rows).await?;
    let decided = matching::Bucket::new(&deposits, &orders, *windows, now);
    write_rulings(changes, &rows, &decided, &credited, done).await?;
    unmark(txn, bucket).await
}

async fn unmark(txn: &DatabaseTransaction, bucket: Bucket) -> Result<(), StoreError> {
    match_bucket::Entity::delete_many()
        .filter(match_bucket::Column::Currency.eq(bucket.currency.as_str()))
        .filter(match_bucket::Column::Amount.eq(bucket.amount))
        .exec(txn)
        .await?;
    Ok(())
}

/// Deposits that a person refused before they were decided wait for no order: without this they would be pending for ever.
async fn leave_refused(changes: &mut SmsChanges<'_>, bucket: Bucket) -> Result<(), StoreError> {
    let rows = sms::Entity::find()
        .filter(sms::Column::Currency.eq(bucket.currency.as_str()))
        .filter(sms::Column::Amount.eq(bucket.amount))
        .filter(Expr::cust("state IN ('parsed', 'matched', 'ambiguous', 'unmatched')"))
        .filter(sms::Column::State.eq(SmsState::Parsed.as_str()))
        .filter(sms::Column::Review.eq(Review::Rejected.as_str()))
        .order_by_asc(sms::Column::Id)
        .lock_exclusive()
        .all(changes.txn())
        .await?;
    for row in &rows {
        let after = sms::Model { state: SmsState::Unmatched.as_str().to_owned(), ..row.clone() };
        changes.apply(row, after, Some("an operator has rejected it: it is not matched".to_owned())).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
