//! Twins: deposits that are told in equal words and stayed messages of their own. One phone's line or source tells intake of
//! them by their fingerprint. Here they are found whatever line or source they came by, and however late a phone sent one
//! again: two equal texts read as one amount, so both stand in one bucket, and under its lock the one that is decided second
//! sees the first (ADR-017).

use std::collections::{BTreeMap, BTreeSet};

use entity::sms;
use sea_orm::sea_query::{Expr, LockBehavior, LockType};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, EntityTrait};
use sea_orm::{QueryFilter, QueryOrder, QuerySelect, Select};

use super::bucket_of;
use super::near::IN_BUCKET;
use crate::domain::flags::{Flag, Flags};
use crate::domain::identity::{TWIN_WINDOW, ToldAt, are_twins};
use crate::domain::sms::{Direction, Review, SmsState};
use crate::domain::text::fingerprint_text;
use crate::domain::time::UnixMs;
use crate::store::StoreError;
use crate::store::intake::fingerprint_hours;
use crate::store::order::Bucket;
use crate::store::sms::is_twin;
use crate::store::sms_change::{SmsChanges, is_synthetic};

/// Messages of one amount, name and moment that are looked at, of those that wait or are paired and of those that are
/// settled: the latest. Of more copies than that, the others are twins already.
const EQUAL_MAX: u64 = 100;

/// What is settled, in the words of its index.
const SETTLED: &str = "state = 'settled'";

/// What equal deposits have in common, and the moments among which they stand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Words {
    bucket: Bucket,
    depositor: Option<String>,
    text: String,
    from: i64,
    to: i64,
}

impl Words {
    /// None for what is no deposit, has no text any more, or is the heartbeat's.
    fn of(row: &sms::Model) -> Option<Self> {
        if is_synthetic(row.id) || row.direction.as_deref() != Some(Direction::Deposit.as_str()) {
            return None;
        }
        let states_moment = row.to_the_minute || row.occurred_at != row.received_at;
        let at = UnixMs(row.occurred_at);
        let (from, to) = if states_moment { (at, at) } else { (at.minus(TWIN_WINDOW), at.plus(TWIN_WINDOW)) };
        Some(Self {
            bucket: bucket_of(row)?,
            depositor: row.depositor.clone(),
            text: fingerprint_text(row.text.as_deref()?),
            from: from.0,
            to: to.0,
        })
    }

    /// All of `which` with these words.
    async fn find(&self, db: &impl ConnectionTrait, which: Which) -> Result<Vec<sms::Model>, StoreError> {
        let mut found = Vec::new();
        for states in [IN_BUCKET, SETTLED] {
            let mut find = self.among(states);
            if which == Which::HoldingOrders {
                find = find.filter(holds_order());
            }
            found.extend(find.all(db).await?);
        }
        found.retain(|row| Self::of(row).is_some_and(|words| words.text == self.text));
        Ok(found)
    }

    fn among(&self, states: &'static str) -> Select<sms::Entity> {
        let named = match &self.depositor {
            Some(name) => sms::Column::Depositor.eq(name.as_str()),
            None => sms::Column::Depositor.is_null(),
        };
        sms::Entity::find()
            .filter(sms::Column::Currency.eq(self.bucket.currency.as_str()))
            .filter(sms::Column::Amount.eq(self.bucket.amount))
            .filter(Expr::cust(states))
            .filter(sms::Column::OccurredAt.between(self.from, self.to))
            .filter(named)
            .order_by_desc(sms::Column::OccurredAt)
            .limit(EQUAL_MAX)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    All,
    HoldingOrders,
}

/// Holds an order that no rule takes back: confirmed, settled, or paired by the server that it was imported from.
fn holds_order() -> Condition {
    let imported = Condition::all()
        .add(sms::Column::State.eq(SmsState::Matched.as_str()))
        .add(Expr::cust(format!("flags & {} <> 0", Flags::NONE.with(Flag::OldEvent).0)));
    Condition::all().add(sms::Column::OrderId.is_not_null()).add(
        Condition::any()
            .add(sms::Column::Review.eq(Review::Confirmed.as_str()))
            .add(sms::Column::State.eq(SmsState::Settled.as_str()))
            .add(imported),
    )
}

/// Whether two that are told in equal words are two, and near enough.
fn is_twin_of(one: &sms::Model, other: &sms::Model) -> bool {
    let told = |row: &sms::Model| ToldAt { received_at: UnixMs(row.received_at), occurred_at: UnixMs(row.occurred_at) };
    one.id != other.id && are_twins(told(one), told(other))
}

/// Whether intake would have them as twins: the same text on one line or from one source, within the hour.
fn is_twin_by_fingerprint(one: &sms::Model, other: &sms::Model) -> bool {
    one.id != other.id
        && one.fingerprint.get(4..) == other.fingerprint.get(4..)
        && u128::from(one.received_at.abs_diff(other.received_at)) <= TWIN_WINDOW.as_millis()
}

/// The messages among `rows` by their words, so that many copies of one text ask once.
fn by_words<'r>(rows: impl Iterator<Item = &'r sms::Model>) -> BTreeMap<Words, Vec<&'r sms::Model>> {
    let mut groups: BTreeMap<Words, Vec<&sms::Model>> = BTreeMap::new();
    for row in rows {
        if let Some(words) = Words::of(row) {
            groups.entry(words).or_default().push(row);
        }
    }
    groups
}

/// Flags the deposits among `rows` that are new to the matcher, and those that they are twins of, wherever these stand.
/// `rows` are then as they were written.
pub(super) async fn flag_twins(
    changes: &mut SmsChanges<'_>,
    rows: &mut BTreeMap<i64, sms::Model>,
) -> Result<(), StoreError> {
    let mut twins: BTreeSet<i64> = BTreeSet::new();
    for (words, new) in by_words(rows.values().filter(|row| row.state == SmsState::Parsed.as_str())) {
        let found = words.find(changes.txn(), Which::All).await?;
        for row in new {
            let others: Vec<&sms::Model> = found.iter().filter(|other| is_twin_of(row, other)).collect();
            if !others.is_empty() {
                twins.insert(row.id);
                twins.extend(others.iter().filter(|other| !Flags(other.flags).has(Flag::Twin)).map(|other| other.id));
            }
        }
    }
    for id in twins {
        let known = match rows.get(&id) {
            Some(row) => Some(row.clone()),
            None => lock_at_once(changes.txn(), id).await?,
        };
        let Some(before) = known.filter(|row| !Flags(row.flags).has(Flag::Twin)) else { continue };
        let after = sms::Model { flags: Flags(before.flags).with(Flag::Twin).0, ..before.clone() };
        let reason = "the same text is there as another message: it may be one deposit, told twice";
        let after = changes.apply(&before, after, Some(reason.to_owned())).await?;
        if let Some(row) = rows.get_mut(&id) {
            *row = after;
        }
    }
    Ok(())
}

/// A message that is none of the bucket's undecided ones. They are locked already, so that waiting for one more could be
/// waiting in a circle with the inbox: where it is not to be had, the bucket is decided again.
async fn lock_at_once(txn: &DatabaseTransaction, id: i64) -> Result<Option<sms::Model>, StoreError> {
    let find = sms::Entity::find_by_id(id).lock_with_behavior(LockType::Update, LockBehavior::Nowait);
    Ok(find.one(txn).await?)
}

/// Deposits with a twin that has an order for good: they may be that same deposit, told a second time.
pub(super) async fn twins_of_credited(
    txn: &DatabaseTransaction,
    rows: &BTreeMap<i64, sms::Model>,
) -> Result<BTreeSet<i64>, StoreError> {
    let twins: Vec<&sms::Model> = rows.values().filter(|row| Flags(row.flags).has(Flag::Twin)).collect();
    let mut credited = BTreeSet::new();
    let hours: BTreeSet<Vec<u8>> =
        twins.iter().flat_map(|row| fingerprint_hours(&row.fingerprint, UnixMs(row.received_at))).collect();
    let hours: Vec<Vec<u8>> = hours.into_iter().collect();
    for chunk in hours.chunks(500) {
        let firm = sms::Entity::find()
            .filter(sms::Column::Fingerprint.is_in(chunk.iter().cloned()))
            .filter(is_twin())
            .filter(holds_order())
            .all(txn)
            .await?;
        for other in firm {
            credited.extend(twins.iter().filter(|row| is_twin_by_fingerprint(row, &other)).map(|row| row.id));
        }
    }
    for (words, same) in by_words(twins.into_iter()) {
        for other in words.find(txn, Which::HoldingOrders).await? {
            credited.extend(same.iter().filter(|row| is_twin_of(row, &other)).map(|row| row.id));
        }
    }
    Ok(credited)
}

/// The ids of the twins of a message, in their order.
///
/// # Errors
/// Where the database fails.
pub async fn twins_of(db: &impl ConnectionTrait, row: &sms::Model) -> Result<Vec<i64>, StoreError> {
    if !Flags(row.flags).has(Flag::Twin) {
        return Ok(Vec::new());
    }
    let near = sms::Entity::find()
        .filter(sms::Column::Fingerprint.is_in(fingerprint_hours(&row.fingerprint, UnixMs(row.received_at))))
        .filter(is_twin())
        .all(db)
        .await?;
    let mut ids: BTreeSet<i64> =
        near.iter().filter(|other| is_twin_by_fingerprint(row, other)).map(|other| other.id).collect();
    if let Some(words) = Words::of(row) {
        let found = words.find(db, Which::All).await?;
        let flagged = found.iter().filter(|other| Flags(other.flags).has(Flag::Twin) && is_twin_of(row, other));
        ids.extend(flagged.map(|other| other.id));
    }
    Ok(ids.into_iter().collect())
}

#[cfg(test)]
mod tests;
