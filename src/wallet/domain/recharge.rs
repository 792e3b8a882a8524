//! The life of a recharge order: open, and then once and for ever approved, rejected, cancelled or expired.

use crate::domain::money::Money;
use crate::domain::order::{Order, OrderStatus};

/// Why an order stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stays {
    /// It has ended already.
    #[error("the order is {0}, and only an open one changes")]
    Ended(OrderStatus),
    /// It has changed since the caller read it.
    #[error("the order is in version {is}, not {asked}: read it again")]
    Moved {
        /// Its version.
        is: i64,
        /// The version that the caller knows.
        asked: i64,
    },
    /// The caller would credit something else than was ordered.
    #[error("the order is over {ordered}, not {asked}")]
    Differs {
        /// What was ordered.
        ordered: Money,
        /// What the caller would credit.
        asked: Money,
    },
}

/// The order as it is after its end as `to`, where it is open and in the version that the caller knows (none: any).
///
/// # Errors
/// Why it stays as it is.
pub fn ended(order: &Order, to: OrderStatus, version: Option<i64>) -> Result<Order, Stays> {
    if order.status != OrderStatus::Open {
        return Err(Stays::Ended(order.status));
    }
    if let Some(asked) = version.filter(|asked| *asked != order.version) {
        return Err(Stays::Moved { is: order.version, asked });
    }
    Ok(Order { status: to, version: order.version + 1, ..order.clone() })
}

/// The order as it is after its approval over `money`: what was ordered, or another amount of the same currency where
/// somebody with the right to says so (`overriding`).
///
/// # Errors
/// Why it stays as it is. That it ended or moved is said before an amount that differs.
pub fn approved(order: &Order, money: Money, version: i64, overriding: bool) -> Result<Order, Stays> {
    let next = ended(order, OrderStatus::Approved, Some(version))?;
    let fits = if overriding { order.money.currency == money.currency } else { order.money == money };
    if !fits {
        return Err(Stays::Differs { ordered: order.money, asked: money });
    }
    Ok(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;
    use crate::domain::time::UnixMs;

    fn order(status: OrderStatus) -> Order {
        Order {
            order_id: "R-1".to_owned(),
            user_id: "u1".to_owned(),
            money: Money { minor: 50_000, currency: Currency::KRW },
            depositor: "홍길동".to_owned(),
            reference: None,
            account: None,
            status,
            created_at: UnixMs(0),
            expires_at: None,
            version: 1,
        }
    }

    #[test]
    fn an_order_ends_once() {
        for to in [OrderStatus::Approved, OrderStatus::Rejected, OrderStatus::Cancelled, OrderStatus::Expired] {
            let next = ended(&order(OrderStatus::Open), to, None).unwrap();
            assert_eq!((next.status, next.version), (to, 2));
            for again in [OrderStatus::Approved, OrderStatus::Expired] {
                assert_eq!(ended(&next, again, Some(2)), Err(Stays::Ended(to)));
            }
        }
    }

    #[test]
    fn an_approval_is_over_what_was_ordered_in_the_version_that_was_read() {
        let open = order(OrderStatus::Open);
        assert!(approved(&open, open.money, 1, false).is_ok());
        assert_eq!(approved(&open, open.money, 2, true), Err(Stays::Moved { is: 1, asked: 2 }));
        for (minor, currency) in [(50_001, "KRW"), (49_999, "KRW"), (50_000, "USD")] {
            let asked = Money { minor, currency: currency.parse().unwrap() };
            let differs = Err(Stays::Differs { ordered: open.money, asked });
            assert_eq!(approved(&open, asked, 1, false), differs);
            let overridden = approved(&open, asked, 1, true);
            assert_eq!(overridden.is_ok(), currency == "KRW", "another currency is never the order's: {overridden:?}");
        }
    }
}
