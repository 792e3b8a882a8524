//! Which orders and deposits are suggested, in which order, and that a suggestion is all they are.

use super::*;
use crate::domain::matching::tests::{at, deposit, order};
use crate::domain::matching::{Bond, BucketOrder};
use crate::domain::money::{Currency, Money};
use crate::domain::order::OrderStatus;
use std::time::Duration;

const WINDOWS: Windows = Windows { early: Duration::from_mins(30), late: Duration::from_hours(1) };

fn won(minor: i64) -> Money {
    Money { minor, currency: Currency::KRW }
}

fn open(order_id: &str, depositor: &str, change: impl FnOnce(&mut Order)) -> NearOrder {
    let BucketOrder { mut order, .. } = order(order_id, depositor, 0);
    change(&mut order);
    NearOrder { order, closed_at: None }
}

fn of_deposit(deposit: &Deposit, orders: Vec<NearOrder>) -> Vec<NearMiss> {
    near_deposit(deposit, &Nearby { orders, deposits: Vec::new() }, &WINDOWS)
}

fn reasons(misses: &[NearMiss]) -> Vec<(NearReason, &str)> {
    misses.iter().map(|miss| (miss.reason, miss.order_ids[0].as_str())).collect()
}

/// What a single difference is called, from both sides, with both values.
#[test]
fn one_difference_is_a_near_miss_and_names_both_values() {
    let paid = Deposit { account: Some("123-456".to_owned()), ..deposit(41, "홍길동", 5) };
    let closed = NearOrder {
        closed_at: Some(at(-115, 0)),
        ..open("R-1", "홍길동", |order| {
            order.status = OrderStatus::Cancelled;
            order.created_at = at(-140, 0);
            order.expires_at = Some(at(-5, 0));
        })
    };
    let cases = [
        (open("R-1", "Hong Gil-Dong", |_| ()), NearReason::SameSound, "홍길동", "Hong Gil-Dong"),
        (open("R-1", "ghdrlfehd", |_| ()), NearReason::Keyboard, "홍길동", "ghdrlfehd"),
        (open("R-1", "홍길순", |_| ()), NearReason::NameOneEdit, "홍길동", "홍길순"),
        (open("R-1", "홍길동(카페)", |_| ()), NearReason::NamePart, "홍길동", "홍길동(카페)"),
        (open("R-1", "홍길동", |one| one.money = won(51_000)), NearReason::AmountDiffers, "50000", "51000"),
        (open("R-1", "홍길동", |one| one.money = won(5_000)), NearReason::AmountDiffers, "50000", "5000"),
        (
            open("R-1", "홍길동", |one| one.account = Some("999".to_owned())),
            NearReason::AccountDiffers,
            "123-456",
            "999",
        ),
        (
            open("R-1", "홍길동", |one| {
                one.created_at = at(-300, 0);
                one.expires_at = Some(at(-200, 0));
            }),
            NearReason::TimeDiffers,
            "2026-04-22T10:05:00Z",
            "2026-04-22T05:00:00Z to 2026-04-22T06:40:00Z",
        ),
        (closed, NearReason::OrderClosed, "2026-04-22T10:05:00Z", "cancelled 2026-04-22T08:05:00Z"),
    ];
    for (near, reason, of_deposit_value, of_order_value) in cases {
        let misses = of_deposit(&paid, vec![near.clone()]);
        let around = Nearby { orders: Vec::new(), deposits: vec![paid.clone()] };
        assert_eq!(misses, near_order(&near, &around, &WINDOWS), "{reason}: the same from the order's side");
        let [miss] = misses.as_slice() else { panic!("{reason}: {misses:?}") };
        assert_eq!((miss.rank, miss.reason), (1, reason));
        assert_eq!((miss.deposit.as_str(), miss.order.as_str()), (of_deposit_value, of_order_value));
        assert_eq!((miss.sms_ids.as_slice(), miss.order_ids.as_slice()), (&[41][..], &["R-1".to_owned()][..]));
    }
}

#[test]
fn the_difference_is_told_in_a_sentence() {
    let paid = deposit(41, "홍길동", 5);
    let told = |near: NearOrder| of_deposit(&paid, vec![near]).remove(0).summary;
    assert_eq!(
        told(open("R-1", "홍길동", |one| one.money = won(51_000))),
        "Sms 41 fits order R-1 but for the amount: 50000 KRW was paid, 1000 KRW less than 51000 KRW."
    );
    assert_eq!(
        told(NearOrder {
            closed_at: Some(at(-115, 0)),
            ..open("R-1", "홍길동", |one| {
                one.status = OrderStatus::Expired;
                one.created_at = at(-120, 0);
                one.expires_at = Some(at(-5, 0));
            })
        }),
        "Sms 41 fits order R-1, but that was expired 2 h before it was paid."
    );
    assert_eq!(
        told(open("R-1", "홍길동", |one| {
            one.created_at = at(65, 0);
            one.expires_at = None;
        })),
        "Sms 41 fits order R-1 but for the time: it was paid 59 min before it was placed."
    );
}

#[test]
fn what_fits_or_differs_in_two_things_or_by_much_is_none() {
    let paid = Deposit { account: Some("123".to_owned()), ..deposit(1, "홍길동", 5) };
    let others = vec![
        open("FITS", "홍길동", |_| ()),
        open("R-1", "김철수", |_| ()),
        open("R-2", "홍길순", |one| one.money = won(49_000)),
        open("R-3", "홍길순", |one| one.account = Some("999".to_owned())),
        open("R-4", "홍길동", |one| one.money = won(80_000)),
        open("R-5", "홍길동", |one| one.money.currency = "USD".parse().unwrap()),
        open("R-6", "홍길동", |one| {
            one.created_at = at(-20 * 24 * 60, 0);
            one.expires_at = Some(at(-19 * 24 * 60, 0));
        }),
        NearOrder { closed_at: Some(at(0, 0)), ..open("R-7", "홍길순", |_| ()) },
        open("R-8", "", |_| ()),
    ];
    assert_eq!(of_deposit(&paid, others.clone()), []);
    assert_eq!(of_deposit(&deposit(1, "", 5), others), [], "nothing says whose it is");
}

#[test]
fn two_orders_of_one_user_that_sum_to_the_deposit_are_found_from_all_three() {
    let paid = deposit(41, "홍길동", 5);
    let part = |id: &str, user: &str, minor| {
        open(id, "홍길동", |one| {
            user.clone_into(&mut one.user_id);
            one.money = won(minor);
        })
    };
    let orders =
        vec![part("R-1", "u1", 30_000), part("R-2", "u1", 20_000), part("R-3", "u2", 20_000), part("R-4", "u1", 9)];
    let misses = of_deposit(&paid, orders.clone());
    let [miss] = misses.as_slice() else { panic!("{misses:?}") };
    assert_eq!(
        (miss.reason, miss.order_ids.as_slice()),
        (NearReason::OrdersSum, &["R-1".to_owned(), "R-2".into()][..])
    );
    assert_eq!((miss.deposit.as_str(), miss.order.as_str()), ("50000", "30000 + 20000"));
    assert_eq!(miss.summary, "Orders R-1 (30000 KRW) and R-2 (20000 KRW) of user u1 sum to sms 41 of 50000 KRW.");
    let around = Nearby { orders: orders.clone(), deposits: vec![paid] };
    for order in &orders[..2] {
        assert_eq!(near_order(order, &around, &WINDOWS), misses);
    }
    assert_eq!(near_order(&orders[2], &around, &WINDOWS), []);
}

#[test]
fn two_deposits_of_one_name_that_sum_to_the_order_are_found_from_all_three() {
    let part = |sms_id, name: &str, minor| Deposit { money: won(minor), ..deposit(sms_id, name, 5) };
    let deposits = vec![part(1, "홍길동", 30_000), part(2, "홍 길동", 20_000), part(3, "김철수", 20_000)];
    let asked = open("R-1", "홍길동", |_| ());
    let around = Nearby { orders: vec![asked.clone()], deposits: deposits.clone() };
    let misses = near_order(&asked, &around, &WINDOWS);
    let [miss] = misses.as_slice() else { panic!("{misses:?}") };
    assert_eq!((miss.reason, miss.sms_ids.as_slice()), (NearReason::DepositsSum, &[1, 2][..]));
    assert_eq!((miss.deposit.as_str(), miss.order.as_str()), ("30000 + 20000", "50000"));
    assert_eq!(miss.summary, "Sms 1 (30000 KRW) and 2 (20000 KRW) of one name sum to order R-1 of 50000 KRW.");
    for deposit in &deposits[..2] {
        assert_eq!(near_deposit(deposit, &around, &WINDOWS), misses);
    }
    assert_eq!(near_deposit(&deposits[2], &around, &WINDOWS), []);
}

#[test]
fn they_are_ranked_by_reason_then_distance_then_id_and_only_so_many() {
    let paid = deposit(1, "홍길동", 5);
    let mut orders = vec![
        open("R-9", "홍길순", |_| ()),
        open("R-4", "홍길동", |one| one.money = won(52_000)),
        open("R-3", "홍길동", |one| one.money = won(49_000)),
        open("R-2", "홍길동", |one| one.money = won(51_000)),
        open("R-1", "Hong Gildong", |_| ()),
    ];
    let expected = [
        (NearReason::SameSound, "R-1"),
        (NearReason::AmountDiffers, "R-2"),
        (NearReason::AmountDiffers, "R-3"),
        (NearReason::AmountDiffers, "R-4"),
        (NearReason::NameOneEdit, "R-9"),
    ];
    assert_eq!(reasons(&of_deposit(&paid, orders.clone())), expected);
    orders.reverse();
    assert_eq!(reasons(&of_deposit(&paid, orders.clone())), expected);
    orders.extend((0..50).map(|nth| open(&format!("S-{nth:02}"), "홍길순", |_| ())));
    let misses = of_deposit(&paid, orders);
    assert_eq!(reasons(&misses)[..4], expected[..4]);
    assert_eq!(misses.iter().map(|miss| miss.rank).collect::<Vec<_>>(), (1..=10).collect::<Vec<_>>());
    assert_eq!(misses[9].order_ids, ["S-04"]);
}

/// A deposit that is firm or an order twice changes nothing: what is given twice counts once.
#[test]
fn what_is_given_twice_is_shown_once() {
    let paid = Deposit { bond: Bond::Free, money: won(30_000), ..deposit(1, "홍길동", 5) };
    let other = Deposit { money: won(20_000), ..deposit(2, "홍길동", 5) };
    let asked = open("R-1", "홍길동", |_| ());
    let around =
        Nearby { orders: vec![asked.clone(), asked], deposits: vec![other.clone(), paid.clone(), other, paid.clone()] };
    assert_eq!(near_deposit(&paid, &around, &WINDOWS).len(), 1);
}
