use std::time::Duration;

use super::*;
use crate::domain::money::Currency;

const BASE: UnixMs = UnixMs(1_776_816_000_000);

fn won(minor: i64) -> Money {
    Money { minor, currency: Currency::KRW }
}

fn order(id: &str, name: &str, amount: i64, minute: u64) -> Event {
    let created_at = BASE.plus(Duration::from_mins(minute));
    let expires_at = created_at.plus(Duration::from_hours(1));
    Event::Order(Wanted {
        order_id: id.to_owned(),
        money: won(amount),
        name: name.to_owned(),
        reference: Some(format!("ref-{id}")),
        created_at,
        expires_at,
    })
}

fn deposit(message: usize, name: &str, amount: i64, minute: u64) -> Event {
    let at = BASE.plus(Duration::from_mins(minute));
    let text = format!("{name} {amount}");
    Event::Deposit { message, facts: Facts { money: won(amount), at, name: name.to_owned(), text } }
}

/// What each baseline credits, in the order of [`BASELINES`]: the order of message 0, or `-`.
fn chosen(events: &[Event]) -> Vec<String> {
    let of = |baseline: &Baseline| {
        let credits = baseline.credits(events.iter());
        credits.iter().find(|(message, _)| *message == 0).map_or("-".to_owned(), |(_, order)| order.clone())
    };
    BASELINES.iter().map(of).collect()
}

#[test]
fn each_chooses_as_the_system_that_it_models() {
    let two = [order("A", "홍길동", 10_000, 0), order("B", "김철수", 10_000, 5), deposit(0, "김철수", 10_000, 10)];
    assert_eq!(chosen(&two), ["-", "B", "B", "A", "B"]);
    let same_name =
        [order("A", "홍길동", 10_000, 0), order("B", "홍길동", 10_000, 5), deposit(0, "홍길동", 10_000, 10)];
    assert_eq!(chosen(&same_name), ["-", "A", "B", "A", "A"]);
    let late = [order("A", "홍길동", 10_000, 0), deposit(0, "홍길동", 10_000, 45)];
    assert_eq!(chosen(&late), ["A", "A", "A", "-", "A"]);
    let near = [order("A", "홍길동", 10_000, 0), deposit(0, "홍길동", 9_950, 10)];
    assert_eq!(chosen(&near), ["-", "-", "-", "-", "A"]);
    let stranger = [order("A", "홍길동", 10_000, 0), deposit(0, "이영희", 10_000, 10)];
    assert_eq!(chosen(&stranger), ["A", "-", "A", "A", "A"]);
}

#[test]
fn a_deposit_waits_for_its_order_and_no_order_is_credited_twice() {
    let early = [deposit(0, "홍길동", 10_000, 0), order("A", "홍길동", 10_000, 1)];
    assert_eq!(chosen(&early), ["A", "A", "A", "A", "A"]);
    let closed = [order("A", "홍길동", 10_000, 0), Event::Closed("A".to_owned()), deposit(0, "홍길동", 10_000, 1)];
    assert_eq!(chosen(&closed), ["-"; 5]);
    let twice = [order("A", "홍길동", 10_000, 0), deposit(1, "홍길동", 10_000, 1), deposit(0, "홍길동", 10_000, 2)];
    assert_eq!(chosen(&twice), ["-"; 5]);
}
