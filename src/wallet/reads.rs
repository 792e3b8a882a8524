//! What is asked of the ledger book without changing anything: answered beside its writes.

use actix::Message;

use super::contract::{
    EntryView, EventState, EventView, LedgerVerdict, RechargeFilter, RechargeItem, RechargeView, WalletView,
};
use super::ledger_book::LedgerBook;
use crate::contract::page::{Page, PageRequest};
use crate::domain::refusal::Refusal;
use crate::supervision::{Context, Serve, Serving};

/// A page of the orders.
#[derive(Debug, Message)]
#[rtype(result = "Result<Page<RechargeItem>, Refusal>")]
pub struct ListRecharges {
    /// Which orders.
    pub filter: RechargeFilter,
    /// Which page.
    pub page: PageRequest,
}

impl Serve<ListRecharges> for LedgerBook {
    fn serve<'a>(
        &'a mut self,
        msg: ListRecharges,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<Page<RechargeItem>, Refusal>> {
        let store = self.store.clone();
        Serving::detached(async move { Ok(store.recharge_page(&msg.filter, msg.page).await?) })
    }
}

/// One order with its end.
#[derive(Debug, Message)]
#[rtype(result = "Result<RechargeView, Refusal>")]
pub struct GetRecharge {
    /// Which order.
    pub order_id: String,
}

impl Serve<GetRecharge> for LedgerBook {
    fn serve<'a>(
        &'a mut self,
        msg: GetRecharge,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<RechargeView, Refusal>> {
        let store = self.store.clone();
        Serving::detached(async move {
            let order = store.recharge_view(&msg.order_id).await?;
            order.ok_or_else(|| Refusal::NotFound(format!("there is no recharge order {}", msg.order_id)))
        })
    }
}

/// What a user has.
#[derive(Debug, Message)]
#[rtype(result = "Result<WalletView, Refusal>")]
pub struct GetWallet {
    /// Which user.
    pub user_id: String,
}

impl Serve<GetWallet> for LedgerBook {
    fn serve<'a>(&'a mut self, msg: GetWallet, _cx: &'a mut Context<Self>) -> Serving<'a, Result<WalletView, Refusal>> {
        let store = self.store.clone();
        Serving::detached(
            async move { store.wallet_view(&msg.user_id).await?.ok_or_else(|| unknown_user(&msg.user_id)) },
        )
    }
}

/// A page of a user's entries.
#[derive(Debug, Message)]
#[rtype(result = "Result<Page<EntryView>, Refusal>")]
pub struct ListEntries {
    /// Which user.
    pub user_id: String,
    /// Which page.
    pub page: PageRequest,
}

impl Serve<ListEntries> for LedgerBook {
    fn serve<'a>(
        &'a mut self,
        msg: ListEntries,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<Page<EntryView>, Refusal>> {
        let store = self.store.clone();
        Serving::detached(async move {
            let page = store.entry_page(&msg.user_id, msg.page).await?;
            if page.items.is_empty() && !store.knows_user(&msg.user_id).await? {
                return Err(unknown_user(&msg.user_id));
            }
            Ok(page)
        })
    }
}

fn unknown_user(user_id: &str) -> Refusal {
    Refusal::NotFound(format!("there is no wallet of user {user_id}"))
}

/// Checks the whole ledger from its rows.
#[derive(Debug, Message)]
#[rtype(result = "Result<LedgerVerdict, Refusal>")]
pub struct VerifyLedger;

impl Serve<VerifyLedger> for LedgerBook {
    fn serve<'a>(
        &'a mut self,
        _msg: VerifyLedger,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<LedgerVerdict, Refusal>> {
        let store = self.store.clone();
        Serving::detached(async move {
            let verdict = store.verify_ledger().await?;
            if !verdict.ok {
                let (duplicates, problems) = (verdict.duplicates.len(), verdict.problems.len());
                tracing::error!(ledger.duplicates = duplicates, ledger.problems = problems, "the ledger does not hold");
            }
            Ok(verdict)
        })
    }
}

/// A page of the order events.
#[derive(Debug, Message)]
#[rtype(result = "Result<Page<EventView>, Refusal>")]
pub struct ListEvents {
    /// In this state.
    pub state: Option<EventState>,
    /// Which page.
    pub page: PageRequest,
}

impl Serve<ListEvents> for LedgerBook {
    fn serve<'a>(
        &'a mut self,
        msg: ListEvents,
        _cx: &'a mut Context<Self>,
    ) -> Serving<'a, Result<Page<EventView>, Refusal>> {
        let store = self.store.clone();
        Serving::detached(async move { Ok(store.event_page(msg.state, msg.page).await?) })
    }
}
