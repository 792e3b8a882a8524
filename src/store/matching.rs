//! Deciding buckets: all undecided deposits and open orders of one amount are read under the bucket's lock, given to the
//! pure decision, and what changed is written in the same transaction. No cache can be stale here (ADR-005).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use entity::{match_bucket, recharge_order, sms, sms_decision, sms_match};
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction};
use sea_orm::{DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::intake::fingerprint_hours;
use super::order::{Bucket, end_match, mark_buckets, order_of, settle};
use super::sms_change::{Change, SmsChanges, is_synthetic, moved, replace_flags, system_review};
use super::{Store, StoreError};
use crate::domain::flags::{Flag, Flags};
use crate::domain::identity::TWIN_WINDOW;
use crate::domain::matching::{
    self, Bond, BucketOrder, Deposit, Explanation, MATCHING_FLAGS, Outcome, Ruling, Timing, Windows,
};
use crate::domain::money::{Currency, Money};
use crate::domain::order::OrderStatus;
use crate::domain::sms::{Review, SmsState};
use crate::domain::time::UnixMs;

/// How far back approved orders are looked at as rivals for a deposit (an order may stay payable for long).
const APPROVED_SPAN: Duration = Duration::from_hours(744);

/// Flags that keep a deposit from being matched on its own, while it still counts as a rival.
const HOLDING: Flags = Flags::NONE.with(Flag::ChainBreak).with(Flag::SuspiciousText).with(Flag::OldEvent);

/// How long a bucket that could not be decided is left alone.
const SET_ASIDE: Duration = Duration::from_secs(15);

/// A deposit whose bucket failed this often asks for a check.
const ATTEMPTS_BEFORE_CHECK: i64 = 3;

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
        self.write_again(async |txn| {
            mark_buckets(txn, [bucket], now).await?;
            match_bucket::Entity::update_many()
                .col_expr(match_bucket::Column::Since, Expr::value(now.plus(SET_ASIDE).0))
                .filter(match_bucket::Column::Currency.eq(bucket.currency.as_str()))
                .filter(match_bucket::Column::Amount.eq(bucket.amount))
                .exec(txn)
                .await?;
            let rows = sms::Entity::find()
                .filter(sms::Column::Currency.eq(bucket.currency.as_str()))
                .filter(sms::Column::Amount.eq(bucket.amount))
                .filter(sms::Column::State.eq(SmsState::Parsed.as_str()))
                .filter(due(now))
                .order_by_asc(sms::Column::Id)
                .lock_exclusive()
                .all(txn)
                .await?;
            let mut changes = SmsChanges::new(txn, now, "order_matcher");
            for row in &rows {
                let mut after = row.clone();
                after.attempts += 1;
                after.next_attempt_at = Some(now.plus(SET_ASIDE).0);
                let attempt = entity::sms_attempt::ActiveModel {
                    id: NotSet,
                    sms_id: Set(row.id),
                    at: Set(now.0),
                    stage: Set("order_matcher".to_owned()),
                    error: Set(error.chars().take(500).collect()),
                };
                entity::sms_attempt::Entity::insert(attempt).exec_without_returning(txn).await?;
                let mut reason = None;
                if after.attempts == ATTEMPTS_BEFORE_CHECK {
                    after.flags = Flags(after.flags).with(Flag::RetriesExhausted).0;
                    system_review(&mut after, true);
                    reason =
                        Some(format!("order_matcher failed on it {ATTEMPTS_BEFORE_CHECK} times; it goes on trying"));
                }
                changes.apply(row, after, reason).await?;
            }
            changes.finish().await
        })
        .await
    }

    async fn decide(&self, buckets: &BTreeSet<Bucket>, windows: &Windows) -> Result<Decided, StoreError> {
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
        self.write(async |txn| mark_buckets(txn, buckets, now).await).await?;
        Ok(count)
    }
}

/// Not waiting for its next attempt.
fn due(now: UnixMs) -> Condition {
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
    let rows = deposits_in(txn, bucket, &open, windows).await?;
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

async fn orders_in(
    txn: &DatabaseTransaction,
    bucket: Bucket,
    status: OrderStatus,
    created: Option<(UnixMs, UnixMs)>,
) -> Result<Vec<recharge_order::Model>, StoreError> {
    let mut find = recharge_order::Entity::find()
        .filter(recharge_order::Column::Currency.eq(bucket.currency.as_str()))
        .filter(recharge_order::Column::Amount.eq(bucket.amount))
        // A literal, so that the partial index of this status serves.
        .filter(Expr::cust(format!("status = '{status}'")));
    if let Some((from, to)) = created {
        find = find.filter(recharge_order::Column::CreatedAt.between(from.0, to.0));
    }
    Ok(find.all(txn).await?)
}

/// The bucket's deposits that are not final: those that wait to be decided, those in a pair, and those whose time could
/// agree with an open order. Others can fit none, whatever they are.
async fn deposits_in(
    txn: &DatabaseTransaction,
    bucket: Bucket,
    open: &[recharge_order::Model],
    windows: &Windows,
) -> Result<BTreeMap<i64, sms::Model>, StoreError> {
    let mut relevant = Condition::any()
        .add(sms::Column::State.is_in([SmsState::Parsed.as_str(), SmsState::Matched.as_str()]))
        // The ones that are to ask for a check since nothing came.
        .add(
            Condition::all()
                .add(sms::Column::State.eq(SmsState::Unmatched.as_str()))
                .add(sms::Column::Review.eq(Review::None.as_str())),
        )
        .add(sms::Column::State.eq(SmsState::Ambiguous.as_str()))
        // The one order that they fit may be gone, and with it what they are flagged for.
        .add(Expr::cust(format!("flags & {} <> 0", Flags::NONE.with(Flag::OrderTaken).0)));
    // A deposit's minute reaches up to a minute further.
    let first_moment =
        |order: &recharge_order::Model| UnixMs(order.created_at).minus(windows.early).minus(Duration::from_mins(1)).0;
    let from = open.iter().map(first_moment).min();
    let to = open.iter().map(|order| last_moment(order, windows).0).max();
    if let (Some(from), Some(to)) = (from, to) {
        relevant = relevant.add(sms::Column::OccurredAt.between(from, to));
    }
    let rows = sms::Entity::find()
        .filter(sms::Column::Currency.eq(bucket.currency.as_str()))
        .filter(sms::Column::Amount.eq(bucket.amount))
        .filter(Expr::cust("state IN ('parsed', 'matched', 'ambiguous', 'unmatched')"))
        .filter(sms::Column::Direction.eq("deposit"))
        .filter(sms::Column::Review.ne(Review::Rejected.as_str()))
        .filter(relevant)
        // PostgreSQL: the inbox may be flagging one of them as a twin.
        .order_by_asc(sms::Column::Id)
        .lock_exclusive()
        .all(txn)
        .await?;
    Ok(rows.into_iter().map(|row| (row.id, row)).collect())
}

fn last_moment(order: &recharge_order::Model, windows: &Windows) -> UnixMs {
    let ends = order.expires_at.map_or_else(|| UnixMs(order.created_at).plus(windows.late), UnixMs);
    // A deposit's minute reaches up to a minute back.
    ends.plus(windows.late).plus(Duration::from_mins(1))
}

/// A matched message whose order was approved is settled, should the order's own change not have done so.
async fn settle_approved(
    changes: &mut SmsChanges<'_>,
    rows: BTreeMap<i64, sms::Model>,
) -> Result<BTreeMap<i64, sms::Model>, StoreError> {
    let held: Vec<&str> = rows.values().filter_map(|row| row.order_id.as_deref()).collect();
    if held.is_empty() {
        return Ok(rows);
    }
    let mut approved: BTreeSet<String> = BTreeSet::new();
    for chunk in held.chunks(500) {
        approved.extend(
            recharge_order::Entity::find()
                .select_only()
                .column(recharge_order::Column::OrderId)
                .filter(recharge_order::Column::OrderId.is_in(chunk.iter().copied()))
                .filter(recharge_order::Column::Status.eq(OrderStatus::Approved.as_str()))
                .into_tuple::<String>()
                .all(changes.txn())
                .await?,
        );
    }
    let mut left = BTreeMap::new();
    for (id, row) in rows {
        match row.order_id.as_deref().filter(|order| approved.contains(*order)) {
            Some(order_id) => settle(changes, &row, order_id).await?,
            None => {
                left.insert(id, row);
            }
        }
    }
    Ok(left)
}

async fn approved_around(
    txn: &DatabaseTransaction,
    bucket: Bucket,
    rows: &BTreeMap<i64, sms::Model>,
    windows: &Windows,
) -> Result<Vec<recharge_order::Model>, StoreError> {
    let from = rows.values().map(|row| row.occurred_at).min();
    let to = rows.values().map(|row| row.occurred_at).max();
    let (Some(from), Some(to)) = (from, to) else { return Ok(Vec::new()) };
    let span = (UnixMs(from).minus(APPROVED_SPAN), UnixMs(to).plus(windows.early));
    orders_in(txn, bucket, OrderStatus::Approved, Some(span)).await
}

/// Which of these orders is held by an sms that cannot lose it here: a confirmed or settled one, or one that is none of
/// the `free` deposits (each with the order that it is paired with).
async fn with_firm_sms(
    txn: &DatabaseTransaction,
    orders: Vec<recharge_order::Model>,
    free: &BTreeMap<i64, Option<&str>>,
) -> Result<Vec<BucketOrder>, StoreError> {
    let mut firm: HashMap<String, i64> = HashMap::new();
    for chunk in orders.chunks(500) {
        let pairs = sms_match::Entity::find()
            .select_only()
            .column(sms_match::Column::OrderId)
            .column(sms_match::Column::SmsId)
            .filter(sms_match::Column::OrderId.is_in(chunk.iter().map(|order| order.order_id.as_str())))
            .filter(sms_match::Column::Active.eq(true))
            .into_tuple::<(String, i64)>()
            .all(txn)
            .await?;
        let is_free = |(order_id, sms_id): &(String, i64)| free.get(sms_id) == Some(&Some(order_id.as_str()));
        firm.extend(pairs.into_iter().filter(|pair| !is_free(pair)));
    }
    orders
        .iter()
        .map(|row| Ok(BucketOrder { firm_sms: firm.get(&row.order_id).copied(), order: order_of(row)? }))
        .collect()
}

/// Confirmed deposits whose pair was made after the confirmation: a person has confirmed the text, and not that pair, which
/// is therefore as free as any other.
async fn unseen_pairs(
    txn: &DatabaseTransaction,
    rows: &BTreeMap<i64, sms::Model>,
) -> Result<BTreeSet<i64>, StoreError> {
    let confirmed: Vec<i64> = rows
        .values()
        .filter(|row| row.order_id.is_some() && row.review == Review::Confirmed.as_str())
        .map(|row| row.id)
        .collect();
    let mut unseen = BTreeSet::new();
    for chunk in confirmed.chunks(500) {
        let pairs = sms_match::Entity::find()
            .filter(sms_match::Column::SmsId.is_in(chunk.iter().copied()))
            .filter(sms_match::Column::Active.eq(true))
            .all(txn)
            .await?;
        let is_unseen = |pair: &sms_match::Model| {
            rows.get(&pair.sms_id).and_then(|row| row.review_at).is_some_and(|seen_at| seen_at < pair.made_at)
        };
        unseen.extend(pairs.into_iter().filter(is_unseen).map(|pair| pair.sms_id));
    }
    Ok(unseen)
}

/// Deposits with a twin that has an order for good: they may be that same deposit, told a second time.
async fn twins_of_credited(
    txn: &DatabaseTransaction,
    rows: &BTreeMap<i64, sms::Model>,
) -> Result<BTreeSet<i64>, StoreError> {
    let twins: Vec<&sms::Model> = rows.values().filter(|row| Flags(row.flags).has(Flag::Twin)).collect();
    let hours: BTreeSet<Vec<u8>> =
        twins.iter().flat_map(|row| fingerprint_hours(&row.fingerprint, UnixMs(row.received_at))).collect();
    let hours: Vec<Vec<u8>> = hours.into_iter().collect();
    let mut credited = BTreeSet::new();
    for chunk in hours.chunks(500) {
        let firm = sms::Entity::find()
            .filter(sms::Column::Fingerprint.is_in(chunk.iter().cloned()))
            .filter(sms::Column::OrderId.is_not_null())
            .filter(
                Condition::any()
                    .add(sms::Column::Review.eq(Review::Confirmed.as_str()))
                    .add(sms::Column::State.eq(SmsState::Settled.as_str())),
            )
            .all(txn)
            .await?;
        for other in firm {
            let same = |row: &&&sms::Model| {
                row.id != other.id
                    && row.fingerprint.get(4..) == other.fingerprint.get(4..)
                    && u128::from(row.received_at.abs_diff(other.received_at)) <= TWIN_WINDOW.as_millis()
            };
            credited.extend(twins.iter().filter(same).map(|row| row.id));
        }
    }
    Ok(credited)
}

fn deposit_of(row: &sms::Model, bucket: Bucket, pair_unseen: bool) -> Deposit {
    let confirmed = row.review == Review::Confirmed.as_str();
    let bond = match &row.order_id {
        Some(order_id) if confirmed && !pair_unseen => Bond::Firm { order_id: order_id.clone() },
        _ => Bond::Free,
    };
    // A person who confirmed the text has lifted what held it back.
    let held_back = if confirmed { Flags::NONE } else { Flags(row.flags & HOLDING.0) };
    Deposit {
        sms_id: row.id,
        money: Money { minor: bucket.amount, currency: bucket.currency },
        at: UnixMs(row.occurred_at),
        to_the_minute: row.to_the_minute,
        name: row.depositor.clone(),
        memo: row.memo.clone(),
        reference: row.reference.clone(),
        account: row.account.clone(),
        name_max: row.name_max.and_then(|max| u32::try_from(max).ok()),
        held_back,
        bond,
    }
}

/// Writes the rulings that differ from what stands: first what ends, then what begins, so that an order can pass from one
/// sms to another within the round.
async fn write_rulings(
    changes: &mut SmsChanges<'_>,
    rows: &BTreeMap<i64, sms::Model>,
    decided: &matching::Bucket<'_>,
    credited: &BTreeSet<i64>,
    done: &mut Decided,
) -> Result<(), StoreError> {
    let mut changed: Vec<News<'_>> = Vec::new();
    for ruling in decided.rulings() {
        let Some(row) = rows.get(&ruling.sms_id) else { continue };
        let next = ruled(row, &ruling, credited.contains(&row.id));
        if let Some(explanation) = news(changes.txn(), row, &next, &ruling, decided).await? {
            changed.push(News { row, next, ruling, explanation });
        }
    }
    for News { row, ruling, explanation, .. } in &changed {
        let (_, order_id) = headline(&ruling.outcome);
        if row.order_id.is_some()
            && row.order_id.as_deref() != order_id
            && let Some(pair) = super::order::active_match_of_sms(changes.txn(), row.id).await?
        {
            end_match(changes, &pair, &explanation.summary).await?;
        }
    }
    write_changed(changes, changed, done).await
}

/// A ruling that differs from what stands.
struct News<'a> {
    row: &'a sms::Model,
    next: sms::Model,
    ruling: Ruling,
    explanation: Explanation,
}

fn headline(outcome: &Outcome) -> (SmsState, Option<&str>) {
    match outcome {
        Outcome::Matched { order_id, .. } => (SmsState::Matched, Some(order_id)),
        Outcome::Ambiguous => (SmsState::Ambiguous, None),
        Outcome::Unmatched => (SmsState::Unmatched, None),
    }
}

/// The explanation of a ruling that is news; none where the row says the same already, so that nothing is written again
/// and again.
async fn news(
    txn: &DatabaseTransaction,
    row: &sms::Model,
    next: &sms::Model,
    ruling: &Ruling,
    decided: &matching::Bucket<'_>,
) -> Result<Option<Explanation>, StoreError> {
    let (state, order_id) = headline(&ruling.outcome);
    if row.state != state.as_str()
        || row.order_id.as_deref() != order_id
        || row.flags != next.flags
        || row.review != next.review
    {
        return Ok(Some(decided.explain(ruling)));
    }
    if state != SmsState::Ambiguous {
        return Ok(None);
    }
    let explanation = decided.explain(ruling);
    let last = sms_decision::Entity::find()
        .filter(sms_decision::Column::SmsId.eq(row.id))
        .order_by_desc(sms_decision::Column::Id)
        .one(txn)
        .await?;
    let Some(last) = last else { return Ok(Some(explanation)) };
    let last: Explanation = serde_json::from_str(&last.explanation)
        .map_err(|error| StoreError::corrupt("sms_decision.explanation", error))?;
    let ids = |of: &Explanation| of.candidates.iter().map(|candidate| candidate.order_id.clone()).collect::<Vec<_>>();
    Ok(if ids(&last) == ids(&explanation) { None } else { Some(explanation) })
}

/// The row as the ruling would have it.
fn ruled(row: &sms::Model, ruling: &Ruling, has_credited_twin: bool) -> sms::Model {
    let (state, order_id) = headline(&ruling.outcome);
    let mut next = row.clone();
    next.state = state.as_str().to_owned();
    next.order_id = order_id.map(str::to_owned);
    replace_flags(&mut next, MATCHING_FLAGS.with(Flag::RetriesExhausted), ruling.flags);
    let is_other = next.state != row.state || next.order_id != row.order_id;
    if row.review == Review::Confirmed.as_str() && is_other && ruling.need_check {
        // What was confirmed was something else: nobody has seen this yet (INV-M5, INV-M9).
        next.review = Review::NeedCheck.as_str().to_owned();
        next.review_by = None;
        next.review_at = None;
        next.review_note = None;
        return next;
    }
    let asks = ruling.need_check || asks_for_check(&next, has_credited_twin);
    system_review(&mut next, asks);
    next
}

/// Whether a flag that another stage set asks for a check by itself. A twin on a clear match does not; but no match is
/// clear while the same text holds an order already, since it may be one deposit told twice.
fn asks_for_check(row: &sms::Model, has_credited_twin: bool) -> bool {
    const ASKING: Flags = Flags::NONE.with(Flag::ChainBreak).with(Flag::SuspiciousText);
    let is_clear = row.state == SmsState::Matched.as_str() && !has_credited_twin;
    row.flags & ASKING.0 != 0 || (Flags(row.flags).has(Flag::Twin) && !is_clear)
}

async fn write_changed(
    changes: &mut SmsChanges<'_>,
    changed: Vec<News<'_>>,
    done: &mut Decided,
) -> Result<(), StoreError> {
    let (txn, now) = (changes.txn(), changes.now());
    let rows = changed.iter().map(|news| Change {
        before: news.row,
        after: news.next.clone(),
        reason: Some(news.explanation.summary.clone()),
    });
    let applied = changes.apply_all(rows.collect()).await?;
    let mut decisions = Vec::new();
    let mut pairs = Vec::new();
    for (News { row, ruling, explanation, .. }, after) in changed.into_iter().zip(applied) {
        if after.is_none() {
            return Err(moved(row.id).into());
        }
        let (state, _) = headline(&ruling.outcome);
        if !is_synthetic(row.id) {
            decisions.push(decision_row(row.id, state, &explanation, now)?);
        }
        done.changed += 1;
        match state {
            SmsState::Matched => done.matched += 1,
            SmsState::Ambiguous => done.ambiguous += 1,
            _ => done.unmatched += 1,
        }
        if let Outcome::Matched { order_id, timing } = ruling.outcome
            && row.order_id.as_ref() != Some(&order_id)
        {
            // After any confirmation of the text, whatever the clocks say: see `unseen_pairs`.
            let made_at = row.review_at.map_or(now, |seen_at| now.max(UnixMs(seen_at.saturating_add(1))));
            pairs.push(pair_row(row.id, order_id, timing, made_at));
        }
    }
    for chunk in decisions.chunks(500) {
        sms_decision::Entity::insert_many(chunk.to_vec()).exec_without_returning(txn).await?;
    }
    for chunk in pairs.chunks(500) {
        // INV-M1, INV-M2: the partial unique indexes refuse a second active pair of either.
        sms_match::Entity::insert_many(chunk.to_vec()).exec_without_returning(txn).await?;
    }
    Ok(())
}

fn decision_row(
    sms_id: i64,
    state: SmsState,
    explanation: &Explanation,
    now: UnixMs,
) -> Result<sms_decision::ActiveModel, StoreError> {
    let json = serde_json::to_string(explanation).map_err(|error| StoreError::corrupt("an explanation", error))?;
    Ok(sms_decision::ActiveModel {
        id: NotSet,
        sms_id: Set(sms_id),
        at: Set(now.0),
        outcome: Set(state.as_str().to_owned()),
        rule: Set(explanation.rule.clone()),
        explanation: Set(json),
    })
}

fn pair_row(sms_id: i64, order_id: String, timing: Timing, now: UnixMs) -> sms_match::ActiveModel {
    sms_match::ActiveModel {
        id: NotSet,
        sms_id: Set(sms_id),
        order_id: Set(order_id),
        active: Set(true),
        made_by: Set("order_matcher".to_owned()),
        made_at: Set(now.0),
        timing: Set(timing.as_str().to_owned()),
        released_at: Set(None),
        release_reason: Set(None),
    }
}

#[cfg(test)]
mod tests;
