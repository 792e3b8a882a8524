//! Writing the ledger: an entry, its postings and the balances of their accounts.

use entity::wallet::{ledger_account, ledger_entry, ledger_posting};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait as _, DatabaseTransaction, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};

use super::is_new;
use crate::database::StoreError;
use crate::domain::money::Money;
use crate::domain::order::Order;
use crate::domain::refusal::Refusal;
use crate::domain::time::UnixMs;
use crate::wallet::domain::ledger::{Account, AccountKind, Entry, LedgerError, posted};

/// The approval of an order.
#[derive(Clone, Debug)]
pub struct Approval {
    /// The deposit that pays it.
    pub deposit_ref: String,
    /// What is credited.
    pub money: Money,
    /// Who approves.
    pub operator: String,
    /// The version that the caller knows.
    pub version: i64,
    /// Why the money may be another amount than was ordered; none: it may not.
    pub override_note: Option<String>,
}

/// What was credited.
#[derive(Clone, Copy, Debug)]
pub(super) struct Credit {
    pub(super) entry_id: i64,
    /// What the user has in this currency now.
    pub(super) balance: Money,
}

/// Credits an order's user the approval's money, or says why the order or the deposit is used up; then nothing was written.
///
/// # Errors
/// Where the balance would not fit or the database fails.
pub(super) async fn credit(
    txn: &DatabaseTransaction,
    order: &Order,
    approval: &Approval,
    now: UnixMs,
) -> Result<Result<Credit, String>, StoreError> {
    // The entry first: who loses the race for a deposit waits here, and holds no account by then.
    let row = ledger_entry::ActiveModel {
        id: NotSet,
        order_id: Set(order.order_id.clone()),
        deposit_ref: Set(approval.deposit_ref.clone()),
        user_id: Set(order.user_id.clone()),
        currency: Set(approval.money.currency.as_str().to_owned()),
        amount: Set(approval.money.minor),
        operator: Set(approval.operator.clone()),
        at: Set(now.0),
        override_note: Set(approval.override_note.clone()),
    };
    let once = OnConflict::new().do_nothing().to_owned();
    let inserted = ledger_entry::Entity::insert(row).on_conflict(once).exec_without_returning(txn).await;
    if !is_new(inserted)? {
        return Ok(Err(used_up(txn, order, approval).await?));
    }
    let written = ledger_entry::Entity::find()
        .filter(ledger_entry::Column::OrderId.eq(&order.order_id))
        .one(txn)
        .await?
        .ok_or_else(|| StoreError::corrupt("ledger_entry", "an entry that was just written is not there"))?;
    let entry = Entry::credit(&order.user_id, approval.money).map_err(impossible)?;
    let mut balance = None;
    for posting in entry.postings() {
        let account = locked(txn, &posting.account).await?;
        let after = posted(account.balance, posting.minor).map_err(impossible)?;
        let columns = ledger_account::ActiveModel { id: Set(account.id), balance: Set(after), ..Default::default() };
        ledger_account::Entity::update(columns).exec(txn).await?;
        let row = ledger_posting::ActiveModel {
            id: NotSet,
            entry_id: Set(written.id),
            account_id: Set(account.id),
            amount: Set(posting.minor),
        };
        ledger_posting::Entity::insert(row).exec_without_returning(txn).await?;
        if posting.account.kind == AccountKind::User {
            balance = Some(Money { minor: after, currency: posting.account.currency });
        }
    }
    let balance = balance.ok_or_else(|| StoreError::corrupt("ledger_entry", "a credit without its user's account"))?;
    Ok(Ok(Credit { entry_id: written.id, balance }))
}

/// Which of the two is in the ledger already.
async fn used_up(txn: &DatabaseTransaction, order: &Order, approval: &Approval) -> Result<String, StoreError> {
    use ledger_entry::Column;
    let other = ledger_entry::Entity::find().filter(Column::DepositRef.eq(&approval.deposit_ref)).one(txn).await?;
    Ok(match other {
        Some(entry) => format!("the deposit {} paid order {} already", approval.deposit_ref, entry.order_id),
        None => format!("order {} stands in the ledger already", order.order_id),
    })
}

fn impossible(error: LedgerError) -> StoreError {
    Refusal::Conflict(format!("the ledger cannot hold this: {error}")).into()
}

/// The row of an account, made where there is none, which nobody else changes until the transaction ends.
async fn locked(txn: &DatabaseTransaction, account: &Account) -> Result<ledger_account::Model, StoreError> {
    use ledger_account::Column;
    let row = ledger_account::ActiveModel {
        id: NotSet,
        kind: Set(account.kind.as_str().to_owned()),
        owner: Set(account.owner.clone()),
        currency: Set(account.currency.as_str().to_owned()),
        balance: Set(0),
    };
    let once = OnConflict::columns([Column::Kind, Column::Owner, Column::Currency]).do_nothing().to_owned();
    is_new(ledger_account::Entity::insert(row).on_conflict(once).exec_without_returning(txn).await)?;
    ledger_account::Entity::find()
        .filter(Column::Kind.eq(account.kind.as_str()))
        .filter(Column::Owner.eq(&account.owner))
        .filter(Column::Currency.eq(account.currency.as_str()))
        .lock_exclusive()
        .one(txn)
        .await?
        .ok_or_else(|| StoreError::corrupt("ledger_account", "an account that was just made is not there"))
}
