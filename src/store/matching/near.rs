//! What lies around a deposit or an order, for whoever looks at it. Every query reads a stretch of an index from one place
//! on and stops after so many rows: the work does not grow with orders, deposits or history. Nothing is written.

use std::collections::HashSet;
use std::time::Duration;

use entity::{recharge_order, sms, sms_match};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func, SimpleExpr};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};

use super::bucket_of;
use super::load::deposit_of;
use crate::domain::matching::{NearMiss, NearOrder, Nearby, Windows, name_writings, near_deposit, near_order};
use crate::domain::money::Money;
use crate::domain::order::OrderStatus;
use crate::domain::sms::{Direction, Review, SmsState};
use crate::domain::time::UnixMs;
use crate::store::order::order_of;
use crate::store::{Store, StoreError};

/// Rows that are read on either side of a moment or an amount.
const SIDE_ROWS: u64 = 300;
/// The same for one writing of a name.
const NAME_SIDE_ROWS: u64 = 50;
/// What [`near_deposit`] looks at lies within this of the deposit.
const SPAN: Duration = Duration::from_hours(31 * 24);

/// The comparable form of `depositor`, in the words of the indexes over it.
const PAYER: &str = "substr(lower(replace(depositor, ' ', '')), 1, 40)";
/// What is closed without being paid, in the words of its index.
const CLOSED: &str = "status IN ('rejected', 'cancelled', 'expired')";
/// The messages of a bucket, in the words of its index.
pub(super) const IN_BUCKET: &str = "state IN ('parsed', 'matched', 'ambiguous', 'unmatched')";

impl Store {
    /// The orders that nearly fit an unmatched deposit; none for any other message.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn near_misses_of_sms(&self, id: i64, windows: &Windows) -> Result<Vec<NearMiss>, StoreError> {
        let Some(row) = self.sms_row(id).await?.filter(is_waiting) else { return Ok(Vec::new()) };
        let Some(bucket) = bucket_of(&row) else { return Ok(Vec::new()) };
        let deposit = deposit_of(&row, bucket, false);
        let names = deposit.name.as_deref().map(name_writings).unwrap_or_default();
        let mut orders = self.open_of_amount(deposit.money, deposit.at).await?;
        orders.extend(self.open_near_amount(deposit.money).await?);
        orders.extend(self.open_of_names(deposit.money, &names, deposit.at).await?);
        orders.extend(self.closed_of_amount(deposit.money, deposit.at).await?);
        let around = Nearby {
            orders: self.free_orders(orders).await?,
            deposits: deposits(self.unmatched_of_names(deposit.money, &names, deposit.at).await?),
        };
        Ok(near_deposit(&deposit, &around, windows))
    }

    /// The deposits that nearly fit an order which nobody has paid; none for any other order.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn near_misses_of_order(&self, order_id: &str, windows: &Windows) -> Result<Vec<NearMiss>, StoreError> {
        let row = recharge_order::Entity::find()
            .filter(recharge_order::Column::OrderId.eq(order_id))
            .one(self.reader())
            .await?;
        let Some(near) = self.free_orders(row.into_iter().collect()).await?.pop() else { return Ok(Vec::new()) };
        if near.order.status == OrderStatus::Approved {
            return Ok(Vec::new());
        }
        let (money, at) = (near.order.money, near.order.created_at);
        let names = name_writings(&near.order.depositor);
        let mut rows = self.deposits_of_amount(money, at).await?;
        rows.extend(self.deposits_near_amount(money).await?);
        rows.extend(self.unmatched_of_names(money, &names, at).await?);
        let orders = self.open_of_names(money, &names, at).await?;
        let around = Nearby { orders: self.free_orders(orders).await?, deposits: deposits(rows) };
        Ok(near_order(&near, &around, windows))
    }

    async fn open_of_amount(&self, money: Money, at: UnixMs) -> Result<Vec<recharge_order::Model>, StoreError> {
        let find = open_orders(money).filter(recharge_order::Column::Amount.eq(money.minor));
        self.around(find, recharge_order::Column::CreatedAt, at, SIDE_ROWS).await
    }

    async fn closed_of_amount(&self, money: Money, at: UnixMs) -> Result<Vec<recharge_order::Model>, StoreError> {
        let find = recharge_order::Entity::find()
            .filter(recharge_order::Column::Currency.eq(money.currency.as_str()))
            .filter(recharge_order::Column::Amount.eq(money.minor))
            .filter(Expr::cust(CLOSED));
        self.around(find, recharge_order::Column::UpdatedAt, at, SIDE_ROWS).await
    }

    async fn open_near_amount(&self, money: Money) -> Result<Vec<recharge_order::Model>, StoreError> {
        self.beside(open_orders(money), recharge_order::Column::Amount, money.minor).await
    }

    async fn open_of_names(
        &self,
        money: Money,
        names: &[String],
        at: UnixMs,
    ) -> Result<Vec<recharge_order::Model>, StoreError> {
        let mut rows = Vec::new();
        for name in names {
            let find = open_orders(money).filter(is_payer(name));
            rows.extend(self.around(find, recharge_order::Column::CreatedAt, at, NAME_SIDE_ROWS).await?);
        }
        Ok(rows)
    }

    async fn deposits_of_amount(&self, money: Money, at: UnixMs) -> Result<Vec<sms::Model>, StoreError> {
        let find = bucket_messages(money).filter(sms::Column::Amount.eq(money.minor));
        self.around(find, sms::Column::OccurredAt, at, SIDE_ROWS).await
    }

    async fn deposits_near_amount(&self, money: Money) -> Result<Vec<sms::Model>, StoreError> {
        self.beside(bucket_messages(money), sms::Column::Amount, money.minor).await
    }

    async fn unmatched_of_names(
        &self,
        money: Money,
        names: &[String],
        at: UnixMs,
    ) -> Result<Vec<sms::Model>, StoreError> {
        let mut rows = Vec::new();
        for name in names {
            let find = sms::Entity::find()
                .filter(sms::Column::Currency.eq(money.currency.as_str()))
                .filter(is_payer(name))
                .filter(Expr::cust("state = 'unmatched'"));
            rows.extend(self.around(find, sms::Column::OccurredAt, at, NAME_SIDE_ROWS).await?);
        }
        Ok(rows)
    }

    /// The rows nearest to a moment, up to `side` before it and as many after it.
    async fn around<E: EntityTrait>(
        &self,
        find: Select<E>,
        column: E::Column,
        at: UnixMs,
        side: u64,
    ) -> Result<Vec<E::Model>, StoreError> {
        let before = find.clone().filter(column.lt(at.0)).filter(column.gte(at.minus(SPAN).0));
        let mut rows = before.order_by_desc(column).limit(side).all(self.reader()).await?;
        let after = find.filter(column.gte(at.0)).filter(column.lte(at.plus(SPAN).0));
        rows.extend(after.order_by_asc(column).limit(side).all(self.reader()).await?);
        Ok(rows)
    }

    /// The rows whose amount is nearest to this one, but not it.
    async fn beside<E: EntityTrait>(
        &self,
        find: Select<E>,
        column: E::Column,
        amount: i64,
    ) -> Result<Vec<E::Model>, StoreError> {
        // At most a fifth of the larger one apart: see `differing_amount` in the domain.
        let (least, most) = (amount - amount / 5 - 1, amount.saturating_add(amount / 4 + 1));
        let below = find.clone().filter(column.lt(amount)).filter(column.gte(least));
        let mut rows = below.order_by_desc(column).limit(SIDE_ROWS).all(self.reader()).await?;
        let above = find.filter(column.gt(amount)).filter(column.lte(most));
        rows.extend(above.order_by_asc(column).limit(SIDE_ROWS).all(self.reader()).await?);
        Ok(rows)
    }

    /// Those of these orders that no sms has.
    async fn free_orders(&self, rows: Vec<recharge_order::Model>) -> Result<Vec<NearOrder>, StoreError> {
        let mut taken: HashSet<String> = HashSet::new();
        for chunk in rows.chunks(500) {
            let ids = sms_match::Entity::find()
                .select_only()
                .column(sms_match::Column::OrderId)
                .filter(sms_match::Column::OrderId.is_in(chunk.iter().map(|row| row.order_id.as_str())))
                .filter(sms_match::Column::Active.eq(true))
                .into_tuple::<String>()
                .all(self.reader())
                .await?;
            taken.extend(ids);
        }
        rows.iter()
            .filter(|row| !taken.contains(&row.order_id))
            .map(|row| {
                let order = order_of(row)?;
                let closed_at = (order.status != OrderStatus::Open).then_some(UnixMs(row.updated_at));
                Ok(NearOrder { order, closed_at })
            })
            .collect()
    }
}

fn open_orders(money: Money) -> Select<recharge_order::Entity> {
    recharge_order::Entity::find()
        .filter(recharge_order::Column::Currency.eq(money.currency.as_str()))
        // A literal, so that the partial indexes serve.
        .filter(Expr::cust("status = 'open'"))
}

fn bucket_messages(money: Money) -> Select<sms::Entity> {
    sms::Entity::find()
        .filter(sms::Column::Currency.eq(money.currency.as_str()))
        // Nothing narrower: SQLite would take the index over states, and read all that is unmatched.
        .filter(Expr::cust(IN_BUCKET))
}

/// Whether `depositor` is this name but for case and spaces. The database folds both, so that they are folded alike.
fn is_payer(name: &str) -> SimpleExpr {
    let without_spaces = Func::cust("replace").args([Expr::val(name), Expr::val(" "), Expr::val("")]);
    let folded = Func::cust("substr").arg(Func::lower(without_spaces)).arg(Expr::cust("1")).arg(Expr::cust("40"));
    Expr::cust(PAYER).eq(folded)
}

/// A deposit that has no order and may still be given one. The heartbeat's are none.
fn is_waiting(row: &sms::Model) -> bool {
    row.id > 0
        && row.state == SmsState::Unmatched.as_str()
        && row.review != Review::Rejected.as_str()
        && row.direction.as_deref() == Some(Direction::Deposit.as_str())
}

fn deposits(rows: Vec<sms::Model>) -> Vec<crate::domain::matching::Deposit> {
    let waiting = rows.into_iter().filter(is_waiting);
    waiting.filter_map(|row| Some(deposit_of(&row, bucket_of(&row)?, false))).collect()
}

#[cfg(test)]
mod tests;
