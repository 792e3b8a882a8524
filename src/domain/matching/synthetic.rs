//! Made-up buckets, for benchmarks and for trying things out.

use super::{Bond, BucketOrder, Deposit, Windows};
use crate::domain::flags::Flags;
use crate::domain::money::{Currency, Money};
use crate::domain::order::{Order, OrderStatus};
use crate::domain::time::UnixMs;
use std::time::Duration;

/// How the payers of a made-up bucket are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Every pair has a name of its own: all match.
    Distinct,
    /// All have one name: all are ambiguous.
    Same,
    /// Distinct, but the bank masks one character: every deposit fits many orders.
    Masked,
}

/// Windows as they are usually set.
pub const WINDOWS: Windows = Windows { early: Duration::from_mins(30), late: Duration::from_hours(24) };

/// The moment around which everything made here happens.
pub const BASE: UnixMs = UnixMs(1_776_816_000_000);

/// `pairs` deposits of one amount, each with its order. Sms ids begin at 1, order ids at `R-0000000`.
#[must_use]
pub fn bucket(pairs: u32, names: Names) -> (Vec<Deposit>, Vec<BucketOrder>) {
    (0..pairs).map(|nth| (deposit(nth, names), order(nth, names))).unzip()
}

/// The `nth` deposit.
#[must_use]
pub fn deposit(nth: u32, names: Names) -> Deposit {
    let name = match names {
        Names::Distinct | Names::Same => name(nth, names),
        Names::Masked => name(nth, names).chars().enumerate().map(|(at, c)| if at == 1 { '*' } else { c }).collect(),
    };
    Deposit {
        sms_id: i64::from(nth) + 1,
        money: money(),
        at: BASE.plus(Duration::from_secs(60 + u64::from(nth) % 600)),
        to_the_minute: true,
        name: Some(name),
        memo: None,
        reference: None,
        account: Some("123456**789".to_owned()),
        name_max: None,
        template: None,
        held_back: Flags::NONE,
        bond: Bond::Free,
    }
}

/// The `nth` order.
#[must_use]
pub fn order(nth: u32, names: Names) -> BucketOrder {
    let order = Order {
        order_id: format!("R-{nth:07}"),
        user_id: format!("u{nth}"),
        money: money(),
        depositor: name(nth, names),
        reference: None,
        account: Some("123456-01-789".to_owned()),
        status: OrderStatus::Open,
        created_at: BASE,
        expires_at: Some(BASE.plus(Duration::from_hours(1))),
        version: 1,
    };
    BucketOrder { order, firm_sms: None }
}

fn money() -> Money {
    Money { minor: 50_000, currency: Currency::KRW }
}

/// A Korean-looking name: five syllables, so that as many are distinct as anybody asks for.
fn name(nth: u32, names: Names) -> String {
    const SYLLABLES: [char; 20] = [
        '가', '나', '다', '라', '마', '바', '사', '아', '자', '차', '카', '타', '파', '하', '길', '동', '철', '수',
        '영', '희',
    ];
    if names == Names::Same {
        return "홍길동".to_owned();
    }
    let mut rest = nth;
    (0..5)
        .map(|_| {
            let syllable = SYLLABLES.get((rest % 20) as usize).copied().unwrap_or('가');
            rest /= 20;
            syllable
        })
        .collect()
}
