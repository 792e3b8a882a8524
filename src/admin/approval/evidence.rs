//! Whether an order and a deposit, as the peers tell them now, allow an approval: pure.

use serde_json::Value;

use crate::domain::money::{Currency, Money};
use crate::domain::order::OrderStatus;
use crate::domain::sms::{Review, SmsState};

/// An order as the wallet tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub order_id: String,
    /// Whose it is.
    pub user_id: String,
    /// What was ordered.
    pub money: Money,
    /// Where it stands.
    pub status: OrderStatus,
    /// Grows with every change.
    pub version: i64,
}

/// A deposit as recon tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// The sms.
    pub sms_id: i64,
    /// Its version.
    pub version: i64,
    /// Where it stands.
    pub state: SmsState,
    /// What people said of it.
    pub review: Review,
    /// The order that it is matched with.
    pub order_id: Option<String>,
    /// How much came in.
    pub money: Option<Money>,
    /// The rule by which it was matched.
    pub rule: Option<String>,
}

impl Order {
    /// Reads the wallet's answer; none where it is no order.
    #[must_use]
    pub fn of(body: &Value) -> Option<Self> {
        let currency = body["currency"].as_str()?;
        Some(Self {
            order_id: body["order_id"].as_str()?.to_owned(),
            user_id: body["user_id"].as_str()?.to_owned(),
            money: money(body["amount"].as_str()?, currency)?,
            status: body["status"].as_str()?.parse().ok()?,
            version: body["version"].as_i64()?,
        })
    }
}

impl Deposit {
    /// Reads recon's answer; none where it is no sms.
    #[must_use]
    pub fn of(body: &Value) -> Option<Self> {
        let paid = &body["money"];
        Some(Self {
            sms_id: body["id"].as_i64()?,
            version: body["version"].as_i64()?,
            state: body["state"].as_str()?.parse().ok()?,
            review: body["review"].as_str()?.parse().ok()?,
            order_id: body["order_id"].as_str().map(str::to_owned),
            money: match (paid["amount"].as_str(), paid["currency"].as_str()) {
                (Some(amount), Some(currency)) => Some(money(amount, currency)?),
                _ => None,
            },
            rule: body["match"]["rule"].as_str().map(str::to_owned),
        })
    }
}

fn money(amount: &str, currency: &str) -> Option<Money> {
    Money::from_major(amount, currency.parse::<Currency>().ok()?).ok()
}

/// Why there is no approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fails {
    /// Something that it rests on does not hold; why, as a sentence.
    NoLonger(&'static str),
    /// The amounts differ, and the operator may not say that it is right so.
    NeedsOverride,
    /// The amounts differ, and the operator does not say why it is right so.
    NeedsNote,
}

/// What an operator who approves may do and says.
#[derive(Clone, Copy, Debug)]
pub struct Asker {
    /// Whether they may approve an amount that differs from the order's.
    pub may_override: bool,
    /// Whether they noted why.
    pub has_note: bool,
}

/// Holds order and deposit against each other. `version` is the order's as the operator saw it. Answers the deposit's money,
/// which is what is to be credited, and whether it is another amount than was ordered.
///
/// # Errors
/// [`Fails`]. What no longer holds is said before rights and notes.
pub fn judge(version: i64, order: &Order, deposit: &Deposit, asker: Asker) -> Result<(Money, bool), Fails> {
    if order.status != OrderStatus::Open {
        return Err(Fails::NoLonger("the order is not open"));
    }
    if order.version != version {
        return Err(Fails::NoLonger("the order has changed"));
    }
    if deposit.order_id.as_deref() != Some(order.order_id.as_str()) || deposit.state != SmsState::Matched {
        return Err(Fails::NoLonger("the sms is not matched with the order"));
    }
    match deposit.review {
        Review::None | Review::Confirmed => {}
        Review::NeedCheck => return Err(Fails::NoLonger("the sms needs a check first")),
        Review::Rejected => return Err(Fails::NoLonger("the sms was rejected")),
    }
    let Some(paid) = deposit.money.filter(|paid| paid.minor > 0) else {
        return Err(Fails::NoLonger("no amount was read from the sms"));
    };
    if paid.currency != order.money.currency {
        return Err(Fails::NoLonger("the deposit is of another currency"));
    }
    let overriding = paid != order.money;
    match (overriding, asker) {
        (true, Asker { may_override: false, .. }) => Err(Fails::NeedsOverride),
        (true, Asker { has_note: false, .. }) => Err(Fails::NeedsNote),
        _ => Ok((paid, overriding)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn order() -> Value {
        json!({"order_id": "R-1", "user_id": "u1", "amount": "12.50", "currency": "USD", "status": "open", "version": 3})
    }

    fn sms() -> Value {
        json!({
            "id": 41, "version": 5, "state": "matched", "review": "none", "order_id": "R-1",
            "money": {"amount": "12.50", "currency": "USD"}, "match": {"rule": "exact_name/1"},
        })
    }

    const APPROVER: Asker = Asker { may_override: false, has_note: false };

    fn judged(order: &Value, sms: &Value, asker: Asker) -> Result<(Money, bool), Fails> {
        judge(3, &Order::of(order).unwrap(), &Deposit::of(sms).unwrap(), asker)
    }

    #[test]
    fn a_match_that_nobody_doubts_may_be_approved() {
        let usd = Money { minor: 1250, currency: "USD".parse().unwrap() };
        assert_eq!(judged(&order(), &sms(), APPROVER), Ok((usd, false)));
        let mut confirmed = sms();
        confirmed["review"] = json!("confirmed");
        assert!(judged(&order(), &confirmed, APPROVER).is_ok());
    }

    #[test]
    fn whatever_does_not_hold_is_said_before_rights() {
        let admin = Asker { may_override: true, has_note: true };
        for (name, value) in [("status", json!("approved")), ("status", json!("expired")), ("version", json!(4))] {
            let mut order = order();
            order[name] = value;
            assert!(matches!(judged(&order, &sms(), admin), Err(Fails::NoLonger(_))), "{order}");
        }
        let changes = [
            ("review", json!("need_check")),
            ("review", json!("rejected")),
            ("state", json!("settled")),
            ("state", json!("ambiguous")),
            ("order_id", json!("R-2")),
            ("order_id", Value::Null),
            ("money", Value::Null),
            ("money", json!({"amount": "0", "currency": "USD"})),
            ("money", json!({"amount": "13", "currency": "KRW"})),
        ];
        for (name, value) in changes {
            let mut sms = sms();
            sms[name] = value;
            for asker in [APPROVER, admin] {
                assert!(matches!(judged(&order(), &sms, asker), Err(Fails::NoLonger(_))), "{sms}");
            }
        }
    }

    #[test]
    fn another_amount_needs_the_right_and_then_a_note() {
        let mut sms = sms();
        sms["money"]["amount"] = json!("12.49");
        let asked = |may_override, has_note| judged(&order(), &sms, Asker { may_override, has_note });
        assert_eq!(asked(false, true), Err(Fails::NeedsOverride));
        assert_eq!(asked(true, false), Err(Fails::NeedsNote));
        assert_eq!(asked(true, true).map(|(money, overriding)| (money.minor, overriding)), Ok((1249, true)));
    }

    #[test]
    fn what_is_no_order_and_no_sms_is_none() {
        assert!(Order::of(&json!({})).is_none() && Deposit::of(&json!([])).is_none());
        let mut strange = order();
        strange["amount"] = json!(12.5);
        assert!(Order::of(&strange).is_none(), "money is a decimal string");
    }
}
