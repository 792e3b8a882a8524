//! Reading a bucket: what its decision depends on, no more and no less.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use entity::{recharge_order, sms, sms_match};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, EntityTrait};
use sea_orm::{QueryFilter, QueryOrder, QuerySelect};

use crate::domain::flags::{Flag, Flags};
use crate::domain::matching::{Bond, BucketOrder, Deposit, ReadBy, Windows};
use crate::domain::money::Money;
use crate::domain::order::OrderStatus;
use crate::domain::sms::{Review, SmsState};
use crate::domain::time::UnixMs;
use crate::store::StoreError;
use crate::store::order::{Bucket, order_of, settle};
use crate::store::sms_change::SmsChanges;

/// How far back approved orders are looked at as rivals for a deposit (an order may stay payable for long).
const APPROVED_SPAN: Duration = Duration::from_hours(744);

/// Flags that keep a deposit from being matched on its own, while it still counts as a rival.
const HOLDING: Flags =
    Flags::NONE.with(Flag::ChainBreak).with(Flag::SuspiciousText).with(Flag::OldEvent).with(Flag::UnlistedSender);

pub(super) async fn orders_in(
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
pub(super) async fn deposits_in(
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

pub(super) fn last_moment(order: &recharge_order::Model, windows: &Windows) -> UnixMs {
    let ends = order.expires_at.map_or_else(|| UnixMs(order.created_at).plus(windows.late), UnixMs);
    // A deposit's minute reaches up to a minute back.
    ends.plus(windows.late).plus(Duration::from_mins(1))
}

/// A matched message whose order was approved is settled, should the order's own change not have done so.
pub(super) async fn settle_approved(
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

pub(super) async fn approved_around(
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
pub(super) async fn with_firm_sms(
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
pub(super) async fn unseen_pairs(
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

pub(super) fn deposit_of(row: &sms::Model, bucket: Bucket, pair_unseen: bool) -> Deposit {
    let confirmed = row.review == Review::Confirmed.as_str();
    // An old event is matched by people alone, or was by the server that it was imported from: no rule takes that back.
    let imported = row.state == SmsState::Matched.as_str() && Flags(row.flags).has(Flag::OldEvent);
    let bond = match &row.order_id {
        Some(order_id) if (confirmed || imported) && !pair_unseen => Bond::Firm { order_id: order_id.clone() },
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
        template: row.template_id.zip(row.template_version).map(|(id, version)| ReadBy { id, version }),
        held_back,
        bond,
    }
}
