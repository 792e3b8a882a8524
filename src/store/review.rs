//! People's checks and resets.

use entity::{recharge_order, shooter_device, sighting, sms, sms_match};
use sea_orm::sea_query::Query;
use sea_orm::{ActiveValue::NotSet, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait};
use sea_orm::{QueryFilter, QueryOrder, QuerySelect};

use super::chain;
use super::matching::{bucket_of, note_link};
use super::order::{Bucket, active_match_of_order, active_match_of_sms, end_match, mark_buckets, order_of};
use super::sms::{money, word};
use super::sms_change::{SmsChanges, clear_to_received, moved};
use super::sms_filter::condition_of;
use super::{Store, StoreError};
use crate::contract::sms::{CheckInput, ResetDone, ResetSkipped, SmsFilter};
use crate::domain::flags::{Flag, Flags};
use crate::domain::order::{Order, OrderStatus};
use crate::domain::refusal::Refusal;
use crate::domain::sms::{CheckDecision, Direction, Review, SmsState};
use crate::domain::source::SourceKind;

/// Writes an operator's check of an sms. It writes the review state and, if given, a manual order link; it moves no money.
///
/// # Errors
/// [`Refusal::NotFound`], [`Refusal::Conflict`] where the version moved, the order is taken or closed, or the sms is
/// settled or no deposit, [`Refusal::Invalid`] where the order asks for another amount or currency; else where the database fails.
pub async fn check(
    changes: &mut SmsChanges<'_>,
    id: i64,
    input: &CheckInput,
    operator: &str,
) -> Result<sms::Model, StoreError> {
    let txn = changes.txn();
    let row = sms::Entity::find_by_id(id).one(txn).await?.filter(|row| row.id > 0);
    let row = row.ok_or_else(|| Refusal::NotFound(format!("there is no sms {id}")))?;
    if row.version != input.version {
        return Err(moved(id).into());
    }
    if row.state == SmsState::Settled.as_str() && input.decision != CheckDecision::Confirm {
        return Err(Refusal::Conflict(format!("sms {id} is settled: the wallet has credited its order")).into());
    }
    let own_bucket = bucket_of(&row);
    if let Some(bucket) = own_bucket {
        bucket.lock(txn).await?;
    }
    let mut after = row.clone();
    after.review_by = Some(operator.to_owned());
    after.review_at = Some(changes.now().0);
    after.review_note.clone_from(&input.note);
    let reason = match input.decision {
        CheckDecision::Confirm => confirm(changes, &row, &mut after, input, operator).await?,
        CheckDecision::Reject => {
            part(changes, &row, &mut after, "an operator rejected the sms").await?;
            after.review = Review::Rejected.as_str().to_owned();
            "rejected by an operator".to_owned()
        }
        CheckDecision::Reopen => {
            part(changes, &row, &mut after, "an operator reopened the sms").await?;
            reopen(&mut after);
            "reopened by an operator".to_owned()
        }
    };
    let after = changes.apply(&row, after, Some(reason)).await?;
    let now = changes.now();
    mark_buckets(txn, own_bucket, now).await?;
    changes.follow_chains().await?;
    match input.decision {
        CheckDecision::Confirm => chain::accept_confirmed(changes, id, operator, input.note.as_deref()).await?,
        CheckDecision::Reopen => chain::take_back(changes, id).await?,
        CheckDecision::Reject => {}
    }
    // The chain may have changed it once more: its version is what the next check names.
    Ok(sms::Entity::find_by_id(id).one(txn).await?.unwrap_or(after))
}

async fn confirm(
    changes: &mut SmsChanges<'_>,
    row: &sms::Model,
    after: &mut sms::Model,
    input: &CheckInput,
    operator: &str,
) -> Result<String, StoreError> {
    if matches!(word("sms.state", row.id, &row.state)?, SmsState::Held | SmsState::Received | SmsState::Accepted) {
        // Confirmed now, it would hide what parser and matcher are yet to find (INV-S2).
        return Err(Refusal::Conflict(format!(
            "sms {} is {}: nothing has been read from it yet that could be confirmed",
            row.id, row.state
        ))
        .into());
    }
    after.review = Review::Confirmed.as_str().to_owned();
    let Some(order_id) = input.order_id.as_deref().filter(|order_id| row.order_id.as_deref() != Some(order_id)) else {
        return Ok(match &row.order_id {
            Some(order_id) => format!("confirmed by an operator with order {order_id}"),
            None => "confirmed by an operator".to_owned(),
        });
    };
    if row.state == SmsState::Settled.as_str() {
        return Err(Refusal::Conflict(format!("sms {} is settled with another order", row.id)).into());
    }
    let txn = changes.txn();
    // Read under the lock of its bucket: an order that fits is in the deposit's own, which `check` has locked.
    must_fit(row, &order_of(&open_order(txn, order_id).await?)?)?;
    if let Some(pair) = active_match_of_order(txn, order_id).await? {
        return Err(Refusal::Conflict(format!("order {order_id} is taken by sms {}", pair.sms_id)).into());
    }
    if let Some(pair) = active_match_of_sms(txn, row.id).await? {
        end_match(changes, &pair, "an operator linked the sms with another order").await?;
    }
    let pair = sms_match::ActiveModel {
        id: NotSet,
        sms_id: Set(row.id),
        order_id: Set(order_id.to_owned()),
        active: Set(true),
        made_by: Set(format!("operator:{operator}")),
        made_at: Set(changes.now().0),
        timing: Set("manual".to_owned()),
        released_at: Set(None),
        release_reason: Set(None),
    };
    sms_match::Entity::insert(pair).exec_without_returning(txn).await?;
    note_link(txn, row, order_id, operator, changes.now()).await?;
    after.state = SmsState::Matched.as_str().to_owned();
    after.order_id = Some(order_id.to_owned());
    Ok(format!("linked with order {order_id} by an operator"))
}

/// What an operator may link a message with (INV-M15): people decide whose a deposit is, never how much
/// it is. A link with another amount would be approved, and the wallet would credit money that did not come.
fn must_fit(row: &sms::Model, order: &Order) -> Result<(), StoreError> {
    if row.direction.as_deref() != Some(Direction::Deposit.as_str()) {
        let what = match row.direction.as_deref() {
            Some(direction) => format!("reads as a {direction}"),
            None => "was read by no template".to_owned(),
        };
        return Err(Refusal::Conflict(format!(
            "sms {} {what}, not as a deposit: only a deposit can be linked with an order",
            row.id
        ))
        .into());
    }
    let paid = money(row.currency.as_deref(), row.amount)?;
    let paid = paid.ok_or_else(|| Refusal::Conflict(format!("no amount was read from sms {}", row.id)))?;
    if paid != order.money {
        return Err(Refusal::invalid(
            "order_id",
            format!("order {} asks for {}, but the deposit is {paid}", order.order_id, order.money),
        )
        .into());
    }
    Ok(())
}

async fn open_order(txn: &DatabaseTransaction, order_id: &str) -> Result<recharge_order::Model, StoreError> {
    let order = recharge_order::Entity::find()
        .filter(recharge_order::Column::OrderId.eq(order_id))
        .one(txn)
        .await?
        .ok_or_else(|| Refusal::invalid("order_id", format!("there is no order {order_id}")))?;
    if order.status != OrderStatus::Open.as_str() {
        return Err(Refusal::Conflict(format!("order {order_id} is {}, not open", order.status)).into());
    }
    Ok(order)
}

/// Ends the pair of a message that an operator takes out of it.
async fn part(
    changes: &mut SmsChanges<'_>,
    row: &sms::Model,
    after: &mut sms::Model,
    reason: &str,
) -> Result<(), StoreError> {
    let Some(pair) = active_match_of_sms(changes.txn(), row.id).await? else { return Ok(()) };
    end_match(changes, &pair, reason).await?;
    after.order_id = None;
    after.state = undecided_state(row).as_str().to_owned();
    // The freed order may be another deposit's now.
    if let Some(order) = recharge_order::Entity::find()
        .filter(recharge_order::Column::OrderId.eq(&pair.order_id))
        .one(changes.txn())
        .await?
    {
        mark_buckets(changes.txn(), [Bucket::of(order_of(&order)?.money)], changes.now()).await?;
    }
    Ok(())
}

fn undecided_state(row: &sms::Model) -> SmsState {
    if reads_deposit(row) { SmsState::Unmatched } else { SmsState::Unparsed }
}

fn reads_deposit(row: &sms::Model) -> bool {
    row.amount.is_some() && row.direction.as_deref() == Some("deposit")
}

/// Takes the last check back: a deposit is decided again, anything else asks for a check where its flags say why.
fn reopen(after: &mut sms::Model) {
    const INFORMATION: Flags =
        Flags::NONE.with(Flag::Twin).with(Flag::OldEvent).with(Flag::PossibleGap).with(Flag::IdReused);
    after.review_by = None;
    after.review_at = None;
    let undecided = [SmsState::Matched, SmsState::Ambiguous, SmsState::Unmatched, SmsState::Parsed];
    if reads_deposit(after) && undecided.iter().any(|state| after.state == state.as_str()) {
        after.state = SmsState::Parsed.as_str().to_owned();
        after.review = Review::None.as_str().to_owned();
        return;
    }
    let asks = after.flags & !INFORMATION.0 != 0 || after.state == SmsState::Quarantined.as_str();
    after.review = if asks { Review::NeedCheck } else { Review::None }.as_str().to_owned();
}

impl Store {
    /// The ids of up to `limit` messages that a filter finds, oldest first, after `after`.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn sms_ids(&self, filter: &SmsFilter, after: i64, limit: u64) -> Result<Vec<i64>, StoreError> {
        Ok(sms::Entity::find()
            .select_only()
            .column(sms::Column::Id)
            .filter(condition_of(filter))
            .filter(sms::Column::Id.gt(after))
            .order_by_asc(sms::Column::Id)
            .limit(limit)
            .into_tuple::<i64>()
            .all(self.reader())
            .await?)
    }
}

/// Sends messages back to `received`; those for which that cannot be are left with the reason. A held message that no device
/// can release any more (it was deleted, or a stranger wrote it to a bot) goes with them only where `release_held` says that somebody asked for held messages: else resetting
/// everything of a day would let go what nobody ever trusted.
///
/// # Errors
/// Where the database fails.
pub async fn reset(changes: &mut SmsChanges<'_>, ids: &[i64], release_held: bool) -> Result<ResetDone, StoreError> {
    let txn = changes.txn();
    let mut done = ResetDone::default();
    for id in ids {
        let skip = |reason: &str| ResetSkipped { id: *id, reason: reason.to_owned() };
        let Some(row) = sms::Entity::find_by_id(*id).lock_exclusive().one(txn).await?.filter(|row| row.id > 0) else {
            done.skipped.push(skip("there is no such sms"));
            continue;
        };
        let held = row.state == SmsState::Held.as_str();
        let refused = if held { why_held(txn, &row, release_held).await? } else { why_not(txn, &row).await? };
        if let Some(reason) = refused {
            done.skipped.push(skip(&reason));
            continue;
        }
        let mut after = row.clone();
        part(changes, &row, &mut after, "an operator reset the sms").await?;
        mark_buckets(txn, bucket_of(&row), changes.now()).await?;
        clear_to_received(&mut after);
        after.attempts = 0;
        after.next_attempt_at = None;
        let reason = if held { "released by an operator" } else { "reset by an operator" };
        changes.apply(&row, after, Some(reason.to_owned())).await?;
        done.reset += 1;
        if held {
            done.released.push(*id);
        }
    }
    Ok(done)
}

/// While its device is there, trusting that is what lets a message go.
async fn why_held(txn: &DatabaseTransaction, row: &sms::Model, release: bool) -> Result<Option<String>, StoreError> {
    let devices = Query::select().column(shooter_device::Column::Id).from(shooter_device::Entity).to_owned();
    let of_a_device = sighting::Entity::find()
        .filter(sighting::Column::SmsId.eq(row.id))
        .filter(sighting::Column::SourceKind.eq(SourceKind::Shooter.as_str()))
        .filter(sighting::Column::SourceId.in_subquery(devices))
        .one(txn)
        .await?;
    Ok(match of_a_device {
        Some(sighting) => Some(format!("its device shooter/{} is not trusted", sighting.source_id)),
        None if !release => {
            Some("it is held, since nobody vouched for its source: name its id, or filter by state held".to_owned())
        }
        None => None,
    })
}

async fn why_not(txn: &DatabaseTransaction, row: &sms::Model) -> Result<Option<String>, StoreError> {
    if row.state == SmsState::Settled.as_str() {
        return Ok(Some("its order is settled".to_owned()));
    }
    if row.text.is_none() {
        return Ok(Some("it has no text to read again".to_owned()));
    }
    let Some(order_id) = &row.order_id else { return Ok(None) };
    let status = recharge_order::Entity::find()
        .filter(recharge_order::Column::OrderId.eq(order_id))
        .one(txn)
        .await?
        .map(|order| order.status);
    let settled = status.as_deref() == Some(OrderStatus::Approved.as_str());
    Ok(settled.then(|| "its order is settled".to_owned()))
}

#[cfg(test)]
mod tests;
