//! Recharge orders as the wallet tells them, and what a change of one means for its match.

use std::collections::{BTreeSet, HashMap};

use entity::{match_bucket, recharge_order, sms, sms_match};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend};
use sea_orm::{EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::json;

use super::event::NewEvent;
use super::rows::insert;
use super::sms::word;
use super::sms_change::SmsChanges;
use super::{Lock, Store, StoreError, count_if, lock};
use crate::contract::order::{OrderFilter, OrderMatch, OrderView, OrdersTaken};
use crate::contract::page::{Page, PageRequest};
use crate::domain::money::{Currency, Money};
use crate::domain::order::{Order, OrderStatus};
use crate::domain::sms::{Review, SmsState};
use crate::domain::time::UnixMs;

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

/// Takes orders from the wallet: newer versions replace what was there, older ones change nothing.
///
/// An order that was approved settles its sms; one that left `open` otherwise, or asks for another amount, gives its sms
/// free, which is then decided again.
///
/// # Errors
/// Where the database fails.
pub async fn put_orders(txn: &DatabaseTransaction, orders: &[Order], now: UnixMs) -> Result<OrdersTaken, StoreError> {
    let mut known = rows_of(txn, orders.iter().map(|order| order.order_id.as_str())).await?;
    let mut buckets: BTreeSet<Bucket> = orders.iter().map(|order| Bucket::of(order.money)).collect();
    for row in known.values() {
        buckets.insert(Bucket::of(order_of(row)?.money));
    }
    for bucket in &buckets {
        bucket.lock(txn).await?;
    }
    if !known.is_empty() || txn.get_database_backend() == DbBackend::Postgres {
        // Read again under the locks: another process may have added or changed them meanwhile.
        known = rows_of(txn, orders.iter().map(|order| order.order_id.as_str())).await?;
        for row in known.values() {
            let bucket = Bucket::of(order_of(row)?.money);
            if buckets.insert(bucket) {
                bucket.lock(txn).await?;
            }
        }
    }
    let mut taken = OrdersTaken::default();
    let mut changes = SmsChanges::new(txn, now, "order_book");
    let mut marked: BTreeSet<Bucket> = BTreeSet::new();
    let mut new_rows: Vec<recharge_order::ActiveModel> = Vec::new();
    let mut new_ids: HashMap<&str, usize> = HashMap::new();
    for order in orders {
        let upserted = taken.upserted;
        if let Some(place) = new_ids.get(order.order_id.as_str()) {
            // The same new order twice in one batch: the newer version stands.
            let stands = new_rows[*place].version.clone().unwrap();
            match order.version.cmp(&stands) {
                std::cmp::Ordering::Greater => {
                    new_rows[*place] = row_of(order, now);
                    marked.insert(Bucket::of(order.money));
                    taken.upserted += 1;
                    changes.tell(event_of(order));
                }
                std::cmp::Ordering::Equal => taken.unchanged += 1,
                std::cmp::Ordering::Less => taken.stale += 1,
            }
            continue;
        }
        match known.get(&order.order_id) {
            None => {
                new_ids.insert(&order.order_id, new_rows.len());
                new_rows.push(row_of(order, now));
                marked.insert(Bucket::of(order.money));
                taken.upserted += 1;
            }
            Some(row) if row.version == order.version => taken.unchanged += 1,
            Some(row) if row.version > order.version => taken.stale += 1,
            Some(row) => {
                let before = order_of(row)?;
                marked.insert(Bucket::of(before.money));
                marked.insert(Bucket::of(order.money));
                let row = replace(txn, row, order, now).await?;
                follow(&mut changes, &before, order).await?;
                known.insert(order.order_id.clone(), row);
                taken.upserted += 1;
            }
        }
        if taken.upserted > upserted {
            changes.tell(event_of(order));
        }
    }
    insert(txn, new_rows).await?;
    mark_buckets(txn, marked, now).await?;
    changes.finish().await?;
    Ok(taken)
}

fn event_of(order: &Order) -> NewEvent {
    let data = json!({"order_id": order.order_id, "status": order.status, "version": order.version});
    NewEvent::new("order.updated", &data)
}

async fn rows_of<'a>(
    txn: &DatabaseTransaction,
    ids: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, recharge_order::Model>, StoreError> {
    let ids: Vec<&str> = ids.collect();
    let mut known = HashMap::new();
    for chunk in ids.chunks(500) {
        let rows = recharge_order::Entity::find()
            .filter(recharge_order::Column::OrderId.is_in(chunk.iter().copied()))
            .all(txn)
            .await?;
        known.extend(rows.into_iter().map(|row| (row.order_id.clone(), row)));
    }
    Ok(known)
}

fn row_of(order: &Order, now: UnixMs) -> recharge_order::ActiveModel {
    recharge_order::ActiveModel {
        id: NotSet,
        order_id: Set(order.order_id.clone()),
        user_id: Set(order.user_id.clone()),
        currency: Set(order.money.currency.as_str().to_owned()),
        amount: Set(order.money.minor),
        depositor: Set(order.depositor.clone()),
        reference: Set(order.reference.clone()),
        account: Set(order.account.clone()),
        status: Set(order.status.as_str().to_owned()),
        created_at: Set(order.created_at.0),
        expires_at: Set(order.expires_at.map(|at| at.0)),
        version: Set(order.version),
        updated_at: Set(now.0),
    }
}

async fn replace(
    txn: &DatabaseTransaction,
    row: &recharge_order::Model,
    order: &Order,
    now: UnixMs,
) -> Result<recharge_order::Model, StoreError> {
    let mut columns = row_of(order, now);
    columns.id = Set(row.id);
    Ok(recharge_order::Entity::update(columns).exec(txn).await?)
}

/// What the change of an order means for the sms it is matched with.
async fn follow(changes: &mut SmsChanges<'_>, before: &Order, after: &Order) -> Result<(), StoreError> {
    let Some(held) = active_match_of_order(changes.txn(), &after.order_id).await? else { return Ok(()) };
    let Some(row) = sms::Entity::find_by_id(held.sms_id).lock_exclusive().one(changes.txn()).await? else {
        return Ok(());
    };
    // Read again under the row's lock: a reset or a distrust may have taken the pair apart meanwhile.
    let Some(pair) = active_match_of_order(changes.txn(), &after.order_id).await? else { return Ok(()) };
    if row.state == SmsState::Settled.as_str() {
        return doubt_settled(changes, &row, before, after).await;
    }
    match after.status {
        OrderStatus::Approved => settle(changes, &row, &after.order_id).await,
        OrderStatus::Open if before.money == after.money => Ok(()),
        OrderStatus::Open => release(changes, &pair, &row, "the order asks for another amount now").await,
        left => release(changes, &pair, &row, &format!("the order was {left}")).await,
    }
}

/// A settled sms stays with its order whatever becomes of that: its money was credited once, and must not be credited again
/// with another order. Where the wallet takes the order's approval or amount back, people look.
async fn doubt_settled(
    changes: &mut SmsChanges<'_>,
    row: &sms::Model,
    before: &Order,
    after: &Order,
) -> Result<(), StoreError> {
    if after.status == OrderStatus::Approved && before.money == after.money {
        return Ok(());
    }
    let mut next = row.clone();
    next.review = Review::NeedCheck.as_str().to_owned();
    next.review_by = None;
    next.review_at = None;
    next.review_note = None;
    let reason = format!("the wallet credited its order, which is {} over {} now", after.status, after.money);
    changes.apply(row, next, Some(reason)).await?;
    Ok(())
}

/// Marks the sms of an approved order as settled.
///
/// # Errors
/// Where the database fails or the row has moved.
pub(super) async fn settle(changes: &mut SmsChanges<'_>, row: &sms::Model, order_id: &str) -> Result<(), StoreError> {
    if row.state == SmsState::Settled.as_str() {
        return Ok(());
    }
    let mut after = row.clone();
    after.state = SmsState::Settled.as_str().to_owned();
    super::sms_change::system_review(&mut after, false);
    changes.apply(row, after, Some(format!("the wallet credited order {order_id}"))).await?;
    Ok(())
}

/// Undoes a pair and has its sms decided again.
///
/// # Errors
/// Where the database fails or the row has moved.
pub(super) async fn release(
    changes: &mut SmsChanges<'_>,
    pair: &sms_match::Model,
    row: &sms::Model,
    reason: &str,
) -> Result<(), StoreError> {
    end_match(changes, pair, reason).await?;
    let mut after = row.clone();
    after.order_id = None;
    let reads_deposit = row.amount.is_some() && row.direction.as_deref() == Some("deposit");
    after.state = if reads_deposit { SmsState::Parsed } else { SmsState::Unparsed }.as_str().to_owned();
    // The check was about the pair that is no more.
    after.review = if reads_deposit { Review::None } else { Review::NeedCheck }.as_str().to_owned();
    after.review_by = None;
    after.review_at = None;
    after.review_note = None;
    changes.apply(row, after, Some(format!("released: {reason}"))).await?;
    Ok(())
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

impl Store {
    /// A page of orders, newest first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn order_page(&self, filter: &OrderFilter, page: PageRequest) -> Result<Page<OrderView>, StoreError> {
        let mut find = recharge_order::Entity::find();
        if let Some(status) = filter.status {
            find = find.filter(recharge_order::Column::Status.eq(status.as_str()));
        }
        if let Some(user_id) = &filter.user_id {
            find = find.filter(recharge_order::Column::UserId.eq(user_id));
        }
        if let Some(matched) = filter.matched {
            let in_a_pair = Expr::exists(
                Query::select()
                    .expr(Expr::val(1))
                    .from(sms_match::Entity)
                    .and_where(
                        Expr::col((sms_match::Entity, sms_match::Column::OrderId))
                            .equals((recharge_order::Entity, recharge_order::Column::OrderId)),
                    )
                    .and_where(Expr::col((sms_match::Entity, sms_match::Column::Active)).eq(true))
                    .to_owned(),
            );
            find = find.filter(if matched { in_a_pair } else { in_a_pair.not() });
        }
        let total = count_if(page.count, &find, self.reader()).await?;
        if let Some(before) = page.before {
            find = find.filter(recharge_order::Column::Id.lt(before));
        }
        let rows =
            find.order_by_desc(recharge_order::Column::Id).limit(u64::from(page.limit) + 1).all(self.reader()).await?;
        let views = self.order_views(rows).await?;
        Ok(Page::of(views, page.limit, total, |view: &OrderView| view.row_id))
    }

    /// One order with its match.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn order_view(&self, order_id: &str) -> Result<Option<OrderView>, StoreError> {
        let row = recharge_order::Entity::find()
            .filter(recharge_order::Column::OrderId.eq(order_id))
            .one(self.reader())
            .await?;
        Ok(self.order_views(row.into_iter().collect()).await?.pop())
    }

    async fn order_views(&self, rows: Vec<recharge_order::Model>) -> Result<Vec<OrderView>, StoreError> {
        let ids: Vec<&str> = rows.iter().map(|row| row.order_id.as_str()).collect();
        let pairs = sms_match::Entity::find()
            .filter(sms_match::Column::OrderId.is_in(ids))
            .filter(sms_match::Column::Active.eq(true))
            .all(self.reader())
            .await?;
        let states: HashMap<i64, String> = sms::Entity::find()
            .select_only()
            .column(sms::Column::Id)
            .column(sms::Column::State)
            .filter(sms::Column::Id.is_in(pairs.iter().map(|pair| pair.sms_id)))
            .into_tuple::<(i64, String)>()
            .all(self.reader())
            .await?
            .into_iter()
            .collect();
        let mut pairs: HashMap<String, sms_match::Model> =
            pairs.into_iter().map(|pair| (pair.order_id.clone(), pair)).collect();
        rows.into_iter()
            .map(|row| {
                let order = order_of(&row)?;
                let matched = pairs.remove(&order.order_id).map(|pair| OrderMatch {
                    sms_id: pair.sms_id,
                    state: states.get(&pair.sms_id).cloned().unwrap_or_default(),
                    timing: pair.timing,
                    made_by: pair.made_by,
                    made_at: UnixMs(pair.made_at),
                });
                Ok(OrderView {
                    amount: order.money.to_major(),
                    currency: order.money.currency.as_str().to_owned(),
                    order_id: order.order_id,
                    user_id: order.user_id,
                    depositor: order.depositor,
                    reference: order.reference,
                    account: order.account,
                    status: order.status,
                    created_at: order.created_at,
                    expires_at: order.expires_at,
                    version: order.version,
                    updated_at: UnixMs(row.updated_at),
                    matched,
                    row_id: row.id,
                })
            })
            .collect()
    }
}
