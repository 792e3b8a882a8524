//! What the wallet tells of orders, and what the change of one means for its match.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashMap};

use entity::{recharge_order, sms, sms_match};
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbBackend};
use sea_orm::{EntityTrait, QueryFilter, QuerySelect};
use serde_json::json;

use super::{Bucket, active_match_of_order, end_match, mark_buckets, order_of};
use crate::contract::order::OrdersTaken;
use crate::domain::order::{Order, OrderStatus};
use crate::domain::sms::{Review, SmsState};
use crate::domain::time::UnixMs;
use crate::store::StoreError;
use crate::store::event::NewEvent;
use crate::store::rows::insert;
use crate::store::sms_change::{SmsChanges, system_review};

/// What became of a batch of orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OrdersPut {
    /// How many were taken, and how.
    pub taken: OrdersTaken,
    /// The orders that are here in the same version with other content, by id and version. One of the two is wrong, and
    /// nothing here can say which: what was here stays.
    pub conflicting: Vec<(String, i64)>,
}

/// Takes orders from the wallet: newer versions replace what was there, older ones change nothing, and neither does the
/// same version, whatever stands in it.
///
/// An order that was approved settles its sms; one that left `open` otherwise, or asks for another amount, gives its sms
/// free, which is then decided again.
///
/// # Errors
/// Where the database fails.
pub async fn put_orders(txn: &DatabaseTransaction, orders: &[Order], now: UnixMs) -> Result<OrdersPut, StoreError> {
    let mut known = lock_known(txn, orders).await?;
    let mut put = OrdersPut::default();
    let mut changes = SmsChanges::new(txn, now, "order_book");
    let mut marked: BTreeSet<Bucket> = BTreeSet::new();
    // Of the same new order twice in one batch the newer version stands.
    let mut new: Vec<&Order> = Vec::new();
    let mut new_at: HashMap<&str, usize> = HashMap::new();
    for order in orders {
        let place = new_at.get(order.order_id.as_str()).copied();
        let stands = match (place, known.get(&order.order_id)) {
            (Some(place), _) => Some(new[place].clone()),
            (None, Some(row)) => Some(order_of(row)?),
            (None, None) => None,
        };
        match stands.as_ref().map(|stands| order.version.cmp(&stands.version)) {
            Some(Ordering::Less) => {
                put.taken.stale += 1;
                continue;
            }
            Some(Ordering::Equal) => {
                put.taken.unchanged += 1;
                if stands.as_ref() != Some(order) {
                    put.taken.conflicting += 1;
                    put.conflicting.push((order.order_id.clone(), order.version));
                }
                continue;
            }
            Some(Ordering::Greater) | None => {}
        }
        put.taken.upserted += 1;
        marked.insert(Bucket::of(order.money));
        if let (Some(row), Some(before)) = (known.get(&order.order_id), stands) {
            marked.insert(Bucket::of(before.money));
            let row = replace(txn, row, order, now).await?;
            follow(&mut changes, &before, order).await?;
            known.insert(order.order_id.clone(), row);
        } else if let Some(place) = place {
            new[place] = order;
        } else {
            new_at.insert(&order.order_id, new.len());
            new.push(order);
        }
        changes.tell(event_of(order));
    }
    insert(txn, new.into_iter().map(|order| row_of(order, now)).collect()).await?;
    mark_buckets(txn, marked, now).await?;
    changes.finish().await?;
    Ok(put)
}

/// The rows of these orders that are there, read under the locks of their buckets: those that they are in and those that
/// they are told to be in.
async fn lock_known(
    txn: &DatabaseTransaction,
    orders: &[Order],
) -> Result<HashMap<String, recharge_order::Model>, StoreError> {
    let ids = || orders.iter().map(|order| order.order_id.as_str());
    let mut known = rows_of(txn, ids()).await?;
    let mut buckets: BTreeSet<Bucket> = orders.iter().map(|order| Bucket::of(order.money)).collect();
    for row in known.values() {
        buckets.insert(Bucket::of(order_of(row)?.money));
    }
    for bucket in &buckets {
        bucket.lock(txn).await?;
    }
    if !known.is_empty() || txn.get_database_backend() == DbBackend::Postgres {
        // Read again under the locks: another process may have added or changed them meanwhile.
        known = rows_of(txn, ids()).await?;
        for row in known.values() {
            let bucket = Bucket::of(order_of(row)?.money);
            if buckets.insert(bucket) {
                bucket.lock(txn).await?;
            }
        }
    }
    Ok(known)
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
        OrderStatus::Open => release(changes, Some(&pair), &row, "the order asks for another amount now").await,
        left => release(changes, Some(&pair), &row, &format!("the order was {left}")).await,
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
pub(in crate::store) async fn settle(
    changes: &mut SmsChanges<'_>,
    row: &sms::Model,
    order_id: &str,
) -> Result<(), StoreError> {
    if row.state == SmsState::Settled.as_str() {
        return Ok(());
    }
    let mut after = row.clone();
    after.state = SmsState::Settled.as_str().to_owned();
    system_review(&mut after, false);
    changes.apply(row, after, Some(format!("the wallet credited order {order_id}"))).await?;
    Ok(())
}

/// Undoes a pair and has its sms decided again.
///
/// # Errors
/// Where the database fails or the row has moved.
pub(in crate::store) async fn release(
    changes: &mut SmsChanges<'_>,
    pair: Option<&sms_match::Model>,
    row: &sms::Model,
    reason: &str,
) -> Result<(), StoreError> {
    if let Some(pair) = pair {
        end_match(changes, pair, reason).await?;
    }
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
