//! INV-M4, INV-M10: one after another or all at once, and whatever else there is.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::properties::{any_bucket, any_deposit, any_order, said};
use super::*;

/// One thing after another, in two amounts.
#[derive(Clone, Debug)]
enum Arrival {
    Deposit(Deposit),
    Order(BucketOrder),
    /// A person confirms the pair of this deposit, or the wallet credits it, where it is in one by then.
    Firm(i64),
}

fn arrivals() -> impl Strategy<Value = Vec<Arrival>> {
    let other_amount = |money: Money| Money { minor: money.minor + 1, ..money };
    let both = (any_bucket(), prop::collection::vec(1..9_i64, 0..3)).prop_map(move |((deposits, orders), firm)| {
        let deposits = deposits.into_iter().map(|mut one| {
            one.bond = Bond::Free;
            if one.sms_id % 3 == 0 {
                one.money = other_amount(one.money);
            }
            Arrival::Deposit(one)
        });
        let orders = orders.into_iter().enumerate().map(|(nth, mut one)| {
            if nth % 3 == 0 {
                one.order.money = other_amount(one.order.money);
            }
            Arrival::Order(one)
        });
        deposits.chain(orders).chain(firm.into_iter().map(Arrival::Firm)).collect::<Vec<_>>()
    });
    both.prop_shuffle()
}

proptest! {
    /// Deciding the bucket of each arrival, and no other, ends where deciding everything at once does.
    #[test]
    fn one_after_another_ends_where_all_at_once_does(arrivals in arrivals()) {
        let (mut deposits, mut orders): (Vec<Deposit>, Vec<BucketOrder>) = (Vec::new(), Vec::new());
        let mut stand: BTreeMap<i64, (i64, Outcome, Flags, bool)> = BTreeMap::new();
        for arrival in arrivals {
            let money = match arrival {
                Arrival::Deposit(deposit) => {
                    deposits.push(deposit);
                    deposits[deposits.len() - 1].money
                }
                Arrival::Order(order) => {
                    orders.push(order);
                    orders[orders.len() - 1].order.money
                }
                Arrival::Firm(sms_id) => {
                    let Some((_, Outcome::Matched { order_id, .. }, ..)) = stand.get(&sms_id) else { continue };
                    let Some(deposit) = deposits.iter_mut().find(|deposit| deposit.sms_id == sms_id) else { continue };
                    deposit.bond = Bond::Firm { order_id: order_id.clone() };
                    deposit.money
                }
            };
            let of_bucket: Vec<Deposit> = deposits.iter().filter(|one| one.money == money).cloned().collect();
            let asked: Vec<BucketOrder> = orders.iter().filter(|one| one.order.money == money).cloned().collect();
            stand.retain(|sms_id, _| of_bucket.iter().all(|one| one.sms_id != *sms_id));
            stand.extend(said(&decided(&of_bucket, &asked)).into_iter().map(|one| (one.0, one)));
        }
        let stand: Vec<_> = stand.into_values().collect();
        prop_assert_eq!(stand, said(&decided(&deposits, &orders)));
    }

    /// A deposit of another amount, another currency, or of a payer whom no order names.
    #[test]
    fn an_unrelated_deposit_changes_nothing((mut deposits, orders) in any_bucket(), time in -100_i64..160) {
        let before = decided(&deposits, &orders);
        let alike = |sms_id| Deposit { at: at(0, time * 30), ..deposit(sms_id, "가나다", 0) };
        let mut other_amount = alike(101);
        other_amount.money.minor += 1;
        let mut other_currency = alike(102);
        other_currency.money.currency = "USD".parse().unwrap();
        let other_payer = Deposit { name: Some("하하하하".to_owned()), ..alike(103) };
        deposits.extend([other_amount, other_currency, other_payer]);
        let mut after = decided(&deposits, &orders);
        after.retain(|decision| decision.sms_id < 100);
        prop_assert_eq!(before, after, "not even an explanation");
    }

    /// No near miss is a pair: of what is suggested alone, nothing is matched. And no order of what is given counts.
    #[test]
    fn what_is_suggested_is_never_matched(
        (deposits, orders) in any_bucket(),
        other_amount in 0..3_i64,
        closed in prop::bool::weighted(0.3),
    ) {
        let near: Vec<NearOrder> = orders
            .iter()
            .map(|asked| {
                let mut order = asked.order.clone();
                order.money.minor += other_amount * 1_000;
                order.status = if closed { OrderStatus::Cancelled } else { OrderStatus::Open };
                NearOrder { closed_at: closed.then_some(order.created_at), order }
            })
            .collect();
        let mut around = Nearby { orders: near.clone(), deposits: deposits.clone() };
        for deposit in &deposits {
            around.orders.reverse();
            around.deposits.reverse();
            let misses = near_deposit(deposit, &around, &WINDOWS);
            around.orders.rotate_left(orders.len() / 2);
            prop_assert_eq!(&misses, &near_deposit(deposit, &around, &WINDOWS));
            prop_assert!(misses.len() <= NEAR_MISSES_MAX);
            prop_assert!(misses.iter().zip(1..).all(|(miss, rank)| miss.rank == rank));
            let alone = Deposit { bond: Bond::Free, ..deposit.clone() };
            for miss in &misses {
                let suggested: Vec<BucketOrder> = near
                    .iter()
                    .filter(|one| miss.order_ids.contains(&one.order.order_id))
                    .map(|one| BucketOrder { order: one.order.clone(), firm_sms: None })
                    .collect();
                prop_assert_eq!(only(decided(std::slice::from_ref(&alone), &suggested)).outcome, Outcome::Unmatched);
            }
        }
    }

    /// INV-M3: with an order more and one deposit less, nobody is matched who was ambiguous for another reason: pairs are
    /// pairs by themselves, and stay so when all that fits neither of them is taken away.
    #[test]
    fn a_pair_is_one_without_all_others(deposits in prop::collection::vec(any_deposit(), 1..6), orders in prop::collection::vec(any_order(), 1..6)) {
        let deposits: Vec<Deposit> =
            deposits.into_iter().zip(1..).map(|(one, sms_id)| Deposit { sms_id, bond: Bond::Free, ..one }).collect();
        let orders: Vec<BucketOrder> = orders
            .into_iter()
            .enumerate()
            .map(|(nth, mut one)| {
                one.order.order_id = format!("R-{nth}");
                one
            })
            .collect();
        for decision in decided(&deposits, &orders) {
            let Outcome::Matched { order_id, .. } = &decision.outcome else { continue };
            let paid: Vec<Deposit> = deposits.iter().filter(|one| one.sms_id == decision.sms_id).cloned().collect();
            let asked: Vec<BucketOrder> = orders.iter().filter(|one| one.order.order_id == *order_id).cloned().collect();
            prop_assert_eq!(only(decided(&paid, &asked)).outcome, decision.outcome.clone());
        }
    }
}
