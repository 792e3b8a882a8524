//! What is shown of orders and wallets.

use entity::wallet::{ledger_account, ledger_entry, recharge};
use sea_orm::{
    ColumnTrait as _, EntityTrait as _, PaginatorTrait as _, QueryFilter as _, QueryOrder as _, QuerySelect as _,
};

use super::WalletStore;
use super::recharge::{currency_of, order_of};
use crate::contract::page::{Page, PageRequest};
use crate::database::StoreError;
use crate::domain::money::Money;
use crate::domain::order::OrderInput;
use crate::domain::time::UnixMs;
use crate::wallet::contract::{Closed, EntryView, RechargeFilter, RechargeItem, RechargeView, WalletView};
use crate::wallet::domain::ledger::AccountKind;

impl WalletStore {
    /// A page of the orders that fit the filter, newest first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn recharge_page(
        &self,
        filter: &RechargeFilter,
        page: PageRequest,
    ) -> Result<Page<RechargeItem>, StoreError> {
        use recharge::Column;
        let reader = self.database().reader();
        let mut find = recharge::Entity::find();
        if let Some(status) = filter.status {
            find = find.filter(Column::Status.eq(status.as_str()));
        }
        if let Some(user_id) = &filter.user_id {
            find = find.filter(Column::UserId.eq(user_id));
        }
        if let Some(ids) = &filter.ids {
            find = find.filter(Column::OrderId.is_in(ids));
        }
        if let Some(from) = filter.from {
            find = find.filter(Column::CreatedAt.gte(from.0));
        }
        if let Some(to) = filter.to {
            find = find.filter(Column::CreatedAt.lt(to.0));
        }
        let total = if page.count { Some(find.clone().count(reader).await?) } else { None };
        if let Some(before) = page.before {
            find = find.filter(Column::Id.lt(before));
        }
        let rows = find.order_by_desc(Column::Id).limit(u64::from(page.limit) + 1).all(reader).await?;
        let orders: Vec<(i64, RechargeItem)> = rows
            .iter()
            .map(|row| {
                let order = OrderInput::from(&order_of(row)?);
                Ok((row.id, RechargeItem { order, updated_at: updated_at(row) }))
            })
            .collect::<Result<_, StoreError>>()?;
        Ok(Page::of(orders, page.limit, total, |(id, _)| *id).map(|(_, order)| order))
    }

    /// One order with its end.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn recharge_view(&self, order_id: &str) -> Result<Option<RechargeView>, StoreError> {
        let reader = self.database().reader();
        let found = recharge::Entity::find().filter(recharge::Column::OrderId.eq(order_id)).one(reader).await?;
        let Some(row) = found else { return Ok(None) };
        let entry = ledger_entry::Entity::find().filter(ledger_entry::Column::OrderId.eq(order_id)).one(reader).await?;
        let (order, updated_at) = (OrderInput::from(&order_of(&row)?), updated_at(&row));
        let credited = entry.as_ref().map(money_of).transpose()?;
        let closed = row.closed_by.zip(row.closed_at).map(|(by, at)| Closed {
            by,
            at: UnixMs(at),
            reason: row.closed_reason,
            entry_id: entry.as_ref().map(|entry| entry.id),
            credited,
            override_note: entry.as_ref().and_then(|entry| entry.override_note.clone()),
            deposit_ref: entry.map(|entry| entry.deposit_ref),
        });
        Ok(Some(RechargeView { order, updated_at, closed }))
    }

    /// What a user has; none where the wallet never heard of the user.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn wallet_view(&self, user_id: &str) -> Result<Option<WalletView>, StoreError> {
        use ledger_account::Column;
        let rows = ledger_account::Entity::find()
            .filter(Column::Kind.eq(AccountKind::User.as_str()))
            .filter(Column::Owner.eq(user_id))
            .order_by_asc(Column::Currency)
            .all(self.database().reader())
            .await?;
        if rows.is_empty() && !self.knows_user(user_id).await? {
            return Ok(None);
        }
        let money = |row: &ledger_account::Model| {
            Ok(Money { minor: row.balance, currency: currency_of("ledger_account.currency", &row.currency)? })
        };
        let balances = rows.iter().map(money).collect::<Result<_, StoreError>>()?;
        Ok(Some(WalletView { user_id: user_id.to_owned(), balances }))
    }

    /// Whether there ever was an order of that user.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn knows_user(&self, user_id: &str) -> Result<bool, StoreError> {
        let order = recharge::Entity::find().filter(recharge::Column::UserId.eq(user_id));
        Ok(order.one(self.database().reader()).await?.is_some())
    }

    /// A page of a user's entries, newest first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn entry_page(&self, user_id: &str, page: PageRequest) -> Result<Page<EntryView>, StoreError> {
        use ledger_entry::Column;
        let reader = self.database().reader();
        let mut find = ledger_entry::Entity::find().filter(Column::UserId.eq(user_id));
        let total = if page.count { Some(find.clone().count(reader).await?) } else { None };
        if let Some(before) = page.before {
            find = find.filter(Column::Id.lt(before));
        }
        let rows = find.order_by_desc(Column::Id).limit(u64::from(page.limit) + 1).all(reader).await?;
        let views: Vec<EntryView> = rows.into_iter().map(entry_view).collect::<Result<_, _>>()?;
        Ok(Page::of(views, page.limit, total, |view: &EntryView| view.id))
    }
}

/// An order changes once: when it ends.
fn updated_at(row: &recharge::Model) -> UnixMs {
    UnixMs(row.closed_at.unwrap_or(row.created_at))
}

fn money_of(row: &ledger_entry::Model) -> Result<Money, StoreError> {
    Ok(Money { minor: row.amount, currency: currency_of("ledger_entry.currency", &row.currency)? })
}

fn entry_view(row: ledger_entry::Model) -> Result<EntryView, StoreError> {
    let amount = money_of(&row)?;
    Ok(EntryView {
        id: row.id,
        order_id: row.order_id,
        deposit_ref: row.deposit_ref,
        amount,
        operator: row.operator,
        at: UnixMs(row.at),
        override_note: row.override_note,
    })
}
