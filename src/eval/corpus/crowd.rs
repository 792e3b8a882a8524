//! Many orders and payments at once, by a seed: who paid what is known since they are made so.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};
use rand::{RngExt as _, SeedableRng as _};
use serde::Deserialize;

use crate::domain::order::{OrderInput, OrderStatus};
use crate::domain::time::UnixMs;

/// What names are made of. Fictional people, three syllables each.
const FAMILY: [&str; 12] = ["홍", "김", "이", "박", "최", "정", "강", "조", "윤", "장", "임", "한"];
const FIRST: [&str; 14] = ["길", "철", "영", "민", "지", "서", "도", "하", "수", "가", "나", "다", "우", "은"];
const SECOND: [&str; 14] = ["동", "수", "희", "우", "준", "윤", "람", "늘", "아", "호", "빈", "진", "솔", "별"];

/// An order is payable for so long.
const PAYABLE: Duration = Duration::from_hours(1);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CrowdLine {
    pub from: String,
    pub to: String,
    pub on: Vec<String>,
    orders: usize,
    deposits: usize,
    amounts: Vec<String>,
    people: usize,
    /// Pairs of orders of one name and amount that are open at once, of which one or both are paid.
    #[serde(default)]
    namesakes: usize,
    /// Deposits that nobody ordered.
    #[serde(default)]
    strangers: usize,
    #[serde(default)]
    withdrawals: usize,
    seed: u64,
}

pub(super) struct Crowd {
    pub orders: Vec<OrderInput>,
    pub payments: Vec<Payment>,
}

/// Money that moved.
pub(super) struct Payment {
    pub at: UnixMs,
    pub account: String,
    pub name: String,
    pub amount: String,
    pub pays: Option<String>,
    pub certain: bool,
    pub out: bool,
}

struct Maker<'a> {
    line: &'a CrowdLine,
    rng: StdRng,
    from: UnixMs,
    to: UnixMs,
    people: Vec<String>,
    strangers: Vec<String>,
    /// When each (person, amount) has an order, so that no two are near each other but where they are meant to be.
    taken: HashMap<(String, String), Vec<UnixMs>>,
    crowd: Crowd,
}

pub(super) fn make(line: &CrowdLine, from: UnixMs, to: UnixMs) -> Result<Crowd, String> {
    if to.since(from) < PAYABLE * 2 {
        return Err("to: a crowd needs two hours at least".to_owned());
    }
    if line.on.is_empty() || line.amounts.is_empty() {
        return Err("on, amounts: name at least one of each".to_owned());
    }
    if line.deposits + 2 * line.namesakes > line.orders {
        return Err("deposits: with two for each of the namesakes they are at most as many as the orders".to_owned());
    }
    let mut rng = StdRng::seed_from_u64(line.seed);
    let mut names = all_names();
    names.shuffle(&mut rng);
    if line.people == 0 || line.people + line.strangers > names.len() {
        return Err(format!("people: with the strangers 1 to {}", names.len()));
    }
    let strangers = names.split_off(names.len() - line.strangers);
    names.truncate(line.people);
    let crowd = Crowd { orders: Vec::new(), payments: Vec::new() };
    let mut maker = Maker { line, rng, from, to, people: names, strangers, taken: HashMap::new(), crowd };
    maker.fill()?;
    Ok(maker.crowd)
}

fn all_names() -> Vec<String> {
    let mut seen = HashSet::new();
    let names = FAMILY.iter().flat_map(|family| {
        FIRST.iter().flat_map(move |first| SECOND.iter().map(move |second| format!("{family}{first}{second}")))
    });
    names.filter(|name| seen.insert(name.clone())).collect()
}

impl Maker<'_> {
    fn fill(&mut self) -> Result<(), String> {
        for nth in 0..self.line.namesakes {
            self.namesakes(nth)?;
        }
        let singles = self.line.orders - 2 * self.line.namesakes;
        for nth in 0..singles {
            let (at, name, amount) = self.free()?;
            let order_id = self.order(format!("C-{nth}"), at, &name, &amount);
            if nth < self.line.deposits {
                let paid = at.plus(self.minutes(1, 50));
                self.pay(paid, &name, &amount, Some(order_id), true);
            }
        }
        for name in std::mem::take(&mut self.strangers) {
            let (at, amount) = (self.moment(), self.amount());
            self.pay(at, &name, &amount, None, false);
        }
        for _ in 0..self.line.withdrawals {
            let (at, amount, account) = (self.moment(), self.amount(), self.account());
            let name = "가나상사".to_owned();
            let payment = Payment { at, account, name, amount, pays: None, certain: false, out: true };
            self.crowd.payments.push(payment);
        }
        Ok(())
    }

    /// Two orders of one name and amount within minutes; every second time only one of them is paid.
    fn namesakes(&mut self, nth: usize) -> Result<(), String> {
        let (at, name, amount) = self.free()?;
        let one = self.order(format!("N-{nth}-1"), at, &name, &amount);
        let soon = at.plus(self.minutes(1, 5));
        let other = self.order(format!("N-{nth}-2"), soon, &name, &amount);
        let first = at.plus(self.minutes(8, 20));
        self.pay(first, &name, &amount, Some(one), false);
        if nth.is_multiple_of(2) {
            let second = at.plus(self.minutes(25, 50));
            self.pay(second, &name, &amount, Some(other), false);
        }
        Ok(())
    }

    /// A moment, a person and an amount without another order of theirs near it.
    fn free(&mut self) -> Result<(UnixMs, String, String), String> {
        const TRIES: usize = 1_000;
        for _ in 0..TRIES {
            let (at, amount) = (self.moment(), self.amount());
            let Some(name) = self.people.choose(&mut self.rng).cloned() else { break };
            let others = self.taken.entry((name.clone(), amount.clone())).or_default();
            if others
                .iter()
                .all(|other| at.0.abs_diff(other.0) > 3 * PAYABLE.as_millis().try_into().unwrap_or(u64::MAX))
            {
                others.push(at);
                return Ok((at, name, amount));
            }
        }
        Err("people: too few of them, or too few amounts, for so many orders".to_owned())
    }

    fn order(&mut self, order_id: String, at: UnixMs, name: &str, amount: &str) -> String {
        self.crowd.orders.push(OrderInput {
            order_id: order_id.clone(),
            user_id: format!("user of {order_id}"),
            amount: amount.to_owned(),
            currency: "KRW".to_owned(),
            depositor: name.to_owned(),
            reference: None,
            account: None,
            status: OrderStatus::Open,
            created_at: at,
            expires_at: Some(at.plus(PAYABLE)),
            version: 1,
        });
        order_id
    }

    fn pay(&mut self, at: UnixMs, name: &str, amount: &str, pays: Option<String>, certain: bool) {
        let account = self.account();
        let (name, amount) = (name.to_owned(), amount.to_owned());
        self.crowd.payments.push(Payment { at, account, name, amount, pays, certain, out: false });
    }

    fn moment(&mut self) -> UnixMs {
        let most = self.to.since(self.from).saturating_sub(PAYABLE).as_secs();
        self.from.plus(Duration::from_secs(self.rng.random_range(0..most.max(1))))
    }

    fn minutes(&mut self, least: u64, most: u64) -> Duration {
        Duration::from_secs(self.rng.random_range(least * 60..most * 60))
    }

    fn amount(&mut self) -> String {
        self.line.amounts.choose(&mut self.rng).cloned().unwrap_or_default()
    }

    fn account(&mut self) -> String {
        self.line.on.choose(&mut self.rng).cloned().unwrap_or_default()
    }
}
