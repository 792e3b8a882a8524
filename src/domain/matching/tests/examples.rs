//! What makes a deposit and an order compatible, and what follows in window.

use super::*;

/// INV-M3.
#[test]
fn one_deposit_and_one_order_that_fit_are_matched() {
    let decision = one(deposit(1, "홍길동", 5), &[order("R-1", "홍길동", 0)]);
    assert_eq!(decision.outcome, in_window("R-1"));
    assert_eq!((decision.flags, decision.need_check), (Flags::NONE, false));
}

/// INV-M6.
#[test]
fn another_currency_amount_account_or_payer_is_another_order() {
    let mut other_amount = order("R-1", "홍길동", 0);
    other_amount.order.money.minor += 1;
    let mut other_currency = order("R-2", "홍길동", 0);
    other_currency.order.money.currency = "USD".parse().unwrap();
    let mut other_account = order("R-3", "홍길동", 0);
    other_account.order.account = Some("999-999".to_owned());
    let paid = Deposit { account: Some("123-4**".to_owned()), ..deposit(1, "홍길동", 5) };
    let others = [other_amount, other_currency, other_account, order("R-4", "김철수", 0)];
    let decision = one(paid, &others);
    assert_eq!(decision.outcome, Outcome::Unmatched);
    assert_eq!((decision.flags, decision.need_check), (Flags::NONE, false), "it waits: its order may still come");
}

#[test]
fn an_account_agrees_where_it_is_unknown_or_masked() {
    let mut to_account = order("R-1", "홍길동", 0);
    to_account.order.account = Some("123-456".to_owned());
    for account in [None, Some("***".to_owned()), Some("123*5*".to_owned())] {
        let paid = Deposit { account, ..deposit(1, "홍길동", 5) };
        assert_eq!(one(paid, std::slice::from_ref(&to_account)).outcome, in_window("R-1"));
    }
}

#[test]
fn the_reference_says_who_paid_wherever_it_stands() {
    let mut asked = order("R-1", "홍길동", 0);
    asked.order.reference = Some("5016".to_owned());
    let text = || Some("5016".to_owned());
    let by_name = Deposit { name: text(), ..deposit(1, "", 5) };
    let by_memo = Deposit { memo: Some("충전 5016".to_owned()), ..deposit(1, "", 5) };
    let by_reference = Deposit { reference: text(), ..deposit(1, "김철수", 5) };
    for paid in [by_name, by_memo, by_reference] {
        assert_eq!(one(paid, std::slice::from_ref(&asked)).outcome, in_window("R-1"));
    }
    let inside_another_number = Deposit { memo: Some("15016".to_owned()), ..deposit(1, "김철수", 5) };
    assert_eq!(one(inside_another_number, &[asked]).outcome, Outcome::Unmatched);
}

#[test]
fn a_name_of_one_order_and_the_reference_of_another_is_ambiguous() {
    let mut asked = order("R-1", "김철수", 0);
    asked.order.reference = Some("5016".to_owned());
    let paid = Deposit { reference: Some("5016".to_owned()), ..deposit(1, "홍길동", 5) };
    assert_eq!(one(paid, &[asked, order("R-2", "홍길동", 0)]).outcome, Outcome::Ambiguous);
}

/// INV-M6: the candidates of a deposit that names nobody go to review, also where there is only one.
#[test]
fn a_deposit_that_names_nobody_is_never_matched_on_its_own() {
    for name in ["", " ", "김", "***", "(주)"] {
        let decision = one(deposit(1, name, 5), &[order("R-1", "김철수", 0), order("R-2", "김", 0)]);
        assert_eq!(decision.outcome, Outcome::Unmatched, "{name:?}");
        assert_eq!((decision.flags, decision.need_check), (flags(&[Flag::NoName]), true));
        assert_eq!(decision.explanation.candidates_total, 2, "they are shown to whoever looks");
    }
}

#[test]
fn an_order_that_names_nobody_matches_nobody_on_its_own() {
    let decision = one(deposit(1, "홍길동", 5), &[order("R-1", " ", 0)]);
    assert_eq!(decision.outcome, Outcome::Unmatched);
    assert_eq!(decision.explanation.candidates[0].verdict, CandidateVerdict::PayerUnknown);
}

#[test]
fn a_masked_or_cut_name_that_fits_two_orders_is_ambiguous() {
    let orders = [order("R-1", "홍길동", 0), order("R-2", "홍명동", 0)];
    assert_eq!(one(deposit(1, "홍*동", 5), &orders).outcome, Outcome::Ambiguous);
    assert_eq!(one(deposit(1, "홍길*", 5), &orders).outcome, in_window("R-1"));
    let orders = [order("R-1", "에이치케이코퍼레이션", 0), order("R-2", "에이치케이코퍼", 0)];
    let cut = Deposit { name_max: Some(7), ..deposit(1, "에이치케이코퍼", 5) };
    assert_eq!(one(cut, &orders).outcome, Outcome::Ambiguous);
    assert_eq!(one(deposit(1, "에이치케이코퍼", 5), &orders).outcome, in_window("R-2"));
}

/// Two people whose names begin alike, at a bank that cuts them there: nobody can say whose it is. The one name that is
/// as long as the bank allows is no better than the other.
#[test]
fn people_whose_names_begin_alike_are_ambiguous_where_the_bank_cuts_them() {
    let orders = [order("R-1", "남궁민수", 0), order("R-2", "남궁민", 0), order("R-3", "남궁희", 0)];
    let cut = |name: &str| Deposit { name_max: Some(3), ..deposit(1, name, 5) };
    assert_eq!(one(cut("남궁민"), &orders).outcome, Outcome::Ambiguous);
    assert_eq!(one(cut("남궁희"), &orders).outcome, in_window("R-3"));
    assert_eq!(one(cut("남궁"), &orders).outcome, Outcome::Unmatched, "too short to have been cut");
}

/// A company whose cut name ends where another's legal form would begin is not that other one.
#[test]
fn a_name_cut_inside_a_word_is_no_legal_form() {
    let cut = Deposit { name_max: Some(9), ..deposit(1, "HANBIT CO", 5) };
    let orders = [order("R-1", "Hanbit Ltd.", 0), order("R-2", "Hanbit Construction", 0)];
    assert_eq!(one(cut.clone(), &orders).outcome, in_window("R-2"));
    assert_eq!(one(cut, &orders[..1]).outcome, Outcome::Unmatched, "for a person to decide");
}

/// INV-M3: never the first, never the newest.
#[test]
fn two_orders_for_one_deposit_are_ambiguous() {
    let decision = one(deposit(1, "홍길동", 10), &[order("R-1", "홍길동", 0), order("R-2", "홍길동", 5)]);
    assert_eq!(decision.outcome, Outcome::Ambiguous);
    assert_eq!((decision.flags, decision.need_check), (flags(&[Flag::Ambiguous]), true));
    let ranked: Vec<&str> = decision.explanation.candidates.iter().map(|one| one.order_id.as_str()).collect();
    assert_eq!(ranked, ["R-2", "R-1"], "all are kept, the nearest first");
}

/// INV-M3.
#[test]
fn two_deposits_for_one_order_are_both_ambiguous() {
    for decision in decided(&[deposit(1, "홍길동", 5), deposit(2, "홍길동", 6)], &[order("R-1", "홍길동", 0)])
    {
        assert_eq!(decision.outcome, Outcome::Ambiguous);
        assert!(decision.need_check);
    }
}

/// Two of each fit each other every way round, so nobody can say which paid which.
#[test]
fn two_equal_deposits_and_two_equal_orders_are_ambiguous() {
    let decisions = decided(
        &[deposit(1, "홍길동", 5), deposit(2, "홍길동", 6)],
        &[order("R-1", "홍길동", 0), order("R-2", "홍길동", 1)],
    );
    assert!(decisions.iter().all(|decision| decision.outcome == Outcome::Ambiguous));
}

/// INV-M7: it stays a rival, since it may be the true payment.
#[test]
fn a_deposit_that_is_held_back_is_not_matched_but_stays_a_rival() {
    let held = Deposit { held_back: flags(&[Flag::ChainBreak]), ..deposit(1, "홍길동", 5) };
    let alone = one(held.clone(), &[order("R-1", "홍길동", 0)]);
    assert_eq!((alone.outcome, alone.flags, alone.need_check), (Outcome::Unmatched, Flags::NONE, true));
    assert_eq!(alone.explanation.candidates[0].order_id, "R-1");

    let decisions = decided(&[held, deposit(2, "홍길동", 6)], &[order("R-1", "홍길동", 0)]);
    assert_eq!(decisions[0].outcome, Outcome::Unmatched);
    assert_eq!(decisions[1].outcome, Outcome::Ambiguous);
}

/// INV-M9: the last order that could still come was created half an hour after the deposit's minute.
#[test]
fn an_unmatched_deposit_needs_a_check_once_no_order_can_come() {
    let still_waits = only(decide(&[deposit(1, "홍길동", 0)], &[], &WINDOWS, at(30, 59)));
    assert_eq!((still_waits.flags, still_waits.need_check), (Flags::NONE, false));
    let too_late = only(decide(&[deposit(1, "홍길동", 0)], &[], &WINDOWS, at(31, 0)));
    assert_eq!(too_late.outcome, Outcome::Unmatched);
    assert_eq!((too_late.flags, too_late.need_check), (flags(&[Flag::UnmatchedExpired]), true));
    let matched = only(decide(&[deposit(1, "홍길동", 0)], &[order("R-1", "홍길동", 0)], &WINDOWS, at(600, 0)));
    assert!(!matched.need_check);
}

/// INV-M8.
#[test]
fn a_second_payment_of_an_order_that_is_firmly_paid_is_order_taken() {
    let firm = Deposit { bond: Bond::Firm { order_id: "R-1".to_owned() }, ..deposit(1, "홍길동", 5) };
    let decision = only(decided(&[firm, deposit(2, "홍길동", 6)], &[order("R-1", "홍길동", 0)]));
    assert_eq!((decision.sms_id, &decision.outcome), (2, &Outcome::Unmatched), "a firm deposit is not decided");
    assert_eq!((decision.flags, decision.need_check), (flags(&[Flag::OrderTaken]), true));

    let mut held_by_an_sms_elsewhere = order("R-1", "홍길동", 0);
    held_by_an_sms_elsewhere.firm_sms = Some(1);
    assert!(one(deposit(2, "홍길동", 6), &[held_by_an_sms_elsewhere]).flags.has(Flag::OrderTaken));

    let mut approved_without_an_sms = order("R-1", "홍길동", 0);
    approved_without_an_sms.order.status = OrderStatus::Approved;
    assert!(one(deposit(2, "홍길동", 6), &[approved_without_an_sms]).flags.has(Flag::OrderTaken));
}

#[test]
fn a_taken_order_does_not_stand_in_the_way_of_a_free_one() {
    let mut taken = order("R-1", "홍길동", 0);
    taken.firm_sms = Some(1);
    let decision = one(deposit(2, "홍길동", 6), &[taken, order("R-2", "홍길동", 1)]);
    assert_eq!((decision.outcome, decision.flags), (in_window("R-2"), Flags::NONE));
}

#[test]
fn an_order_that_has_left_open_otherwise_is_no_candidate() {
    for status in [OrderStatus::Rejected, OrderStatus::Cancelled, OrderStatus::Expired] {
        let mut gone = order("R-1", "홍길동", 0);
        gone.order.status = status;
        let decision = one(deposit(1, "홍길동", 5), &[gone]);
        assert_eq!((decision.outcome, decision.flags), (Outcome::Unmatched, Flags::NONE));
    }
}
