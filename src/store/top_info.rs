//! The counts of the top bar and the ages that alarms watch, each by an index.

use entity::{shooter_device, sms};
use sea_orm::sea_query::{Expr, ExprTrait, SimpleExpr};
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Store, StoreError};
use crate::domain::money::{Currency, Money};
use crate::domain::sms::{Direction, Review, SmsState};
use crate::domain::time::UnixMs;

/// States in which a deposit was read.
const READ: [&str; 5] = [
    SmsState::Parsed.as_str(),
    SmsState::Matched.as_str(),
    SmsState::Ambiguous.as_str(),
    SmsState::Unmatched.as_str(),
    SmsState::Settled.as_str(),
];

/// States in which a stage has still to do its part.
const UNDECIDED: [&str; 3] = [SmsState::Received.as_str(), SmsState::Accepted.as_str(), SmsState::Parsed.as_str()];

/// A sum is taken in two parts, so that no number of large amounts overflows the database's integers.
const PART: i64 = 1_000_000_000;

/// What the store counts for the top bar. The heartbeat's message is in none of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages that somebody must look at.
    pub need_check: u64,
    /// Deposits without an order.
    pub unmatched: u64,
    /// Bank texts that no template reads.
    pub unparsed: u64,
    /// Messages received in the day.
    pub today: u64,
    /// The day's deposits, by currency.
    pub today_amount: Vec<Money>,
    /// Devices that wait to be trusted.
    pub untrusted_devices: u64,
}

/// The ages that alarms watch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waits {
    /// Since when the message that waits longest for a person has been as it is.
    pub review_since: Option<UnixMs>,
    /// When the oldest message was stored that a stage has still to decide.
    pub undecided_since: Option<UnixMs>,
}

impl Store {
    /// Counts for the top bar; the day runs from `from` to just before `to`, by the time of receipt.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn counts(&self, from: UnixMs, to: UnixMs) -> Result<Counts, StoreError> {
        let count = async |of: Condition| sms::Entity::find().filter(of.add(real())).count(self.reader()).await;
        let state = |state: SmsState| Condition::all().add(sms::Column::State.eq(state.as_str()));
        Ok(Counts {
            need_check: count(need_check()).await?,
            unmatched: count(state(SmsState::Unmatched)).await?,
            unparsed: count(state(SmsState::Unparsed)).await?,
            today: count(received(from, to)).await?,
            today_amount: self.deposits(from, to).await?,
            untrusted_devices: shooter_device::Entity::find()
                .filter(shooter_device::Column::Trusted.eq(false))
                .count(self.reader())
                .await?,
        })
    }

    async fn deposits(&self, from: UnixMs, to: UnixMs) -> Result<Vec<Money>, StoreError> {
        // PostgreSQL sums whole numbers to a NUMERIC: cast back.
        let sum = |part: SimpleExpr| part.sum().cast_as("BIGINT");
        let amount = || Expr::col(sms::Column::Amount);
        let sums = sms::Entity::find()
            .select_only()
            .column(sms::Column::Currency)
            .expr_as(sum(amount().div(PART)), "upper")
            .expr_as(sum(amount().modulo(PART)), "lower")
            .filter(received(from, to))
            .filter(real())
            .filter(sms::Column::State.is_in(READ))
            .filter(sms::Column::Direction.eq(Direction::Deposit.as_str()))
            .filter(sms::Column::Currency.is_not_null())
            .filter(sms::Column::Amount.is_not_null())
            .group_by(sms::Column::Currency)
            .order_by_asc(sms::Column::Currency)
            .into_tuple::<(String, i64, i64)>()
            .all(self.reader())
            .await?;
        sums.into_iter()
            .map(|(currency, upper, lower)| {
                let currency: Currency =
                    currency.parse().map_err(|error| StoreError::corrupt("sms.currency", error))?;
                let total = i128::from(upper) * i128::from(PART) + i128::from(lower);
                // More than an i64 holds is shown as the most that it holds.
                Ok(Money { minor: i64::try_from(total).unwrap_or(i64::MAX), currency })
            })
            .collect()
    }

    /// How long messages wait for a person and for a stage.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn waits(&self) -> Result<Waits, StoreError> {
        let oldest = async |column: sms::Column, of: Condition| {
            let find = sms::Entity::find().select_only().column_as(column.min(), "oldest").filter(of).filter(real());
            Ok::<_, StoreError>(find.into_tuple::<Option<i64>>().one(self.reader()).await?.flatten().map(UnixMs))
        };
        let undecided = Condition::all().add(sms::Column::State.is_in(UNDECIDED));
        Ok(Waits {
            review_since: oldest(sms::Column::StateSince, need_check()).await?,
            undecided_since: oldest(sms::Column::StoredAt, undecided).await?,
        })
    }
}

/// Without the heartbeat's row.
fn real() -> Condition {
    Condition::all().add(sms::Column::Id.gt(0))
}

fn need_check() -> Condition {
    // Written out, not bound: a planner takes the partial index only where it sees the value.
    let value = Expr::Constant(Review::NeedCheck.as_str().into());
    Condition::all().add(Expr::col((sms::Entity, sms::Column::Review)).eq(value))
}

fn received(from: UnixMs, to: UnixMs) -> Condition {
    Condition::all().add(sms::Column::ReceivedAt.gte(from.0)).add(sms::Column::ReceivedAt.lt(to.0))
}

#[cfg(test)]
mod tests;
