//! Checks the whole ledger from its rows, in one snapshot: nothing of what was computed when they were written is believed.

use std::collections::{BTreeMap, HashMap};

use entity::wallet::{ledger_account, ledger_entry, ledger_posting, recharge};
use sea_orm::{
    AccessMode, ColumnTrait as _, ConnectionTrait as _, DatabaseTransaction, DbBackend, EntityTrait as _,
    IsolationLevel, QueryFilter as _, QueryOrder as _, QuerySelect as _, Statement, TransactionOptions,
    TransactionTrait as _,
};

use super::WalletStore;
use crate::database::StoreError;
use crate::domain::order::OrderStatus;
use crate::wallet::contract::{Duplicate, LedgerVerdict};
use crate::wallet::domain::ledger::AccountKind;

/// Rows that are read at once.
const ROWS: usize = 500;
/// Problems and duplicates that are named at most.
const NAMED: usize = 100;

impl WalletStore {
    /// Checks that every entry's postings sum to zero and are those of its order's credit, that every balance is the sum
    /// of its account's postings, that no order and no deposit is credited twice, and that the approved orders are those
    /// that were credited, over the same amount (or with the reason for another) to the same user.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn verify_ledger(&self) -> Result<LedgerVerdict, StoreError> {
        let postgres = self.database().backend() == DbBackend::Postgres;
        // On SQLite any transaction that only reads sees one state.
        let options = TransactionOptions {
            isolation_level: postgres.then_some(IsolationLevel::RepeatableRead),
            access_mode: postgres.then_some(AccessMode::ReadOnly),
            ..Default::default()
        };
        let txn = self.database().reader().begin_with_options(options).await?;
        let found = Check { txn: &txn, accounts: HashMap::new(), sums: HashMap::new(), problems: Vec::new() };
        let verdict = found.run().await;
        txn.rollback().await?;
        verdict
    }
}

struct Check<'t> {
    txn: &'t DatabaseTransaction,
    accounts: HashMap<i64, ledger_account::Model>,
    sums: HashMap<i64, i128>,
    problems: Vec<String>,
}

impl Check<'_> {
    async fn run(mut self) -> Result<LedgerVerdict, StoreError> {
        let accounts = ledger_account::Entity::find().all(self.txn).await?;
        self.accounts = accounts.into_iter().map(|account| (account.id, account)).collect();
        let mut duplicates = self.duplicates("order_id").await?;
        duplicates.extend(self.duplicates("deposit_ref").await?);
        self.entries().await?;
        self.orders().await?;
        self.balances();
        let ok = duplicates.is_empty() && self.problems.is_empty();
        Ok(LedgerVerdict { ok, duplicates, problems: self.problems })
    }

    fn problem(&mut self, what: String) {
        if self.problems.len() < NAMED {
            self.problems.push(what);
        }
    }

    async fn duplicates(&self, of: &'static str) -> Result<Vec<Duplicate>, StoreError> {
        let sql = format!(
            "SELECT {of} AS value, COUNT(*) AS entries FROM ledger_entry GROUP BY {of} HAVING COUNT(*) > 1 \
             ORDER BY {of} LIMIT {NAMED}"
        );
        let rows = self.txn.query_all_raw(Statement::from_string(self.txn.get_database_backend(), sql)).await?;
        rows.iter()
            .map(|row| Ok(Duplicate { of, value: row.try_get("", "value")?, entries: row.try_get("", "entries")? }))
            .collect()
    }

    /// Every entry with its postings; also postings whose entry is gone.
    async fn entries(&mut self) -> Result<(), StoreError> {
        let mut after = i64::MIN;
        loop {
            let entries = ledger_entry::Entity::find()
                .filter(ledger_entry::Column::Id.gt(after))
                .order_by_asc(ledger_entry::Column::Id)
                .limit(u64::try_from(ROWS).unwrap_or(u64::MAX))
                .all(self.txn)
                .await?;
            let is_last = entries.len() < ROWS;
            // Whatever stands behind the last entry belongs to none.
            let until = entries.last().filter(|_| !is_last).map_or(i64::MAX, |last| last.id);
            let mut postings: BTreeMap<i64, Vec<ledger_posting::Model>> = BTreeMap::new();
            let found = ledger_posting::Entity::find()
                .filter(ledger_posting::Column::EntryId.gt(after))
                .filter(ledger_posting::Column::EntryId.lte(until))
                .all(self.txn)
                .await?;
            for posting in found {
                *self.sums.entry(posting.account_id).or_default() += i128::from(posting.amount);
                postings.entry(posting.entry_id).or_default().push(posting);
            }
            let orders = self.orders_of(entries.iter().map(|entry| entry.order_id.as_str())).await?;
            for entry in &entries {
                let of_entry = postings.remove(&entry.id).unwrap_or_default();
                self.entry(entry, &of_entry, orders.get(&entry.order_id));
            }
            for entry_id in postings.into_keys() {
                self.problem(format!("postings of entry {entry_id}, which is not there"));
            }
            if is_last {
                return Ok(());
            }
            after = until;
        }
    }

    async fn orders_of<'a>(
        &self,
        ids: impl Iterator<Item = &'a str>,
    ) -> Result<HashMap<String, recharge::Model>, StoreError> {
        let found = recharge::Entity::find().filter(recharge::Column::OrderId.is_in(ids)).all(self.txn).await?;
        Ok(found.into_iter().map(|row| (row.order_id.clone(), row)).collect())
    }

    fn entry(
        &mut self,
        entry: &ledger_entry::Model,
        postings: &[ledger_posting::Model],
        order: Option<&recharge::Model>,
    ) {
        let id = entry.id;
        let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
        let mut credited: i128 = 0;
        let mut strange = Vec::new();
        for posting in postings {
            let Some(account) = self.accounts.get(&posting.account_id) else {
                strange.push(format!("entry {id} posts to account {}, which is not there", posting.account_id));
                continue;
            };
            *sums.entry(&account.currency).or_default() += i128::from(posting.amount);
            if account.kind == AccountKind::User.as_str() {
                if account.owner == entry.user_id && account.currency == entry.currency {
                    credited += i128::from(posting.amount);
                } else {
                    strange.push(format!("entry {id} posts to the account of another user or currency"));
                }
            }
        }
        for (currency, sum) in sums.iter().filter(|(_, sum)| **sum != 0) {
            strange.push(format!("the postings of entry {id} sum to {sum} {currency} (minor units) and not to zero"));
        }
        if credited != i128::from(entry.amount) {
            strange.push(format!("entry {id} credits {credited} and says {} (minor units)", entry.amount));
        }
        match order {
            None => strange.push(format!("entry {id} credits order {}, which is not there", entry.order_id)),
            Some(order) if order.status != OrderStatus::Approved.as_str() => {
                strange.push(format!("entry {id} credits order {}, which is {}", entry.order_id, order.status));
            }
            Some(order) => {
                let same = (&order.user_id, &order.currency) == (&entry.user_id, &entry.currency);
                if !same || (order.amount != entry.amount && entry.override_note.is_none()) {
                    strange.push(format!("entry {id} credits something else than order {} asks", entry.order_id));
                }
            }
        }
        for what in strange {
            self.problem(what);
        }
    }

    /// Every approved order has its entry.
    async fn orders(&mut self) -> Result<(), StoreError> {
        let sql = format!(
            "SELECT order_id FROM recharge r WHERE status = 'approved' AND NOT EXISTS \
             (SELECT 1 FROM ledger_entry e WHERE e.order_id = r.order_id) ORDER BY id LIMIT {NAMED}"
        );
        let rows = self.txn.query_all_raw(Statement::from_string(self.txn.get_database_backend(), sql)).await?;
        for row in rows {
            let order_id: String = row.try_get("", "order_id")?;
            self.problem(format!("order {order_id} is approved and has no entry"));
        }
        Ok(())
    }

    fn balances(&mut self) {
        let mut wrong: Vec<(i64, String)> = Vec::new();
        for account in self.accounts.values() {
            let sum = self.sums.get(&account.id).copied().unwrap_or_default();
            if i128::from(account.balance) != sum {
                let (kind, balance) = (&account.kind, account.balance);
                wrong.push((
                    account.id,
                    format!(
                        "account {} ({kind}) says {balance} and its postings sum to {sum} (minor units)",
                        account.id
                    ),
                ));
            }
        }
        wrong.sort();
        for (_, what) in wrong {
            self.problem(what);
        }
    }
}
