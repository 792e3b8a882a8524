//! Recharge orders: placed, and ended once. Every change is told to recon by the outbox, in the same transaction.

use entity::wallet::recharge::{ActiveModel, Column, Entity, Model};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::{WalletStore, is_new, ledger, outbox};
use crate::contract::caller::{Answer, Caller};
use crate::database::StoreError;
use crate::domain::money::{Currency, Money};
use crate::domain::order::{Order, OrderInput, OrderStatus};
use crate::domain::refusal::Refusal;
use crate::domain::time::UnixMs;
use crate::wallet::contract::Approved;
use crate::wallet::domain::recharge::{Stays, approved, ended};
use crate::wallet::store::Approval;

/// Who ends an order whose time is over.
const SELF: &str = "wallet";
/// Orders that are ended in one transaction.
const EXPIRED_AT_ONCE: u64 = 500;

/// The end of an order without a credit.
#[derive(Clone, Debug)]
pub struct Closing {
    /// `rejected` or `cancelled`.
    pub to: OrderStatus,
    /// Who.
    pub operator: String,
    /// Why.
    pub reason: String,
    /// The version that the caller knows; none: any.
    pub version: Option<i64>,
}

impl WalletStore {
    /// Places an order: 201, or 409 where its id was used before.
    ///
    /// # Errors
    /// Where the database cannot commit.
    pub async fn place(&self, caller: &Caller, order: &Order) -> Result<Answer, Refusal> {
        let now = self.now();
        self.command(caller, async |txn| {
            let once = OnConflict::column(Column::OrderId).do_nothing().to_owned();
            let placed = Entity::insert(row_of(order)).on_conflict(once).exec_without_returning(txn).await;
            if !is_new(placed)? {
                let there = locked(txn, &order.order_id).await?;
                let there = there.map(|row| order_of(&row)).transpose()?;
                let current = there.as_ref().map(OrderInput::from);
                let detail = format!("the order id {} was used before, and ids are unique for ever", order.order_id);
                return Ok(Answer::conflict_with(&detail, &current)?);
            }
            outbox::append(txn, order, now).await?;
            Ok(Answer::new(201, &OrderInput::from(order))?)
        })
        .await
    }

    /// Approves an order and credits its user: 200; 409 in another state or version, or where the deposit was used.
    ///
    /// # Errors
    /// 404; 422 where the currency differs, or the amount without an `override_note`; where the database cannot commit.
    pub async fn approve(&self, caller: &Caller, order_id: &str, approval: &Approval) -> Result<Answer, Refusal> {
        let now = self.now();
        self.command(caller, async |txn| {
            let row = locked(txn, order_id).await?.ok_or_else(|| unknown(order_id))?;
            let order = order_of(&row)?;
            let next = match approved(&order, approval.money, approval.version, approval.override_note.is_some()) {
                Ok(next) => next,
                Err(stays @ Stays::Differs { ordered, asked }) => {
                    let field = if ordered.currency == asked.currency { "amount" } else { "currency" };
                    return Err(Refusal::invalid(field, stays.to_string()).into());
                }
                Err(stays) => return Ok(conflict(&stays.to_string(), &order)?),
            };
            let credit = match ledger::credit(txn, &order, approval, now).await? {
                Ok(credit) => credit,
                Err(taken) => return Ok(conflict(&taken, &order)?),
            };
            end(txn, &row, &next, &approval.operator, None, now).await?;
            let answer = Approved {
                order_id: order.order_id,
                status: next.status,
                entry_id: credit.entry_id,
                balance: credit.balance,
            };
            Ok(Answer::new(200, &answer)?)
        })
        .await
    }

    /// Ends an order without a credit: 200 with the order, or 409 in another state or version.
    ///
    /// # Errors
    /// 404; where the database cannot commit.
    pub async fn close_order(&self, caller: &Caller, order_id: &str, closing: &Closing) -> Result<Answer, Refusal> {
        let now = self.now();
        self.command(caller, async |txn| {
            let row = locked(txn, order_id).await?.ok_or_else(|| unknown(order_id))?;
            let order = order_of(&row)?;
            match ended(&order, closing.to, closing.version) {
                Ok(next) => {
                    end(txn, &row, &next, &closing.operator, Some(&closing.reason), now).await?;
                    Ok(Answer::new(200, &OrderInput::from(&next))?)
                }
                Err(stays) => Ok(conflict(&stays.to_string(), &order)?),
            }
        })
        .await
    }

    /// Ends orders that still wait for a deposit at `deadline`, and answers how many. None is left where it is fewer than
    /// could be ended at once.
    ///
    /// # Errors
    /// Where the database cannot commit.
    pub async fn expire(&self, deadline: UnixMs) -> Result<(usize, bool), StoreError> {
        let now = self.now();
        self.database()
            .write(async |txn| {
                let rows = Entity::find()
                    .filter(Column::Status.eq(OrderStatus::Open.as_str()))
                    .filter(Column::ExpiresAt.lte(deadline.0))
                    .order_by_asc(Column::Id)
                    .limit(EXPIRED_AT_ONCE)
                    .lock_exclusive()
                    .all(txn)
                    .await?;
                for row in &rows {
                    let next = ended(&order_of(row)?, OrderStatus::Expired, None)
                        .map_err(|stays| StoreError::corrupt("recharge.status", stays))?;
                    end(txn, row, &next, SELF, None, now).await?;
                }
                Ok((rows.len(), u64::try_from(rows.len()).is_ok_and(|count| count < EXPIRED_AT_ONCE)))
            })
            .await
    }
}

fn unknown(order_id: &str) -> Refusal {
    Refusal::NotFound(format!("there is no recharge order {order_id}"))
}

fn conflict(detail: &str, current: &Order) -> Result<Answer, Refusal> {
    Answer::conflict_with(detail, &OrderInput::from(current))
}

/// An order's row, which nobody else changes until the transaction ends.
pub(super) async fn locked(txn: &DatabaseTransaction, order_id: &str) -> Result<Option<Model>, StoreError> {
    Ok(Entity::find().filter(Column::OrderId.eq(order_id)).lock_exclusive().one(txn).await?)
}

/// Writes the order's end, where it is still in the version that was read, and its event.
async fn end(
    txn: &DatabaseTransaction,
    row: &Model,
    next: &Order,
    by: &str,
    reason: Option<&str>,
    now: UnixMs,
) -> Result<(), StoreError> {
    let columns = ActiveModel {
        status: Set(next.status.as_str().to_owned()),
        version: Set(next.version),
        closed_by: Set(Some(by.to_owned())),
        closed_reason: Set(reason.map(str::to_owned)),
        closed_at: Set(Some(now.0)),
        ..Default::default()
    };
    let changed = Entity::update_many()
        .set(columns)
        .filter(Column::Id.eq(row.id))
        .filter(Column::Version.eq(row.version))
        .filter(Column::Status.eq(OrderStatus::Open.as_str()))
        .exec(txn)
        .await?;
    if changed.rows_affected != 1 {
        return Err(Refusal::Conflict(format!("order {} has moved", row.order_id)).into());
    }
    outbox::append(txn, next, now).await
}

fn row_of(order: &Order) -> ActiveModel {
    ActiveModel {
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
        closed_by: Set(None),
        closed_reason: Set(None),
        closed_at: Set(None),
    }
}

/// The order that a row holds.
pub(super) fn order_of(row: &Model) -> Result<Order, StoreError> {
    Ok(Order {
        order_id: row.order_id.clone(),
        user_id: row.user_id.clone(),
        money: Money { minor: row.amount, currency: currency_of("recharge.currency", &row.currency)? },
        depositor: row.depositor.clone(),
        reference: row.reference.clone(),
        account: row.account.clone(),
        status: row.status.parse().map_err(|error| StoreError::corrupt("recharge.status", error))?,
        created_at: UnixMs(row.created_at),
        expires_at: row.expires_at.map(UnixMs),
        version: row.version,
    })
}

pub(super) fn currency_of(place: &str, code: &str) -> Result<Currency, StoreError> {
    code.parse().map_err(|error| StoreError::corrupt(place, error))
}
