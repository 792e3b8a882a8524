//! What the trust in a shooter device means for its messages: held while nobody trusts what brought them, back at the start
//! of the pipeline once somebody does.

use std::collections::BTreeSet;

use entity::{shooter_device, sighting, sms};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::order::{Bucket, active_match_of_sms, end_match, mark_buckets};
use super::sms::money;
use super::sms_change::SmsChanges;
use super::sms_return::{UNDECIDED_REVIEWS, returned};
use super::{Store, StoreError};
use crate::domain::sms::SmsState;
use crate::domain::source::SourceKind;
use crate::domain::time::UnixMs;

/// Rows at a time, so that a device of many messages needs little memory.
const CHUNK: u64 = 500;

/// States from which a message can still reach an order.
const NOT_FINAL: [&str; 7] = [
    SmsState::Received.as_str(),
    SmsState::Accepted.as_str(),
    SmsState::Unparsed.as_str(),
    SmsState::Parsed.as_str(),
    SmsState::Ambiguous.as_str(),
    SmsState::Unmatched.as_str(),
    SmsState::Matched.as_str(),
];

impl Store {
    /// Lets messages flow that are held although a trusted source brought them: those that were on their way in while
    /// their device was being trusted. Answers how many.
    ///
    /// # Errors
    /// Where the store cannot commit.
    pub async fn release_trusted(&self) -> Result<u64, StoreError> {
        let waits = sms::Entity::find()
            .select_only()
            .column(sms::Column::Id)
            .filter(held_though_trusted(None))
            .into_tuple::<i64>()
            .one(self.reader())
            .await?;
        if waits.is_none() {
            return Ok(0);
        }
        let now = self.now();
        self.write(async |txn| release(txn, now, "device_registry", None).await).await
    }
}

/// Sends held messages back to `received`: those of one device that is trusted now, or all that a trusted source brought.
pub(super) async fn release(
    txn: &DatabaseTransaction,
    now: UnixMs,
    actor: &str,
    device: Option<i64>,
) -> Result<u64, StoreError> {
    let mut changes = SmsChanges::new(txn, now, actor);
    let mut released = 0;
    let mut after_id = 0;
    loop {
        let rows = chunk(txn, held_though_trusted(device), after_id).await?;
        let Some(last) = rows.last() else { break };
        after_id = last.id;
        for row in &rows {
            let reason = "a device that brought it is trusted".to_owned();
            changes.apply(row, returned(row, SmsState::Received), Some(reason)).await?;
            released += 1;
        }
    }
    changes.finish().await?;
    Ok(released)
}

/// Holds the messages of a device that is not trusted any more: those that are not final, that no person has decided, and
/// that no trusted source has brought as well.
pub(super) async fn hold(txn: &DatabaseTransaction, now: UnixMs, actor: &str, device: i64) -> Result<u64, StoreError> {
    let theirs = Condition::all()
        .add(sms::Column::State.is_in(NOT_FINAL))
        .add(sms::Column::Review.is_in(UNDECIDED_REVIEWS))
        .add(Expr::exists(brought_by(device)))
        .add(Expr::exists(brought_by_trusted()).not());
    let mut changes = SmsChanges::new(txn, now, actor);
    let mut buckets = BTreeSet::new();
    let mut held = 0;
    let mut after_id = 0;
    loop {
        let rows = chunk(txn, theirs.clone(), after_id).await?;
        let Some(last) = rows.last() else { break };
        after_id = last.id;
        for row in &rows {
            let reason = "its device is not trusted any more";
            if let Some(pair) = active_match_of_sms(txn, row.id).await? {
                end_match(&changes, &pair, reason).await?;
            }
            // Its rivals are decided again without it.
            buckets.extend(money(row.currency.as_deref(), row.amount)?.map(Bucket::of));
            changes.apply(row, returned(row, SmsState::Held), Some(reason.to_owned())).await?;
            held += 1;
        }
    }
    mark_buckets(txn, buckets, now).await?;
    changes.finish().await?;
    Ok(held)
}

async fn chunk(txn: &DatabaseTransaction, of: Condition, after_id: i64) -> Result<Vec<sms::Model>, StoreError> {
    Ok(sms::Entity::find()
        .filter(of)
        .filter(sms::Column::Id.gt(after_id))
        .order_by_asc(sms::Column::Id)
        .limit(CHUNK)
        .lock_exclusive()
        .all(txn)
        .await?)
}

fn held_though_trusted(device: Option<i64>) -> Condition {
    let brought = device.map_or_else(brought_by_trusted, brought_by);
    Condition::all().add(sms::Column::State.eq(SmsState::Held.as_str())).add(Expr::exists(brought))
}

/// Sightings of the message that a query stands at.
fn sightings() -> SelectStatement {
    Query::select()
        .expr(Expr::value(1))
        .from(sighting::Entity)
        .and_where(Expr::col((sighting::Entity, sighting::Column::SmsId)).equals((sms::Entity, sms::Column::Id)))
        .to_owned()
}

fn brought_by(device: i64) -> SelectStatement {
    sightings()
        .and_where(Expr::col((sighting::Entity, sighting::Column::SourceKind)).eq(SourceKind::Shooter.as_str()))
        .and_where(Expr::col((sighting::Entity, sighting::Column::SourceId)).eq(device))
        .to_owned()
}

fn brought_by_trusted() -> SelectStatement {
    let trusted = Query::select()
        .column(shooter_device::Column::Id)
        .from(shooter_device::Entity)
        .and_where(Expr::col(shooter_device::Column::Trusted).eq(true))
        .to_owned();
    sightings()
        .cond_where(
            Condition::any()
                .add(Expr::col((sighting::Entity, sighting::Column::SourceKind)).ne(SourceKind::Shooter.as_str()))
                .add(Expr::col((sighting::Entity, sighting::Column::SourceId)).in_subquery(trusted)),
        )
        .to_owned()
}
