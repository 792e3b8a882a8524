//! What holds for every bucket. `PROPTEST_CASES` sets how many are tried.
//!
//! Names, times and accounts come from small sets, so that collisions are common.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const ORDER_NAMES: [&str; 7] = ["가나다", "가나다라", "가나", "가라다", "나다라", "", "(주)가나다"];
const DEPOSIT_NAMES: [&str; 7] = ["가나다", "가나", "가*다", "가 나 다", "나다라", "", "***"];

pub(super) fn any_deposit() -> impl Strategy<Value = Deposit> {
    let texts =
        (0..DEPOSIT_NAMES.len(), prop::option::weighted(0.2, 1_u32..=3), prop::option::weighted(0.2, 0..2_usize));
    let accounts = prop::sample::select(vec![None, None, Some("111"), Some("1*1"), Some("222")]);
    let bond = prop::option::weighted(0.1, 0_usize..8);
    (texts, -100_i64..160, any::<bool>(), accounts, prop::bool::weighted(0.1), bond).prop_map(
        |((name, name_max, code), time, to_the_minute, account, is_held_back, firm)| Deposit {
            at: at(0, time * 30),
            to_the_minute,
            name_max,
            reference: code.map(|code| format!("C{code}0")),
            account: account.map(str::to_owned),
            held_back: if is_held_back { flags(&[Flag::SuspiciousText]) } else { Flags::NONE },
            bond: firm.map_or(Bond::Free, |nth| Bond::Firm { order_id: format!("R-{nth}") }),
            ..deposit(0, DEPOSIT_NAMES[name], 0)
        },
    )
}

pub(super) fn any_order() -> impl Strategy<Value = BucketOrder> {
    let accounts = prop::sample::select(vec![None, None, Some("111"), Some("222")]);
    let texts = (0..ORDER_NAMES.len(), prop::option::weighted(0.2, 0..2_usize));
    let status = prop::sample::select(vec![
        OrderStatus::Open,
        OrderStatus::Open,
        OrderStatus::Open,
        OrderStatus::Open,
        OrderStatus::Approved,
        OrderStatus::Cancelled,
    ]);
    (texts, 0_i64..60, prop::option::weighted(0.8, 0_i64..40), accounts, status).prop_map(
        |((name, code), created, lasts, account, status)| {
            let mut made = order("", ORDER_NAMES[name], 0);
            made.order.created_at = at(0, created * 45);
            made.order.expires_at = lasts.map(|lasts| at(0, created * 45 + lasts * 40));
            made.order.reference = code.map(|code| format!("c{code}0"));
            made.order.account = account.map(str::to_owned);
            made.order.status = status;
            made
        },
    )
}

pub(super) fn any_bucket() -> impl Strategy<Value = (Vec<Deposit>, Vec<BucketOrder>)> {
    (prop::collection::vec(any_deposit(), 0..8), prop::collection::vec(any_order(), 0..8)).prop_map(
        |(mut deposits, mut orders)| {
            deposits.iter_mut().zip(1..).for_each(|(deposit, id)| deposit.sms_id = id);
            orders.iter_mut().enumerate().for_each(|(nth, order)| order.order.order_id = format!("R-{nth}"));
            (deposits, orders)
        },
    )
}

/// The rules once more, pair by pair and without any index, on the names of this file only.
struct Model<'a> {
    deposits: &'a [Deposit],
    orders: &'a [BucketOrder],
}

impl Model<'_> {
    fn payer_agrees(deposit: &Deposit, order: &Order) -> bool {
        let by_code =
            deposit.reference.as_deref().map(str::to_lowercase).is_some_and(|code| Some(code) == order.reference);
        let name: String = deposit.name.as_deref().unwrap_or("").replace(' ', "");
        let depositor = order.depositor.replace("(주)", "");
        let is_usable = name.chars().any(|c| c != '*') && name.chars().count() > 1;
        let may_be_cut =
            deposit.name_max.is_some_and(|max| deposit.name.as_deref().unwrap_or("").chars().count() >= max as usize);
        let (short, long) = (name.chars().count(), depositor.chars().count());
        let same_length = short == long || (may_be_cut && short < long);
        let fits = name.chars().zip(depositor.chars()).all(|(a, b)| a == '*' || a == b);
        by_code || (is_usable && same_length && fits)
    }

    fn account_agrees(deposit: &Deposit, order: &Order) -> bool {
        match (&deposit.account, &order.account) {
            (Some(one), Some(other)) => one.chars().zip(other.chars()).all(|(a, b)| a == '*' || a == b),
            _ => true,
        }
    }

    fn timing(deposit: &Deposit, order: &Order) -> Option<Timing> {
        let floor = |at: UnixMs| if deposit.to_the_minute { at.0.div_euclid(60_000) } else { at.0 };
        let closes = order.expires_at.unwrap_or(order.created_at.plus(WINDOWS.late));
        let paid = floor(deposit.at);
        if floor(order.created_at) <= paid && paid <= floor(closes) {
            Some(Timing::InWindow)
        } else if floor(order.created_at.minus(WINDOWS.early)) <= paid && paid < floor(order.created_at) {
            Some(Timing::Early)
        } else if floor(closes) < paid && paid <= floor(closes.plus(WINDOWS.late)) {
            Some(Timing::Late)
        } else {
            None
        }
    }

    fn fit(&self, deposit: &Deposit, order: &BucketOrder) -> Option<Timing> {
        let _ = self;
        let compatible = deposit.money == order.order.money
            && Self::payer_agrees(deposit, &order.order)
            && Self::account_agrees(deposit, &order.order);
        compatible.then(|| Self::timing(deposit, &order.order)).flatten()
    }

    fn is_firm(&self, order: &BucketOrder) -> bool {
        let bond = Bond::Firm { order_id: order.order.order_id.clone() };
        order.firm_sms.is_some() || self.deposits.iter().any(|deposit| deposit.bond == bond)
    }

    fn is_free(&self, order: &BucketOrder) -> bool {
        order.order.status == OrderStatus::Open && !self.is_firm(order)
    }

    fn free_deposits(&self) -> impl Iterator<Item = &Deposit> {
        self.deposits.iter().filter(|deposit| deposit.bond == Bond::Free)
    }

    fn orders_in_window(&self, deposit: &Deposit) -> Vec<&BucketOrder> {
        let fits = |order: &&BucketOrder| self.is_free(order) && self.fit(deposit, order) == Some(Timing::InWindow);
        self.orders.iter().filter(fits).collect()
    }

    fn deposits_in_window(&self, order: &BucketOrder) -> usize {
        self.free_deposits().filter(|deposit| self.fit(deposit, order) == Some(Timing::InWindow)).count()
    }

    fn is_off(&self, deposit: &Deposit, order: &BucketOrder) -> bool {
        self.orders_in_window(deposit).is_empty() && self.fit(deposit, order).is_some()
    }

    fn outcome(&self, deposit: &Deposit) -> (Outcome, bool) {
        let inside = self.orders_in_window(deposit);
        let off = |order: &&BucketOrder| {
            self.is_free(order) && self.deposits_in_window(order) == 0 && self.is_off(deposit, order)
        };
        let outside: Vec<&BucketOrder> = self.orders.iter().filter(off).collect();
        let rivals = |order: &BucketOrder| self.free_deposits().filter(|other| self.is_off(other, order)).count();
        let pair = |order: &BucketOrder| Outcome::Matched {
            order_id: order.order.order_id.clone(),
            timing: self.fit(deposit, order).unwrap(),
        };
        let decided = match (inside.as_slice(), outside.as_slice()) {
            ([order], _) if self.deposits_in_window(order) == 1 => (pair(order), false),
            ([], [order]) if rivals(order) == 1 => (pair(order), false),
            ([_, ..], _) | ([], [_, ..]) => (Outcome::Ambiguous, false),
            ([], []) => {
                let is_live =
                    |order: &BucketOrder| matches!(order.order.status, OrderStatus::Open | OrderStatus::Approved);
                let fits = self.orders.iter().any(|order| is_live(order) && self.fit(deposit, order).is_some());
                (Outcome::Unmatched, fits)
            }
        };
        if deposit.held_back == Flags::NONE { decided } else { (Outcome::Unmatched, decided.1) }
    }
}

/// What a decision says, without its explanation.
pub(super) fn said(decisions: &[Decision]) -> Vec<(i64, Outcome, Flags, bool)> {
    decisions.iter().map(|one| (one.sms_id, one.outcome.clone(), one.flags, one.need_check)).collect()
}

proptest! {
    /// INV-M3, INV-M6, INV-M7, INV-M8: the decisions are those of the brute-force model.
    #[test]
    fn decisions_are_those_of_the_model((deposits, orders) in any_bucket()) {
        let model = Model { deposits: &deposits, orders: &orders };
        let decisions = decided(&deposits, &orders);
        prop_assert_eq!(decisions.len(), model.free_deposits().count());
        for (decision, deposit) in decisions.iter().zip(model.free_deposits()) {
            let (outcome, is_taken) = model.outcome(deposit);
            prop_assert_eq!(decision.sms_id, deposit.sms_id);
            prop_assert_eq!(&decision.outcome, &outcome, "sms {}: {}", deposit.sms_id, decision.explanation.summary);
            prop_assert_eq!(decision.flags.has(Flag::OrderTaken), is_taken, "sms {}", deposit.sms_id);
        }
    }

    /// INV-M4: explanations included.
    #[test]
    fn the_order_in_which_they_are_given_changes_nothing(
        ((deposits, orders), (more_deposits, more_orders)) in any_bucket().prop_flat_map(|(deposits, orders)| {
            let shuffled = (Just(deposits.clone()).prop_shuffle(), Just(orders.clone()).prop_shuffle());
            ((Just(deposits), Just(orders)), shuffled)
        }),
    ) {
        prop_assert_eq!(decided(&deposits, &orders), decided(&more_deposits, &more_orders));
    }

    /// INV-M1, INV-M2, INV-M8: nothing is used twice, and nothing that is firm is used again.
    #[test]
    fn no_order_and_no_deposit_is_used_twice((deposits, orders) in any_bucket()) {
        let mut used: BTreeMap<String, i64> = deposits
            .iter()
            .filter_map(|deposit| match &deposit.bond {
                Bond::Firm { order_id } => Some((order_id.clone(), deposit.sms_id)),
                Bond::Free => None,
            })
            .collect();
        let mut decided_ids = BTreeSet::new();
        for decision in decided(&deposits, &orders) {
            prop_assert!(decided_ids.insert(decision.sms_id), "sms {} twice", decision.sms_id);
            if let Outcome::Matched { order_id, .. } = decision.outcome {
                prop_assert_eq!(used.insert(order_id, decision.sms_id), None);
            }
        }
    }

    /// INV-M5, INV-M9: early, late and ambiguous never without their flag and a check; nothing flagged without one.
    #[test]
    fn flags_and_checks_follow_the_outcome((deposits, orders) in any_bucket(), hours_later in 0_i64..3) {
        for decision in decide(&deposits, &orders, &WINDOWS, at(60 * hours_later, 0)) {
            let (early, late) = match decision.outcome {
                Outcome::Matched { timing, .. } => (timing == Timing::Early, timing == Timing::Late),
                _ => (false, false),
            };
            prop_assert_eq!(decision.flags.has(Flag::Early), early);
            prop_assert_eq!(decision.flags.has(Flag::Late), late);
            prop_assert_eq!(decision.flags.has(Flag::Ambiguous), decision.outcome == Outcome::Ambiguous);
            prop_assert!(decision.need_check || decision.flags == Flags::NONE);
            prop_assert_eq!(decision.flags.union(MATCHING_FLAGS), MATCHING_FLAGS);
            if decision.outcome == Outcome::Unmatched && hours_later == 2 {
                prop_assert!(decision.need_check, "nobody looks at sms {} for ever", decision.sms_id);
            }
        }
    }

    /// INV-M10: an order of a payer that nobody names, and one of another amount, change nothing.
    #[test]
    fn an_unrelated_order_changes_nothing((deposits, mut orders) in any_bucket()) {
        let before = decided(&deposits, &orders);
        let mut other_amount = order("A-1", "가나다", 5);
        other_amount.order.money.minor += 1;
        orders.push(other_amount);
        prop_assert_eq!(&before, &decided(&deposits, &orders), "not even an explanation");
        orders.push(order("A-2", "하하하하", 5));
        prop_assert_eq!(said(&before), said(&decided(&deposits, &orders)));
    }
}
