//! The time rule, and deposits that come before or after their order's time.

use super::*;

#[test]
fn both_ends_of_the_window_are_inside_it() {
    for minute in [0, 30] {
        assert_eq!(one(deposit(1, "홍길동", minute), &[order("R-1", "홍길동", 0)]).outcome, in_window("R-1"));
    }
}

/// A text without seconds stands for its minute: ordered at 10:00:20 and paid at 10:00:50 reads as paid at 10:00.
#[test]
fn without_seconds_the_whole_minute_is_in_window() {
    let mut within_the_minute = order("R-1", "홍길동", 0);
    within_the_minute.order.created_at = at(0, 20);
    within_the_minute.order.expires_at = Some(at(30, 10));
    for minute in [0, 30] {
        let paid = deposit(1, "홍길동", minute);
        assert_eq!(one(paid, std::slice::from_ref(&within_the_minute)).outcome, in_window("R-1"));
    }
    let exact =
        |minute, second| Deposit { at: at(minute, second), to_the_minute: false, ..deposit(1, "홍길동", minute) };
    let orders = std::slice::from_ref(&within_the_minute);
    assert_eq!(one(exact(0, 19), orders).outcome, matched("R-1", Timing::Early));
    assert_eq!(one(exact(0, 20), orders).outcome, in_window("R-1"));
    assert_eq!(one(exact(30, 10), orders).outcome, in_window("R-1"));
    assert_eq!(one(exact(30, 11), orders).outcome, matched("R-1", Timing::Late));
}

#[test]
fn an_order_without_an_expiry_is_in_window_for_the_late_window() {
    let mut endless = order("R-1", "홍길동", 0);
    endless.order.expires_at = None;
    let orders = std::slice::from_ref(&endless);
    assert_eq!(one(deposit(1, "홍길동", 60), orders).outcome, in_window("R-1"));
    assert_eq!(one(deposit(1, "홍길동", 61), orders).outcome, matched("R-1", Timing::Late));
}

/// INV-M5.
#[test]
fn a_unique_early_or_late_pair_is_matched_with_its_flag_and_a_check() {
    for (minute, timing, flag) in [(-30, Timing::Early, Flag::Early), (90, Timing::Late, Flag::Late)] {
        let decision = one(deposit(1, "홍길동", minute), &[order("R-1", "홍길동", 0)]);
        assert_eq!(decision.outcome, matched("R-1", timing));
        assert_eq!((decision.flags, decision.need_check), (flags(&[flag]), true));
    }
    for minute in [-31, 91] {
        assert_eq!(one(deposit(1, "홍길동", minute), &[order("R-1", "홍길동", 0)]).outcome, Outcome::Unmatched);
    }
}

#[test]
fn an_order_in_window_goes_before_those_off_window() {
    let decision = one(deposit(1, "홍길동", 40), &[order("R-1", "홍길동", 0), order("R-2", "홍길동", 35)]);
    assert_eq!((decision.outcome, decision.need_check), (in_window("R-2"), false));
    let runner_up = decision.explanation.runner_up.unwrap();
    assert_eq!(runner_up.order_id, "R-1");
}

#[test]
fn two_orders_off_window_are_ambiguous() {
    let decision = one(deposit(1, "홍길동", 40), &[order("R-1", "홍길동", 0), order("R-2", "홍길동", 50)]);
    assert_eq!(decision.outcome, Outcome::Ambiguous);
    assert_eq!(decision.flags, flags(&[Flag::Ambiguous]), "matched to none, so neither early nor late");
}

#[test]
fn two_deposits_off_window_for_one_order_are_both_ambiguous() {
    for decision in decided(&[deposit(1, "홍길동", -5), deposit(2, "홍길동", 40)], &[order("R-1", "홍길동", 0)])
    {
        assert_eq!((decision.outcome, decision.need_check), (Outcome::Ambiguous, true));
    }
}

#[test]
fn a_deposit_off_window_is_order_taken_where_the_order_has_one_in_window() {
    let decisions = decided(&[deposit(1, "홍길동", 5), deposit(2, "홍길동", 40)], &[order("R-1", "홍길동", 0)]);
    assert_eq!(decisions[0].outcome, in_window("R-1"), "the late one takes nothing from it");
    assert_eq!(decisions[1].outcome, Outcome::Unmatched);
    assert_eq!((decisions[1].flags, decisions[1].need_check), (flags(&[Flag::OrderTaken]), true));
}

/// A customer who pays again and again: the new order takes the new deposit though the old one would fit it late.
#[test]
fn a_deposit_off_window_goes_to_the_order_that_has_none() {
    let decisions = decided(
        &[deposit(1, "홍길동", 5), deposit(2, "홍길동", 40)],
        &[order("R-1", "홍길동", 0), order("R-2", "홍길동", 45)],
    );
    assert_eq!(decisions[1].outcome, matched("R-2", Timing::Early));
    assert!(decisions[1].need_check);
}

#[test]
fn a_deposit_that_has_an_order_in_window_is_no_rival_off_window() {
    let decisions = decided(
        &[deposit(1, "홍길동", 20), deposit(2, "홍길동", -5)],
        &[order("R-1", "홍길동", 15), order("R-2", "홍길동", 25)],
    );
    assert_eq!(decisions[0].outcome, in_window("R-1"));
    assert_eq!(decisions[1].outcome, matched("R-2", Timing::Early), "R-1 has its own, so R-2 is all that is left");
}
