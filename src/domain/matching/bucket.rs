//! The deposits and orders of one decision, indexed so that most pairs are never looked at.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Bound;
use std::sync::OnceLock;

use super::account::{Accounts, Agreement};
use super::name::{NamePattern, normalised};
use super::window::timing;
use super::{Bond, BucketOrder, Deposit, Timing, Verdict, Windows, reference};
use crate::domain::money::Money;
use crate::domain::order::{Order, OrderStatus};
use crate::domain::time::UnixMs;

/// A free deposit with its compared values prepared.
pub(super) struct DepositEntry<'a> {
    pub deposit: &'a Deposit,
    pub name: Option<NamePattern>,
    /// The place of its account among the different ones.
    pub account: Option<usize>,
    /// The orders it is compatible with, by position.
    pub links: Vec<Link>,
}

impl DepositEntry<'_> {
    /// Whether nothing in it can tell who paid.
    pub fn is_nameless(&self) -> bool {
        self.name.is_none() && self.deposit.reference.as_deref().is_none_or(|text| text.trim().is_empty())
    }
}

/// An order with its compared values prepared.
pub(super) struct OrderEntry<'a> {
    pub order: &'a Order,
    /// The normalised depositor; empty where there is none.
    pub name: String,
    /// From when to when its deposit is in window, for people; written when it is first asked for.
    pub window: OnceLock<String>,
    /// The place of its account among the different ones.
    pub account: Option<usize>,
    /// Held by a firm deposit, or approved: no deposit can have it.
    pub is_taken: bool,
    pub firm_sms: Option<i64>,
    /// Nobody's name and no reference: it fits no deposit on its own.
    pub is_nameless: bool,
}

/// A compatible order of a deposit.
#[derive(Clone, Copy)]
pub(super) struct Link {
    pub order: usize,
    pub timing: Timing,
}

/// The orders of one currency and amount, by what tells their payer.
#[derive(Default)]
struct Payers {
    by_name: BTreeMap<String, Vec<usize>>,
    by_reference: HashMap<String, Vec<usize>>,
    /// How many tokens the references have.
    reference_lengths: BTreeSet<usize>,
    all: Vec<usize>,
}

/// All undecided deposits and all orders of one currency and amount, ready to be decided.
///
/// Work grows with the pairs whose payer agrees, not with deposits times orders: exact names are looked up, cut and
/// masked names read the range of names that begin alike, references are looked up token by token.
pub struct Bucket<'a> {
    pub(super) deposits: Vec<DepositEntry<'a>>,
    pub(super) orders: Vec<OrderEntry<'a>>,
    payers: HashMap<Money, Payers>,
    accounts: Agreement,
    pub(super) windows: Windows,
    pub(super) now: UnixMs,
    /// For each order the free deposits that fit it in window, by position.
    pub(super) in_window: Vec<Vec<usize>>,
    /// For each order the free deposits that are tried against it off window, by position.
    pub(super) off_window: Vec<Vec<usize>>,
}

impl<'a> Bucket<'a> {
    /// Prepares a decision. Orders that are neither open nor approved are left out, and of an order or a deposit that
    /// is given twice only one counts (of an order the highest version).
    #[must_use]
    pub fn new(deposits: &'a [Deposit], orders: &'a [BucketOrder], windows: Windows, now: UnixMs) -> Self {
        let (mut paid_into, mut asked_for) = (Accounts::default(), Accounts::default());
        let mut orders = order_entries(deposits, orders, &mut asked_for);
        let payers = payers_of(&mut orders);
        let mut free: Vec<&Deposit> = deposits.iter().filter(|deposit| deposit.bond == Bond::Free).collect();
        free.sort_by_key(|deposit| deposit.sms_id);
        free.dedup_by_key(|deposit| deposit.sms_id);
        let deposits: Vec<DepositEntry<'_>> = free
            .into_iter()
            .map(|deposit| DepositEntry {
                deposit,
                name: deposit.name.as_deref().and_then(|name| NamePattern::new(name, deposit.name_max)),
                account: deposit.account.as_deref().and_then(|account| paid_into.place(account)),
                links: Vec::new(),
            })
            .collect();
        let sides = vec![Vec::new(); orders.len()];
        let accounts = Agreement::new(paid_into, asked_for);
        let mut bucket =
            Self { deposits, payers, accounts, windows, now, in_window: sides.clone(), off_window: sides, orders };
        bucket.link();
        bucket
    }

    /// The orders whose payer agrees with the deposit, by position, ascending.
    pub(super) fn same_payer(&self, entry: &DepositEntry<'_>) -> Vec<usize> {
        let Some(payers) = self.payers.get(&entry.deposit.money) else { return Vec::new() };
        let mut found = entry.name.as_ref().map(|name| payers.named(name)).unwrap_or_default();
        payers.add_referenced(entry.deposit, &mut found);
        found.sort_unstable();
        found.dedup();
        found
    }

    /// All orders of the deposit's money, by position.
    pub(super) fn same_money(&self, deposit: &Deposit) -> &[usize] {
        self.payers.get(&deposit.money).map_or(&[], |payers| &payers.all)
    }

    /// What comparing the accounts says.
    pub(super) fn account_verdict(&self, entry: &DepositEntry<'_>, order: usize) -> Verdict {
        match (entry.account, self.orders[order].account) {
            (Some(one), Some(other)) if self.accounts.holds(one, other) => Verdict::Agrees,
            (Some(_), Some(_)) => Verdict::Differs,
            _ => Verdict::Unknown,
        }
    }

    /// Where the deposit's time lies against an order's.
    pub(super) fn timing(&self, deposit: &Deposit, order: usize) -> Option<Timing> {
        timing(deposit, self.orders[order].order, &self.windows)
    }

    /// Finds every compatible pair, and who competes for each order.
    fn link(&mut self) {
        for at in 0..self.deposits.len() {
            let entry = &self.deposits[at];
            let links: Vec<Link> = self
                .same_payer(entry)
                .into_iter()
                .filter(|order| self.account_verdict(entry, *order) != Verdict::Differs)
                .filter_map(|order| self.timing(entry.deposit, order).map(|timing| Link { order, timing }))
                .collect();
            let open = |link: &&Link| !self.orders[link.order].is_taken;
            let (inside, outside): (Vec<Link>, Vec<Link>) =
                links.iter().filter(open).partition(|link| link.timing == Timing::InWindow);
            // Off-window orders are tried only where no in-window order is there.
            let (side, competing) =
                if inside.is_empty() { (&mut self.off_window, outside) } else { (&mut self.in_window, inside) };
            for link in competing {
                side[link.order].push(at);
            }
            self.deposits[at].links = links;
        }
    }
}

impl Payers {
    /// The orders whose name fits.
    fn named(&self, name: &NamePattern) -> Vec<usize> {
        if name.is_exact() {
            return self.by_name.get(name.text()).cloned().unwrap_or_default();
        }
        let prefix = name.literal_prefix();
        self.by_name
            .range::<str, _>((Bound::Included(prefix), Bound::Unbounded))
            .take_while(|(order_name, _)| order_name.starts_with(prefix))
            .filter(|(order_name, _)| name.fits(order_name))
            .flat_map(|(_, orders)| orders.iter().copied())
            .collect()
    }

    /// Adds the orders whose reference stands in one of the deposit's texts.
    fn add_referenced(&self, deposit: &Deposit, found: &mut Vec<usize>) {
        if self.by_reference.is_empty() {
            return;
        }
        for text in [&deposit.name, &deposit.memo, &deposit.reference].into_iter().flatten() {
            let tokens = reference::tokens(text);
            for length in &self.reference_lengths {
                for window in tokens.windows(*length) {
                    found.extend(self.by_reference.get(&window.join(" ")).into_iter().flatten());
                }
            }
        }
    }
}

/// The orders that can have a deposit or be meant by one, by id.
fn order_entries<'a>(
    deposits: &[Deposit],
    orders: &'a [BucketOrder],
    accounts: &mut Accounts<'a>,
) -> Vec<OrderEntry<'a>> {
    let mut held: HashMap<&str, i64> = HashMap::new();
    for deposit in deposits {
        if let Bond::Firm { order_id } = &deposit.bond {
            // Two cannot hold one order (INV-M1); were the store to say so, the first would be named, whatever comes first here.
            let holder = held.entry(order_id).or_insert(deposit.sms_id);
            *holder = deposit.sms_id.min(*holder);
        }
    }
    let mut sorted: Vec<&BucketOrder> = orders.iter().collect();
    sorted.sort_by(|a, b| {
        let newest_first = b.order.version.cmp(&a.order.version);
        a.order.order_id.cmp(&b.order.order_id).then(newest_first)
    });
    let mut seen = HashSet::new();
    sorted
        .into_iter()
        .filter(|entry| seen.insert(entry.order.order_id.as_str()))
        .filter(|entry| matches!(entry.order.status, OrderStatus::Open | OrderStatus::Approved))
        .map(|entry| {
            let firm_sms = entry.firm_sms.or_else(|| held.get(entry.order.order_id.as_str()).copied());
            OrderEntry {
                order: &entry.order,
                name: normalised(&entry.order.depositor),
                window: OnceLock::new(),
                account: entry.order.account.as_deref().and_then(|account| accounts.place(account)),
                is_taken: firm_sms.is_some() || entry.order.status == OrderStatus::Approved,
                firm_sms,
                is_nameless: false,
            }
        })
        .collect()
}

/// Indexes the orders by what tells their payer; marks those that nothing tells.
fn payers_of(orders: &mut [OrderEntry<'_>]) -> HashMap<Money, Payers> {
    let mut groups: HashMap<Money, Payers> = HashMap::new();
    for (at, entry) in orders.iter_mut().enumerate() {
        let payers = groups.entry(entry.order.money).or_default();
        payers.all.push(at);
        let reference = entry.order.reference.as_deref().and_then(reference::key);
        entry.is_nameless = entry.name.is_empty() && reference.is_none();
        if !entry.name.is_empty() {
            payers.by_name.entry(entry.name.clone()).or_default().push(at);
        }
        if let Some((key, length)) = reference {
            payers.by_reference.entry(key).or_default().push(at);
            payers.reference_lengths.insert(length);
        }
    }
    groups
}
